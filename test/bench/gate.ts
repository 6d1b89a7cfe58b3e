import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import pino from 'pino';
import { changesFrom } from '../../ingest/changes-from.ts';
import type { ControlPayloads } from '../../ingest/contracts/events.ts';
import { openCatalogService, specification } from '../../server/catalog-service.ts';
import { buildApp } from '../../server/http/app.ts';
import type { Handlers } from '../../server/http/handlers/handlers.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { generatePlatform } from './platform.ts';

/** Jobs whose redeployment is asked for, in turn. */
const REQUESTS = 500;
const CONNECTIONS = 50;
const SECONDS = 8;
const LOG = pino({ level: 'silent' });

export interface GateFigures {
  readonly bareRequestsPerSecond: number;
  readonly gateRequestsPerSecond: number;
  /** Gate against bare. */
  readonly share: number;
  /** ms. */
  readonly p50: number;
  readonly p99: number;
  /** Medians. */
  readonly requestBytes: number;
  readonly answerBytes: number;
}

/**
 * Requests a second at the gate of a size S platform, each decision on disk before its answer, against a route
 * with the same validation that answers a constant. Client and server share the machine.
 */
export async function measureGate(): Promise<GateFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-gate-'));
  const store = openSqliteStore({ file: join(folder, 'catalog.sqlite') });
  try {
    const bodies = await loadPlatform(store);
    const sizes: number[] = [];
    const service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log: LOG, snapshot: null });
    const handlers = new Proxy({}, { get: () => (_: unknown, reply: { type(t: string): { send(s: string): unknown } }) => reply.type('application/json').send('{"outcome":"allow"}'), has: () => true });
    const bare = await buildApp({ handlers: handlers as Handlers, specification: specification(), portal: '', log: LOG });
    const bareFigures = await fire(await bare.listen({ host: '127.0.0.1', port: 0 }), bodies);
    await bare.close();
    const address = await service.app.listen({ host: '127.0.0.1', port: 0 });
    for (const body of bodies) sizes.push((await service.app.inject({ method: 'POST', url: '/v1/gate/decisions', headers: { 'content-type': 'application/json' }, payload: body })).body.length);
    const gateFigures = await fire(address, bodies);
    await service.stop();
    const [a, b] = [bareFigures.requests.average, gateFigures.requests.average];
    if (gateFigures.non2xx > 0) throw new Error(`${gateFigures.non2xx} requests had no decision`);
    return { bareRequestsPerSecond: Math.round(a), gateRequestsPerSecond: Math.round(b), share: Math.round((b / a) * 100) / 100, p50: gateFigures.latency.p50, p99: gateFigures.latency.p99, requestBytes: middle(bodies.map((body) => body.length)), answerBytes: middle(sizes) };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Applies size S and makes requests that redeploy its jobs as they are. */
async function loadPlatform(store: ReturnType<typeof openSqliteStore>): Promise<string[]> {
  const bodies: string[] = [];
  const schemas = new Map<string, string>();
  let changes: Parameters<typeof store.apply>[0]['changes'][number][] = [];
  for (const { event } of generatePlatform({ size: 'S', seed: 1 })) {
    const said = changesFrom(event);
    if (said.outcome === 'changes') changes.push(...said.changes);
    const registered = Object.entries(event.payload).find(([kind]) => kind === 'io.sluice.control.SchemaRegistered')?.[1] as ControlPayloads['io.sluice.control.SchemaRegistered'] | undefined;
    if (registered?.dataset) schemas.set(registered.dataset.name, registered.schema);
    const deployed = Object.entries(event.payload).find(([kind]) => kind === 'io.sluice.control.JobDeployed')?.[1] as ControlPayloads['io.sluice.control.JobDeployed'] | undefined;
    if (deployed !== undefined && deployed.reads.every(({ dataset }) => schemas.has(dataset.name)) && deployed.writes.every(({ dataset }) => schemas.has(dataset.name)) && bodies.length < REQUESTS) bodies.push(JSON.stringify(requestOf(deployed, schemas)));
    if (changes.length < 2_000) continue;
    await store.apply({ changes, committedAt: Date.now(), offset: null });
    changes = [];
  }
  await store.apply({ changes, committedAt: Date.now(), offset: null });
  return bodies;
}

function requestOf({ job, owner, reads, writes }: ControlPayloads['io.sluice.control.JobDeployed'], schemas: ReadonlyMap<string, string>): object {
  const inputs = reads.map(({ dataset, fields }) => ({ dataset, ...(fields === null ? {} : { fields: fields.map(({ path }) => path) }) }));
  const outputs = writes.map(({ dataset }) => ({ dataset, writerSchema: JSON.parse(schemas.get(dataset.name) ?? '"null"') as object }));
  return { job: { ...job, owner }, program: { kind: 'declared', inputs, outputs } };
}

function fire(address: string, bodies: readonly string[]): Promise<autocannon.Result> {
  const requests = bodies.map((body) => ({ method: 'POST' as const, path: '/v1/gate/decisions', headers: { 'content-type': 'application/json' }, body }));
  return autocannon({ url: address, connections: CONNECTIONS, duration: SECONDS, requests, workers: 1, timeout: 30 });
}

function middle(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

if (import.meta.main) console.log(JSON.stringify(await measureGate()));
