import type { ClusterAliases } from '../server/catalog/cluster-aliases.ts';
import type { Store } from '../server/store/store.ts';
import type { Tracing } from '../server/tracing/tracing.ts';
import type { IngestConfig } from './config.ts';
import { type ConsumerParts, KafkaDeadLetters, startConsumer } from './consumer.ts';
import { createDecoder } from './decode/decoder.ts';
import type { Gaps } from './partition-resumption.ts';
import { contractsOf } from './topics.ts';
import { createIngestWorker, type WorkerStatus } from './worker.ts';

export interface KafkaIngestParts {
  readonly config: IngestConfig;
  readonly store: Pick<Store, 'apply' | 'offsets' | 'entity' | 'entities'>;
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
  readonly log: ConsumerParts['log'];
  readonly tracing?: Tracing | undefined;
}
export interface KafkaIngest {
  /** Whether the graph holds what the topics say, and if not, why. */
  check(): Promise<{ readonly ready: boolean; readonly detail: string }>;
  /** Since the start; a number of dead letters is part of the detail as well, for they are events the graph lacks. */
  counts(): WorkerStatus & Gaps & { readonly lag: number };
  /** Ends after the batch at work. */
  stop(): Promise<void>;
}

/** Consumer, decoder, worker and dead-letter topic, wired; it reads until it is stopped. The caller owns the store. */
export function startKafkaIngest({ config, store, aliases, clock, log, tracing }: KafkaIngestParts): KafkaIngest {
  const decoder = createDecoder({ registry: config.registry });
  const deadLetters = new KafkaDeadLetters(config.kafka);
  const worker = createIngestWorker({ store, decoder, deadLetters, aliases, clock, contracts: contractsOf(config.kafka.topics), tracing });
  const consumer = startConsumer({ config: config.kafka, worker, store, clock, log });
  return {
    async check() {
      const { ready, detail } = consumer.health();
      const { deadLettered } = worker.status();
      return { ready, detail: deadLettered === 0 ? detail : `${detail}, ${deadLettered} dead letters since the start` };
    },
    counts: () => ({ ...worker.status(), ...consumer.gaps(), lag: consumer.lag() }),
    async stop() {
      await consumer.stop();
      await decoder.close();
      await deadLetters.close();
    },
  };
}
