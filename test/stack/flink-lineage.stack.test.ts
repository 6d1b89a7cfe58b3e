import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changesFrom } from '../../ingest/changes-from.ts';
import { ClusterWatch } from '../../ingest/flink/cluster-watch.ts';
import { canonicalChange } from '../../server/catalog/cluster-aliases.ts';
import { openCatalogService } from '../../server/catalog-service.ts';
import { JsonReader } from '../../server/outside/json-reader.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { Store } from '../../server/store/store.ts';
import { control } from '../http/catalog.ts';
import { type EventReceiver, receiveEvents } from './event-receiver.ts';
import { type FlinkCluster, startFlink } from './servers/flink-cluster.ts';
import { type KafkaBroker, startKafka } from './servers/kafka-broker.ts';
import { missingForStory } from './servers/missing-part.ts';
import { until } from './until.ts';

const missing = missingForStory();
const JOBS = 'flink://main';
const TOPICS = ['shop.orders', 'shop-customers', 'alerts', 'countries', 'events.a', 'events-b', 'events_c', 'logs-1', 'logs-2', 'copies'];
const ROWS: Readonly<Record<string, readonly object[]>> = { 'shop.orders': [{ id: 'a', amount: 2_000 }, { id: 'b', amount: 1 }], 'shop-customers': [{ id: 'a', country: 'NL' }] };

