import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import autocannon from 'autocannon';
import pino from 'pino';
import { changesFrom } from '../../ingest/changes-from.ts';
import type { ControlPayloads } from '../../ingest/contracts/events.ts';
import { LOCAL_USER } from '../../server/catalog/identity.ts';
import { openCatalogService, specification } from '../../server/catalog-service.ts';
import { buildApp } from '../../server/http/app.ts';
import type { Handlers } from '../../server/http/handlers/handlers.ts';
import { authenticateBy } from '../../server/identity/authenticate.ts';
import { PermitKeys } from '../../server/permits/permit-keys.ts';
import { permitOffice } from '../../server/permits/permit-office.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { generatePlatform } from './platform.ts';

/** Jobs whose redeployment is asked for, in turn. */
const REQUESTS = 500;
const CONNECTIONS = 50;
/** Each side is asked in turn, so that whatever else the machine does slows both alike. */
const ROUNDS = 7;
const SECONDS = 3;
const PERMIT_MS = 900_000;
const LOG = pino({ level: 'silent' });

export interface GateFigures {
  readonly bareRequestsPerSecond: number;
  readonly gateRequestsPerSecond: number;
  /** Gate against bare, the median of the rounds. */
  readonly share: number;
  /** ms. */
  readonly p50: number;
  readonly p99: number;
  /** Medians. */
  readonly requestBytes: number;
  readonly answerBytes: number;
}

/**
 * Requests a second at the gate of a size S platform, each decision on disk before its answer, each job that may start with a permit, against a route
 * with the same validation that answers a constant. Client and server share the machine. The requests come again and
 * again, as redeployments do: what a store keeps once, it keeps once here too.
 */
export async function measureGate(): Promise<GateFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-gate-'));
  const store = openSqliteStore({ file: join(folder, 'catalog.sqlite') });
  try {
    const bodies = await loadPlatform(store);
    const sizes: number[] = [];
    const keys = await PermitKeys.open(join(folder, 'keys.json'), Date.now);
    const permits = permitOffice({ keys, lifetimeMs: PERMIT_MS, lookEveryMs: 1_000, clock: Date.now });
    const service = await openCatalogService({ store, aliases: new Map(), clock: Date.now, log: LOG, snapshot: null, permits });
    const handlers = new Proxy({}, { get: () => (_: unknown, reply: { type(t: string): { send(s: string): unknown } }) => reply.type('application/json').send('{"outcome":"allow"}'), has: () => true });
    const bare = await buildApp({ handlers: handlers as Handlers, specification: specification(), portal: { folder: '', notice: null }, log: LOG, authenticate: authenticateBy({ own: { verify: () => Promise.resolve(LOCAL_USER) }, issued: null, withoutCredential: LOCAL_USER }) });
    const bareAddress = await bare.listen({ host: '127.0.0.1', port: 0 });
    const address = await service.app.listen({ host: '127.0.0.1', port: 0 });
    for (const body of bodies) sizes.push((await service.app.inject({ method: 'POST', url: '/v1/gate/decisions', headers: { 'content-type': 'application/json' }, payload: body })).body.length);
    const rounds = await inTurn(bareAddress, address, bodies);
    await bare.close();
    await service.stop();
    return { ...figuresOf(rounds), requestBytes: middle(bodies.map((body) => body.length)), answerBytes: middle(sizes) };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Round {
  readonly bare: autocannon.Result;
  readonly gate: autocannon.Result;
}

/** The first round of each warms up and is not counted. */
async function inTurn(bareAddress: string, address: string, bodies: readonly string[]): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const bare = await fire(bareAddress, bodies);
    const gate = await fire(address, bodies);
    if (gate.non2xx > 0) throw new Error(`${gate.non2xx} requests had no decision`);
    rounds.push({ bare, gate });
  }
  return rounds.slice(1);
}

function figuresOf(rounds: readonly Round[]): Omit<GateFigures, 'requestBytes' | 'answerBytes'> {
  const shares = rounds.map(({ bare, gate }) => gate.requests.average / bare.requests.average);
  return {
    bareRequestsPerSecond: Math.round(middle(rounds.map(({ bare }) => bare.requests.average))),
    gateRequestsPerSecond: Math.round(middle(rounds.map(({ gate }) => gate.requests.average))),
    share: Math.round(middle(shares) * 100) / 100,
    p50: middle(rounds.map(({ gate }) => gate.latency.p50)),
    p99: middle(rounds.map(({ gate }) => gate.latency.p99)),
  };
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
