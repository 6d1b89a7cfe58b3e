import { once } from 'node:events';
import kafkajs from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MAX_BATCH_MESSAGES, MAX_UNPACKED_BYTES } from '../../ingest/codecs.ts';
import type { KafkaConfig } from '../../ingest/config.ts';
import { KafkaDeadLetters } from '../../ingest/consumer.ts';
import { createDecoder } from '../../ingest/decode/decoder.ts';
import { DEAD_LETTER_HEADERS, type DeadLetter } from '../../ingest/dead-letter.ts';
import { replay } from '../../ingest/replay.ts';
import { contractsOf } from '../../ingest/topics.ts';
import type { Store } from '../../server/store/store.ts';
import { control, declared, history, topic } from './event-history.ts';
import { appliedIn, ingestChild, membersOf } from './ingest-process.ts';
import { KafkaPlatform } from './kafka-platform.ts';
import { missingForStack } from './servers/missing-part.ts';
import { until } from './until.ts';
import { wholeCatalog } from './whole-catalog.ts';

const { CompressionTypes } = kafkajs;
const CODECS = [CompressionTypes.None, CompressionTypes.GZIP, CompressionTypes.Snappy, CompressionTypes.LZ4, CompressionTypes.ZSTD];
const missing = missingForStack();

describe.skipIf(missing !== null)(`ingest from a real broker and registry${missing === null ? '' : ` (needs ${missing})`}`, () => {
  let platform: KafkaPlatform;
  beforeAll(async () => {
    platform = await KafkaPlatform.start();
  });
  afterEach(() => platform.release());
  afterAll(() => platform?.close());

  const counted = (ingest: { counts(): { readonly applied: number; readonly deadLettered: number } }) => ingest.counts().applied + ingest.counts().deadLettered;
  const ready = (ingest: { check(): Promise<{ readonly ready: boolean; readonly detail: string }> }) => until(async () => (await ingest.check()).ready, { seen: () => ingest.check() });
  const letters = async (config: KafkaConfig): Promise<readonly DeadLetter[]> => new KafkaDeadLetters(config).read();
  const committed = async ({ group, topics }: KafkaConfig) => {
    const admin = platform.kafka.admin();
    await admin.connect();
    const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [topics.control] }).finally(() => admin.disconnect());
    return offsets?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0) ?? 0;
  };

  test('is not ready while topics are missing, and joins by itself once they are there', async () => {
    const config = platform.configOf(platform.newNames());
    const { store } = platform.newStore();
    const ingest = platform.ingest(config, store);
    await until(async () => (await ingest.check()).detail.includes('topics are missing'), { seen: () => ingest.check() });
    expect((await ingest.check()).ready).toBe(false);
    await platform.createTopics(config.topics, 1);
    await platform.produce(config.topics, history(1));
    await ready(ingest);
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(history(1)));
  });

  test('applies events of every codec once, however often they are sent, and tells Kafka how far it is', async () => {
    const [events, config, { store }] = [history(30), await platform.newConfig(), platform.newStore()];
    let sent = 0;
    for (const [i, codec] of CODECS.entries()) sent += await platform.produce(config.topics, events.slice(i * 20), codec);
    const ingest = platform.ingest(config, store);
    await ready(ingest);
    expect(ingest.counts()).toMatchObject({ applied: sent, deadLettered: 0, retried: 0, lag: 0 });
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(events));
    const inStore = [...(await store.offsets(config.topics.control)).values()].reduce((sum, { next }) => sum + next, 0);
    await until(async () => (await committed(config)) === inStore, { seen: () => committed(config) });
    await ingest.stop();
    const again = platform.ingest(config, store);
    await ready(again);
    expect(again.counts().applied).toBe(0);
  });

  test('puts poison aside with its reason, wherever it lies, and applies everything else', async () => {
    const [events, config, { store }] = [history(12), await platform.newConfig(), platform.newStore()];
    const poison = await poisonOf(platform);
    const third = Math.ceil(events.length / 3);
    for (let start = 0; start < events.length; start += third) {
      for (const [i, { value }] of poison.entries()) await platform.send(config.topics.control, [{ key: 'poison', value, partition: i % 2 }]);
      await platform.produce(config.topics, events.slice(start, start + third));
    }
    const ingest = platform.ingest(config, store);
    await until(() => counted(ingest) === events.length + poison.length * 3, { seen: () => [ingest.counts(), ingest.check()] });
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(events));
    const aside = await letters(config);
    expect(aside.map(({ failure }) => failure).sort()).toEqual(poison.flatMap(({ failure }) => [failure, failure, failure]).sort());
    for (const letter of aside) expect(poison.map(({ value }) => value?.toString('hex'))).toContain(letter.value === null ? undefined : Buffer.from(letter.value).toString('hex'));
    expect((await ingest.check()).detail).toContain(`${poison.length * 3} dead letters`);
  });

  test('tells of a dead letter in headers, so that any Kafka tool shows it', async () => {
    const [config, { store }] = [await platform.newConfig(1), platform.newStore()];
    await platform.produce(config.topics, [declared(1, 1)]);
    await platform.send(config.topics.control, [{ key: 'k', value: Buffer.from('not confluent') }]);
    const ingest = platform.ingest(config, store);
    await until(() => ingest.counts().deadLettered === 1);
    const record = await firstRecord(platform, config.topics.deadLetter);
    expect(record.value).toBe('not confluent');
    expect(record.headers).toMatchObject({
      [DEAD_LETTER_HEADERS.topic]: config.topics.control, [DEAD_LETTER_HEADERS.partition]: '0', [DEAD_LETTER_HEADERS.offset]: '1',
      [DEAD_LETTER_HEADERS.stage]: 'DECODE', [DEAD_LETTER_HEADERS.failure]: 'NotConfluent', [DEAD_LETTER_HEADERS.message]: expect.stringMatching(/./),
    });
  });

  test('keeps a dead letter as large as the broker takes, and all of a batch of large ones', async () => {
    const [config, { store }] = [await platform.newConfig(1), platform.newStore()];
    const largest = 1_048_588 - 200;
    await platform.send(config.topics.control, [{ value: Buffer.alloc(largest, 1) }]);
    for (let i = 0; i < 6; i++) await platform.send(config.topics.control, [{ value: Buffer.alloc(400_000, 1) }]);
    const ingest = platform.ingest(config, store);
    await ready(ingest);
    const aside = await letters(config);
    expect(aside.map(({ value }) => value?.length ?? null)).toEqual([null, ...Array.from({ length: 6 }, () => 400_000)]);
    expect(aside[0]!.message).toContain('too many to be kept here');
  });

  test.each([
    ['gzip', CompressionTypes.GZIP, Buffer.alloc(MAX_UNPACKED_BYTES + 1)],
    ['lz4', CompressionTypes.LZ4, Buffer.alloc(MAX_UNPACKED_BYTES + 1)],
    ['zstd', CompressionTypes.ZSTD, Buffer.alloc(MAX_UNPACKED_BYTES + 1)],
  ])('passes over a %s batch that unpacks beyond the limit', async (codec, compression, value) => {
    const [events, config, { store }] = [history(6), await platform.newConfig(), platform.newStore()];
    await platform.produce(config.topics, events.slice(0, 20));
    await platform.send(config.topics.control, [{ key: 'bomb', value, partition: 1 }, { key: 'bomb', value: 'its neighbour', partition: 1 }], compression);
    await platform.produce(config.topics, events.slice(20));
    const ingest = platform.ingest(config, store);
    await until(() => counted(ingest) === events.length + 1, { seen: () => [ingest.counts(), ingest.check()] });
    await ready(ingest);
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(events));
    expect(await letters(config)).toMatchObject([{ topic: config.topics.control, partition: 1, stage: 'DECOMPRESS', failure: 'BatchTooLarge', message: expect.stringContaining(`the ${codec} batch of offsets`), value: null }]);
  });

  test('passes over a batch of more messages than can be taken at once', async () => {
    const [config, { store }] = [await platform.newConfig(1), platform.newStore()];
    await platform.produce(config.topics, [declared(1, 1)]);
    const many = Array.from({ length: MAX_BATCH_MESSAGES + 1 }, () => ({ value: null }));
    // kafkajs groups messages by partition with `reduce`, and takes a minute for so many.
    await platform.send(config.topics.control, Object.assign(many, { reduce: () => ({ 0: [...many] }) }), CompressionTypes.GZIP);
    await platform.produce(config.topics, [declared(2, 2)]);
    const ingest = platform.ingest(config, store);
    await until(() => counted(ingest) === 3, { seen: () => [ingest.counts(), ingest.check()] });
    expect((await store.offsets(config.topics.control)).get(0)?.next).toBe(MAX_BATCH_MESSAGES + 3);
    expect(await letters(config)).toMatchObject([{ offset: MAX_BATCH_MESSAGES + 1, failure: 'BatchTooLarge' }]);
  });

  test('waits for a registry that is down; what it lost is put aside and can be replayed once it is back', async () => {
    const [events, config, { store }] = [history(5), await platform.newConfig(), platform.newStore()];
    await platform.produce(config.topics, events);
    const expected = await platform.rebuild(events);
    await platform.registry.stop();
    const ingest = platform.ingest(config, store);
    await until(async () => (await ingest.check()).detail.includes('registry'), { seen: () => ingest.check() });
    expect(ingest.counts()).toMatchObject({ applied: 0, deadLettered: 0 });
    await platform.registry.start();
    await until(() => ingest.counts().deadLettered === events.length, { seen: () => [ingest.counts(), ingest.check()] });
    await platform.registerContracts();

    const decoder = createDecoder({ registry: { kind: 'http', url: platform.registry.url } });
    const parts = { store, decoder, aliases: new Map(), clock: Date.now, contracts: contractsOf(config.topics) };
    for (let twice = 0; twice < 2; twice++) {
      const replayed = await replay(await letters(config), parts, { dryRun: false });
      expect(replayed.filter(({ failure }) => failure !== null)).toEqual([]);
      expect(await wholeCatalog(store)).toEqual(expected);
    }
    await decoder.close();
  });

  test('ends in the same graph when its process is killed in mid-stream, twice', async () => {
    const [events, config, { data, store }] = [history(800), await platform.newConfig(), platform.newStore()];
    await platform.send(config.topics.control, [{ key: 'poison', value: 'poison' }]);
    const sent = 1 + (await platform.produce(config.topics, events));
    for (const share of [0.2, 0.6]) {
      const child = ingestChild(config, data, platform.registry.url);
      await until(async () => (await appliedIn(store, config.topics)) > sent * share, { seen: () => appliedIn(store, config.topics) });
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(await appliedIn(store, config.topics)).toBeLessThan(sent);
    }
    const last = ingestChild(config, data, platform.registry.url);
    await until(async () => (await appliedIn(store, config.topics)) === sent, { seen: () => appliedIn(store, config.topics) });
    last.kill('SIGTERM');
    expect(await once(last, 'exit')).toEqual([0, null]);
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(events));
    expect(await letters(config)).toHaveLength(1);
  });

  test('shares the partitions with a second process that comes and goes', async () => {
    const [events, config, { data, store }] = [history(300), await platform.newConfig(), platform.newStore()];
    const third = Math.ceil(events.length / 3);
    const ingest = platform.ingest(config, store);
    await ready(ingest);
    await platform.produce(config.topics, events.slice(0, third));
    const child = ingestChild(config, data, platform.registry.url);
    await platform.produce(config.topics, events.slice(third, 2 * third));
    await until(async () => (await membersOf(platform.kafka, config.group)) === 2, { seen: () => membersOf(platform.kafka, config.group) });
    await platform.produce(config.topics, events.slice(2 * third));
    child.kill('SIGTERM');
    await once(child, 'exit');
    await until(async () => (await appliedIn(store, config.topics)) === events.length, { seen: () => [ingest.check(), appliedIn(store, config.topics)] });
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(events));
    expect(await letters(config)).toEqual([]);
  });

  test('goes on by itself when the broker was killed and is back', async () => {
    const [events, config, { store }] = [history(40), await platform.newConfig(), platform.newStore()];
    const half = events.length / 2;
    const ingest = platform.ingest(config, store);
    await platform.produce(config.topics, events.slice(0, half));
    await until(() => counted(ingest) === half);
    await ready(ingest);
    await platform.broker.kill();
    await until(async () => !(await ingest.check()).ready, { seen: () => ingest.check() });
    await platform.broker.start();
    await platform.produce(config.topics, events.slice(half));
    // A producer that heard no answer sends again.
    await until(() => counted(ingest) >= events.length, { seen: () => [ingest.counts(), ingest.check()] });
    await ready(ingest);
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(events));
  });

  test('starts another client when kafkajs gives up for good', async () => {
    const [events, config, { store }] = [history(10), await platform.newConfig(), platform.newStore()];
    const faults = { batches: 0, logs: 0 };
    // A batch fails, and so does saying it: a TypeError out of the batch handler is what kafkajs never recovers from.
    const faulty: Pick<Store, 'apply' | 'offsets' | 'entity' | 'entities'> = { apply: (batch) => (faults.batches++ === 0 ? Promise.reject(new Error('the first batch fails')) : store.apply(batch)), offsets: (name) => store.offsets(name), entity: (ref) => store.entity(ref), entities: (kind, page) => store.entities(kind, page) };
    const crashes: unknown[] = [];
    const warn = (facts: object): void => {
      if (faults.logs++ === 0) throw new TypeError('the log fails');
      if ('restart' in facts) crashes.push(facts.restart);
    };
    await platform.produce(config.topics, events);
    const ingest = platform.ingest(config, faulty, { log: { warn, info: () => undefined } });
    await until(() => counted(ingest) === events.length, { seen: () => [ingest.counts(), ingest.check()] });
    await ready(ingest);
    expect(crashes).toEqual([false]);
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(events));
  });

  test('keeps trying while the store refuses, moves no offset, and says so', async () => {
    const [events, config, { store }] = [history(10), await platform.newConfig(), platform.newStore()];
    let down = true;
    const faulty: Pick<Store, 'apply' | 'offsets' | 'entity' | 'entities'> = { apply: (batch) => (down ? Promise.reject(new Error('the disk is full')) : store.apply(batch)), offsets: (name) => store.offsets(name), entity: (ref) => store.entity(ref), entities: (kind, page) => store.entities(kind, page) };
    await platform.produce(config.topics, events);
    const ingest = platform.ingest(config, faulty);
    await until(async () => (await ingest.check()).detail.includes('the disk is full'), { seen: () => ingest.check() });
    await until(() => ingest.counts().retried > 2);
    expect(await committed(config)).toBe(0);
    down = false;
    await ready(ingest);
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(events));
    expect(await letters(config)).toEqual([]);
  });
});

