import { readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ClusterWatch, type ClusterPoll } from '../../../ingest/flink/cluster-watch.ts';
import { flinkConfig } from '../../../ingest/flink/flink-config.ts';
import { startFlinkDoors } from '../../../ingest/flink/flink-door.ts';
import type { FlinkCluster } from '../../../ingest/flink/flink-config.ts';
import { JsonReader } from '../../../server/outside/json-reader.ts';
import { misbehave } from '../../outside/misbehaviour.ts';
import { openSqliteStore } from '../../../server/store/sqlite-store.ts';
import type { Store } from '../../../server/store/store.ts';

const sample = (name: string): string => readFileSync(new URL(`../../fixtures/flink-rest/${name}.json`, import.meta.url), 'utf8');
const MULTI = JSON.parse(sample('multi-job')) as { jid: string; vertices: { id: string; name: string }[] };
const NOW = Date.UTC(2027, 0, 1);
const JOB = 'a'.repeat(32);

let store: Store;
let server: Server;
let url: string;
let answers: Map<string, string | ((response: ServerResponse) => void)>;
let asked: string[];
beforeEach(async () => {
  store = openSqliteStore({ file: ':memory:' });
  [answers, asked] = [new Map(), []];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const answer = answers.get(request.url ?? '');
    if (typeof answer === 'function') return answer(response);
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(answer ?? '{"errors":["Not found."]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await store.close();
});

const cluster = (): FlinkCluster => ({ name: 'main', url, jobs: 'flink://main', topics: 'kafka://main' });
const watchOn = (now = NOW, reader: Pick<JsonReader, 'get'> = new JsonReader({ server: 'Flink cluster', url, credentials: null })): ClusterWatch => new ClusterWatch({ cluster: cluster(), reader, store, aliases: new Map(), clock: () => now });
const job = (more: object = {}): object => ({ jid: JOB, name: 'enrich', state: 'RUNNING', 'start-time': NOW - 60_000, 'last-modification': NOW - 50_000, ...more });
const listing = (...jobs: object[]): void => void answers.set('/jobs/overview', JSON.stringify({ jobs }));
const facts = async (name: string): Promise<Record<string, unknown>> => Object.fromEntries(((await store.entity({ kind: 'job', namespace: 'flink://main', name }))?.facts ?? []).map(({ aspect, body }) => [aspect, body]));
const stateOf = async (name: string): Promise<unknown> => ((await facts(name))['state'] as { state?: string } | undefined)?.state;

test('takes the states of all jobs a real cluster lists', async () => {
  answers.set('/jobs/overview', sample('jobs-overview-mixed'));
  const { jobs } = await watchOn().poll();
  const states = await Promise.all(['orders-failing', 'orders-bounded', 'orders-aggregation'].map(stateOf));
  expect(states).toEqual(['FAILED', 'FINISHED', 'STOPPED']);
  expect(jobs).toBeGreaterThanOrEqual(3);
});

test('a job that was replaced between two looks is told anew, though its state is the same; one that merely goes on is not', async () => {
  const run = async (): Promise<unknown> => (await store.entity({ kind: 'job', namespace: 'flink://main', name: 'enrich' }))?.facts.find(({ aspect }) => aspect === 'state')?.at;
  const watch = watchOn();
  listing(job());
  await watch.poll();
  listing(job({ 'last-modification': NOW - 40_000 }));
  expect((await watch.poll()).changes).toBe(0);
  listing(job({ jid: 'b'.repeat(32), 'start-time': NOW - 20_000, 'last-modification': NOW - 19_000 }));
  expect((await watch.poll()).changes).toBe(1);
  expect(await run()).toMatchObject({ event: 'b'.repeat(32), time: NOW - 19_000 });
  expect((await watch.poll()).changes).toBe(0);
});

test('learns from the metrics of its sources what topics a job reads, of which fields nobody tells', async () => {
  listing(job({ jid: MULTI.jid }));
  answers.set(`/jobs/${MULTI.jid}`, sample('multi-job'));
  for (const { id, name } of MULTI.vertices) {
    const source = name.includes('default_database.orders') ? 'orders' : name.includes('default_database.customers') ? 'customers' : null;
    if (source !== null) answers.set(`/jobs/${MULTI.jid}/vertices/${id}/subtasks/metrics`, sample(`multi-vertex-metric-names-${source}`));
  }
  await watchOn().poll();
  expect(await facts('enrich')).toMatchObject({
    state: { state: 'RUNNING' }, job: { kind: 'flink-sql' },
    program: { reads: ['customers', 'orders'].map((name) => ({ dataset: { namespace: 'kafka://main', name }, fields: null, completeness: 'unknown' })), writes: [] },
  });
});

test('tells what a job is made of and how often it was restarted, asking again only after its state changed', async () => {
  const restarts = (count: number): void => void answers.set(`/jobs/${MULTI.jid}/metrics?get=numRestarts`, JSON.stringify([{ id: 'numRestarts', value: String(count) }]));
  listing(job({ jid: MULTI.jid }));
  answers.set(`/jobs/${MULTI.jid}`, sample('multi-job'));
  restarts(0);
  const watch = watchOn();
  await watch.poll();
  const tables = 'Sources: default_catalog.default_database.customers, default_catalog.default_database.orders. Sinks: alerts, by_country.';
  expect((await facts('enrich'))['doc']).toEqual({ text: `Flink job ${MULTI.jid}, restarted 0 times. ${tables}` });
  asked = [];
  await watch.poll();
  expect(asked.filter((path) => path.includes('numRestarts'))).toEqual([]);
  restarts(3);
  // Just back: Flink's metrics are some seconds behind, so it is asked until they have settled.
  listing(job({ jid: MULTI.jid, 'last-modification': NOW - 1_000 }));
  expect((await watch.poll()).changes).toBe(1);
  await watch.poll();
  expect(asked.filter((path) => path.includes('numRestarts'))).toHaveLength(2);
  expect([(await facts('enrich'))['doc'], watch.restarts]).toEqual([{ text: `Flink job ${MULTI.jid}, restarted 3 times. ${tables}` }, 3]);
});

test('waits for an answer so long and no longer, and a cluster that is slow over one job is seen all the same', async () => {
  listing(job());
  let ended = 0;
  answers.set(`/jobs/${JOB}/metrics?get=numRestarts`, (response) => {
    response.writeHead(200).write('[');
    response.on('close', () => ended++);
  });
  const patience = { bytes: 100, milliseconds: 50 };
  const quick = new JsonReader({ server: 'Flink cluster', url, credentials: null });
  const watch = new ClusterWatch({ cluster: cluster(), reader: { get: (path, limits) => quick.get(path, path.includes('numRestarts') ? patience : limits) }, store, aliases: new Map(), clock: () => NOW });
  await watch.poll();
  expect(await stateOf('enrich')).toBe('RUNNING');
  await vi.waitFor(() => expect(ended).toBe(1));
});

test('writes nothing and asks for nothing but the list while nothing changes', async () => {
  listing(job({ jid: MULTI.jid, state: 'FINISHED' }));
  const watch = watchOn();
  await watch.poll();
  asked = [];
  expect(await watch.poll()).toMatchObject({ changes: 0 });
  expect(await watchOn().poll()).toMatchObject({ changes: 0 });
  expect([...new Set(asked)]).toEqual(['/jobs/overview']);
});

test('a job that vanished from a cluster that answers was stopped, also if it vanished while nobody looked', async () => {
  listing(job());
  const watch = watchOn();
  await watch.poll();
  listing();
  expect([await watch.poll().then(({ changes }) => changes), await stateOf('enrich')]).toEqual([1, 'STOPPED']);
  listing(job({ 'start-time': NOW + 1, 'last-modification': NOW + 1 }));
  await watchOn(NOW + 5).poll();
  expect(await stateOf('enrich')).toBe('RUNNING');
  listing();
  await watchOn(NOW + 9).poll();
  expect(await stateOf('enrich')).toBe('STOPPED');
});

test('of jobs with one name the one that started last counts', async () => {
  listing(job({ jid: 'b'.repeat(32), state: 'CANCELED', 'start-time': NOW - 90_000, 'last-modification': NOW - 10_000 }), job());
  await watchOn().poll();
  expect(await stateOf('enrich')).toBe('RUNNING');
});

test('a topic whose name Flink may have changed is taken only if the catalog has it', async () => {
  const vertex = 'c'.repeat(32);
  listing(job());
  answers.set(`/jobs/${JOB}`, JSON.stringify({ vertices: [{ id: vertex, name: 'Source: x' }] }));
  answers.set(`/jobs/${JOB}/vertices/${vertex}/subtasks/metrics`, JSON.stringify([{ id: 'Source__x.KafkaSourceReader.topic.shop_orders.partition.0.currentOffset' }]));
  const watch = watchOn();
  await watch.poll();
  expect((await facts('enrich'))['program']).toBeUndefined();
  await store.apply({ changes: [{ change: 'statement', about: { kind: 'dataset', namespace: 'kafka://main', name: 'shop_orders' }, aspect: 'dataset', part: '', evidence: 'declared', at: { time: 1, sequence: 0, event: 'x' }, body: { kind: 'topic', platform: 'kafka', cluster: 'main' } }], committedAt: NOW, offset: null });
  await watch.poll();
  expect((await facts('enrich'))['program']).toMatchObject({ reads: [{ dataset: { name: 'shop_orders' } }] });
});

test('the topic that Flink writes with `_` is the one of the catalog that is written so, if there is just one', async () => {
  const vertex = 'c'.repeat(32);
  const known = (...names: string[]) => store.apply({ changes: names.map((name) => ({ change: 'statement', about: { kind: 'dataset', namespace: 'kafka://main', name }, aspect: 'dataset', part: '', evidence: 'declared', at: { time: 1, sequence: 0, event: 'x' }, body: { kind: 'topic', platform: 'kafka', cluster: 'main' } }) as const), committedAt: NOW, offset: null });
  listing(job());
  answers.set(`/jobs/${JOB}`, JSON.stringify({ vertices: [{ id: vertex, name: 'Source: x' }] }));
  answers.set(`/jobs/${JOB}/vertices/${vertex}/subtasks/metrics`, JSON.stringify(['shop_orders_v1', 'plain-1'].map((name) => ({ id: `Source__x.KafkaSourceReader.topic.${name}.partition.0.currentOffset` }))));
  await known('shop.orders_v1', 'shop.orders-v1', 'shop_orders');
  await watchOn().poll();
  expect((await facts('enrich'))['program']).toMatchObject({ reads: [{ dataset: { name: 'plain-1' } }, { dataset: { name: 'shop.orders_v1' } }] });
  // A catalog that remembers both cannot tell which it is; what was known stays.
  await known('shop_orders.v1');
  expect((await watchOn().poll()).changes).toBe(0);
});

describe('what a cluster answers amiss', () => {
  /** Who answers nothing is waited for for as long as the limits say; here less. */
  const PATIENCE_MS = 1_000;
  const poll = (): Promise<ClusterPoll> => {
    const reader = new JsonReader({ server: 'Flink cluster', url, credentials: null });
    return watchOn(NOW, { get: (path, limits) => reader.get(path, { ...limits, milliseconds: PATIENCE_MS }) }).poll();
  };

  test.each<[string, string | ((response: ServerResponse) => void), RegExp]>([
    ['HTML', '<html>sign in</html>', /is HTML/],
    ['an error', (response) => response.writeHead(500).end('x'), /answered 500/],
    ['a list of nothing known', '{"jobs":7}', /no list of jobs/],
    ['no such page', (response) => response.writeHead(404, { 'content-type': 'application/json' }).end('{}'), /no list of jobs/],
    ['a page that there is no such page', (response) => misbehave('html-404', response), /is HTML/],
    ['200 MB', (response) => misbehave('huge', response), /is larger than/],
    ['nothing', (response) => misbehave('silence', response), /no whole answer/],
    ['a byte now and then', (response) => misbehave('drip', response), /no whole answer/],
    ['a broken connection', (response) => misbehave('hang-up', response), /cannot be reached/],
    ['a redirect', (response) => misbehave('redirect', response), /redirect/],
  ])('%s to the list of jobs leaves everything as it was', async (_, answer, reason) => {
    listing(job());
    await poll();
    answers.set('/jobs/overview', answer);
    await expect(poll()).rejects.toThrow(reason);
    expect(await stateOf('enrich')).toBe('RUNNING');
  });

  test.each<[string, string | ((response: ServerResponse) => void) | null]>([
    ['a job without vertices', '{"jid":"x"}'],
    ['a job that ended between two requests', null],
    ['a job of more vertices than the limit', JSON.stringify({ vertices: Array.from({ length: 5_001 }, () => ({ id: 'c', name: 'Source: x' })) })],
    ['an answer beyond the limit', (response) => response.writeHead(200).end(`"${'x'.repeat(17 * 1024 * 1024)}"`)],
    ['an error', (response) => response.writeHead(500).end('x')],
    ['a page', (response) => misbehave('html', response)],
    ['nothing', (response) => misbehave('silence', response)],
    ['vertices that are none', JSON.stringify({ vertices: [null, 7, {}, { id: 7, name: 'Source: x' }, { id: '../x', name: null }] })],
    ['a plan alone', JSON.stringify({ plan: { nodes: [{ id: 'x', description: 'Source: x' }] } })],
  ])('%s to the details of a job leaves its reads unknown, and its state known', async (_, answer) => {
    listing(job());
    if (answer !== null) answers.set(`/jobs/${JOB}`, answer);
    await poll();
    expect(await facts('enrich')).toEqual({ state: { state: 'RUNNING' } });
  });

  test('jobs that cannot be names are left out and told of, and hostile names are names', async () => {
    listing(job({ jid: '../x' }), job({ name: 'x'.repeat(600), jid: 'd'.repeat(32) }), job({ state: 'ASLEEP', jid: 'e'.repeat(32) }), job({ name: '<b>"&#1;/../%2f' }));
    const { left, jobs } = await poll();
    expect([jobs, left.length]).toEqual([1, 3]);
    expect(await stateOf('<b>"&#1;/../%2f')).toBe('RUNNING');
  });
});

test('the door says what it saw, and why it sees nothing now', async () => {
  listing(job());
  const [door] = startFlinkDoors({ config: { clusters: [cluster()], intervalMs: 20, credentials: null }, store, aliases: new Map(), clock: () => NOW, log: { info: () => undefined, warn: () => undefined } });
  await vi.waitFor(async () => expect(await door!.check()).toEqual({ ready: true, detail: '1 jobs' }));
  answers.set('/jobs/overview', (response) => response.writeHead(503).end());
  await vi.waitFor(async () => expect(await door!.check()).toMatchObject({ ready: false, detail: expect.stringMatching(/last read 0 s ago: the Flink cluster answered 503/) as string }));
  listing(job());
  await vi.waitFor(async () => expect((await door!.check()).ready).toBe(true));
  expect(door!.figures().find(({ name }) => name === 'flink_jobs')?.value).toBe(1);
  await door!.stop();
});

test('the configuration names clusters, and every mistake in it', () => {
  const mistakes: string[] = [];
  expect(flinkConfig({ SLUICE_FLINK_CLUSTERS: 'main=http://a:8081/,jobs=flink-jobs,kafka=big; b=https://b' }, mistakes)?.clusters).toEqual([
    { name: 'main', url: 'http://a:8081', jobs: 'flink-jobs', topics: 'kafka://big' }, { name: 'b', url: 'https://b', jobs: 'flink://b', topics: 'kafka://main' },
  ]);
  expect(mistakes).toEqual([]);
  flinkConfig({ SLUICE_FLINK_CLUSTERS: 'x;y=ftp://y;z=http://z,colour=red;a=http://a,jobs=n;b=http://b,jobs=n', SLUICE_FLINK_POLL_INTERVAL: 'often' }, mistakes);
  expect(mistakes.length).toBe(5);
});
