import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs, { type Kafka } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Door } from '../../ingest/door.ts';
import { kafkaGroupsConfig } from '../../ingest/kafka-groups/kafka-groups-config.ts';
import { startKafkaGroupsDoor } from '../../ingest/kafka-groups/kafka-groups-door.ts';
import { openSqliteStore, type SqliteStore } from '../../server/store/sqlite-store.ts';
import { JavaClient } from './java-client/java-client.ts';
import { type KafkaBroker, startKafka } from './servers/kafka-broker.ts';
import { missingForStack } from './servers/missing-part.ts';
import { until } from './until.ts';

const missing = missingForStack();
const HOUR = 3_600_000;
const QUIET = { warn: () => undefined, info: () => undefined };

describe.skipIf(missing !== null)(`the consumer groups of a real broker${missing === null ? '' : ` (needs ${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-groups-'));
  let broker: KafkaBroker;
  let kafka: Kafka;
  let java: JavaClient;
  let store: SqliteStore;
  let door: Door;
  /** Time passes faster than in this process. */
  let ahead = 0;

  beforeAll(async () => {
    broker = await startKafka();
    kafka = new kafkajs.Kafka({ clientId: 'test', brokers: [broker.address], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 20, maxRetryTime: 1_000 } });
    java = new JavaClient(broker.address);
    store = openSqliteStore({ file: join(folder, 'catalog.sqlite') });
    await makeTopics(kafka, ['orders', 'clicks', 'idle']);
    for (const topic of ['orders', 'clicks']) await java.ask('produce', 'none', topic, 'key', 'AAAA');
    await java.ask('flush', 'none');
    door = startDoor();
  });
  afterAll(async () => {
    await door?.stop();
    await java?.close();
    await broker?.close();
    await store?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function startDoor(): Door {
    const env = { SLUICE_KAFKA_BROKERS: broker.address, SLUICE_CLUSTER_ALIASES: `main=${broker.address}`, SLUICE_KAFKA_GROUPS_INTERVAL: '0.2', SLUICE_KAFKA_GROUPS_EXCEPT: 'connect-*' };
    const config = kafkaGroupsConfig(env, []);
    if (config === null) throw new Error('the configuration of the test is wrong');
    return startKafkaGroupsDoor({ config, store, clock: () => Date.now() + ahead, log: QUIET });
  }
  const figure = (name: string): number => door.figures().find((one) => one.name === name)?.value ?? Number.NaN;
  const looks = async (count: number): Promise<void> => {
    const enough = figure('kafka_groups_looks_total') + count;
    await until(() => figure('kafka_groups_looks_total') >= enough, { seen: () => door.check() });
  };
  const readings = async (group: string) => (await store.entity({ kind: 'consumer', namespace: 'kafka://main', name: group }))?.observations ?? [];
  const topicsOf = async (group: string) => (await readings(group)).map(({ dataset }) => dataset?.name);
  const lastSeen = async (group: string) => Math.max(...(await readings(group)).map((reading) => reading.lastSeen));

  test('shows what every kind of group reads, as seen and with fields unknown', async () => {
    await java.ask('read', 'classic-readers', 'classic', 'orders', 1);
    await java.ask('read', 'modern-readers', 'consumer', 'orders', 1);
    await java.ask('commit', 'flink-job', 'clicks', 0, 1);
    await java.ask('share', 'sharers', 'orders');
    await java.ask('commit', 'connect-lake', 'clicks', 0, 1);
    await java.ask('commit', 'sluice-ingest', 'clicks', 0, 1);
    const waiting = await memberOf(kafka, 'waiting-readers', 'idle');
    for (const [group, topic] of [['classic-readers', 'orders'], ['modern-readers', 'orders'], ['flink-job', 'clicks'], ['waiting-readers', 'idle']] as const) {
      await until(async () => (await topicsOf(group)).includes(topic), { seen: () => door.check() });
      expect(await readings(group)).toEqual([expect.objectContaining({ what: 'reads', dataset: { namespace: 'kafka://main', name: topic }, path: null, schemaId: null })]);
    }
    await looks(2);
    expect(await topicsOf('connect-lake')).toEqual([]);
    expect(await topicsOf('sluice-ingest')).toEqual([]);
    expect(await door.check()).toEqual({ ready: true, detail: '4 consumer groups in 4 topics; 1 left out as configured; nothing is known of sharers: groups of type "share" do not show their topics' });
    await waiting.disconnect();
  });

  test('writes nothing while nothing is new', async () => {
    const { revision } = await store.revision();
    await looks(3);
    expect(await store.revision()).toMatchObject({ revision });
  });

  test('sees again what has members or moved on, and lets the others age', async () => {
    await java.ask('leave', 'modern-readers');
    const before = await Promise.all(['modern-readers', 'flink-job'].map(lastSeen));
    await looks(2);
    ahead += HOUR;
    await until(async () => (await lastSeen('classic-readers')) > Date.now() + HOUR / 2, { seen: () => door.check() });
    expect(await Promise.all(['modern-readers', 'flink-job'].map(lastSeen))).toEqual(before);
    await java.ask('commit', 'flink-job', 'clicks', 0, 2);
    await until(async () => (await lastSeen('flink-job')) > Date.now() + HOUR / 2, { seen: () => door.check() });
    expect(await lastSeen('modern-readers')).toBe(before[0]);
  });

  test('takes a group that stands still for no news when it begins anew', async () => {
    await java.ask('leave', 'classic-readers');
    await door.stop();
    const { revision } = await store.revision();
    ahead += HOUR;
    door = startDoor();
    await looks(3);
    expect(await store.revision()).toMatchObject({ revision });
  });

  test('says that it sees nothing while the broker is gone, and sees again once it is back', async () => {
    await broker.kill();
    await until(async () => /last looked at .*the last look failed/.test((await door.check()).detail), { seen: () => door.check() });
    expect((await door.check()).ready).toBe(false);
    await broker.start();
    await until(async () => (await door.check()).ready, { seen: () => door.check() });
  });
});

async function makeTopics(kafka: Kafka, topics: readonly string[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: topics.map((topic) => ({ topic, numPartitions: 1 })) });
  await admin.disconnect();
}

/** A member with nothing to read, which commits nothing either. */
async function memberOf(kafka: Kafka, groupId: string, topic: string) {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic] });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
  await joined;
  return consumer;
}
