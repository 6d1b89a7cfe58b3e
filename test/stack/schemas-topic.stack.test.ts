import kafkajs, { type Producer } from 'kafkajs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Door } from '../../ingest/door.ts';
import { startSchemasTopicDoor } from '../../ingest/schemas-topic/schemas-topic-door.ts';
import { RegistryClient } from '../../server/registry/registry-client.ts';
import { subjectSettings } from '../../server/registry/subject-settings.ts';
import { SubjectsMirror } from '../../server/registry/subjects-mirror.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { Store } from '../../server/store/store.ts';
import { RecordedRegistry } from '../ingest/schemas-topic/recorded-registry.ts';
import { record } from '../registry/mirrored.ts';
import { type KafkaBroker, missingForKafka, startKafka } from './servers/kafka-broker.ts';
import { until } from './until.ts';

const missing = missingForKafka();
const SUBJECTS = 300;
const QUIET = { warn: () => undefined, info: () => undefined };
const subjects = subjectSettings({}, [])!;

describe.skipIf(missing !== null && process.env['REQUIRE_ALL'] !== '1')(`a registry's topic on a real broker${missing === null ? '' : ` (needs ${missing})`}`, () => {
  let broker: KafkaBroker;
  let producer: Producer;
  let source: RecordedRegistry;
  let store: Store;
  let sent = 0;
  let topics = 0;
  beforeAll(async () => {
    broker = await startKafka();
    producer = clientOf().producer({ allowAutoTopicCreation: false });
    await producer.connect();
  });
  afterAll(async () => {
    await producer?.disconnect();
    await broker?.close();
  });
  beforeEach(async () => {
    sent = 0;
    source = new RecordedRegistry();
    await source.registry.start();
    store = openSqliteStore({ file: ':memory:' });
    return async () => {
      await source.registry.close();
      await store.close();
    };
  });

  const clientOf = () => new kafkajs.Kafka({ brokers: [broker.address], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 20, maxRetryTime: 1_000 } });
  async function newTopic(numPartitions = 1): Promise<string> {
    const [admin, topic] = [clientOf().admin(), `_schemas-${++topics}`];
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }] });
    await admin.disconnect();
    return topic;
  }
  async function groups(): Promise<readonly string[]> {
    const admin = clientOf().admin();
    await admin.connect();
    const listed = await admin.listGroups();
    await admin.disconnect();
    return listed.groups.map(({ groupId }) => groupId);
  }
  /** Sends what the registry wrote since the last time. */
  async function send(topic: string): Promise<void> {
    const messages = source.records.slice(sent).map(({ key, value }) => ({ key, value, partition: 0 }));
    sent = source.records.length;
    for (let start = 0; start < messages.length; start += 100) await producer.send({ topic, messages: messages.slice(start, start + 100), compression: kafkajs.CompressionTypes.GZIP });
  }
  const doorOf = (topic: string, to = store): Door => startSchemasTopicDoor({ config: { topic, subjects }, kafka: { brokers: [broker.address], sasl: null, tls: null }, store: to, clock: Date.now, log: QUIET });
  const ready = (door: Door) => until(async () => (await door.check()).ready, { seen: () => door.check(), within: 60_000 });
  const mirror = (to: Store) => new SubjectsMirror({ client: new RegistryClient({ url: source.registry.url, auth: null }), store: to, config: { ...subjects, acceptLoss: false }, clock: Date.now }).poll();
  const versions = async (subject: string): Promise<readonly string[]> => ((await store.entity({ kind: 'subject', namespace: subjects.namespace, name: subject }))?.facts ?? []).filter(({ aspect }) => aspect === 'schema-version').map(({ part }) => part);

  test('is stated as the mirror states the registry, and followed, over a restart and an outage', async () => {
    for (let n = 0; n < SUBJECTS; n++) for (const fields of [['a'], ['a', 'b']]) source.register(`t${n}-value`, record(...fields));
    for (let n = 0; n < SUBJECTS; n += 3) source.softDelete(`t${n}-value`, 1);
    for (let n = 0; n < SUBJECTS; n += 6) source.hardDelete(`t${n}-value`, 1);
    source.softDeleteAll('t1-value');
    source.level('t2-value', 'FULL');
    source.noise();
    const topic = await newTopic();
    await send(topic);
    const door = doorOf(topic);
    await ready(door);
    expect((await door.check()).detail).toBe(`${SUBJECTS} subjects told; 1 records of unknown key types`);
    const { revision } = await store.revision();
    await mirror(store);
    expect((await store.revision()).revision).toBe(revision);

    source.register('t0-value', record('a', 'b', 'c'));
    await send(topic);
    await until(async () => (await versions('t0-value')).join() === '2,3');
    await broker.stop();
    await until(async () => !(await door.check()).ready, { within: 60_000, seen: () => door.check() });
    await broker.start();
    source.register('late-value', record('x'));
    await send(topic);
    await until(async () => (await versions('late-value')).length === 1, { within: 60_000, seen: () => door.check() });
    await door.stop();

    const last = await store.revision();
    const again = doorOf(topic);
    await ready(again);
    await again.stop();
    expect((await store.revision()).revision).toBe(last.revision);
  });

  test('says what keeps it from being read, and leaves no group behind', async () => {
    const before = await groups();
    const [two, none] = [doorOf(await newTopic(2)), doorOf('_no-such-topic')];
    await until(async () => /has 2 partitions/.test((await two.check()).detail), { seen: () => two.check() });
    await until(async () => !/not read yet/.test((await none.check()).detail), { seen: () => none.check() });
    expect((await none.check()).ready).toBe(false);
    const empty = doorOf(await newTopic());
    await ready(empty);
    await Promise.all([two, none, empty].map((door) => door.stop()));
    expect(await groups()).toEqual(before);
  });
});
