import { join } from 'node:path';
import { type DoorsConfig, doorsConfig, NO_DOORS } from '../ingest/doors.ts';
import { LONGEST_PERMIT_MS } from './actions/permit-book.ts';
import type { Environment } from './outside/settings.ts';
import { DEFAULT_JOB_NAMESPACE } from './actions/flink-admission.ts';
import { permitKeysFile, portSetting, type ProcessConfig, processConfig } from './process-config.ts';
import { type RegistryConfig, registryConfig } from './registry/registry-config.ts';
import { type WebhookConfig, webhookConfig } from './webhooks/webhook-config.ts';

export { dataFolder, permitKeysFile, storeFile } from './process-config.ts';

/** Everything the server process can be told; `README.md` has the table. */
export interface ServerConfig extends ProcessConfig {
  readonly port: number;
  /** Ingest the sample platform at start. */
  readonly sample: boolean;
  /** Namespace of the jobs of Flink resources that name none; `{namespace}` stands for that of Kubernetes. */
  readonly jobNamespace: string;
  /** What is read from outside in this process as well. */
  readonly doors: DoorsConfig;
  /** The Schema Registry to mirror; null: none. */
  readonly registry: RegistryConfig | null;
  readonly webhooks: WebhookConfig;
  /** Where the keys of permits are, and how long a permit stands, ms. */
  readonly permits: { readonly keysFile: string; readonly lifetimeMs: number };
}

export const DEFAULT_PORT = 7420;
export const ROLES = ['server', 'ingest'] as const;

export type ConfigOutcome =
  | { readonly outcome: 'configured'; readonly config: ServerConfig }
  | { readonly outcome: 'refused'; readonly mistakes: readonly string[] };

/** Reads the environment; every mistake in it is reported, not just the first. */
export function serverConfig(env: Environment): ConfigOutcome {
  const mistakes: string[] = [];
  const port = portSetting('PORT', DEFAULT_PORT, env, mistakes);
  const shared = processConfig(env, mistakes);
  const registry = registryConfig(env, mistakes);
  const alias = registry === null ? undefined : shared?.aliases.get(registry.names.topics);
  if (registry !== null && alias !== undefined) mistakes.push(`SLUICE_REGISTRY_TOPICS is "${registry.names.topics}", an alias of "${alias}"`);
  const ingests = rolesOf(env, mistakes).includes('ingest');
  const doors = ingests ? doorsConfig(env, mistakes) : NO_DOORS;
  // Where another process ingests, there is something real to ingest.
  const isOwn = ingests && doors.kafka === null && doors.flink === null && doors.connect.length === 0;
  const webhooks = webhookConfig(env, mistakes);
  const sample = switchOf('SLUICE_SAMPLE', env, isOwn && registry === null && (env['SLUICE_STORE'] ?? '') === '', mistakes);
  const lifetimeMs = permitLifetime(env, mistakes);
  if (mistakes.length > 0 || shared === null) return { outcome: 'refused', mistakes };
  const permits = { keysFile: permitKeysFile(env, shared.data), lifetimeMs };
  return { outcome: 'configured', config: { ...shared, port, jobNamespace: env['SLUICE_ADMISSION_JOB_NAMESPACE'] || DEFAULT_JOB_NAMESPACE, sample, doors, registry, webhooks, permits } };
}

/** Long enough for a deployer to start the job, short enough that what it reserves does not keep others waiting for long. */
const USUAL_PERMIT_MINUTES = 15;

function permitLifetime(env: Environment, mistakes: string[]): number {
  const text = env['SLUICE_PERMIT_MINUTES'] ?? String(USUAL_PERMIT_MINUTES);
  const longest = LONGEST_PERMIT_MS / 60_000;
  if (!/^\d+$/.test(text) || Number(text) < 1 || Number(text) > longest) mistakes.push(`SLUICE_PERMIT_MINUTES is "${text}", not a whole number from 1 to ${longest}`);
  return Number(text) * 60_000;
}

/** `server` alone answers and reads nothing from outside but the Schema Registry; another process ingests. */
function rolesOf(env: Environment, mistakes: string[]): readonly string[] {
  const roles = (env['SLUICE_ROLES'] ?? ROLES.join()).split(',').map((role) => role.trim());
  const known = roles.every((role) => ROLES.some((r) => r === role)) && roles.includes('server');
  if (!known) mistakes.push(`SLUICE_ROLES is "${env['SLUICE_ROLES']}", not server or server,ingest; what only ingests is started with \`npm run ingest\``);
  return roles;
}

export const DEAD_LETTER_FILE = 'dead-letters.jsonl';
/** Where the key of the webhooks is, unless the environment holds one. */
export function webhookKeyFile(data: string): string {
  return join(data, 'webhook.key');
}
export function snapshotFile(data: string): string {
  return join(data, 'lineage.snapshot');
}

function switchOf(name: string, env: Environment, byDefault: boolean, mistakes: string[]): boolean {
  const text = env[name];
  if (text !== undefined && text !== 'on' && text !== 'off') mistakes.push(`${name} is "${text}", not on or off`);
  return text === undefined ? byDefault : text === 'on';
}
