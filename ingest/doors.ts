import type { ClusterAliases } from '../server/catalog/cluster-aliases.ts';
import type { Environment } from '../server/outside/settings.ts';
import type { PollLog } from '../server/outside/poll-loop.ts';
import type { Store } from '../server/store/store.ts';
import type { Tracing } from '../server/tracing/tracing.ts';
import { type IngestConfig, ingestConfig } from './config.ts';
import { type ConnectConfig, connectConfig } from './connect/connect-config.ts';
import { startConnectDoor } from './connect/connect-door.ts';
import type { Door } from './door.ts';
import { type FlinkConfig, flinkConfig } from './flink/flink-config.ts';
import { startFlinkDoors } from './flink/flink-door.ts';
import { type KafkaGroupsConfig, kafkaGroupsConfig } from './kafka-groups/kafka-groups-config.ts';
import { startKafkaGroupsDoor } from './kafka-groups/kafka-groups-door.ts';
import { startKafkaIngest } from './kafka-ingest.ts';
import { type SchemasTopicConfig, schemasTopicConfig } from './schemas-topic/config.ts';
import { startSchemasTopicDoor } from './schemas-topic/schemas-topic-door.ts';

/** What this process listens to; null where nothing is configured. */
export interface DoorsConfig {
  readonly kafka: IngestConfig | null;
  readonly groups: KafkaGroupsConfig | null;
  readonly schemasTopic: SchemasTopicConfig | null;
  readonly flink: FlinkConfig | null;
  readonly connect: readonly ConnectConfig[];
}
export interface DoorParts {
  readonly store: Pick<Store, 'apply' | 'offsets' | 'entity' | 'entities'>;
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
  readonly log: PollLog;
  readonly tracing?: Tracing | undefined;
}

export const NO_DOORS: DoorsConfig = { kafka: null, groups: null, schemasTopic: null, flink: null, connect: [] };

/** Reads what is configured; every mistake is added to `mistakes`, once. */
export function doorsConfig(env: Environment, mistakes: string[]): DoorsConfig {
  const own: string[] = [];
  const kafka = (env['SLUICE_KAFKA_BROKERS'] ?? '') === '' ? null : ingestConfig(env);
  if (kafka?.outcome === 'refused') own.push(...kafka.mistakes);
  const config = {
    kafka: kafka?.outcome === 'configured' ? kafka.config : null,
    groups: kafkaGroupsConfig(env, own), schemasTopic: schemasTopicConfig(env, own), flink: flinkConfig(env, own), connect: connectConfig(env, own),
  };
  mistakes.push(...new Set(own.filter((mistake) => !mistakes.includes(mistake))));
  return config;
}

/** Starts every door there is; each comes back from its failures by itself. The caller owns the store. */
export function startDoors({ kafka, groups, schemasTopic, flink, connect }: DoorsConfig, parts: DoorParts): readonly Door[] {
  return [
    ...(kafka === null ? [] : [ingestDoor(kafka, parts)]),
    ...(groups === null ? [] : [startKafkaGroupsDoor({ config: groups, ...parts })]),
    ...(schemasTopic === null || kafka === null ? [] : [startSchemasTopicDoor({ config: schemasTopic, kafka: kafka.kafka, ...parts })]),
    ...(flink === null ? [] : startFlinkDoors({ config: flink, ...parts })),
    ...connect.map((config) => startConnectDoor({ config, ...parts })),
  ];
}

function ingestDoor(config: IngestConfig, parts: DoorParts): Door {
  const ingest = startKafkaIngest({ config, ...parts });
  return {
    part: 'ingest',
    required: true,
    check: () => ingest.check(),
    figures() {
      const { applied, deadLettered, retried, lost, startedOver, lag, oldestAtWork } = ingest.counts();
      const waits = lag === 0 || oldestAtWork === null ? 0 : Math.max(0, parts.clock() - oldestAtWork) / 1_000;
      return [
        { name: 'ingest_lag', help: 'Messages behind the end of the topics', kind: 'gauge', value: lag },
        { name: 'ingest_oldest_seconds', help: 'Age of the oldest message of the batch at work, by its timestamp; 0 when nothing waits', kind: 'gauge', value: waits },
        { name: 'ingest_applied_total', help: 'Messages applied', kind: 'counter', value: applied },
        { name: 'ingest_dead_letters_total', help: 'Messages put aside because they can never be applied', kind: 'counter', value: deadLettered },
        { name: 'ingest_retries_total', help: 'Batches tried again', kind: 'counter', value: retried },
        { name: 'ingest_lost_total', help: 'Messages deleted before they were read', kind: 'counter', value: lost },
        { name: 'ingest_started_over_total', help: 'Partitions read again from their beginning', kind: 'counter', value: startedOver },
      ];
    },
    stop: () => ingest.stop(),
  };
}
