import type { Credentials } from './json-reader.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
/** Seconds: a day. What is looked at less often is not watched. */
const LONGEST_S = 86_400;

/** Whether a text is an http(s) address that paths can be added to, without user, query or fragment. */
export function isPlainAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '' && search === '' && hash === '';
}

/** Whether what is read there is what its owner wrote: by TLS, or without leaving the machine. */
export function isSafeFromOthers(url: string): boolean {
  const { protocol, hostname } = URL.parse(url) ?? {};
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname ?? ''));
}

/** A number of seconds in the environment; what else it is, is added to `mistakes`. */
export function secondsSetting(name: string, byDefault: number, env: Environment, mistakes: string[]): number {
  const text = env[name];
  const value = text === undefined ? byDefault : Number(text);
  if (text === '' || !(value > 0 && value <= LONGEST_S)) mistakes.push(`${name} is "${text}", not a number of seconds up to ${LONGEST_S}`);
  return value;
}

/** `<prefix>_USERNAME` with `<prefix>_PASSWORD`, or `<prefix>_TOKEN`, or nothing. */
export function credentialsSetting(prefix: string, env: Environment, mistakes: string[]): Credentials {
  const [username, password, token] = [env[`${prefix}_USERNAME`], env[`${prefix}_PASSWORD`], env[`${prefix}_TOKEN`]];
  if ((username === undefined) !== (password === undefined)) mistakes.push(`${prefix}_USERNAME and ${prefix}_PASSWORD come together`);
  if (token !== undefined && username !== undefined) mistakes.push(`${prefix}_TOKEN and ${prefix}_USERNAME exclude each other`);
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token)) mistakes.push(`${prefix}_TOKEN is not one word of ASCII`);
  if (token !== undefined) return { token };
  return username === undefined || password === undefined ? null : { username, password };
}
