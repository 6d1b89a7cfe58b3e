import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Consumer as KafkaConsumer, type EachBatchPayload, type Kafka, type KafkaMessage, type Producer } from 'kafkajs';
import type { Store } from '../server/store/store.ts';
import { codecs, type RefusedBatch } from './codecs.ts';
import type { KafkaConfig } from './config.ts';
import type { DeadLetter, DeadLetters } from './dead-letter.ts';
import { groupsToSend, letterOf, recordOf, withoutPayload } from './dead-letter-record.ts';
import { endsOf, kafkaOf, reasonOf, REPLAY_GROUPS, RETRY, withAdmin } from './kafka-client.ts';
import type { Message, MessageBatch } from './message.ts';
import { mayHold, PartitionPositions } from './partition-positions.ts';
import { type Gaps, type Partition, PartitionResumption } from './partition-resumption.ts';
import type { DeadLetterSource } from './replay.ts';
import type { IngestWorker } from './worker.ts';
import { contractsOf } from './topics.ts';

const { CompressionCodecs, CompressionTypes, KafkaJSProtocolError } = kafkajs;

/** Messages in one transaction: what one turn of the store may take, some 100 ms of work. */
const CHUNK = 200;
/** How long a fetch waits for messages; rebalances, seeks and stops wait for it. */
const MAX_WAIT_MS = 300;
/** A member that is silent for this long loses its partitions. */
const SESSION_TIMEOUT_MS = 10_000;
const HEARTBEAT_INTERVAL_MS = 3_000;
/** At least the broker's `message.max.bytes`: kafkajs sticks at a message it has no room for. */
const MAX_BYTES_PER_PARTITION = 8 * 1024 * 1024;
/** Without a fetch or a heartbeat for this long the consumer counts as stuck. */
const STUCK_AFTER_MS = 20_000;
/** First and longest wait between two tries, ms; the longest keeps well below the session's time. */
const BACKOFF_MS = [250, 3_000] as const;
/** How long reading all dead letters may go without a batch, ms. */
const READ_DEADLINE_MS = 20_000;

export interface ConsumerParts {
  readonly config: KafkaConfig;
  readonly worker: IngestWorker;
  readonly store: Pick<Store, 'apply' | 'offsets'>;
  readonly clock: () => number;
  readonly log: { readonly warn: (facts: object, text: string) => void; readonly info: (facts: object, text: string) => void };
}
export interface Consumer {
  /** Ready once everything that was in the topics when it joined is applied, and as long as it makes progress. */
  health(): { readonly ready: boolean; readonly detail: string };
  /** Messages behind the end of the partitions it has, as last seen. */
  lag(): number;
  /** Since the start. */
  gaps(): Gaps;
  /** Resolves when the batch at work is done and the group is left. */
  stop(): Promise<void>;
}

/** Reads the control and audit topics into a worker until it is stopped; whatever ends the Kafka client starts another. */
export function startConsumer(parts: ConsumerParts): Consumer {
  const loop = new ConsumerLoop(parts);
  return { health: () => loop.health(), lag: () => loop.lag(), gaps: () => loop.gaps(), stop: () => loop.stop() };
}

class ConsumerLoop {
  readonly #parts: ConsumerParts;
  readonly #kafka: Kafka;
  readonly #stopping = new AbortController();
  readonly #stopped: Promise<void>;
  readonly #done: Promise<void>;
  readonly #positions = new PartitionPositions();
  readonly #resumption: PartitionResumption;
  #lastSign: number;
  #trouble: string | null = 'it has not joined its group yet';
  #assigned: readonly Partition[] = [];
  /** A batch too large to unpack that is not passed over yet; null: none. */
  #refused: RefusedBatch | null = null;
  #passingOver = false;

  constructor(parts: ConsumerParts) {
    this.#parts = parts;
    this.#kafka = kafkaOf(parts.config);
    this.#resumption = new PartitionResumption({ ...parts, kafka: this.#kafka, group: parts.config.group });
    this.#lastSign = parts.clock();
    this.#stopped = new Promise((resolve) => this.#stopping.signal.addEventListener('abort', () => resolve(), { once: true }));
    this.#done = this.#run();
  }

