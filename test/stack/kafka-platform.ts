import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import kafkajs, { type Admin, type CompressionTypes, type Kafka, type Message, type Producer } from 'kafkajs';
import type { KafkaConfig } from '../../ingest/config.ts';
import { contractText } from '../../ingest/decode/contract-schemas.ts';
import { createDecoder } from '../../ingest/decode/decoder.ts';
import type { DeadLetter } from '../../ingest/dead-letter.ts';
import { type KafkaIngest, type KafkaIngestParts, startKafkaIngest } from '../../ingest/kafka-ingest.ts';
import { contractsOf, type Topics } from '../../ingest/topics.ts';
import { createIngestWorker } from '../../ingest/worker.ts';
import { openSqliteStore, type SqliteStore } from '../../server/store/sqlite-store.ts';
import type { KeyedEvent } from './event-history.ts';
import { type KafkaBroker, startKafka } from './servers/kafka-broker.ts';
import { type SchemaRegistryServer, startSchemaRegistry } from './servers/schema-registry.ts';
import { until } from './until.ts';
import { wholeCatalog } from './whole-catalog.ts';

/** A broker and a registry with the contracts in it, and what a test does with them. Every test takes its own topics. */
export class KafkaPlatform {
  readonly broker: KafkaBroker;
  readonly registry: SchemaRegistryServer;
  readonly kafka: Kafka;
  readonly #folder = mkdtempSync(join(tmpdir(), 'sluice-stack-'));
  readonly #closing: (() => Promise<unknown>)[] = [];
  #schemaIds: ReadonlyMap<string, number> = new Map();
  #client: SchemaRegistry;
  #producer: Producer | null = null;
  #made = 0;

