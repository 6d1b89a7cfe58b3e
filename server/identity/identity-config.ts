import { readFileSync } from 'node:fs';
import { isRole, type Role, ROLES } from '../catalog/identity.ts';
import { type Environment, isPlainAddress, isSafeFromOthers, secondsSetting } from '../outside/settings.ts';
import { usableKeys, type VerificationKey } from './verification-key.ts';

/** How callers are known. `local`: nobody is asked who he is, and only the machine itself is answered. */
export type IdentityConfig = { readonly kind: 'local' } | { readonly kind: 'tokens' } | { readonly kind: 'issuer'; readonly issuer: IssuerConfig };

export interface IssuerConfig {
  /** Exactly as its tokens name it. */
  readonly issuer: string;
  readonly audience: string;
  readonly keys: KeysConfig;
  readonly algorithms: readonly string[];
  /** The `typ` every token must have. */
  readonly tokenType: string;
  readonly clockToleranceS: number;
  readonly claims: ClaimRules;
}
export type KeysConfig =
  | { readonly kind: 'configured'; readonly keys: readonly VerificationKey[] }
  /** `jwksUrl` null: where the issuer's discovery document says. */
  | { readonly kind: 'fetched'; readonly jwksUrl: string | null; readonly staleAfterMs: number };

/** What the claims of a token mean. */
export interface ClaimRules {
  /** A claim's name, or a path into nested ones: `realm_access.roles`. */
  readonly rolesClaim: string;
  readonly teamsClaim: string;
  /** How people are called in ledgers, and in teams' lists of their members. */
  readonly nameClaim: string;
  /** Roles by a value of the roles claim; `*` is everybody. */
  readonly roles: ReadonlyMap<string, readonly Role[]>;
}

/** Asymmetric ones: with a shared secret, whoever can check a token could make one. */
export const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const;
const DEFAULT_ALGORITHMS = 'RS256,PS256,ES256,EdDSA';
/** RFC 9068; an ID token, which is for somebody else, does not have it. */
const DEFAULT_TOKEN_TYPE = 'at+jwt';
/** Seconds: clocks that are kept by NTP differ by less. */
const DEFAULT_CLOCK_TOLERANCE_S = 5;
const LARGEST_CLOCK_TOLERANCE_S = 60;
/** Seconds: outlives a restart of an issuer, and a key that was withdrawn is not believed for longer than most tokens last. */
const DEFAULT_STALE_AFTER_S = 3_600;

const LOCAL: IdentityConfig = { kind: 'local' };

/** Reads the environment; every mistake is added to `mistakes`, and then the result means nothing. */
export function identityConfig(env: Environment, mistakes: string[]): IdentityConfig {
  const kind = env['SLUICE_IDENTITY'] ?? '';
  if (!['', 'local', 'tokens', 'issuer'].includes(kind)) mistakes.push(`SLUICE_IDENTITY is "${kind}", not local, tokens or issuer`);
  const told = Object.keys(env).filter((name) => name.startsWith('SLUICE_OIDC_') && env[name] !== '');
  if (told.length === 0 && kind !== 'issuer') return kind === 'tokens' ? { kind } : LOCAL;
  if (kind === 'local' || kind === 'tokens') mistakes.push(`SLUICE_IDENTITY is "${kind}", but ${told.join(', ')} tell of an issuer`);
  return { kind: 'issuer', issuer: issuerConfig(env, mistakes) };
}

function issuerConfig(env: Environment, mistakes: string[]): IssuerConfig {
  const issuer = env['SLUICE_OIDC_ISSUER'] ?? '';
  if (!isPlainAddress(issuer)) mistakes.push('SLUICE_OIDC_ISSUER is not the http(s) address that tokens name as their issuer');
  const algorithms = listOf(env['SLUICE_OIDC_ALGORITHMS'] || DEFAULT_ALGORITHMS, ',');
  const refused = algorithms.filter((algorithm) => !ALGORITHMS.some((known) => known === algorithm));
  if (refused.length > 0 || algorithms.length === 0) mistakes.push(`SLUICE_OIDC_ALGORITHMS: ${refused.map((name) => `"${name}"`).join(', ') || 'none'} is not among ${ALGORITHMS.join(', ')}`);
  const tokenType = env['SLUICE_OIDC_TOKEN_TYPE'] || DEFAULT_TOKEN_TYPE;
  if (!/^[A-Za-z0-9+.\-/]+$/.test(tokenType)) mistakes.push(`SLUICE_OIDC_TOKEN_TYPE is "${tokenType}", not the typ of tokens such as at+jwt or JWT`);
  const audience = env['SLUICE_OIDC_AUDIENCE'] || 'sluice';
  return { issuer, audience, keys: keysConfig(env, mistakes), algorithms, tokenType, clockToleranceS: clockTolerance(env, mistakes), claims: claimRules(env, mistakes) };
}

