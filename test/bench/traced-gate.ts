import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { changesFrom } from '../../ingest/changes-from.ts';
import { type CatalogService, openCatalogService } from '../../server/catalog-service.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { Store } from '../../server/store/store.ts';
import { type OpenedTracing, openTracing } from '../../server/tracing/open-tracing.ts';
import { tracingConfig } from '../../server/tracing/tracing-config.ts';
import { PAYMENT, redeploy, smallPlatform } from '../http/catalog.ts';

/** Shares of requests that are traced, each a service of its own; null: not configured, the baseline. */
const RATIOS = [null, 0, 0.01, 1] as const;
const ROUNDS = 14;
/** Rounds that warm up and are not counted. */
const WARM = 3;
const REQUESTS = 400;
const AT_ONCE = 20;
/** Takes whatever is sent, in a process of its own: what it costs is not the gate's. */
const COLLECTOR = "const s = require('node:http').createServer((q, a) => q.on('data', () => undefined).on('end', () => a.end('{}'))); s.listen(0, '127.0.0.1', () => console.log(s.address().port));";

interface Side {
  readonly ratio: number | null;
  readonly store: Store;
  readonly service: CatalogService;
  readonly traces: OpenedTracing;
  /** CPU time a request, microseconds, by round. */
  readonly costs: number[];
}

/** CPU time of a gate request with traces against one without, in turn: time on the clock would be the machine's. */
export async function measureTracedGate(): Promise<readonly object[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-traced-'));
  const collector = spawn(process.execPath, ['-e', COLLECTOR], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const port = await firstLine(collector);
    const sides: Side[] = [];
    for (const ratio of RATIOS) sides.push(await sideOf(ratio, port, join(folder, `${ratio}.sqlite`)));
    for (let round = 0; round < ROUNDS; round++) for (const side of round % 2 === 0 ? sides : sides.toReversed()) side.costs.push(await costOf(side));
    for (const { service, traces, store } of sides) await service.stop().then(() => traces.stop()).then(() => store.close());
    return sides.map((side) => figuresOf(side, sides[0]));
  } finally {
    collector.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sideOf(ratio: number | null, port: string, file: string): Promise<Side> {
  const store = openSqliteStore({ file });
  const said = smallPlatform().map(changesFrom);
  await store.apply({ changes: said.flatMap((one) => (one.outcome === 'changes' ? one.changes : [])), committedAt: Date.now(), offset: null });
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: String(ratio) };
  const traces = await openTracing(ratio === null ? null : tracingConfig(env, []), { serviceName: 'bench', note: () => undefined });
  const service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log: pino({ level: 'silent' }), snapshot: null, tracing: traces.tracing });
  return { ratio, store, service, traces, costs: [] };
}

async function costOf({ service }: Side): Promise<number> {
  const request = { method: 'POST', url: '/v1/gate/decisions', headers: { 'content-type': 'application/json' }, payload: JSON.stringify(redeploy(PAYMENT)) } as const;
  const before = process.cpuUsage();
  for (let asked = 0; asked < REQUESTS; asked += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, () => service.app.inject(request)));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / REQUESTS;
}

function figuresOf({ ratio, traces, costs }: Side, baseline: Side | undefined): object {
  const [own, bare] = [costs, baseline?.costs ?? []].map((all) => all.slice(WARM));
  const more = own?.map((cost, i) => cost / (bare?.[i] ?? Number.NaN)) ?? [];
  return { ratio: ratio ?? 'not configured', cpuMicroseconds: Math.round(middle(own ?? [])), againstUntraced: Math.round(middle(more) * 100) / 100, spans: traces.sent() };
}

function middle(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.stdout?.once('data', (data: Buffer) => resolve(data.toString().trim())));
}

if (import.meta.main) for (const figures of await measureTracedGate()) console.log(JSON.stringify(figures));
