import { join, resolve } from 'node:path';
import { type ClusterAliases, parseClusterAliases } from './catalog/cluster-aliases.ts';
import { type IdentityConfig, identityConfig } from './identity/identity-config.ts';
import type { Environment } from './outside/settings.ts';
import { type TracingConfig, tracingConfig } from './tracing/tracing-config.ts';
import { parseStoreAddress, type StoreAddress } from './store/store-address.ts';

/** What every process of Sluice is told. */
export interface ProcessConfig {
  /** Where it listens. */
  readonly host: string;
  /** Folder for everything Sluice keeps. */
  readonly data: string;
  /** Where the catalog is. */
  readonly store: StoreAddress;
  readonly logLevel: string;
  readonly aliases: ClusterAliases;
  /** null: nothing is traced. */
  readonly tracing: TracingConfig | null;
  /** How callers are known. */
  readonly identity: IdentityConfig;
  /** Whether metrics are shown to whoever asks. */
  readonly publicMetrics: boolean;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

/** Every setting there is; `README.md` has the table, and a test compares the two. `*` stands for the name of a Connect cluster. */
export const KNOWN_SETTINGS = [
  'SLUICE_CLUSTER_ALIASES', 'SLUICE_CONNECT_CLUSTERS', 'SLUICE_CONNECT_POLL_INTERVAL', 'SLUICE_CONNECT_*_USERNAME', 'SLUICE_CONNECT_*_PASSWORD', 'SLUICE_CONNECT_*_TOKEN',
  'SLUICE_ADMISSION_JOB_NAMESPACE', 'SLUICE_AUDIT_TOPIC', 'SLUICE_CONTROL_TOPIC', 'SLUICE_DEAD_LETTER_TOPIC', 'SLUICE_OPENLINEAGE_TOPIC', 'SLUICE_DATA', 'SLUICE_FLINK_CLUSTERS', 'SLUICE_FLINK_POLL_INTERVAL',
  'SLUICE_FLINK_USERNAME', 'SLUICE_FLINK_PASSWORD', 'SLUICE_FLINK_TOKEN', 'SLUICE_IDENTITY', 'SLUICE_INGEST_PORT', 'SLUICE_KAFKA_BROKERS', 'SLUICE_KAFKA_GROUP', 'SLUICE_KAFKA_GROUPS', 'SLUICE_KAFKA_GROUPS_EXCEPT',
  'SLUICE_KAFKA_GROUPS_INTERVAL', 'SLUICE_KAFKA_PASSWORD', 'SLUICE_KAFKA_SASL_MECHANISM', 'SLUICE_KAFKA_TLS', 'SLUICE_KAFKA_TLS_CA_FILE', 'SLUICE_KAFKA_TLS_CERT_FILE', 'SLUICE_KAFKA_TLS_KEY_FILE',
  'SLUICE_KAFKA_USERNAME', 'SLUICE_LOG_LEVEL', 'SLUICE_METRICS', 'SLUICE_NEO4J_PASSWORD', 'SLUICE_PUBLIC_URL',
  'SLUICE_OIDC_ALGORITHMS', 'SLUICE_OIDC_AUDIENCE', 'SLUICE_OIDC_CLOCK_TOLERANCE', 'SLUICE_OIDC_ISSUER', 'SLUICE_OIDC_JWKS_URL', 'SLUICE_OIDC_KEYS_FILE', 'SLUICE_OIDC_KEYS_STALE_AFTER',
  'SLUICE_OIDC_NAME_CLAIM', 'SLUICE_OIDC_ROLES', 'SLUICE_OIDC_ROLES_CLAIM', 'SLUICE_OIDC_TEAMS_CLAIM', 'SLUICE_OIDC_TOKEN_TYPE',
  'SLUICE_REGISTRY_LOSS', 'SLUICE_REGISTRY_NAMESPACE', 'SLUICE_REGISTRY_PASSWORD', 'SLUICE_REGISTRY_POLL_INTERVAL',
  'SLUICE_PERMIT_KEYS', 'SLUICE_PERMIT_MINUTES', 'SLUICE_REGISTRY_SCHEMAS_TOPIC', 'SLUICE_REGISTRY_STALE_AFTER', 'SLUICE_REGISTRY_SUBJECTS', 'SLUICE_REGISTRY_TOKEN', 'SLUICE_REGISTRY_TOPICS', 'SLUICE_REGISTRY_URL', 'SLUICE_REGISTRY_USERNAME',
  'SLUICE_ROLES', 'SLUICE_SAMPLE', 'SLUICE_STORE', 'SLUICE_TOKEN', 'SLUICE_URL', 'SLUICE_WEBHOOK_ALLOW', 'SLUICE_WEBHOOK_KEY',
] as const;

/** Reads what all processes share; every mistake is added to `mistakes`, and then the result is null. */
export function processConfig(env: Environment, mistakes: string[]): ProcessConfig | null {
  const before = mistakes.length;
  const host = env['HOST'] ?? '127.0.0.1';
  const identity = identityConfig(env, mistakes);
  if (identity.kind === 'local' && !isLoopback(host)) mistakes.push(`HOST is "${host}": without configured identities (SLUICE_IDENTITY) Sluice listens on loopback only (${LOOPBACK.join(', ')})`);
  const metrics = env['SLUICE_METRICS'] ?? 'scoped';
  if (metrics !== 'scoped' && metrics !== 'public') mistakes.push(`SLUICE_METRICS is "${metrics}", not scoped or public`);
  const logLevel = env['SLUICE_LOG_LEVEL'] ?? 'info';
  if (!LOG_LEVELS.includes(logLevel)) mistakes.push(`SLUICE_LOG_LEVEL is "${logLevel}", not one of ${LOG_LEVELS.join(', ')}`);
  const aliases = parseClusterAliases(env['SLUICE_CLUSTER_ALIASES'] ?? '');
  if (aliases.outcome === 'refused') mistakes.push(`SLUICE_CLUSTER_ALIASES: ${aliases.message}`);
  const data = dataFolder(env);
  const store = parseStoreAddress(env['SLUICE_STORE'] || storeFile(data), env['SLUICE_NEO4J_PASSWORD']);
  if (store.outcome === 'refused') mistakes.push(`SLUICE_STORE ${store.message}`);
  const tracing = tracingConfig(env, mistakes);
  mistakes.push(...unknownSettings(env));
  if (mistakes.length > before || aliases.outcome === 'refused' || store.outcome === 'refused') return null;
  return { host, data, store: store.address, logLevel, aliases: aliases.aliases, identity, publicMetrics: metrics === 'public', tracing };
}

/** Whether only the machine itself reaches what listens there. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.includes(host);
}

/** A port in the environment. */
export function portSetting(name: string, byDefault: number, env: Environment, mistakes: string[]): number {
  const port = Number(env[name] ?? byDefault);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) mistakes.push(`${name} is "${env[name]}", not a port number`);
  return port;
}