function clockTolerance(env: Environment, mistakes: string[]): number {
  const text = env['SLUICE_OIDC_CLOCK_TOLERANCE'];
  const seconds = text === undefined ? DEFAULT_CLOCK_TOLERANCE_S : Number(text);
  if (text === '' || !(seconds >= 0 && seconds <= LARGEST_CLOCK_TOLERANCE_S)) mistakes.push(`SLUICE_OIDC_CLOCK_TOLERANCE is "${text}", not a number of seconds up to ${LARGEST_CLOCK_TOLERANCE_S}`);
  return seconds;
}

function keysConfig(env: Environment, mistakes: string[]): KeysConfig {
  const [file, jwksUrl] = [env['SLUICE_OIDC_KEYS_FILE'] ?? '', env['SLUICE_OIDC_JWKS_URL'] ?? ''];
  if (file !== '' && jwksUrl !== '') mistakes.push('SLUICE_OIDC_KEYS_FILE and SLUICE_OIDC_JWKS_URL exclude each other');
  if (file !== '') return { kind: 'configured', keys: keysIn(file, mistakes) };
  const [name, url] = jwksUrl === '' ? ['SLUICE_OIDC_ISSUER', env['SLUICE_OIDC_ISSUER'] ?? ''] : ['SLUICE_OIDC_JWKS_URL', jwksUrl];
  if (isPlainAddress(url.split('?')[0] ?? '') && !isSafeFromOthers(url)) mistakes.push(`${name} is an address without TLS: whoever is on the way could name keys of his own`);
  if (jwksUrl !== '' && !/^https?:$/.test(URL.parse(jwksUrl)?.protocol ?? '')) mistakes.push('SLUICE_OIDC_JWKS_URL is not an http(s) address');
  const staleAfterS = secondsSetting('SLUICE_OIDC_KEYS_STALE_AFTER', DEFAULT_STALE_AFTER_S, env, mistakes);
  return { kind: 'fetched', jwksUrl: jwksUrl === '' ? null : jwksUrl, staleAfterMs: staleAfterS * 1_000 };
}

function keysIn(file: string, mistakes: string[]): readonly VerificationKey[] {
  try {
    return usableKeys(JSON.parse(readFileSync(file, 'utf8')));
  } catch (failure) {
    mistakes.push(`SLUICE_OIDC_KEYS_FILE ${file} is no set of public keys (RFC 7517): ${failure instanceof Error ? failure.message : String(failure)}`);
    return [];
  }
}

function claimRules(env: Environment, mistakes: string[]): ClaimRules {
  const roles = rolesByGroup(env['SLUICE_OIDC_ROLES'] ?? '', mistakes);
  if (roles.size === 0) mistakes.push('SLUICE_OIDC_ROLES gives nobody a role: platform-admins=admin;data-engineers=proposer,approver;*=viewer');
  return { rolesClaim: env['SLUICE_OIDC_ROLES_CLAIM'] || 'groups', teamsClaim: env['SLUICE_OIDC_TEAMS_CLAIM'] || 'groups', nameClaim: env['SLUICE_OIDC_NAME_CLAIM'] || 'sub', roles };
}

/** Reads `platform-admins=admin,break-glass;*=viewer`. A group's name may hold `=`: the last one counts. */
function rolesByGroup(text: string, mistakes: string[]): ReadonlyMap<string, readonly Role[]> {
  const byGroup = new Map<string, readonly Role[]>();
  for (const entry of listOf(text, ';')) {
    const equals = entry.lastIndexOf('=');
    const [group, names] = [entry.slice(0, Math.max(0, equals)).trim(), listOf(entry.slice(equals + 1), ',')];
    const roles = names.filter(isRole);
    if (group === '' || roles.length === 0 || roles.length < names.length) mistakes.push(`SLUICE_OIDC_ROLES: "${entry}" is not <group>=<role>,… with roles among ${Object.keys(ROLES).join(', ')}`);
    else byGroup.set(group, [...(byGroup.get(group) ?? []), ...roles]);
  }
  return byGroup;
}

function listOf(text: string, separator: string): string[] {
  return text.split(separator).map((part) => part.trim()).filter((part) => part !== '');
}
