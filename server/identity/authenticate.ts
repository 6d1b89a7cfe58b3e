import type { Identity } from '../catalog/identity.ts';
import { Problem } from '../problem.ts';

/** Tells whose a bearer token is. Rejects with a problem of status 401, or `identity-unavailable`. */
export interface TokenVerifier {
  verify(token: string): Promise<Identity>;
}
/** Where the identities of callers come from. */
export interface IdentitySources {
  /** People and machines known to an issuer of tokens; null: there is none. */
  readonly issued: TokenVerifier | null;
  /** Who sends a request without a credential; null: nobody may. */
  readonly withoutCredential: Identity | null;
}

/** RFC 6750: one space, and the characters of a token; the scheme's case does not matter. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * Tells who sends a request by its `authorization` header and by nothing else: no header that a proxy might add is
 * believed. A credential that is there and wrong is refused, also where none is needed.
 */
export function authenticateBy({ issued, withoutCredential }: IdentitySources): (authorization: string | undefined) => Promise<Identity> {
  return async (authorization) => {
    if (authorization === undefined) {
      if (withoutCredential === null) throw new Problem('unauthenticated', 'send a bearer token in the header authorization');
      return withoutCredential;
    }
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) throw new Problem('unauthenticated', 'the header authorization is not `Bearer <token>`');
    if (issued === null) throw new Problem('unauthenticated', 'the token is not one of Sluice, and no other issuer is configured');
    return issued.verify(token);
  };
}