/** One message of each sort that can never be applied, with what it is called. */
async function poisonOf(platform: KafkaPlatform): Promise<readonly { readonly failure: string; readonly value: Buffer | null }[]> {
  const whole = await platform.encode(declared(1, 1));
  const stranger = await platform.registry.register('stranger-value', '{"type":"record","name":"Stranger","fields":[{"name":"a","type":"int"}]}');
  return [
    { failure: 'Empty', value: null },
    { failure: 'NotConfluent', value: Buffer.from('{"id":"json"}') },
    { failure: 'Malformed', value: whole.subarray(0, whole.length - 7) },
    { failure: 'SchemaNotFound', value: withId(whole, 999_999) },
    { failure: 'SchemaUnfit', value: withId(whole, stranger) },
    { failure: 'Malformed', value: withId(membersBomb(), platform.schemaId('control')) },
    { failure: 'Refused', value: await platform.encode(declared(1, 1, '')) },
    { failure: 'Refused', value: await platform.encode(control(1, 'x', 'io.sluice.control.SubjectConfigured', { subject: topic(1), level: 'SIDEWAYS' })) },
  ];
}

function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeInt32BE(id, 1);
  return copy;
}

/** A TeamDeclared, the last member of the payload's union, that claims a hundred million members in twenty bytes. */
function membersBomb(): Buffer {
  const hundredMillion = [0x80, 0x84, 0xaf, 0x5f];
  return Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, ...hundredMillion, 0, 0, 0, 0]);
}

async function firstRecord(platform: KafkaPlatform, name: string): Promise<{ readonly value: string; readonly headers: Readonly<Record<string, string>> }> {
  const consumer = platform.kafka.consumer({ groupId: `look-${name}`, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topics: [name], fromBeginning: true });
  const record = new Promise<{ value: string; headers: Record<string, string> }>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message: { value, headers } }) => resolve({ value: String(value), headers: Object.fromEntries(Object.entries(headers ?? {}).map(([header, text]) => [header, String(text)])) }),
    });
  });
  return record.finally(() => consumer.disconnect());
}
