import type { JWTPayload } from 'jose';
import { type Identity, isScope, scopesOf, type Scope } from '../catalog/identity.ts';
import { MAX_NAME_LENGTH } from '../catalog/names.ts';
import { Problem } from '../problem.ts';
import type { ClaimRules } from './identity-config.ts';

/** Who a token with these claims, already verified, is about. Throws `token-invalid` where they do not tell. */
export function identityFrom(claims: JWTPayload, rules: ClaimRules): Identity {
  const { iss, sub } = claims;
  if (iss === undefined || typeof sub !== 'string' || sub === '' || sub.length > MAX_NAME_LENGTH) throw new Problem('token-invalid', `the token's claim sub is no name of 1 to ${MAX_NAME_LENGTH} characters`);
  const groups = namesIn(claims, rules.rolesClaim);
  const roles = ['*', ...groups].flatMap((group) => rules.roles.get(group) ?? []);
  const name = claimAt(claims, rules.nameClaim);
  return {
    id: `${iss}#${sub}`,
    name: typeof name === 'string' && name !== '' && name.length <= MAX_NAME_LENGTH ? name : sub,
    kind: isOfMachine(claims) ? 'machine' : 'person',
    teams: [...new Set(namesIn(claims, rules.teamsClaim))],
    scopes: narrowed(scopesOf(roles), claims),
  };
}

/** RFC 9068, section 2.2: where a client asked for itself, it is its own subject. */
function isOfMachine({ sub, client_id, azp }: JWTPayload): boolean {
  return sub === client_id || sub === azp;
}

/** A token that names scopes of Sluice gives no others; scopes of other services say nothing here. */
function narrowed(scopes: ReadonlySet<Scope>, claims: JWTPayload): ReadonlySet<Scope> {
  const named = [...words(claims, 'scope'), ...words(claims, 'scp')].filter(isScope);
  return named.length === 0 ? scopes : new Set(named.filter((scope) => scopes.has(scope)));
}

function words(claims: JWTPayload, claim: string): readonly string[] {
  return namesIn(claims, claim).flatMap((text) => text.split(' '));
}

/** The names a claim holds: one, a list, or none where it is absent. */
function namesIn(claims: JWTPayload, claim: string): readonly string[] {
  const value = claimAt(claims, claim);
  if (value === undefined || value === null) return [];
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!names.every((name) => typeof name === 'string' && name !== '')) throw new Problem('token-invalid', `the token's claim ${claim} is no list of names`);
  return names as readonly string[];
}

/** A claim by its name, which may have dots in it; else by a path into claims that hold others. */
function claimAt(claims: JWTPayload, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, step) => (typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined), claims);
}
