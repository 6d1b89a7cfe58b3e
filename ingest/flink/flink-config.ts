import type { Credentials } from '../../server/outside/json-reader.ts';
import { credentialsSetting, type Environment, isPlainAddress, secondsSetting } from '../../server/outside/settings.ts';

/** A Flink cluster that is watched. */
export interface FlinkCluster {
  readonly name: string;
  /** Of its REST API, without a `/` at its end. */
  readonly url: string;
  /** Namespace of its jobs in the catalog. */
  readonly jobs: string;
  /** Namespace of the topics its sources read: metrics name topics without their cluster. */
  readonly topics: string;
}
export interface FlinkConfig {
  readonly clusters: readonly FlinkCluster[];
  /** Rest between two looks, ms. */
  readonly intervalMs: number;
  readonly credentials: Credentials;
}

const DEFAULT_INTERVAL_S = 10;
const CLUSTER_NAME = /^[A-Za-z0-9._-]{1,100}$/;

/**
 * Reads `SLUICE_FLINK_CLUSTERS`, as in `main=http://flink:8081,jobs=flink://main,kafka=main;other=…`; null without it. Every
 * mistake is added to `mistakes`.
 */
export function flinkConfig(env: Environment, mistakes: string[]): FlinkConfig | null {
  const text = env['SLUICE_FLINK_CLUSTERS'] ?? '';
  if (text === '') return null;
  const clusters = text.split(';').map((entry) => entry.trim()).filter((entry) => entry !== '').flatMap((entry) => clusterOf(entry, mistakes) ?? []);
  if (new Set(clusters.map(({ name }) => name)).size < clusters.length) mistakes.push('SLUICE_FLINK_CLUSTERS names a cluster twice');
  // A job that one cluster has and another has not would come and go.
  if (new Set(clusters.map(({ jobs }) => jobs)).size < clusters.length) mistakes.push('SLUICE_FLINK_CLUSTERS: two clusters have their jobs in one namespace');
  const intervalS = secondsSetting('SLUICE_FLINK_POLL_INTERVAL', DEFAULT_INTERVAL_S, env, mistakes);
  return { clusters, intervalMs: intervalS * 1_000, credentials: credentialsSetting('SLUICE_FLINK', env, mistakes) };
}

function clusterOf(entry: string, mistakes: string[]): FlinkCluster | null {
  const [address = '', ...more] = entry.split(',').map((part) => part.trim());
  const [name, url] = pairOf(address);
  const options = new Map(more.map(pairOf));
  const unknown = [...options.keys()].filter((key) => key !== 'jobs' && key !== 'kafka');
  if (!CLUSTER_NAME.test(name) || !isPlainAddress(url) || unknown.length > 0 || [...options.values()].includes('')) {
    mistakes.push(`SLUICE_FLINK_CLUSTERS: "${entry}" is not <name>=<http address>[,jobs=<namespace>][,kafka=<cluster>]`);
    return null;
  }
  return { name, url: url.replace(/\/+$/, ''), jobs: options.get('jobs') ?? `flink://${name}`, topics: `kafka://${options.get('kafka') ?? 'main'}` };
}

function pairOf(text: string): [string, string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
}
