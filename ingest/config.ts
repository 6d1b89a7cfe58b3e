import { readFileSync } from 'node:fs';
import type { Environment } from '../server/outside/settings.ts';
import type { RegistrySource } from './decode/decoder.ts';
import { DEFAULT_TOPICS, type Topics } from './topics.ts';

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly group: string;
  readonly topics: Topics;
  readonly sasl: { readonly mechanism: (typeof SASL_MECHANISMS)[number]; readonly username: string; readonly password: string } | null;
  /** PEM texts; null: no TLS. */
  readonly tls: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null } | null;
}
export interface IngestConfig {
  readonly kafka: KafkaConfig;
  readonly registry: RegistrySource;
}
export type IngestConfigOutcome = { readonly outcome: 'configured'; readonly config: IngestConfig } | { readonly outcome: 'refused'; readonly mistakes: readonly string[] };

/** What Kafka takes as one. */
const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;

/** Reads the environment; every mistake in it is reported, not just the first. */
export function ingestConfig(env: Environment): IngestConfigOutcome {
  const mistakes: string[] = [];
  const kafka = kafkaConfig(env, mistakes);
  const registry = registryOf(env, mistakes);
  if (kafka === null || mistakes.length > 0) return { outcome: 'refused', mistakes };
  return { outcome: 'configured', config: { kafka, registry } };
}

/** How to reach Kafka and what to read there; null when `mistakes` were added. */
export function kafkaConfig(env: Environment, mistakes: string[]): KafkaConfig | null {
  const before = mistakes.length;
  const brokers = (env['SLUICE_KAFKA_BROKERS'] ?? '').split(',').map((broker) => broker.trim()).filter((broker) => broker !== '');
  if (brokers.length === 0) mistakes.push('SLUICE_KAFKA_BROKERS names no broker');
  for (const broker of brokers) if (!/^[^:\s]+:\d+$|^\[[^\]]+\]:\d+$/.test(broker)) mistakes.push(`SLUICE_KAFKA_BROKERS: "${broker}" is not host:port`);
  const [sasl, tls, topics] = [saslOf(env, mistakes), tlsOf(env, mistakes), topicsOf(env, mistakes)];
  return mistakes.length > before ? null : { brokers, group: env['SLUICE_KAFKA_GROUP'] ?? 'sluice-ingest', topics, sasl, tls };
}

function topicsOf(env: Environment, mistakes: string[]): Topics {
  const topics = {
    control: env['SLUICE_CONTROL_TOPIC'] ?? DEFAULT_TOPICS.control,
    audit: env['SLUICE_AUDIT_TOPIC'] ?? DEFAULT_TOPICS.audit,
    deadLetter: env['SLUICE_DEAD_LETTER_TOPIC'] ?? DEFAULT_TOPICS.deadLetter,
    openLineage: env['SLUICE_OPENLINEAGE_TOPIC'] || DEFAULT_TOPICS.openLineage,
  };
  const names = Object.values(topics).filter((name) => name !== null);
  for (const name of names) if (!TOPIC_NAME.test(name)) mistakes.push(`"${name}" is not a topic name`);
  if (new Set(names).size < names.length) mistakes.push('SLUICE_CONTROL_TOPIC, SLUICE_AUDIT_TOPIC, SLUICE_DEAD_LETTER_TOPIC and SLUICE_OPENLINEAGE_TOPIC must name different topics');
  return topics;
}

function registryOf(env: Environment, mistakes: string[]): RegistrySource {
  const url = env['SLUICE_REGISTRY_URL'];
  if (url === undefined || url === '') {
    mistakes.push('SLUICE_REGISTRY_URL is needed: events carry schema ids that only the Schema Registry can explain');
    return { kind: 'embedded' };
  }
  if (!/^https?:\/\/[^\s]+$/.test(url)) mistakes.push(`SLUICE_REGISTRY_URL: "${url}" is not an http(s) address`);
  const [username, password] = [env['SLUICE_REGISTRY_USERNAME'], env['SLUICE_REGISTRY_PASSWORD']];
  if ((username === undefined) !== (password === undefined)) mistakes.push('SLUICE_REGISTRY_USERNAME and SLUICE_REGISTRY_PASSWORD come together');
  return { kind: 'http', url, ...(username === undefined || password === undefined ? {} : { auth: { username, password } }) };
}

function saslOf(env: Environment, mistakes: string[]): KafkaConfig['sasl'] {
  const [name, username, password] = [env['SLUICE_KAFKA_SASL_MECHANISM'], env['SLUICE_KAFKA_USERNAME'], env['SLUICE_KAFKA_PASSWORD']];
  if (name === undefined && username === undefined && password === undefined) return null;
  const mechanism = SASL_MECHANISMS.find((m) => m === name);
  if (mechanism === undefined) mistakes.push(`SLUICE_KAFKA_SASL_MECHANISM is "${name ?? ''}", not one of ${SASL_MECHANISMS.join(', ')}`);
  if (username === undefined || password === undefined) mistakes.push('SASL needs SLUICE_KAFKA_USERNAME and SLUICE_KAFKA_PASSWORD');
  return mechanism === undefined || username === undefined || password === undefined ? null : { mechanism, username, password };
}

function tlsOf(env: Environment, mistakes: string[]): KafkaConfig['tls'] {
  const file = (name: string): string | null => {
    const path = env[name];
    if (path === undefined) return null;
    try {
      return readFileSync(path, 'utf8');
    } catch {
      mistakes.push(`${name}: ${path} cannot be read`);
      return null;
    }
  };
  const [ca, cert, key] = [file('SLUICE_KAFKA_TLS_CA_FILE'), file('SLUICE_KAFKA_TLS_CERT_FILE'), file('SLUICE_KAFKA_TLS_KEY_FILE')];
  if ((env['SLUICE_KAFKA_TLS_CERT_FILE'] === undefined) !== (env['SLUICE_KAFKA_TLS_KEY_FILE'] === undefined)) mistakes.push('SLUICE_KAFKA_TLS_CERT_FILE and SLUICE_KAFKA_TLS_KEY_FILE come together');
  const wanted = env['SLUICE_KAFKA_TLS'];
  if (wanted !== undefined && wanted !== 'on' && wanted !== 'off') mistakes.push(`SLUICE_KAFKA_TLS is "${wanted}", not on or off`);
  return wanted === 'on' || ca !== null || cert !== null ? { ca, cert, key } : null;
}
