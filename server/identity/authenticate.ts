import type { Identity } from '../catalog/identity.ts';
import { Problem } from '../problem.ts';

/** Tells whose a bearer token is. Rejects with a problem of status 401, or `identity-unavailable`. */
export interface TokenVerifier {
  verify(token: string): Promise<Identity>;
}
/** Where the identities of callers come from. */
export interface IdentitySources {
  /** API tokens that Sluice gave out. */
  readonly own: TokenVerifier;
  /** People and machines known to an issuer of tokens; null: there is none. */
  readonly issued: TokenVerifier | null;
  /** Who sends a request without a credential; null: nobody may. */
  readonly withoutCredential: Identity | null;
}

/** What every API token of Sluice looks like. */
const OWN_TOKEN = /^sluice_[A-Za-z0-9_-]{43}$/;
/** RFC 6750: one space, and the characters of a token; the scheme's case does not matter. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * Tells who sends a request by its `authorization` header and by nothing else: no header that a proxy might add is
 * believed. A credential that is there and wrong is refused, also where none is needed.
 */
export function authenticateBy({ own, issued, withoutCredential }: IdentitySources): (authorization: string | undefined) => Promise<Identity> {
  return async (authorization) => {
    if (authorization === undefined) {
      if (withoutCredential === null) throw new Problem('unauthenticated', 'send a bearer token in the header authorization');
      return withoutCredential;
    }
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) throw new Problem('unauthenticated', 'the header authorization is not `Bearer <token>`');
    if (OWN_TOKEN.test(token)) return own.verify(token);
    if (token.startsWith('sluice_')) throw new Problem('token-malformed', 'the token begins as an API token of Sluice does, and is none: was it cut?');
    if (issued === null) throw new Problem('token-issuer-unknown', 'the token is no API token of Sluice, and no other issuer is configured');
    return issued.verify(token);
  };
}
