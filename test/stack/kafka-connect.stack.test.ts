import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startConnectDoor } from '../../ingest/connect/connect-door.ts';
import type { Door } from '../../ingest/door.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { type ConnectWorker, startConnect } from './servers/connect-worker.ts';
import { type KafkaBroker, startKafka } from './servers/kafka-broker.ts';
import { missingForConnectors } from './servers/missing-part.ts';
import { until } from './until.ts';

const missing = missingForConnectors();
const FILE = 'org.apache.kafka.connect.file.FileStream';

describe.skipIf(missing !== null)(`a real Kafka Connect cluster${missing === null ? '' : ` (needs ${missing})`}`, () => {
  const store = openSqliteStore({ file: ':memory:' });
  let broker: KafkaBroker;
  let connect: ConnectWorker;
  let door: Door;
  beforeAll(async () => {
    broker = await startKafka();
    connect = await startConnect(broker.address);
    door = startConnectDoor({
      config: { cluster: 'stack', url: connect.url, credentials: null, kafka: 'kafka://stack', intervalMs: 200 },
      store, aliases: new Map(), clock: Date.now, log: { warn: () => undefined, info: () => undefined },
    });
  });
  afterAll(async () => {
    await door?.stop();
    await connect?.close();
    await broker?.close();
    await store.close();
  });
  const job = async (name: string): Promise<Record<string, unknown>> => Object.fromEntries(((await store.entity({ kind: 'job', namespace: 'connect://stack', name }))?.facts ?? []).map(({ aspect, body }) => [aspect, body]));
  /** Waits until the catalog says so of a connector. */
  const becomes = (name: string, expected: (facts: Record<string, unknown>) => boolean): Promise<boolean> => until(async () => expected(await job(name)), { seen: async () => ({ job: await job(name), door: await door.check() }) });
  const isIn = (state: string) => (facts: Record<string, unknown>): boolean => JSON.stringify(facts['state']) === JSON.stringify({ state });

  test('shows its connectors, their states and topics, and retires those that are deleted', async () => {
    const [input, output] = [join(connect.folder, 'in.txt'), join(connect.folder, 'out.txt')];
    appendFileSync(input, 'one\ntwo\n');
    await connect.send('PUT', '/connectors/lines%20in/config', {
      'connector.class': `${FILE}SourceConnector`, 'tasks.max': '1', file: input, topic: 'lines', 'topic.creation.default.replication.factor': '1', 'topic.creation.default.partitions': '1',
      transforms: 'hoist,route', 'transforms.hoist.type': 'org.apache.kafka.connect.transforms.HoistField$Value', 'transforms.hoist.field': 'line',
      'transforms.route.type': 'org.apache.kafka.connect.transforms.RegexRouter', 'transforms.route.regex': '(.*)s', 'transforms.route.replacement': 'file.$1',
    });
    const topic = { namespace: 'kafka://stack', name: 'file.line' };
    await becomes('lines in', isIn('RUNNING'));
    expect(await job('lines in')).toMatchObject({ job: { kind: 'source-connector' }, program: { reads: [], writes: [{ dataset: topic }] } });
    // What the rules say is what Connect itself saw.
    await until(async () => ((await (await fetch(`${connect.url}/connectors/lines%20in/topics`)).json()) as Record<string, { topics: string[] }>)['lines in']?.topics.includes(topic.name) === true);

    await connect.send('PUT', '/connectors/lines-out/config', { 'connector.class': `${FILE}SinkConnector`, 'tasks.max': '1', file: output, 'topics.regex': 'file\\..*' });
    await becomes('lines-out', (facts) => isIn('RUNNING')(facts) && JSON.stringify(facts['program']).includes(topic.name));
    expect(await job('lines-out')).toMatchObject({ job: { kind: 'sink-connector' }, program: { reads: [{ dataset: topic, fields: null }], writes: [] }, tags: { tags: ['connect-unknown-reads'] } });

    await connect.send('PUT', '/connectors/broken/config', { 'connector.class': `${FILE}SinkConnector`, 'tasks.max': '1', file: join(connect.folder, 'no/such/folder'), topics: topic.name });
    await becomes('broken', isIn('FAILED'));

    await connect.send('PUT', '/connectors/lines-out/pause');
    await becomes('lines-out', isIn('PAUSED'));
    await connect.send('PUT', '/connectors/lines-out/stop');
    await becomes('lines-out', isIn('STOPPED'));
    const { revision } = await store.revision();
    const looks = (): number => door.figures().find(({ name }) => name === 'connect_polls_total')?.value ?? 0;
    const before = looks();
    await until(() => looks() > before + 3);
    expect((await store.revision()).revision).toBe(revision);

    await connect.send('DELETE', '/connectors/lines-out');
    await becomes('lines-out', (facts) => Object.keys(facts).length === 0);
    expect(await door.check()).toEqual({ ready: true, detail: '2 connectors; 1 failed' });
  });

  test('says so when it does not answer, and keeps what it knew', async () => {
    await connect.close();
    await until(async () => {
      const { ready, detail } = await door.check();
      return !ready && detail.includes('ECONNREFUSED');
    }, { seen: () => door.check() });
    expect(await job('lines in')).toMatchObject({ state: { state: 'RUNNING' } });
  });
});
