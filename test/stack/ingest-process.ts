import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Kafka } from 'kafkajs';
import type { KafkaConfig } from '../../ingest/config.ts';
import type { Topics } from '../../ingest/topics.ts';
import type { Store } from '../../server/store/store.ts';

const MAIN = fileURLToPath(new URL('../../ingest/main.ts', import.meta.url));

/** A process that does nothing but ingest into the store in this folder. */
export function ingestChild({ brokers, group, topics }: KafkaConfig, data: string, registry: string): ChildProcess {
  const env = {
    SLUICE_KAFKA_BROKERS: brokers.join(','), SLUICE_KAFKA_GROUP: group, SLUICE_CONTROL_TOPIC: topics.control, SLUICE_AUDIT_TOPIC: topics.audit,
    SLUICE_DEAD_LETTER_TOPIC: topics.deadLetter, SLUICE_REGISTRY_URL: registry, SLUICE_DATA: data, SLUICE_LOG_LEVEL: 'silent', SLUICE_INGEST_PORT: '0', SLUICE_KAFKA_GROUPS: 'off',
  };
  return spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', MAIN], { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Messages behind the offsets in the store. */
export async function appliedIn(store: Store, { control: ofControl, audit: ofAudit }: Topics): Promise<number> {
  const offsets = await Promise.all([ofControl, ofAudit].map((name) => store.offsets(name)));
  return offsets.flatMap((partitions) => [...partitions.values()]).reduce((sum, { next }) => sum + next, 0);
}

/** How many members a consumer group has now. */
export async function membersOf(kafka: Kafka, group: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  const { groups } = await admin.describeGroups([group]).finally(() => admin.disconnect());
  return groups[0]?.members.length ?? 0;
}
