import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { KafkaDeadLetters } from '../../ingest/consumer.ts';
import type { KafkaIngest } from '../../ingest/kafka-ingest.ts';
import type { Store } from '../../server/store/store.ts';
import { history } from './event-history.ts';
import { appliedIn, ingestChild, membersOf } from './ingest-process.ts';
import { JavaClient } from './java-client/java-client.ts';
import { KafkaPlatform } from './kafka-platform.ts';
import { missingForStack } from './servers/missing-part.ts';
import { until } from './until.ts';
import { wholeCatalog } from './whole-catalog.ts';

const missing = missingForStack();

describe.skipIf(missing !== null)(`what becomes of topics and workers${missing === null ? '' : ` (needs ${missing})`}`, () => {
  let platform: KafkaPlatform;
  let java: JavaClient;
  beforeAll(async () => {
    platform = await KafkaPlatform.start();
    java = new JavaClient(platform.broker.address);
  });
  afterEach(() => platform.release());
  afterAll(async () => {
    await java?.close();
    await platform?.close();
  });
  const ready = (ingest: KafkaIngest) => until(async () => (await ingest.check()).ready, { seen: () => ingest.check() });

  test('reads what the Java client wrote in every codec', async () => {
    const [events, config, { store }] = [history(20), await platform.newConfig(), platform.newStore()];
    const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
    const share = Math.ceil(events.length / codecs.length);
    for (const [i, codec] of codecs.entries()) {
      for (const event of events.slice(i * share, (i + 1) * share)) await java.ask('produce', codec, config.topics[event.contract], event.key, (await platform.encode(event)).toString('base64'));
      await java.ask('flush', codec);
    }
    const ingest = platform.ingest(config, store);
    await ready(ingest);
    expect(ingest.counts()).toMatchObject({ applied: events.length, deadLettered: 0 });
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(events));
  });

  test('reads a topic made anew with fewer partitions from its beginning, while it runs and when it was away', async () => {
    const [events, config, { store }] = [history(60), await platform.newConfig(3), platform.newStore()];
    const [first, second] = [history(30).length, history(40).length];
    const ingest = platform.ingest(config, store);
    await platform.produce(config.topics, events.slice(0, first));
    await until(() => ingest.counts().applied === first, { seen: () => ingest.check() });
    await platform.makeAnew(config.topics.control, 1);
    await platform.produce(config.topics, events.slice(first, second));
    await until(() => ingest.counts().applied >= second, { seen: () => [ingest.check(), ingest.counts()] });
    await ready(ingest);
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(events.slice(0, second)));
    expect((await ingest.check()).detail).toContain('read again from their beginning');
    await ingest.stop();

    // More than lay in it before, so that the stored offset looks like one of the new topic.
    await platform.makeAnew(config.topics.control, 1);
    await platform.produce(config.topics, events.slice(second));
    const again = platform.ingest(config, store);
    await ready(again);
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(events));
    expect(again.counts()).toMatchObject({ startedOver: 1, lost: 0 });
  });

  test('applies what was committed, nothing that was aborted, and stands behind the marks of both', async () => {
    const [events, config, { store }] = [history(10).filter(({ contract }) => contract === 'control'), await platform.newConfig(1), platform.newStore()];
    const producer = platform.kafka.producer({ transactionalId: config.group, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const ingest = platform.ingest(config, store);
    for (const [i, start] of [0, 8, 16, 24].entries()) {
      const transaction = await producer.transaction();
      const messages = await Promise.all(events.slice(start, start + 8).map(async (event) => ({ key: event.key, value: await platform.encode(event) })));
      await transaction.send({ topic: config.topics.control, messages });
      await (i % 2 === 0 ? transaction.commit() : transaction.abort());
    }
    await producer.disconnect();
    const kept = [...events.slice(0, 8), ...events.slice(16, 24)];
    await until(() => ingest.counts().applied === kept.length, { seen: () => [ingest.check(), ingest.counts()] });
    await until(() => ingest.counts().lag === 0, { seen: () => ingest.counts() });
    expect(ingest.counts()).toMatchObject({ applied: kept.length, deadLettered: 0, lost: 0, startedOver: 0 });
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(kept));
  });

  test('counts messages that were deleted before it read them, and goes on behind them', async () => {
    const [events, config, { store }] = [history(10).filter(({ contract }) => contract === 'control'), await platform.newConfig(1), platform.newStore()];
    await platform.produce(config.topics, events.slice(0, 10));
    const ingest = platform.ingest(config, store);
    await ready(ingest);
    await ingest.stop();
    await platform.produce(config.topics, events.slice(10, 16));
    await java.ask('trim', config.topics.control, 0, 14);
    const again = platform.ingest(config, store);
    await ready(again);
    expect(again.counts()).toMatchObject({ applied: 2, lost: 4, startedOver: 0 });
    expect((await again.check()).detail).toContain('4 messages were deleted before they were read');
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild([...events.slice(0, 10), ...events.slice(14, 16)]));
  });

  test('counts them too when they are deleted in front of a reader that is at work', async () => {
    const [events, config, { store }] = [history(10).filter(({ contract }) => contract === 'control'), await platform.newConfig(1), platform.newStore()];
    const work = Promise.withResolvers<null>();
    let isAtWork = false;
    const apply: Store['apply'] = async (batch) => {
      isAtWork = true;
      await work.promise;
      return store.apply(batch);
    };
    const slow: Pick<Store, 'apply' | 'offsets' | 'entity' | 'entities'> = { apply, offsets: (name) => store.offsets(name), entity: (ref) => store.entity(ref), entities: (kind, page) => store.entities(kind, page) };
    await platform.produce(config.topics, events.slice(0, 10));
    const ingest = platform.ingest(config, slow);
    await until(() => isAtWork, { seen: () => ingest.check() });
    await platform.produce(config.topics, events.slice(10, 16));
    await java.ask('trim', config.topics.control, 0, 16);
    work.resolve(null);
    await platform.produce(config.topics, events.slice(16, 20));
    await until(() => ingest.counts().applied >= 14, { seen: () => [ingest.check(), ingest.counts()] });
    expect(ingest.counts()).toMatchObject({ applied: 14, lost: 6, startedOver: 0 });
    await ready(ingest);
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild([...events.slice(0, 10), ...events.slice(16, 20)]));
  });

  test('loses nothing when of three processes one is killed and one stands still for longer than its session', async () => {
    const [events, config, { data, store }] = [history(400), await platform.newConfig(4), platform.newStore()];
    const third = Math.ceil(events.length / 3);
    const children = [0, 1, 2].map(() => ingestChild(config, data, platform.registry.url));
    await until(async () => (await membersOf(platform.kafka, config.group)) === 3, { seen: () => membersOf(platform.kafka, config.group) });
    await platform.produce(config.topics, events.slice(0, third));
    await until(async () => (await appliedIn(store, config.topics)) > 0);
    children[0]?.kill('SIGKILL');
    children[1]?.kill('SIGSTOP');
    await platform.produce(config.topics, events.slice(third, 2 * third));
    await until(async () => (await membersOf(platform.kafka, config.group)) === 1, { seen: () => membersOf(platform.kafka, config.group) });
    children[1]?.kill('SIGCONT');
    await platform.produce(config.topics, events.slice(2 * third));
    await until(async () => (await appliedIn(store, config.topics)) === events.length, { seen: () => appliedIn(store, config.topics) });
    await until(async () => (await membersOf(platform.kafka, config.group)) === 2, { seen: () => membersOf(platform.kafka, config.group) });
    for (const child of children.slice(1)) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    expect(await wholeCatalog(store)).toEqual(await platform.rebuild(events));
    expect(await new KafkaDeadLetters(config).read()).toEqual([]);
  });
});
