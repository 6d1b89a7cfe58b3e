import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GraphChange } from '../../../server/catalog/changes.ts';
import type { ClusterAliases } from '../../../server/catalog/cluster-aliases.ts';
import { openSqliteStore } from '../../../server/store/sqlite-store.ts';
import { type Store, StoreUnavailable } from '../../../server/store/store.ts';
import { ConnectClient } from '../../../ingest/connect/connect-client.ts';
import { ConnectorsWatch } from '../../../ingest/connect/connectors-watch.ts';
import { SmallConnect } from './small-connect.ts';

const START = Date.UTC(2026, 5, 1, 12);
const FILE_SOURCE = { type: 'source' as const, config: { 'connector.class': 'org.apache.kafka.connect.file.FileStreamSourceConnector', topic: 'lines', 'custom.password': 'hunter2' }, topics: ['lines'] };
const PAYMENTS = {
  type: 'source' as const, topics: [],
  config: {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector', 'database.hostname': 'payments-db', 'database.dbname': 'payments', 'database.password': 'hunter2', 'topic.prefix': 'pay',
    'table.include.list': 'public.payments', 'value.converter': 'io.confluent.connect.avro.AvroConverter',
  },
};

describe('watching a Kafka Connect cluster', () => {
  let connect: SmallConnect;
  let store: Store;
  let now: number;
  beforeEach(async () => {
    [connect, store, now] = [await new SmallConnect().start(), openSqliteStore({ file: ':memory:' }), START];
  });
  afterEach(async () => {
    await connect.close();
    await store.close();
  });
  const watchOf = (watched: Store = store, aliases: ClusterAliases = new Map()) =>
    new ConnectorsWatch({ config: { cluster: 'main', kafka: 'kafka://main' }, client: new ConnectClient({ url: connect.url, credentials: null }), store: watched, aliases, clock: () => ++now });
  const job = async (name: string): Promise<Record<string, unknown>> => Object.fromEntries(((await store.entity({ kind: 'job', namespace: 'connect://main', name }))?.facts ?? []).map(({ aspect, body }) => [aspect, body]));
  const fields = (name: string, namespace: string, paths: readonly string[]): GraphChange => ({
    change: 'statement', about: { kind: 'dataset', namespace, name }, aspect: 'fields', part: 'value', evidence: 'declared', at: { time: START, sequence: 0, event: 'e' },
    body: { fields: paths.map((path) => ({ path, type: 'string', nullable: false })) },
  });

  test('tells what a real cluster answered, and nothing the second time', async () => {
    const answer = (file: string): string => readFileSync(new URL(`../../fixtures/connect/${file}.json`, import.meta.url), 'utf8');
    connect.instead = { where: /expand/, status: 200, body: answer('connectors-expand-info-expand-status') };
    connect.connectors.set('file-src', { type: 'source', config: {}, topics: (JSON.parse(answer('connectors-file-src-topics')) as { 'file-src': { topics: string[] } })['file-src'].topics });
    const watch = watchOf();
    expect((await watch.look()).changes).toBeGreaterThan(0);
    expect(await job('file-src')).toMatchObject({ job: { kind: 'source-connector' }, state: { state: 'RUNNING' }, program: { reads: [], writes: [{ dataset: { namespace: 'kafka://main', name: 'file.raw' }, derivations: null }] } });
    expect(await job('file-sink')).toMatchObject({ job: { kind: 'sink-connector' }, program: { reads: [{ dataset: { namespace: 'kafka://main', name: 'file.raw' }, fields: null, completeness: 'unknown' }], writes: [] } });
    expect(await job('file-bad')).toMatchObject({ state: { state: 'FAILED' }, doc: { text: expect.stringContaining('Failed of its 1 tasks: 0.') as string } });
    const { revision } = await store.revision();
    for (let i = 0; i < 12; i++) expect((await watch.look()).changes).toBe(0);
    expect((await watchOf().look()).changes).toBe(0);
    expect((await store.revision()).revision).toBe(revision);
  });

  test('keeps no secret, not even the trace of a task', async () => {
    connect.connectors.set('a', { ...FILE_SOURCE, states: ['RUNNING', 'FAILED'] });
    connect.connectors.set('p', PAYMENTS);
    const told: GraphChange[] = [];
    await watchOf({ ...store, apply: (batch) => (told.push(...batch.changes), store.apply(batch)), entity: (ref) => store.entity(ref), entities: (kind, page) => store.entities(kind, page) }).look();
    expect(told.length).toBeGreaterThan(0);
    expect(JSON.stringify(told)).not.toContain('hunter2');
  });

  test.each([
    [['RUNNING', 'RUNNING'], 'RUNNING'], [['RUNNING', 'RUNNING', 'FAILED'], 'FAILED'], [['FAILED'], 'FAILED'], [['PAUSED', 'PAUSED'], 'PAUSED'], [['STOPPED'], 'STOPPED'], [['UNASSIGNED', 'UNASSIGNED'], 'DEPLOYING'], [['ODD'], undefined],
  ])('takes %s as %s', async (states, expected) => {
    connect.connectors.set('a', { ...FILE_SOURCE, states });
    await watchOf().look();
    expect((await job('a'))['state']).toEqual(expected === undefined ? undefined : { state: expected });
  });

  test('retires a connector that is gone, also when another process told of it, and takes it back', async () => {
    connect.connectors.set('a', FILE_SOURCE);
    await watchOf().look();
    connect.connectors.clear();
    await watchOf().look();
    expect(await job('a')).toEqual({});
    connect.connectors.set('a', FILE_SOURCE);
    await watchOf().look();
    expect(await job('a')).toMatchObject({ state: { state: 'RUNNING' } });
  });

  test('retires nobody whom the list leaves out, or of whom a 404 is not of Kafka Connect', async () => {
    connect.connectors.set('a', FILE_SOURCE);
    const watch = watchOf();
    await watch.look();
    connect.unlisted.add('a');
    expect((await watch.look()).changes).toBe(0);
    connect.connectors.clear();
    connect.instead = { where: /connectors\/a/, status: 404, body: '{"message":"no route"}' };
    expect((await watch.look()).changes).toBe(0);
    expect([...watch.seen.faults.keys()]).toEqual(['a']);
    expect(await job('a')).toMatchObject({ state: { state: 'RUNNING' } });
  });

  test.each([[500, '{}'], [404, '{}'], [401, '{}'], [200, '[]'], [200, '<html>'], [302, '']])('changes nothing when the cluster answers %i %s', async (status, body) => {
    connect.connectors.set('a', FILE_SOURCE);
    const watch = watchOf();
    await watch.look();
    connect.instead = { where: /expand/, status, body };
    await expect(watch.look()).rejects.toThrow();
    expect(await job('a')).toMatchObject({ state: { state: 'RUNNING' } });
  });

  test('leaves alone a connector whose answer cannot be read, tells of the others, and says so', async () => {
    connect.connectors.set('a', FILE_SOURCE).set('b', { ...FILE_SOURCE, states: [] });
    connect.instead = { where: /connectors\/a\/topics/, status: 500, body: '{}' };
    connect.connectors.set('c', FILE_SOURCE);
    const watch = watchOf();
    await watch.look();
    expect([...watch.seen.faults.keys()].sort()).toEqual(['a', 'b']);
    expect(await job('a')).toEqual({});
    expect(await job('c')).not.toEqual({});
  });

  test('goes by the settings alone where the cluster keeps no active topics', async () => {
    connect.connectors.set('a', FILE_SOURCE);
    connect.instead = { where: /topics$/, status: 403, body: '{}' };
    await watchOf().look();
    expect(await job('a')).toMatchObject({ program: { writes: [{ dataset: { name: 'lines' } }] } });
  });

  test('says which fields are copied once both schemas are known, and not before', async () => {
    connect.connectors.set('p', PAYMENTS);
    const watch = watchOf();
    await watch.look();
    expect(await job('p')).toMatchObject({ program: { reads: [{ fields: null, completeness: 'unknown' }], writes: [{ derivations: null }] } });
    const table = { namespace: 'postgres://payments-db:5432', name: 'payments.public.payments' };
    await store.apply({ changes: [fields(table.name, table.namespace, ['id', 'amount']), fields('pay.public.payments', 'kafka://main', ['before', 'before.id', 'after', 'after.id', 'after.note', 'op'])], committedAt: START, offset: null });
    for (let i = 0; i < 10; i++) await watch.look();
    const copied = (to: string) => ({ to, from: [{ dataset: table, path: 'id', kind: 'IDENTITY' }] });
    expect(await job('p')).toMatchObject({ program: { reads: [{ dataset: table, fields: [{ path: 'id' }], completeness: 'partial' }], writes: [{ derivations: [copied('before.id'), copied('after.id')] }] } });
  });

  test('names a Kafka cluster as it is named elsewhere', async () => {
    connect.connectors.set('m', { type: 'source', config: { 'connector.class': 'org.apache.kafka.connect.mirror.MirrorSourceConnector', 'source.cluster.alias': 'ads', 'source.cluster.bootstrap.servers': 'ads-1:9092', topics: 'clicks' } });
    await watchOf(store, new Map([['kafka://ads-1:9092', 'kafka://ads']])).look();
    expect(await job('m')).toMatchObject({ program: { reads: [{ dataset: { namespace: 'kafka://ads', name: 'clicks' } }] } });
  });

  test('tells again what the store did not take', async () => {
    connect.connectors.set('a', FILE_SOURCE);
    let down = true;
    const flaky = { ...store, apply: (batch: Parameters<Store['apply']>[0]) => (down ? Promise.reject(new StoreUnavailable('down', 'down')) : store.apply(batch)), entity: (ref: Parameters<Store['entity']>[0]) => store.entity(ref), entities: (...page: Parameters<Store['entities']>) => store.entities(...page) };
    const watch = watchOf(flaky as Store);
    await expect(watch.look()).rejects.toThrow(StoreUnavailable);
    down = false;
    await watch.look();
    expect(await job('a')).not.toEqual({});
  });
});
