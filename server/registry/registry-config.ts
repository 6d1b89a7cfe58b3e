import type { Credentials } from '../outside/json-reader.ts';
import { credentialsSetting, type Environment, isPlainAddress, secondsSetting } from '../outside/settings.ts';
import { type SubjectSettings, subjectSettings } from './subject-settings.ts';

/** How to reach a Schema Registry. */
export interface RegistryAccess {
  /** Without a slash at its end. */
  readonly url: string;
  readonly auth: Credentials;
}
export interface RegistryConfig extends RegistryAccess, SubjectSettings {
  /** Rest between two polls, ms. */
  readonly pollIntervalMs: number;
  /** Age of the last complete poll, ms, beyond which the mirror no longer vouches for anything. */
  readonly staleAfterMs: number;
  /** Believe a registry that lost most of its subjects at once. */
  readonly acceptLoss: boolean;
}

/** Seconds; as often as a person would look, and a bound that survives the restart of a registry. */
const DEFAULT_POLL_INTERVAL_S = 15;
const DEFAULT_STALE_AFTER_S = 300;

/** Reads the environment; null without `SLUICE_REGISTRY_URL`. Every mistake is added to `mistakes`, and then the result is null too. */
export function registryConfig(env: Environment, mistakes: string[]): RegistryConfig | null {
  const url = env['SLUICE_REGISTRY_URL'] ?? '';
  if (url === '') return null;
  const before = mistakes.length;
  if (!isPlainAddress(url)) mistakes.push('SLUICE_REGISTRY_URL is not an http(s) address without user, query or fragment');
  const auth = credentialsSetting('SLUICE_REGISTRY', env, mistakes);
  const pollIntervalS = secondsSetting('SLUICE_REGISTRY_POLL_INTERVAL', DEFAULT_POLL_INTERVAL_S, env, mistakes);
  const staleAfterS = secondsSetting('SLUICE_REGISTRY_STALE_AFTER', DEFAULT_STALE_AFTER_S, env, mistakes);
  if (staleAfterS <= pollIntervalS) mistakes.push(`SLUICE_REGISTRY_STALE_AFTER (${staleAfterS}) must be longer than SLUICE_REGISTRY_POLL_INTERVAL (${pollIntervalS})`);
  const loss = env['SLUICE_REGISTRY_LOSS'] ?? 'refuse';
  if (loss !== 'refuse' && loss !== 'accept') mistakes.push(`SLUICE_REGISTRY_LOSS is "${loss}", not refuse or accept`);
  const subjects = subjectSettings(env, mistakes);
  if (mistakes.length > before || subjects === null) return null;
  return {
    url: url.replace(/\/+$/, ''), auth, pollIntervalMs: pollIntervalS * 1_000, staleAfterMs: staleAfterS * 1_000,
    ...subjects, acceptLoss: loss === 'accept',
  };
}
