import type { Credentials } from '../../server/outside/json-reader.ts';
import { credentialsSetting, type Environment, isPlainAddress, secondsSetting } from '../../server/outside/settings.ts';

/** A Kafka Connect cluster that is watched. */
export interface ConnectConfig {
  /** Its name in the catalog: its connectors are jobs of `connect://<cluster>`. */
  readonly cluster: string;
  /** Of any of its workers, without a slash at its end. */
  readonly url: string;
  readonly credentials: Credentials;
  /** Namespace of the Kafka cluster its workers work on: `kafka://main`. */
  readonly kafka: string;
  /** Rest between two polls, ms. */
  readonly intervalMs: number;
}

/** Seconds; a connector that was paused is seen to be while the person who did it is still there. */
const DEFAULT_INTERVAL_S = 30;
const CLUSTER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const FORM = '<cluster>=<http address>[,kafka=<cluster>]';

/** Reads `SLUICE_CONNECT_CLUSTERS` and what goes with it; none without it. Every mistake is added to `mistakes`, and what is given back is then of no use. */
export function connectConfig(env: Environment, mistakes: string[]): readonly ConnectConfig[] {
  const entries = (env['SLUICE_CONNECT_CLUSTERS'] ?? '').split(';').map((entry) => entry.trim()).filter((entry) => entry !== '');
  const intervalMs = secondsSetting('SLUICE_CONNECT_POLL_INTERVAL', DEFAULT_INTERVAL_S, env, mistakes) * 1_000;
  const clusters = entries.flatMap((entry, i) => {
    const read = readEntry(entry, i + 1, mistakes);
    return read === null ? [] : [{ ...read, credentials: credentialsSetting(prefixOf(read.cluster), env, mistakes), intervalMs }];
  });
  const prefixes = clusters.map(({ cluster }) => prefixOf(cluster));
  for (const [i, { cluster }] of clusters.entries()) if (prefixes.indexOf(prefixes[i] ?? '') !== i) mistakes.push(`SLUICE_CONNECT_CLUSTERS: the settings of cluster "${cluster}" have the same names as those of one before it`);
  return clusters;
}

/** A mistake names the entry by its place: what stands in it may be a password in the wrong place. */
function readEntry(entry: string, place: number, mistakes: string[]): Pick<ConnectConfig, 'cluster' | 'url' | 'kafka'> | null {
  const parts = /^([^=,]+)=([^,]+?)\s*(?:,\s*kafka=([^,=]+))?$/.exec(entry);
  const [cluster, url, kafka] = [parts?.[1]?.trim() ?? '', parts?.[2]?.trim() ?? '', parts?.[3]?.trim() ?? 'main'];
  if (parts === null || !CLUSTER_NAME.test(cluster) || !CLUSTER_NAME.test(kafka)) mistakes.push(`SLUICE_CONNECT_CLUSTERS: entry ${place} is not ${FORM}`);
  else if (!isPlainAddress(url)) mistakes.push(`SLUICE_CONNECT_CLUSTERS: the address of "${cluster}" is not an http(s) address without user, query or fragment`);
  else return { cluster, url: url.replace(/\/+$/, ''), kafka: `kafka://${kafka}` };
  return null;
}

/** Beginning of the names of a cluster's credentials: `SLUICE_CONNECT_MAIN` for `main`. */
function prefixOf(cluster: string): string {
  return `SLUICE_CONNECT_${cluster.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}
