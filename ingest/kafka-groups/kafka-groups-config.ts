import { canonical, parseClusterAliases } from '../../server/catalog/cluster-aliases.ts';
import { type Environment, secondsSetting } from '../../server/outside/settings.ts';
import { type KafkaConfig, kafkaConfig } from '../config.ts';

export interface KafkaGroupsConfig {
  readonly kafka: KafkaConfig;
  /** Of the cluster: `kafka://main`. */
  readonly namespace: string;
  /** Rest between two looks, ms. */
  readonly intervalMs: number;
  /** Groups left out, because what reads through them is known as a job. */
  readonly except: readonly GroupPattern[];
}
/** A group's name, or with `*` at its end the beginning of one. */
export type GroupPattern = string;

/** Seconds; a new reader is seen while the person who started it is still there. */
const DEFAULT_INTERVAL_S = 60;

/**
 * Reads the environment; null without `SLUICE_KAFKA_BROKERS` or with `SLUICE_KAFKA_GROUPS=off`. Every mistake is added to
 * `mistakes`, unless it is there already, and then the result is null too.
 */
export function kafkaGroupsConfig(env: Environment, mistakes: string[]): KafkaGroupsConfig | null {
  const own: string[] = [];
  const wanted = env['SLUICE_KAFKA_GROUPS'] ?? 'on';
  if (wanted !== 'on' && wanted !== 'off') own.push(`SLUICE_KAFKA_GROUPS is "${wanted}", not on or off`);
  const intervalS = secondsSetting('SLUICE_KAFKA_GROUPS_INTERVAL', DEFAULT_INTERVAL_S, env, own);
  const except = exceptOf(env, own);
  const isOff = (env['SLUICE_KAFKA_BROKERS'] ?? '') === '' || wanted === 'off';
  const kafka = isOff ? null : kafkaConfig(env, own);
  const namespace = kafka === null ? null : namespaceOf(kafka.brokers, env, own);
  mistakes.push(...own.filter((mistake) => !mistakes.includes(mistake)));
  if (own.length > 0 || kafka === null || namespace === null) return null;
  return { kafka, namespace, intervalMs: intervalS * 1_000, except };
}

export function isExcepted(group: string, except: readonly GroupPattern[]): boolean {
  return except.some((pattern) => (pattern.endsWith('*') ? group.startsWith(pattern.slice(0, -1)) : group === pattern));
}

function exceptOf(env: Environment, mistakes: string[]): readonly GroupPattern[] {
  const patterns = (env['SLUICE_KAFKA_GROUPS_EXCEPT'] ?? '').split(',').map((pattern) => pattern.trim()).filter((pattern) => pattern !== '');
  for (const pattern of patterns) if (pattern === '*' || pattern.slice(0, -1).includes('*')) mistakes.push(`SLUICE_KAFKA_GROUPS_EXCEPT: "${pattern}" is not a group or the beginning of one followed by *`);
  return patterns;
}

/** The cluster that the brokers are an alias of, else the first of them as OpenLineage names it. */
function namespaceOf(brokers: readonly string[], env: Environment, mistakes: string[]): string | null {
  const parsed = parseClusterAliases(env['SLUICE_CLUSTER_ALIASES'] ?? '');
  if (parsed.outcome === 'refused') {
    mistakes.push(`SLUICE_CLUSTER_ALIASES: ${parsed.message}`);
    return null;
  }
  const addresses = brokers.map((broker) => `kafka://${broker}`);
  const clusters = new Set(addresses.filter((address) => parsed.aliases.has(address)).map((address) => canonical(parsed.aliases, { namespace: address, name: '' }).namespace));
  if (clusters.size > 1) mistakes.push(`SLUICE_KAFKA_BROKERS are aliases of ${clusters.size} clusters: ${[...clusters].join(', ')}`);
  return clusters.size > 1 ? null : ([...clusters][0] ?? addresses[0] ?? null);
}