  private constructor(broker: KafkaBroker, registry: SchemaRegistryServer) {
    this.broker = broker;
    this.registry = registry;
    this.#client = new SchemaRegistry({ host: registry.url });
    this.kafka = new kafkajs.Kafka({ clientId: 'test', brokers: [broker.address], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 20, maxRetryTime: 1_000 } });
  }

  static async start(): Promise<KafkaPlatform> {
    const platform = new KafkaPlatform(...(await Promise.all([startKafka(), startSchemaRegistry()])));
    await platform.registerContracts();
    return platform;
  }

  async close(): Promise<void> {
    await this.release();
    await this.#producer?.disconnect();
    await Promise.all([this.broker.close(), this.registry.close()]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Stops what tests have started and not stopped themselves. */
  async release(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
  }

  async registerContracts(): Promise<void> {
    const register = async (contract: 'control' | 'audit') => [contract, await this.registry.register(`sluice.${contract}-value`, contractText(contract))] as const;
    this.#schemaIds = new Map([await register('control'), await register('audit')]);
    this.#client = new SchemaRegistry({ host: this.registry.url });
  }

  /** Names of topics and a group nobody used before. */
  newNames(): { readonly topics: Topics; readonly group: string } {
    const prefix = `test-${++this.#made}`;
    return { topics: { control: `${prefix}.control`, audit: `${prefix}.audit`, deadLetter: `${prefix}.dead-letter`, openLineage: null }, group: `${prefix}-ingest` };
  }

  /** The same with the topics made: two partitions of control events, one of audit events. */
  async newConfig(partitions = 2): Promise<KafkaConfig> {
    const config = this.configOf(this.newNames());
    await this.createTopics(config.topics, partitions);
    return config;
  }

  configOf({ topics, group }: { readonly topics: Topics; readonly group: string }): KafkaConfig {
    return { brokers: [this.broker.address], group, topics, sasl: null, tls: null };
  }

  async createTopics({ control, audit, deadLetter, openLineage }: Topics, partitions: number): Promise<void> {
    const admin = this.kafka.admin();
    await admin.connect();
    const topics = [{ topic: control, numPartitions: partitions }, { topic: audit, numPartitions: 1 }, { topic: deadLetter, numPartitions: 1 }, ...(openLineage === null ? [] : [{ topic: openLineage, numPartitions: 1 }])];
    await admin.createTopics({ waitForLeaders: false, topics });
    await haveLeaders(admin, topics.map(({ topic }) => topic));
    await admin.disconnect();
  }

  /** Deletes a topic and makes it anew, empty. */
  async makeAnew(topic: string, partitions: number): Promise<void> {
    const admin = this.kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    // Deleting takes its time; until then there is one of that name.
    await until(() => admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: partitions }] }));
    await haveLeaders(admin, [topic]);
    await admin.disconnect();
    // kafkajs's producer does not get over the deletion of a topic that it has sent to.
    await this.#producer?.disconnect();
    this.#producer = null;
  }

  /** An event in Confluent's wire format, under the id the registry gave its contract. */
  encode({ contract, event }: KeyedEvent): Promise<Buffer> {
    return this.#client.encode(this.schemaId(contract), event);
  }
  schemaId(contract: 'control' | 'audit'): number {
    return this.#schemaIds.get(contract) ?? 0;
  }

  /** Sends events to the topics of their contracts; gives how many. */
  async produce(topics: Topics, events: readonly KeyedEvent[], compression?: CompressionTypes): Promise<number> {
    const messages = await Promise.all(events.map(async (event) => ({ contract: event.contract, key: event.key, value: await this.encode(event) })));
    for (const contract of ['control', 'audit'] as const) {
      const ofContract = messages.filter((message) => message.contract === contract).map(({ key, value }) => ({ key, value }));
      for (let start = 0; start < ofContract.length; start += 500) await this.send(topics[contract], ofContract.slice(start, start + 500), compression);
    }
    return events.length;
  }

  async send(topic: string, messages: Message[], compression: CompressionTypes = kafkajs.CompressionTypes.None): Promise<void> {
    // Without idempotence a send is made again as a whole when the broker does not know one of a new topic's partitions yet.
    const producer = (this.#producer ??= this.kafka.producer({ allowAutoTopicCreation: false, idempotent: true, maxInFlightRequests: 1 }));
    await producer.connect();
    await producer.send({ topic, messages, compression });
  }

  /** A folder and an empty store in it, closed after the test. */
  newStore(): { readonly data: string; readonly store: SqliteStore } {
    const data = join(this.#folder, `data-${++this.#made}`);
    mkdirSync(data);
    const store = openSqliteStore({ file: join(data, 'catalog.sqlite') });
    this.#closing.push(() => store.close());
    return { data, store };
  }

  /** An ingest in this process, stopped after the test; parts can be replaced by faulty ones. */
  ingest(kafka: KafkaConfig, store: KafkaIngestParts['store'], parts: Partial<KafkaIngestParts> = {}): KafkaIngest {
    const ingest = startKafkaIngest({ config: { kafka, registry: { kind: 'http', url: this.registry.url } }, store, aliases: new Map(), clock: Date.now, log: QUIET, ...parts });
    let stopped: Promise<void> | null = null;
    const stop = (): Promise<void> => (stopped ??= ingest.stop());
    this.#closing.push(stop);
    return { ...ingest, stop };
  }

  /** What the catalog is when these events, and nothing else, are applied once and in order. */
  async rebuild(events: readonly KeyedEvent[]): Promise<readonly string[]> {
    const { store } = this.newStore();
    const decoder = createDecoder({ registry: { kind: 'http', url: this.registry.url } });
    const topics = this.newNames().topics;
    const refuse = { send: (letters: readonly DeadLetter[]): Promise<never> => Promise.reject(new Error(`a clean event was refused: ${letters[0]?.message}`)) };
    const worker = createIngestWorker({ store, decoder, deadLetters: refuse, aliases: new Map(), clock: Date.now, contracts: contractsOf(topics) });
    for (const contract of ['control', 'audit'] as const) {
      const values = await Promise.all(events.filter((event) => event.contract === contract).map((event) => this.encode(event)));
      const messages = values.map((value, offset) => ({ offset, key: null, value, headers: new Map(), tooLarge: null, timestamp: 0 }));
      await worker.handle({ topic: topics[contract], partition: 0, generation: 0, messages });
    }
    await decoder.close();
    return wholeCatalog(store);
  }
}

/** kafkajs would wait itself, but fails where a busy broker has not yet heard of a topic that it has just made. */
async function haveLeaders(admin: Admin, topics: readonly string[]): Promise<void> {
  await until(() => admin.fetchTopicMetadata({ topics: [...topics] }).then((seen) => seen.topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0)), () => false));
}

/** Log lines are for people; tests look at what is said by the interfaces. */
const QUIET = { warn: () => undefined, info: () => undefined };
