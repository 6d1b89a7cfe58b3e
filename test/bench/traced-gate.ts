import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type autocannon from 'autocannon';
import pino from 'pino';
import { type CatalogService, openCatalogService } from '../../server/catalog-service.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { type OpenedTracing, openTracing } from '../../server/tracing/open-tracing.ts';
import { tracingConfig } from '../../server/tracing/tracing-config.ts';
import { fire, loadPlatform, middle } from './gate.ts';

/** Shares of requests that are traced, each a service of its own on the same store; null: not configured, the baseline. */
const RATIOS = [null, 0, 0.01, 1] as const;
const ROUNDS = 5;
/** Takes whatever is sent, in a process of its own: what it costs is the machine's, not the gate's. */
const COLLECTOR = "const s = require('node:http').createServer((q, a) => q.on('data', () => undefined).on('end', () => a.end('{}'))); s.listen(0, '127.0.0.1', () => console.log(s.address().port));";

interface Side {
  readonly ratio: number | null;
  readonly service: CatalogService;
  readonly traces: OpenedTracing;
  readonly address: string;
  readonly rounds: autocannon.Result[];
}

/** Requests a second at the gate with traces, against the gate without, round by round in turn. */
export async function measureTracedGate(): Promise<readonly object[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-traced-'));
  const collector = spawn(process.execPath, ['-e', COLLECTOR], { stdio: ['ignore', 'pipe', 'inherit'] });
  const store = openSqliteStore({ file: join(folder, 'catalog.sqlite') });
  try {
    const bodies = await loadPlatform(store);
    const port = await firstLine(collector);
    const sides: Side[] = [];
    for (const ratio of RATIOS) sides.push(await sideOf(ratio, port, store));
    for (let round = 0; round <= ROUNDS; round++) for (const { address, rounds } of sides) rounds.push(await fire(address, bodies));
    for (const { service, traces } of sides) await service.stop().then(() => traces.stop());
    return sides.map((side) => figuresOf(side, sides[0]));
  } finally {
    collector.kill();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function sideOf(ratio: number | null, port: string, store: ReturnType<typeof openSqliteStore>): Promise<Side> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: String(ratio) };
  const traces = await openTracing(ratio === null ? null : tracingConfig(env, []), { serviceName: 'bench', note: () => undefined });
  const service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log: pino({ level: 'silent' }), snapshot: null, tracing: traces.tracing });
  return { ratio, service, traces, address: await service.app.listen({ host: '127.0.0.1', port: 0 }), rounds: [] };
}

/** The first round warms up and is not counted. */
function figuresOf({ ratio, traces, rounds }: Side, baseline: Side | undefined): object {
  const shares = rounds.map(({ requests }, i) => requests.average / (baseline?.rounds[i]?.requests.average ?? Number.NaN));
  return {
    ratio: ratio ?? 'not configured',
    requestsPerSecond: Math.round(middle(rounds.slice(1).map(({ requests }) => requests.average))),
    shareOfUntraced: Math.round(middle(shares.slice(1)) * 100) / 100,
    p99: middle(rounds.slice(1).map(({ latency }) => latency.p99)),
    spans: traces.sent(),
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.stdout?.once('data', (data: Buffer) => resolve(data.toString().trim())));
}

if (import.meta.main) for (const figures of await measureTracedGate()) console.log(JSON.stringify(figures));
