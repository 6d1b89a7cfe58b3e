import { join, resolve } from 'node:path';
import { type ClusterAliases, parseClusterAliases } from './catalog/cluster-aliases.ts';
import { type RegistryConfig, registryConfig } from './registry/registry-config.ts';
import { parseStoreAddress, type StoreAddress } from './store/store-address.ts';

/** Everything the server process can be told; `README.md` has the table. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** Folder for everything Sluice keeps. */
  readonly data: string;
  /** Where the catalog is. */
  readonly store: StoreAddress;
  readonly logLevel: string;
  readonly aliases: ClusterAliases;
  /** Ingest the sample platform at start. */
  readonly sample: boolean;
  /** Read the Kafka topics in this process as well. */
  readonly kafka: boolean;
  /** The Schema Registry to mirror; null: none. */
  readonly registry: RegistryConfig | null;
}

export const DEFAULT_PORT = 7420;
const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

export type ConfigOutcome =
  | { readonly outcome: 'configured'; readonly config: ServerConfig }
  | { readonly outcome: 'refused'; readonly mistakes: readonly string[] };

/** Reads the environment; every mistake in it is reported, not just the first. */
export function serverConfig(env: Readonly<Record<string, string | undefined>>): ConfigOutcome {
  const mistakes: string[] = [];
  const port = Number(env['PORT'] ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) mistakes.push(`PORT is "${env['PORT']}", not a port number`);
  const host = env['HOST'] ?? '127.0.0.1';
  if (!LOOPBACK.includes(host)) mistakes.push(`HOST is "${host}": without configured identities Sluice listens on loopback only (${LOOPBACK.join(', ')})`);
  const logLevel = env['SLUICE_LOG_LEVEL'] ?? 'info';
  if (!LOG_LEVELS.includes(logLevel)) mistakes.push(`SLUICE_LOG_LEVEL is "${logLevel}", not one of ${LOG_LEVELS.join(', ')}`);
  const parsed = parseClusterAliases(env['SLUICE_CLUSTER_ALIASES'] ?? '');
  if (parsed.outcome === 'refused') mistakes.push(`SLUICE_CLUSTER_ALIASES: ${parsed.message}`);
  const kafka = (env['SLUICE_KAFKA_BROKERS'] ?? '') !== '';
  const data = dataFolder(env);
  const store = parseStoreAddress(env['SLUICE_STORE'] || storeFile(data), env['SLUICE_NEO4J_PASSWORD']);
  if (store.outcome === 'refused') mistakes.push(`SLUICE_STORE ${store.message}`);
  const registry = registryConfig(env, mistakes);
  if (registry !== null && parsed.outcome === 'parsed' && parsed.aliases.has(registry.names.topics)) mistakes.push(`SLUICE_REGISTRY_TOPICS is "${registry.names.topics}", an alias of "${parsed.aliases.get(registry.names.topics)}"`);
  const sample = switchOf('SLUICE_SAMPLE', env, !kafka && registry === null && (env['SLUICE_STORE'] ?? '') === '', mistakes);
  if (mistakes.length > 0 || parsed.outcome === 'refused' || store.outcome === 'refused') return { outcome: 'refused', mistakes };
  return { outcome: 'configured', config: { host, port, data, store: store.address, logLevel, aliases: parsed.aliases, sample, kafka, registry } };
}

/** Where Sluice keeps its data: `SLUICE_DATA`, or `.sluice` in the working directory. */
export function dataFolder(env: Readonly<Record<string, string | undefined>>): string {
  return resolve(env['SLUICE_DATA'] ?? '.sluice');
}
export function storeFile(data: string): string {
  return join(data, 'catalog.sqlite');
}
export const DEAD_LETTER_FILE = 'dead-letters.jsonl';
export function snapshotFile(data: string): string {
  return join(data, 'lineage.snapshot');
}

function switchOf(name: string, env: Readonly<Record<string, string | undefined>>, byDefault: boolean, mistakes: string[]): boolean {
  const text = env[name];
  if (text !== undefined && text !== 'on' && text !== 'off') mistakes.push(`${name} is "${text}", not on or off`);
  return text === undefined ? byDefault : text === 'on';
}
