import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Identity } from '../catalog/identity.ts';
import { Problem } from '../problem.ts';
import { BoundedCache } from '../queries/bounded-cache.ts';
import type { TokenVerifier } from './authenticate.ts';
import { identityFrom } from './claims.ts';
import type { IssuerConfig } from './identity-config.ts';
import type { KeySet, KeySource } from './key-source.ts';

/** Longest token, in characters: Node takes 16 KiB of headers in all. */
export const MAX_TOKEN_LENGTH = 12 * 1024;
/** Characters of verified tokens remembered together; what is kept of one is not longer than itself. */
const REMEMBERED_TEXT = 16 * 1024 * 1024;

export type JwtRules = Omit<IssuerConfig, 'keys'>;
interface Verified {
  readonly identity: Identity;
  readonly keys: KeySet;
  /** ms. */
  readonly until: number;
}

/** Checks the JSON web tokens of one issuer (RFC 7519, RFC 8725): nothing in a token says how it is to be checked. */
export class JwtVerifier implements TokenVerifier {
  readonly #rules: JwtRules;
  readonly #keys: KeySource;
  readonly #clock: () => number;
  /** By the hash of the whole token: two tokens that differ in any character are two. */
  readonly #verified = new BoundedCache<string, Verified>(REMEMBERED_TEXT);

  constructor(rules: JwtRules, keys: KeySource, clock: () => number) {
    this.#rules = rules;
    this.#keys = keys;
    this.#clock = clock;
  }

  async verify(token: string): Promise<Identity> {
    if (token.length > MAX_TOKEN_LENGTH) throw new Problem('token-malformed', `the token is longer than ${MAX_TOKEN_LENGTH} characters`);
    const hash = createHash('sha256').update(token).digest('base64');
    const known = this.#verified.get(hash);
    if (known === undefined) this.#requireOurs(token);
    const keys = await this.#keys.current();
    if (known !== undefined && known.keys === keys && this.#clock() < known.until) return known.identity;
    const verified = await this.#check(token, keys);
    this.#verified.set(hash, verified, token.length);
    return verified.identity;
  }

  /** What can be told without any key: a token that is not meant for us costs the issuer nothing. */
  #requireOurs(token: string): void {
    const parts = token.split('.');
    const [header, claims] = [readable(() => decodeProtectedHeader(token)), readable(() => decodeJwt(token))];
    if (header === null || claims === null || parts.length !== 3) throw new Problem('token-malformed', 'the token is neither one of Sluice nor a signed JSON web token');
    if (parts[2] === '' || String(header.alg).toLowerCase() === 'none') throw new Problem('token-unsigned', 'the token carries no signature');
    if (!this.#rules.algorithms.some((algorithm) => algorithm === header.alg)) throw algorithmRefused(this.#rules);
    if (claims.iss !== this.#rules.issuer) throw issuerUnknown(this.#rules);
  }

  async #check(token: string, keys: KeySet): Promise<Verified> {
    try {
      return this.#verifiedBy(await this.#claims(token, keys), keys);
    } catch (failure) {
      if (!(failure instanceof errors.JWKSNoMatchingKey)) throw problemOf(failure, this.#rules);
    }
    const others = await this.#keys.others(keys);
    if (others === keys) throw keyUnknown();
    try {
      return this.#verifiedBy(await this.#claims(token, others), others);
    } catch (failure) {
      throw problemOf(failure, this.#rules);
    }
  }

  async #claims(token: string, { find }: KeySet): Promise<JWTPayload> {
    const { algorithms, issuer, audience, tokenType, clockToleranceS } = this.#rules;
    const options = { algorithms: [...algorithms], issuer, audience, typ: tokenType, clockTolerance: clockToleranceS, currentDate: new Date(this.#clock()), requiredClaims: ['exp', 'sub'] };
    return (await jwtVerify(token, find, options)).payload;
  }

  #verifiedBy(claims: JWTPayload, keys: KeySet): Verified {
    return { identity: identityFrom(claims, this.#rules.claims), keys, until: ((claims.exp ?? 0) + this.#rules.clockToleranceS) * 1_000 };
  }
}

function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    // What cannot be read is one answer, whatever is wrong with it.
    return null;
  }
}

/** Says what is wrong with a token, and nothing of what is in it. */
function problemOf(failure: unknown, rules: JwtRules): unknown {
  if (failure instanceof errors.JWTExpired) return new Problem('token-expired', 'the token has expired: get a new one');
  if (failure instanceof errors.JWTClaimValidationFailed) return ofClaim(failure, rules);
  if (failure instanceof errors.JOSEAlgNotAllowed) return algorithmRefused(rules);
  if (failure instanceof errors.JWKSNoMatchingKey || failure instanceof errors.JWKSMultipleMatchingKeys) return keyUnknown();
  if (failure instanceof errors.JWSSignatureVerificationFailed) return new Problem('token-invalid', 'the signature does not fit the token');
  if (failure instanceof errors.JOSEError) return new Problem('token-invalid', `the token cannot be checked: ${failure.code}`);
  return failure;
}

function ofClaim({ claim }: errors.JWTClaimValidationFailed, rules: JwtRules): Problem {
  switch (claim) {
    case 'aud':
      return new Problem('token-audience-wrong', `the token is not for the audience "${rules.audience}"`);
    case 'iss':
      return issuerUnknown(rules);
    case 'nbf':
      return new Problem('token-invalid', 'the token is not valid yet');
    case 'typ':
      return new Problem('token-invalid', `the token is not of the type ${rules.tokenType}`);
    default:
      return new Problem('token-invalid', `the token's claim ${claim} is missing or wrong`);
  }
}

function algorithmRefused({ algorithms }: JwtRules): Problem {
  return new Problem('token-algorithm-refused', `tokens are signed with ${algorithms.join(', ')}`);
}
function issuerUnknown({ issuer }: JwtRules): Problem {
  return new Problem('token-issuer-unknown', `tokens are taken of the issuer ${issuer}`);
}
function keyUnknown(): Problem {
  return new Problem('token-key-unknown', 'the token does not name one of its issuer\'s keys');
}