/** Looked into freely; answers are held to openapi.yaml elsewhere. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- see above
type Answer = any;

describe.skipIf(missing !== null)(`jobs of a real Flink, by REST, OpenLineage, SQL and plan${missing === null ? '' : ` (needs ${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-flink-lineage-'));
  let broker: KafkaBroker;
  let flink: FlinkCluster;
  let receiver: EventReceiver;
  const tables = new Map<string, string>();
  const stores: Store[] = [];

  beforeAll(async () => {
    receiver = await receiveEvents();
    [broker, flink] = await Promise.all([startKafka(), startFlink({ lineage: receiver.url, namespace: JOBS })]);
    const kafka = new kafkajs.Kafka({ clientId: 'test', brokers: [broker.address], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 20, maxRetryTime: 1_000 } });
    const [admin, producer] = [kafka.admin(), kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })];
    await Promise.all([admin.connect(), producer.connect()]);
    await admin.createTopics({ waitForLeaders: true, topics: TOPICS.map((topic) => ({ topic, numPartitions: 1 })) });
    await producer.sendBatch({ topicMessages: TOPICS.map((topic) => ({ topic, messages: (ROWS[topic] ?? [{ id: 'x' }]).map((row) => ({ value: JSON.stringify(row) })) })) });
    await Promise.all([admin.disconnect(), producer.disconnect()]);
    const table = (name: string, columns: string, topics: string, more = ''): Map<string, string> => tables.set(name, `CREATE TABLE ${name} (${columns}) WITH (
      'connector' = 'kafka', ${topics}, 'properties.bootstrap.servers' = '${broker.address}', 'scan.startup.mode' = 'earliest-offset', 'format' = 'json'${more})`);
    table('orders', 'id STRING, amount INT', "'topic' = 'shop.orders'");
    table('customers', 'id STRING, country STRING', "'topic' = 'shop-customers'");
    table('alerts', 'id STRING, amount INT', "'topic' = 'alerts'");
    table('countries', 'id STRING, country STRING', "'topic' = 'countries'");
    table('events', 'id STRING', "'topic' = 'events.a;events-b;events_c'");
    table('logs', 'id STRING', "'topic-pattern' = 'logs-.*'");
    table('copies', 'id STRING', "'topic' = 'copies'");
    table('all_orders', 'id STRING, amount INT', "'topic' = 'shop.orders'", ", 'scan.bounded.mode' = 'latest-offset'");
  });
  afterAll(async () => {
    await Promise.all([flink?.close(), broker?.close(), receiver?.close(), ...stores.map((store) => store.close())]);
    rmSync(folder, { recursive: true, force: true });
  });

  const ddl = (names: readonly string[]): readonly string[] => names.map((name) => tables.get(name) ?? '');
  const SET = "EXECUTE STATEMENT SET BEGIN INSERT INTO alerts SELECT id, amount FROM orders WHERE amount > 1000; INSERT INTO countries SELECT id, country FROM customers; END";
  const SET_TABLES = ['orders', 'customers', 'alerts', 'countries'] as const;

  /** Starts a job; gives its id. */
  async function submit(name: string, statements: readonly string[], settings: Readonly<Record<string, string>> = {}): Promise<string> {
    const session = await flink.session();
    for (const [key, value] of Object.entries({ 'pipeline.name': name, ...settings })) await session.run(`SET '${key}' = '${value}'`);
    let id: string | null = null;
    for (const statement of statements) id = (await session.run(statement)) ?? id;
    return id ?? '';
  }

  async function catalog() {
    const aliases = new Map([[`kafka://${broker.address}`, 'kafka://main']]);
    const store = openSqliteStore({ file: ':memory:' });
    stores.push(store);
    const { app } = await openCatalogService({ store, aliases, clock: Date.now, log: pino({ level: 'silent' }), snapshot: null });
    const watch = new ClusterWatch({ cluster: { name: 'main', url: flink.url, jobs: JOBS, topics: 'kafka://main' }, reader: new JsonReader({ server: 'Flink cluster', url: flink.url, credentials: null }), store, aliases, clock: Date.now });
    const get = async (path: string): Promise<Answer> => (await app.inject({ method: 'GET', url: path })).json();
    return {
      watch, get,
      job: (name: string): Promise<Answer> => get(`/v1/jobs/${encodeURIComponent(JOBS)}/${name}`),
      hear: async (events: readonly object[]) => expect((await app.inject({ method: 'POST', url: '/v1/lineage/batch', payload: events as object })).json().status).toBe('success'),
      /** What the deployer says of a job. */
      async deployed(name: string, program: { readonly sql?: string; readonly compiledPlan?: string }) {
        const said = changesFrom({ ...control('io.sluice.control.JobDeployed', { job: { namespace: JOBS, name }, kind: 'FLINK_SQL', processor: null, pipeline: null, owner: 'team-shop', artifactDigest: null, description: null, reads: [], writes: [], ...program } as never), occurredAt: Date.now() });
        if (said.outcome === 'refused') throw new Error(said.reason);
        await store.apply({ changes: said.changes.map((change) => canonicalChange(aliases, change)), committedAt: Date.now(), offset: null });
      },
      /** Where the fields of the inputs go, as lines, by how sure it is. */
      async edges(): Promise<Record<string, string[]>> {
        const lines: Record<string, string[]> = { known: [], possible: [] };
        for (const [topic, path] of [['shop.orders', 'id'], ['shop.orders', 'amount'], ['shop-customers', 'id'], ['shop-customers', 'country']] as const) {
          const { entries = [] } = await get(`/v1/lineage?kind=field&namespace=kafka%3A%2F%2Fmain&name=${topic}&path=${path}`);
          for (const { kind, name, path: to, certainty } of entries) if (kind === 'field' || kind === 'dataset') lines[certainty]?.push(`${topic}.${path} → ${name}${to === undefined ? '' : `.${to}`}`);
        }
        return lines;
      },
    };
  }
  const startOf = (name: string): Promise<Answer> => until(() => receiver.of(name).find(({ eventType }) => eventType === 'START') ?? null, { seen: () => receiver.of(name) });
  const TRUE_EDGES = ['shop.orders.id → alerts.id', 'shop.orders.amount → alerts.amount', 'shop-customers.id → countries.id', 'shop-customers.country → countries.country'];

  test('a statement set arrives as inputs × outputs, which makes no edge and yields to SQL and plan, whichever comes first', { timeout: 120_000 }, async () => {
    const script = [...ddl(SET_TABLES), SET].map((statement) => `${statement};\n`).join('');
    const file = join(folder, 'plan.json');
    const id = await submit('multi', [...ddl(SET_TABLES), `COMPILE PLAN '${file}' FOR ${SET.replace('EXECUTE ', '')}`, SET]);
    const start = await startOf('multi');
    expect([start.inputs, start.outputs].map((side) => side.map(({ name }: Answer) => name).sort())).toEqual([['shop-customers', 'shop.orders'], ['alerts', 'countries']]);
    const sources = { sql: script, compiledPlan: readFileSync(file, 'utf8') };
    const alone = await catalog();
    await alone.hear(receiver.of('multi'));
    expect((await alone.edges())['known']).toEqual([]);
    expect((await alone.job('multi')).reads.map(({ dataset, completeness }: Answer) => `${dataset.name} ${completeness}`).sort()).toEqual(['shop-customers unknown', 'shop.orders unknown']);
    for (const [evidence, program] of Object.entries(sources)) {
      const [first, last] = [await catalog(), await catalog()];
      await first.deployed('multi', { [evidence]: program });
      await first.hear(receiver.of('multi'));
      await last.hear(receiver.of('multi'));
      await last.deployed('multi', { [evidence]: program });
      const edges = await first.edges();
      expect([edges['known']?.sort(), edges['possible']]).toEqual([TRUE_EDGES.sort(), []]);
      expect(await last.edges()).toEqual(await first.edges());
    }
    await flink.cancel(id);
  });

  test('a job that fails, one that ends and one that is canceled are told as REST tells them, terminal events or none', { timeout: 120_000 }, async () => {
    const restart = { 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.attempts': '2', 'restart-strategy.fixed-delay.delay': '200 ms' };
    const canceled = await submit('canceled', [...ddl(['orders', 'alerts']), 'INSERT INTO alerts SELECT id, amount FROM orders']);
    await submit('ended', [...ddl(['all_orders', 'alerts']), 'INSERT INTO alerts SELECT id, amount FROM all_orders']);
    await submit('failing', [...ddl(['orders', 'alerts']), 'INSERT INTO alerts SELECT id, CAST(id AS INT) FROM orders'], restart);
    const [detached, attached] = [await catalog(), await catalog()];
    const states = async (from: Awaited<ReturnType<typeof catalog>>): Promise<unknown[]> => {
      await from.watch.poll();
      return Promise.all(['canceled', 'ended', 'failing'].map(async (name) => (await from.job(name)).state));
    };
    await until(async () => String(await states(attached)) === 'RUNNING,FINISHED,FAILED', { seen: () => states(attached) });
    await flink.cancel(canceled);
    await until(() => receiver.of('canceled').some(({ eventType }) => eventType === 'ABORT'), { seen: () => receiver.of('canceled') });
    const all = ['canceled', 'ended', 'failing'].flatMap((name) => receiver.of(name));
    expect(Object.fromEntries(all.filter(({ eventType }) => !['START', 'RUNNING'].includes(eventType)).map(({ job, eventType, inputs = [] }) => [job.name, [eventType, inputs.length]]))).toEqual({ canceled: ['ABORT', 0], ended: ['COMPLETE', 0], failing: ['FAIL', 0] });
    // One run each, by which the terminal event, which names no dataset, finds what START said.
    expect(new Set(all.map(({ job, run }) => `${job.name} ${run.runId}`)).size).toBe(3);

    // Without detached tracking these events never come.
    const began = all.filter(({ eventType }) => eventType === 'START' || eventType === 'RUNNING');
    await detached.hear(began);
    expect(await Promise.all(['canceled', 'ended', 'failing'].map(async (name) => (await detached.job(name)).state))).toEqual(['RUNNING', 'RUNNING', 'RUNNING']);
    await until(async () => String(await states(detached)) === 'STOPPED,FINISHED,FAILED', { seen: () => states(detached) });
    await attached.hear([...all].reverse());
    expect(await states(attached)).toEqual(['STOPPED', 'FINISHED', 'FAILED']);
    const { reads, writes } = await attached.job('ended');
    expect([reads.map(({ dataset }: Answer) => dataset.name), writes.map(({ dataset }: Answer) => dataset.name)]).toEqual([['shop.orders'], ['alerts']]);

    // By OpenLineage alone, in the order in which they came and in the other.
    for (const order of [all, [...all].reverse()]) {
      const heard = await catalog();
      await heard.hear(order);
      expect(await Promise.all(['canceled', 'ended', 'failing'].map(async (name) => (await heard.job(name)).state))).toEqual(['STOPPED', 'FINISHED', 'FAILED']);
    }
  });

  test('the metrics of a source tell its real topics: several, with any character in their names, and those of a pattern', { timeout: 120_000 }, async () => {
    const fanIn = await submit('fan-in', [...ddl(['events', 'copies']), 'INSERT INTO copies SELECT id FROM events']);
    const patterned = await submit('patterned', [...ddl(['logs', 'copies']), 'INSERT INTO copies SELECT id FROM logs']);
    const known = await catalog();
    const reads = async (name: string): Promise<string[]> => (await known.job(name)).reads?.map(({ dataset }: Answer) => dataset.name).sort() ?? [];
    // Flink writes `_` for other characters: such a topic is believed once the catalog has it.
    await known.hear([await startOf('fan-in')]);
    const seenByRest = async (name: string): Promise<string[]> => (await known.job(name)).reads?.filter((read: Answer) => read.evidence.some((one: Answer) => one.evidence === 'flink-rest')).map(({ dataset }: Answer) => dataset.name).sort() ?? [];
    const looked = async (): Promise<string> => {
      // A source that tells nothing is not asked for ever: looks come as far apart as they do with the shortest interval.
      await sleep(1_000);
      await known.watch.poll();
      return JSON.stringify([await seenByRest('fan-in'), await seenByRest('patterned')]);
    };
    await until(async () => (await looked()) === JSON.stringify([['events-b', 'events.a', 'events_c'], ['logs-1', 'logs-2']]), { seen: looked });
    expect(await reads('fan-in')).toEqual(['events-b', 'events.a', 'events_c']);
    // OpenLineage has no name for such a source; its event is taken all the same, and adds what is written.
    const start = await startOf('patterned');
    expect(start.inputs.map(({ name }: Answer) => name)).toEqual([undefined]);
    await known.hear([start]);
    expect([await reads('patterned'), (await known.job('patterned')).tags]).toEqual([['logs-1', 'logs-2'], ['openlineage-unnamed-dataset']]);
    await Promise.all([fanIn, patterned].map((id) => flink.cancel(id)));
  });

  test('restarts are counted', { timeout: 60_000 }, async () => {
    const restart = { 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.attempts': '1000', 'restart-strategy.fixed-delay.delay': '1 s' };
    const id = await submit('restless', [...ddl(['orders', 'alerts']), 'INSERT INTO alerts SELECT id, CAST(id AS INT) FROM orders'], restart);
    const seen = await catalog();
    const doc = async (): Promise<string> => {
      await seen.watch.poll();
      return String((await seen.job('restless')).doc);
    };
    await until(async () => Number(/restarted (\d+) times/.exec(await doc())?.[1] ?? 0) > 1, { seen: doc });
    expect(await doc()).toMatch(new RegExp(`^Flink job ${id}, restarted \\d+ times\\. Sources: default_catalog\\.default_database\\.orders\\. Sinks: alerts\\.$`));
    expect(seen.watch.restarts).toBeGreaterThan(1);
    await flink.cancel(id);
  });
});
