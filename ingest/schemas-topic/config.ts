import type { Environment } from '../../server/outside/settings.ts';
import { type SubjectSettings, subjectSettings } from '../../server/registry/subject-settings.ts';

/** What Kafka takes as one. */
const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;

/** The topic in which a registry keeps its content, to be read beside its REST API. */
export interface SchemasTopicConfig {
  readonly topic: string;
  readonly subjects: SubjectSettings;
}

/** Reads the environment; null without `SLUICE_REGISTRY_SCHEMAS_TOPIC`. A mistake is added to `mistakes`, and then the result is null too. */
export function schemasTopicConfig(env: Environment, mistakes: string[]): SchemasTopicConfig | null {
  const topic = env['SLUICE_REGISTRY_SCHEMAS_TOPIC'] ?? '';
  if (topic === '') return null;
  const before = mistakes.length;
  if (!TOPIC_NAME.test(topic)) mistakes.push(`SLUICE_REGISTRY_SCHEMAS_TOPIC is "${topic}", not a topic name`);
  if ((env['SLUICE_KAFKA_BROKERS'] ?? '') === '') mistakes.push('SLUICE_REGISTRY_SCHEMAS_TOPIC needs SLUICE_KAFKA_BROKERS');
  const subjects = subjectSettings(env, mistakes);
  return mistakes.length > before || subjects === null ? null : { topic, subjects };
}
