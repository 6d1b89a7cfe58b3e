import { parseSubjectNames, type SubjectNames } from './subject-names.ts';

/** How to reach a Schema Registry. */
export interface RegistryAccess {
  /** Without a slash at its end. */
  readonly url: string;
  readonly auth: { readonly username: string; readonly password: string } | { readonly token: string } | null;
}
export interface RegistryConfig extends RegistryAccess {
  /** Rest between two polls, ms. */
  readonly pollIntervalMs: number;
  /** Age of the last complete poll, ms, beyond which the mirror no longer vouches for anything. */
  readonly staleAfterMs: number;
  /** Namespace of its subjects in the catalog. */
  readonly namespace: string;
  /** Which topic a subject governs. */
  readonly names: SubjectNames;
  /** Believe a registry that lost most of its subjects at once. */
  readonly acceptLoss: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;
/** Seconds; as often as a person would look, and a bound that survives the restart of a registry. */
const DEFAULT_POLL_INTERVAL_S = 15;
const DEFAULT_STALE_AFTER_S = 300;
/** Seconds: a day. A longer bound would not be one. */
const LONGEST_S = 86_400;

/** Reads the environment; null without `SLUICE_REGISTRY_URL`. Every mistake is added to `mistakes`, and then the result is null too. */
export function registryConfig(env: Environment, mistakes: string[]): RegistryConfig | null {
  const url = env['SLUICE_REGISTRY_URL'] ?? '';
  if (url === '') return null;
  const before = mistakes.length;
  if (!isPlainAddress(url)) mistakes.push('SLUICE_REGISTRY_URL is not an http(s) address without user, query or fragment');
  const auth = authOf(env, mistakes);
  const pollIntervalS = seconds('SLUICE_REGISTRY_POLL_INTERVAL', DEFAULT_POLL_INTERVAL_S, env, mistakes);
  const staleAfterS = seconds('SLUICE_REGISTRY_STALE_AFTER', DEFAULT_STALE_AFTER_S, env, mistakes);
  if (staleAfterS <= pollIntervalS) mistakes.push(`SLUICE_REGISTRY_STALE_AFTER (${staleAfterS}) must be longer than SLUICE_REGISTRY_POLL_INTERVAL (${pollIntervalS})`);
  const loss = env['SLUICE_REGISTRY_LOSS'] ?? 'refuse';
  if (loss !== 'refuse' && loss !== 'accept') mistakes.push(`SLUICE_REGISTRY_LOSS is "${loss}", not refuse or accept`);
  const parsed = parseSubjectNames(env['SLUICE_REGISTRY_TOPICS'] || 'kafka://main', env['SLUICE_REGISTRY_SUBJECTS'] ?? '');
  if (parsed.outcome === 'refused') mistakes.push(`SLUICE_REGISTRY_SUBJECTS: ${parsed.message}`);
  if (mistakes.length > before || parsed.outcome === 'refused') return null;
  return {
    url: url.replace(/\/+$/, ''), auth, pollIntervalMs: pollIntervalS * 1_000, staleAfterMs: staleAfterS * 1_000,
    namespace: env['SLUICE_REGISTRY_NAMESPACE'] || 'registry://main', names: parsed.names, acceptLoss: loss === 'accept',
  };
}

function isPlainAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '' && search === '' && hash === '';
}

function authOf(env: Environment, mistakes: string[]): RegistryAccess['auth'] {
  const [username, password, token] = [env['SLUICE_REGISTRY_USERNAME'], env['SLUICE_REGISTRY_PASSWORD'], env['SLUICE_REGISTRY_TOKEN']];
  if ((username === undefined) !== (password === undefined)) mistakes.push('SLUICE_REGISTRY_USERNAME and SLUICE_REGISTRY_PASSWORD come together');
  if (token !== undefined && username !== undefined) mistakes.push('SLUICE_REGISTRY_TOKEN and SLUICE_REGISTRY_USERNAME exclude each other');
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) mistakes.push('SLUICE_REGISTRY_TOKEN is not one word of ASCII');
  if (token !== undefined) return { token };
  return username === undefined || password === undefined ? null : { username, password };
}

function seconds(name: string, byDefault: number, env: Environment, mistakes: string[]): number {
  const text = env[name];
  const value = text === undefined ? byDefault : Number(text);
  if (text === '' || !(value > 0 && value <= LONGEST_S)) mistakes.push(`${name} is "${text}", not a number of seconds up to ${LONGEST_S}`);
  return value;
}