  health(): { ready: boolean; detail: string } {
    if (this.#trouble !== null) return { ready: false, detail: this.#trouble };
    if (this.#refused !== null) return { ready: false, detail: `${nameOf(this.#refused)} is too large to unpack, and not passed over yet` };
    const silence = this.#parts.clock() - this.#lastSign;
    if (silence > STUCK_AFTER_MS) return { ready: false, detail: `no fetch or heartbeat for ${Math.round(silence / 1000)} s` };
    if (!this.#positions.caughtUp) return { ready: false, detail: `catching up, ${this.#progress()}` };
    return { ready: true, detail: this.#progress() };
  }

  #progress(): string {
    const { lost, startedOver } = this.gaps();
    return [`${this.lag()} messages behind`, ...(lost === 0 ? [] : [`${lost} messages were deleted before they were read`]), ...(startedOver === 0 ? [] : [`${startedOver} partitions read again from their beginning`])].join(', ');
  }

  gaps(): Gaps {
    return this.#resumption.gaps();
  }

  lag(): number {
    return this.#positions.lag;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    for (let tries = 0; !this.#stopping.signal.aborted; tries++) {
      const [consumer, startedAt] = [this.#consumer(), this.#parts.clock()];
      try {
        await this.#consume(consumer);
      } catch (failure) {
        this.#trouble = reasonOf(failure);
        this.#parts.log.warn({ err: failure }, 'the Kafka consumer ended; another is started');
      }
      this.#assigned = [];
      await consumer.disconnect().catch(() => undefined);
      if (this.#parts.clock() - startedAt > STUCK_AFTER_MS) tries = 0;
      await this.#pause(tries);
    }
  }

  /** Resolves when stopped, rejects when kafkajs gives up for good. */
  async #consume(consumer: KafkaConsumer): Promise<void> {
    const { topics } = this.#parts.config;
    const read = [...contractsOf(topics).keys()];
    await requireTopics(this.#kafka, [...read, topics.deadLetter]);
    const ended = new Promise<never>((_, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        this.#trouble = reasonOf(payload.error);
        this.#parts.log.warn({ err: payload.error, restart: payload.restart }, 'the Kafka consumer crashed');
        // With restart kafkajs goes on by itself; without, nothing would ever be read again.
        if (!payload.restart) reject(payload.error);
      });
    });
    // It may be rejected while the consumer is still starting, before anyone waits for it.
    ended.catch(() => undefined);
    this.#listen(consumer);
    await consumer.connect();
    await consumer.subscribe({ topics: read, fromBeginning: true });
    await refusals.run((batch) => this.#meetRefused(batch, consumer), () =>
      consumer.run({ autoCommit: false, eachBatchAutoResolve: false, partitionsConsumedConcurrently: 1, eachBatch: (payload) => this.#eachBatch(payload, consumer) }),
    );
    await Promise.race([ended, this.#stopped]);
  }

  #listen(consumer: KafkaConsumer): void {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const assigned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })));
      this.#assigned = assigned;
      this.#refused = null;
      // Nothing is fetched before the store has said from where: what Kafka remembers may be ahead or behind.
      consumer.pause(byTopic(assigned));
      void this.#position(consumer, assigned);
    });
    for (const event of [consumer.events.FETCH, consumer.events.HEARTBEAT] as const) consumer.on(event, () => (this.#lastSign = this.#parts.clock()));
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, batchSize, lastOffset, highWatermark } }) => {
      // Only what kafkajs left out was in it, e.g. the marks of transactions; no batch of ours tells of it.
      const next = Number(lastOffset) + 1;
      if (batchSize === 0 && next > (this.#positions.nextOf({ topic, partition }) ?? 0)) this.#positions.moved({ topic, partition, next, end: Number(highWatermark) });
    });
  }

  /** Seeks to the store's offsets, then lets the fetching begin; tried until done or until the group assigns anew. */
  async #position(consumer: KafkaConsumer, assigned: readonly Partition[]): Promise<void> {
    for (let tries = 0; this.#assigned === assigned && !this.#stopping.signal.aborted; tries++) {
      try {
        const positions = await this.#resumption.positionsOf(assigned);
        if (this.#assigned !== assigned) return;
        this.#positions.begin(positions);
        for (const { topic, partition, next } of positions) consumer.seek({ topic, partition, offset: String(next) });
        await tellKafka(consumer, positions);
        consumer.resume(byTopic(assigned));
        this.#trouble = null;
        this.#parts.log.info({ positions }, 'joined the consumer group');
        return;
      } catch (failure) {
        this.#trouble = `the position to go on from is not known: ${reasonOf(failure)}`;
        await this.#pause(tries);
      }
    }
  }

  async #eachBatch(payload: EachBatchPayload, consumer: KafkaConsumer): Promise<void> {
    const { batch, isRunning, isStale, resolveOffset, heartbeat } = payload;
    const { topic, partition } = batch;
    if (isRunning() && !isStale() && fetchedFrom(batch) !== this.#positions.nextOf({ topic, partition })) return this.#resumeAt({ topic, partition }, consumer);
    for (let start = 0; start < batch.messages.length; start += CHUNK) {
      if (!isRunning() || isStale()) return;
      const messages = batch.messages.slice(start, start + CHUNK).map(messageOf);
      const next = await this.#applyUntilDone({ topic, partition, generation: NO_GENERATION, messages }, payload);
      if (next === null) return;
      this.#positions.moved({ topic, partition, next, end: Number(batch.highWatermark) });
      if (next <= (messages.at(-1)?.offset ?? -1)) return consumer.seek({ topic, partition, offset: String(next) });
      resolveOffset(String(next - 1));
      await heartbeat();
    }
    // Behind the last message may lie marks of transactions; nothing of them is to be fetched again.
    resolveOffset(batch.lastOffset());
    this.#positions.moved({ topic, partition, next: Number(batch.lastOffset()) + 1, end: Number(batch.highWatermark) });
    if (!isStale() && batch.messages.length > 0) await tellKafka(consumer, [{ topic, partition, next: Number(batch.lastOffset()) + 1 }]);
  }

  /** kafkajs went elsewhere by itself, as it does when its offset is out of range: what that means is found out before anything is read. */
  async #resumeAt(partition: Partition, consumer: KafkaConsumer): Promise<void> {
    const assigned = this.#assigned;
    const [position] = await this.#resumption.positionsOf([partition]);
    if (position === undefined || this.#assigned !== assigned) return;
    this.#positions.moved(position);
    consumer.seek({ ...partition, offset: String(position.next) });
  }

  /** Where the partition stands afterwards; null when it is somebody else's by now. Failures are tried again, with heartbeats. */
  async #applyUntilDone(batch: MessageBatch, { isRunning, isStale, heartbeat }: EachBatchPayload): Promise<number | null> {
    for (let tries = 0; isRunning() && !isStale() && !this.#stopping.signal.aborted; tries++) {
      // Poisoned messages may take seconds each; a rebalance meanwhile is met at the next heartbeat that is waited for.
      const beat = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_INTERVAL_MS);
      try {
        const outcome = await this.#parts.worker.handle(batch);
        this.#trouble = null;
        return outcome.next;
      } catch (failure) {
        this.#trouble = `${batch.topic}[${batch.partition}] cannot be applied: ${reasonOf(failure)}`;
        this.#parts.log.warn({ err: failure, topic: batch.topic, partition: batch.partition, offset: batch.messages[0]?.offset }, 'a batch is tried again');
      } finally {
        clearInterval(beat);
      }
      await this.#pause(tries);
      await heartbeat();
    }
    return null;
  }

  /** kafkajs fetches a refused batch again and again; each time is an occasion to pass over it. */
  #meetRefused(batch: RefusedBatch, consumer: KafkaConsumer): void {
    this.#refused = batch;
    if (this.#passingOver) return;
    this.#passingOver = true;
    this.#passOver(batch, consumer, this.#assigned)
      .catch((failure: unknown) => this.#parts.log.warn({ err: failure, batch }, 'a batch too large to unpack cannot be passed over yet'))
      .finally(() => (this.#passingOver = false));
  }

  /**
   * Puts a refused batch aside, one dead letter for all of it, and goes on behind. Only when a single
   * partition can hold it; while several can, the others read on until they are past its offsets.
   */
  async #passOver(refused: RefusedBatch, consumer: KafkaConsumer, assigned: readonly Partition[]): Promise<void> {
    const holders = mayHold(await this.#resumption.positionsOf(assigned), refused);
    const [holder] = holders;
    if (this.#assigned !== assigned) return;
    // A fetch that was under way while it was passed over met it once more.
    if (holder === undefined) return void (this.#refused = null);
    if (holders.length > 1) return this.#pause(0);
    const { topic, partition, end } = holder;
    const message: Message = { offset: refused.lastOffset, key: null, value: null, headers: new Map(), tooLarge: nameOf(refused), timestamp: this.#parts.clock() };
    const { next } = await this.#parts.worker.handle({ topic, partition, generation: NO_GENERATION, messages: [message] });
    if (this.#assigned !== assigned) return;
    this.#positions.moved({ topic, partition, next, end });
    consumer.seek({ topic, partition, offset: String(next) });
    this.#refused = null;
    this.#parts.log.warn({ topic, partition, ...refused }, 'a batch too large to unpack was passed over');
  }

  async #pause(tries: number): Promise<void> {
    const [first, longest] = BACKOFF_MS;
    const wait = Math.min(longest, first * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2);
    await sleep(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  #consumer(): KafkaConsumer {
    return this.#kafka.consumer({
      groupId: this.#parts.config.group,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_INTERVAL_MS,
      maxWaitTimeInMs: MAX_WAIT_MS,
      maxBytesPerPartition: MAX_BYTES_PER_PARTITION,
      allowAutoTopicCreation: false,
      retry: RETRY,
    });
  }
}

/**
 * The store's fence takes generations, and the group's are not used for it: they begin again when a group
 * is deleted, and a store that remembers a higher one would refuse everything. Its offsets fence as well.
 */
const NO_GENERATION = 0;

/**
 * Kafka remembers the offsets too: for people who watch the group's lag, and so that a topic made anew can be told by
 * their absence. Where they do not get through the next ones will, and a partition is at worst read once more.
 */
async function tellKafka(consumer: KafkaConsumer, positions: readonly (Partition & { readonly next: number })[]): Promise<void> {
  await consumer.commitOffsets(positions.map(({ topic, partition, next }) => ({ topic, partition, offset: String(next) }))).catch(() => undefined);
}

/** The offset that was asked for; its type leaves it out. */
function fetchedFrom(batch: object): number | undefined {
  return 'fetchedOffset' in batch ? Number(batch.fetchedOffset) : undefined;
}

/** Who is told of a batch that a codec refused: the reader in whose fetch it was met. */
const refusals = new AsyncLocalStorage<(batch: RefusedBatch) => void>();
const { gzip, snappy, lz4, zstd } = codecs((batch) => refusals.getStore()?.(batch));
// kafkajs keeps its codecs for the whole process.
Object.assign(CompressionCodecs, { [CompressionTypes.GZIP]: gzip, [CompressionTypes.Snappy]: snappy, [CompressionTypes.LZ4]: lz4, [CompressionTypes.ZSTD]: zstd });

async function requireTopics(kafka: Kafka, topics: readonly string[]): Promise<void> {
  const known = await withAdmin(kafka, (admin) => admin.listTopics());
  const missing = topics.filter((topic) => !known.includes(topic));
  if (missing.length > 0) throw new Error(`topics are missing: ${missing.join(', ')}`);
}

function byTopic(partitions: readonly Partition[]): { topic: string; partitions: number[] }[] {
  return [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, ones]) => ({ topic, partitions: ones.map(({ partition }) => partition) }));
}

function messageOf({ offset, key, value, headers, timestamp }: KafkaMessage): Message {
  return { offset: Number(offset), key: ownBytes(key), value: ownBytes(value), headers: textsOf(headers), tooLarge: null, timestamp: Number(timestamp) };
}

/** kafkajs gives views into the whole fetch; a view would take all of it along to the decoding thread. */
function ownBytes(view: Buffer | null): Uint8Array | null {
  return view && new Uint8Array(view);
}

function textsOf(headers: KafkaMessage['headers']): Map<string, string> {
  return new Map(Object.entries(headers ?? {}).map(([name, header]) => [name, String(header ?? '')]));
}

function nameOf({ codec, firstOffset, lastOffset }: RefusedBatch): string {
  return `the ${codec} batch of offsets ${firstOffset} to ${lastOffset}`;
}

/** Dead letters in their own topic: the message as it was, why and whence in headers. */
export class KafkaDeadLetters implements DeadLetters, DeadLetterSource {
  readonly #kafka: Kafka;
  readonly #topic: string;
  #producer: Promise<Producer> | null = null;

  constructor(config: KafkaConfig) {
    this.#kafka = kafkaOf(config);
    this.#topic = config.topics.deadLetter;
  }

  async send(letters: readonly DeadLetter[]): Promise<void> {
    for (const group of groupsToSend(letters)) {
      await this.#sendGroup(group).catch((failure: unknown) => {
        const [letter] = group;
        if (letter === undefined || group.length > 1 || !isTooLargeForBroker(failure)) throw failure;
        return this.#sendGroup([withoutPayload(letter)]);
      });
    }
  }

  async #sendGroup(group: readonly DeadLetter[]): Promise<void> {
    this.#producer ??= this.#connect();
    try {
      const producer = await this.#producer;
      await producer.send({ topic: this.#topic, acks: -1, messages: group.map(recordOf) });
    } catch (failure) {
      // The next try begins with a new producer: this one may remember a broker that is gone.
      await this.close();
      throw failure;
    }
  }

  /** All dead letters in the topic now, each message once, its last copy. */
  async read(): Promise<readonly DeadLetter[]> {
    const ends = await withAdmin(this.#kafka, (admin) => endsOf(admin, this.#topic));
    const missing = new Map([...ends].filter(([, { low, high }]) => high > low).map(([partition, { high }]) => [partition, high]));
    if (missing.size === 0) return [];
    const groupId = `${REPLAY_GROUPS}${process.pid}-${Date.now()}`;
    const consumer = this.#kafka.consumer({ groupId, maxWaitTimeInMs: MAX_WAIT_MS, maxBytesPerPartition: MAX_BYTES_PER_PARTITION, allowAutoTopicCreation: false, retry: RETRY });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [this.#topic], fromBeginning: true });
      return await readUntil(consumer, missing);
    } finally {
      await consumer.disconnect();
      // Left alone the broker would keep the empty group for a week.
      await withAdmin(this.#kafka, (admin) => admin.deleteGroups([groupId])).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.then((connected) => connected.disconnect()).catch(() => undefined);
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({ allowAutoTopicCreation: false, idempotent: true, retry: RETRY });
    await producer.connect();
    return producer;
  }
}

/** Reads partitions up to these ends, exclusive. */
async function readUntil(consumer: KafkaConsumer, ends: ReadonlyMap<number, number>): Promise<readonly DeadLetter[]> {
  const [letters, missing] = [new Map<string, DeadLetter>(), new Map(ends)];
  let watch: NodeJS.Timeout | undefined;
  const all = new Promise<void>((resolve, reject) => {
    watch = setTimeout(() => reject(new Error(`the dead-letter topic gave nothing more for ${READ_DEADLINE_MS / 1000} s`)), READ_DEADLINE_MS);
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
      watch?.refresh();
      if (Number(lastOffset) + 1 >= (missing.get(partition) ?? 0)) missing.delete(partition);
      if (missing.size === 0) resolve();
    });
    const eachMessage = async ({ message }: { readonly message: KafkaMessage }): Promise<void> => {
      const letter = letterOf({ key: message.key, value: message.value, headers: textsOf(message.headers) });
      if (letter !== null) letters.set(`${letter.topic} ${letter.partition} ${letter.offset}`, letter);
    };
    const onRefused = (batch: RefusedBatch): void => reject(new Error(`${nameOf(batch)} of the dead-letter topic is too large to unpack`));
    refusals.run(onRefused, () => consumer.run({ autoCommit: false, eachMessage })).catch(reject);
  });
  await all.finally(() => clearTimeout(watch));
  return [...letters.values()];
}

function isTooLargeForBroker(failure: unknown): boolean {
  for (let cause = failure; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof KafkaJSProtocolError && (cause.type === 'MESSAGE_TOO_LARGE' || cause.type === 'RECORD_LIST_TOO_LARGE')) return true;
  }
  return false;
}
