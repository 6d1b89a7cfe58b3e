import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CatalogService, openCatalogService } from '../../server/catalog-service.ts';
import { registryConfig } from '../../server/registry/registry-config.ts';
import { type RegistryMirror, startRegistryMirror } from '../../server/registry/registry-mirror.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { Store } from '../../server/store/store.ts';
import { until } from '../stack/until.ts';
import { record } from './mirrored.ts';
import type { Misbehaviour } from '../outside/misbehaviour.ts';
import { SmallRegistry } from './small-registry.ts';

const STALE_AFTER_S = 60;
let registry: SmallRegistry;
let store: Store;
let mirror: RegistryMirror;
let service: CatalogService;
/** Added to the wall clock. */
let ahead = 0;

beforeEach(async () => {
  ahead = 0;
  registry = await new SmallRegistry().start();
  registry.register('orders-value', record('id', 'amount'));
  registry.register('payments-value', record('id'));
  store = openSqliteStore({ file: ':memory:' });
  await begin({});
});
afterEach(async () => {
  await mirror.stop();
  await service.stop();
  await store.close();
  await registry.close();
});

async function begin(env: Record<string, string>): Promise<void> {
  const config = registryConfig({ SLUICE_REGISTRY_URL: registry.url, SLUICE_REGISTRY_POLL_INTERVAL: '0.02', SLUICE_REGISTRY_STALE_AFTER: String(STALE_AFTER_S), ...env }, []);
  const clock = () => Date.now() + ahead;
  mirror = startRegistryMirror({ config: config!, store, clock, log: { warn: () => undefined, info: () => undefined } });
  service = await openCatalogService({ store, aliases: new Map([['kafka://broker:9092', 'kafka://main']]), clock, log: pino({ level: 'silent' }), snapshot: null, registry: mirror });
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}
async function call(method: 'GET' | 'POST', url: string, payload?: object): Promise<Answer> {
  const { statusCode, headers, body } = await service.app.inject({ method, url, ...(payload === undefined ? {} : { payload }) });
  return { status: statusCode, headers, body: String(headers['content-type']).includes('json') ? JSON.parse(body) : body };
}
const job = { namespace: 'flink://main', name: 'a-job', owner: 'team' };
const writes = (namespace: string, name: string, schema?: string) => ({ job, program: { kind: 'declared', inputs: [], outputs: [{ dataset: { namespace, name }, ...(schema === undefined ? {} : { writerSchema: JSON.parse(schema) }) }] } });
const decide = (request: object) => call('POST', '/v1/gate/decisions', request);
const readiness = async () => (await call('GET', '/readyz')).body.parts.find(({ part }: { part: string }) => part === 'registry') as { ready: boolean; detail: string };
const ready = () => until(async () => (await readiness()).ready, { seen: readiness, within: 10_000 });
/** Lets the last complete poll grow too old, while the registry misbehaves. */
async function goStale(how: Misbehaviour): Promise<void> {
  registry.misbehave(how);
  const { failures } = mirror.counts();
  await until(() => Object.values(mirror.counts().failures).join() !== Object.values(failures).join(), { within: 15_000 });
  ahead += (STALE_AFTER_S + 1) * 1_000;
}

test.each<Misbehaviour>(['500', 'html', 'redirect', 'hang-up', 'forbidden', 'huge'])('answers no gate request while the registry gives %s for too long, and recovers by itself', async (how) => {
  await ready();
  expect((await decide(writes('kafka://main', 'orders', record('id', 'amount')))).body.outcome).toBe('allow');
  await goStale(how);
  for (const request of [writes('kafka://main', 'orders', record('id', 'amount')), writes('kafka://main', 'never-heard-of'), writes('kafka://broker:9092', 'orders')]) {
    const { status, headers, body } = await decide(request);
    expect([status, body.type, headers['retry-after']]).toEqual([503, 'urn:sluice:problem:registry-stale', '5']);
    expect(body.detail).toMatch(/^the Schema Registry was last read whole 6\d s ago, and after 60 s that no longer counts: /);
  }
  const { status, body } = await call('GET', '/readyz');
  expect([status, body.ready]).toEqual([503, false]);
  registry.misbehave('well');
  await ready();
  expect((await decide(writes('kafka://main', 'orders', record('id', 'amount')))).body.outcome).toBe('allow');
});