/** Where Sluice keeps its data: `SLUICE_DATA`, or `.sluice` in the working directory. */
export function dataFolder(env: Environment): string {
  return resolve(env['SLUICE_DATA'] ?? '.sluice');
}
/** The private keys of permits: `SLUICE_PERMIT_KEYS`, or a file in the data folder. */
export function permitKeysFile(env: Environment, data: string): string {
  const file = env['SLUICE_PERMIT_KEYS'] ?? '';
  return file === '' ? join(data, 'permit-keys.json') : resolve(file);
}
export function storeFile(data: string): string {
  return join(data, 'catalog.sqlite');
}

/** A setting nobody knows is one that somebody believes to have made. */
function unknownSettings(env: Environment): string[] {
  const patterns = KNOWN_SETTINGS.map((name) => new RegExp(`^${name.replace('*', '[A-Z0-9_]+')}$`));
  const unknown = Object.keys(env).filter((name) => name.startsWith('SLUICE_') && !patterns.some((pattern) => pattern.test(name)));
  return unknown.map((name) => {
    const nearest = KNOWN_SETTINGS.map((known) => ({ known, distance: editDistance(name, known) })).sort((a, b) => a.distance - b.distance)[0];
    return `${name} is no setting of Sluice${nearest !== undefined && nearest.distance <= 4 ? `; did you mean ${nearest.known}?` : ''}`;
  });
}

/** Levenshtein's. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length] ?? 0;
}
