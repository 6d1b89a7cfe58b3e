import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { PollLog } from '../../server/outside/poll-loop.ts';
import type { KafkaConfig } from '../config.ts';
import { endsOf, kafkaOf, withAdmin } from '../kafka-client.ts';
import { type PartitionPosition, PartitionPositions } from '../partition-positions.ts';
import type { TopicRecord } from './schemas-record.ts';

export type KafkaAccess = Pick<KafkaConfig, 'brokers' | 'sasl' | 'tls'>;
export interface TopicReaderParts {
  readonly kafka: KafkaAccess;
  readonly topic: string;
  /** Called before the first record of each reading; every reading is of the whole topic. */
  readonly onBegin: () => void;
  readonly onRecord: (record: TopicRecord) => void;
  readonly log: PollLog;
}
export interface TopicReader {
  /** Whether all that was in the topic, as last heard, was read; null before that is known. */
  atEnd(): boolean | null;
  /** Records still ahead. */
  lag(): number;
  /** What keeps it from reading; null: nothing. */
  trouble(): string | null;
  stop(): Promise<void>;
}

/** A registry keeps everything in one partition, or the order of its records would mean nothing. */
const PARTITION = 0;
/** How long a fetch waits for records; a stop waits for it. */
const MAX_WAIT_MS = 300;
/** kafkajs sticks at a record it has no room for; a registry's is a schema, which its broker takes up to 1 MiB by default. */
const MAX_BYTES_PER_PARTITION = 8 * 1024 * 1024;
/** First and longest rest before another try, ms: each reads the whole topic. */
const REST_MS = [1_000, 60_000] as const;
/** Left out of the discovery of consumer groups, as those that read dead letters back: kafkajs reads by groups alone. */
const GROUP = 'sluice-replay-schemas';
let readings = 0;

/** Reads a topic of one partition from its beginning, and then what is added, until it is stopped; it commits nothing and writes nothing. */
export function startTopicReader(parts: TopicReaderParts): TopicReader {
  const loop = new ReaderLoop(parts);
  return { atEnd: () => loop.atEnd, lag: () => loop.lag, trouble: () => loop.trouble, stop: () => loop.stop() };
}

class ReaderLoop {
  readonly #parts: TopicReaderParts;
  readonly #client: Kafka;
  readonly #stopping = new AbortController();
  readonly #stopped: Promise<void>;
  readonly #done: Promise<void>;
  /** Those to be deleted yet. */
  readonly #groups = new Set<string>();
  #positions: PartitionPositions | null = null;
  #trouble: string | null = 'it was not read yet';

  constructor(parts: TopicReaderParts) {
    this.#parts = parts;
    this.#client = kafkaOf(parts.kafka);
    this.#stopped = new Promise((resolve) => this.#stopping.signal.addEventListener('abort', () => resolve(), { once: true }));
    this.#done = this.#run();
  }

  get atEnd(): boolean | null {
    return this.#positions === null ? null : this.#positions.lag === 0;
  }
  get lag(): number {
    return this.#positions?.lag ?? 0;
  }
  get trouble(): string | null {
    return this.#trouble;
  }
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let tries = 0; !signal.aborted; tries++) {
      const groupId = `${GROUP}-${process.pid}-${Date.now()}-${++readings}`;
      const consumer = this.#client.consumer({ groupId, maxWaitTimeInMs: MAX_WAIT_MS, maxBytesPerPartition: MAX_BYTES_PER_PARTITION, allowAutoTopicCreation: false });
      this.#groups.add(groupId);
      try {
        await this.#read(consumer);
      } catch (failure) {
        if (this.atEnd === true) tries = 0;
        [this.#trouble, this.#positions] = [failure instanceof Error ? failure.message : String(failure), null];
        this.#parts.log.warn({ err: failure, topic: this.#parts.topic }, "reading the registry's topic ended; it begins again");
      }
      await consumer.disconnect().catch(() => undefined);
      await this.#deleteGroups();
      await sleep(Math.min(REST_MS[1], REST_MS[0] * 2 ** tries), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Resolves when stopped; rejects when kafkajs stops reading, whether or not it would begin again by itself: a reading that was cut begins anew. */
  async #read(consumer: Consumer): Promise<void> {
    const { topic, onBegin, onRecord } = this.#parts;
    const positions = new PartitionPositions();
    const moved = (next: number, end: number): void => positions.moved({ topic, partition: PARTITION, next, end });
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { lastOffset, highWatermark } }) => moved(Number(lastOffset) + 1, Number(highWatermark)));
    const crashed = new Promise<never>((_, reject) => consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error)));
    crashed.catch(() => undefined);
    positions.begin([await endOf(this.#client, topic)]);
    onBegin();
    [this.#trouble, this.#positions] = [null, positions];
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch: (payload) => Promise.resolve(takeBatch(payload, onRecord, moved)) });
    await Promise.race([crashed, this.#stopped]);
  }

  /** Left alone the broker would keep an empty group for a week; one it was cut off from is not empty yet, and tried again later. */
  async #deleteGroups(): Promise<void> {
    await withAdmin(this.#client, async (admin) => {
      for (const group of this.#groups) await admin.deleteGroups([group]).then(() => this.#groups.delete(group), () => undefined);
    }).catch(() => undefined);
  }
}

function takeBatch({ batch }: EachBatchPayload, onRecord: (record: TopicRecord) => void, moved: (next: number, end: number) => void): void {
  for (const { key, value } of batch.messages) onRecord({ key: key?.toString('utf8') ?? null, value: value?.toString('utf8') ?? null });
  moved(Number(batch.lastOffset()) + 1, Number(batch.highWatermark));
}

/** Where reading begins, and the end that lies ahead. */
async function endOf(client: Kafka, topic: string): Promise<PartitionPosition> {
  const ends = await withAdmin(client, (admin) => endsOf(admin, topic));
  const first = ends.get(PARTITION);
  if (ends.size !== 1 || first === undefined) throw new Error(`topic ${topic} has ${ends.size} partitions; a registry's has one`);
  return { topic, partition: PARTITION, next: first.low, end: first.high };
}