test('goes on answering within the bound, from what it has', async () => {
  await ready();
  registry.misbehave('500');
  await until(() => (mirror.counts().failures['server-error'] ?? 0) > 0);
  ahead += (STALE_AFTER_S / 2) * 1_000;
  expect((await decide(writes('kafka://main', 'orders', record('id', 'amount')))).status).toBe(200);
  expect((await readiness()).ready).toBe(true);
});

test('refuses a Flink program too, and nothing that needs no subject', async () => {
  await ready();
  await goStale('500');
  const sql = { job, program: { kind: 'flink-sql', script: 'CREATE TABLE t (a INT) WITH (\'connector\' = \'datagen\'); CREATE TABLE b (a INT) WITH (\'connector\' = \'blackhole\'); INSERT INTO b SELECT a FROM t;' } };
  expect((await decide(sql)).body.type).toBe('urn:sluice:problem:registry-stale');
  expect((await decide(writes('postgres://db:5432', 'shop.public.orders'))).status).toBe(200);
});

test('before the first whole look nothing is known', async () => {
  await mirror.stop();
  await service.stop();
  registry.misbehave('silence');
  await begin({});
  expect((await decide(writes('kafka://main', 'orders'))).body.detail).toMatch(/^the Schema Registry was not read whole yet/);
  expect(await readiness()).toMatchObject({ ready: false });
});

test('one subject that cannot be read closes the gate for its topic alone', async () => {
  await ready();
  registry.register('payments-value', record('id', 'more'));
  registry.misbehave('huge', /payments-value\/versions\/2/);
  await until(() => mirror.counts().faults === 1);
  expect((await decide(writes('kafka://main', 'payments', record('id')))).status).toBe(200);
  ahead += (STALE_AFTER_S + 1) * 1_000;
  await ready();
  expect((await decide(writes('kafka://main', 'orders', record('id', 'amount')))).body.outcome).toBe('allow');
  expect((await decide(writes('kafka://main', 'payments', record('id')))).body).toMatchObject({ status: 503, type: 'urn:sluice:problem:registry-stale' });
  expect((await readiness()).detail).toMatch(/2 subjects mirrored; payments-value: the answer to .* is larger than/);
  registry.misbehave('well');
  await until(() => mirror.counts().faults === 0);
  expect((await decide(writes('kafka://main', 'payments', record('id')))).status).toBe(200);
});

test('a version that was edited closes the gate for its topic at once', async () => {
  await ready();
  registry.hardDelete('orders-value');
  registry.register('orders-value', record('something', 'else'));
  registry.level('', 'FULL');
  await until(() => mirror.counts().faults === 1);
  expect((await decide(writes('kafka://main', 'orders', record('id', 'amount')))).body).toMatchObject({ status: 503, detail: expect.stringContaining('another schema in the registry') });
  expect((await decide(writes('kafka://main', 'payments', record('id')))).status).toBe(200);
});

test('what is registered changes the next verdict', async () => {
  await ready();
  expect((await decide(writes('kafka://main', 'fresh', JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] })))).body.outcome).not.toBe('deny');
  registry.register('fresh-value', JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'string' }] }));
  const denied = await until(async () => {
    const { body } = await decide(writes('kafka://main', 'fresh', JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] })));
    return body.outcome === 'deny' && body;
  });
  expect(denied.findings.map(({ rule }: { rule: string }) => rule)).toContain('subject-compatibility');
});

test('stops at once, in the middle of an answer that never ends', async () => {
  await ready();
  registry.misbehave('drip');
  await until(() => registry.asked.length > 0);
  registry.takeAsked();
  await until(() => registry.asked.length > 0);
  const started = performance.now();
  await mirror.stop();
  expect(performance.now() - started).toBeLessThan(1_000);
});

test('shows what it does in metrics', async () => {
  await ready();
  registry.misbehave('500');
  await until(() => (mirror.counts().failures['server-error'] ?? 0) > 0);
  const { body } = await call('GET', '/metrics');
  for (const line of [/^sluice_registry_subjects 2$/m, /^sluice_registry_age_seconds [\d.]+$/m, /^sluice_registry_failures_total\{kind="server-error"\} \d+$/m, /^sluice_ready\{part="registry"\} 1$/m]) expect(body).toMatch(line);
});
