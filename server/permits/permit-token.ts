import { compactVerify, decodeProtectedHeader, importJWK, type JWK, SignJWT } from 'jose';
import type { PermitSigner } from '../actions/permits.ts';
import type { Named } from '../catalog/names.ts';
import { PERMIT_ALGORITHM, PERMIT_ISSUER, PERMIT_TYPE, type PermitClaims } from '../catalog/permit/permit.ts';
import type { PermitKeys } from './permit-keys.ts';

/** Longest token that is looked at, characters: one names every dataset of a program, a thousand at most. */
const LONGEST_TOKEN = 1_048_576;

/** Signs permits with the newest key, as a JWS in compact form. */
export function permitSigner(keys: PermitKeys): PermitSigner {
  return {
    async sign(claims) {
      const { keyId, key } = await keys.signing();
      const token = await new SignJWT({ iss: PERMIT_ISSUER, ...claims }).setProtectedHeader({ alg: PERMIT_ALGORITHM, typ: PERMIT_TYPE, kid: keyId }).sign(key);
      return { token, keyId };
    },
  };
}

/** Why a token lets nothing start. */
export type PermitFault =
  | 'malformed' | 'unsigned' | 'algorithm-not-allowed' | 'not-a-permit' | 'unknown-key' | 'bad-signature' | 'expired' | 'another-job' | 'another-digest';
export type PermitVerdict =
  | { readonly outcome: 'valid'; readonly claims: PermitClaims }
  | { readonly outcome: 'invalid'; readonly fault: PermitFault; readonly message: string };

export interface PermitCheck {
  readonly job: Named;
  /** Of the artifact about to start; null: none is known, and then a permit for one is another's. */
  readonly digest: string | null;
  /** The published keys. */
  readonly keys: readonly JWK[];
  /** ms since epoch. */
  readonly now: number;
}

/** Whether a token lets this artifact of this job start now. Asks nobody: the published keys are all it needs. */
export async function verifyPermit(token: string, check: PermitCheck): Promise<PermitVerdict> {
  const header = token.length > LONGEST_TOKEN ? null : headerOf(token);
  if (header === null) return invalid('malformed', 'it is no signed token');
  // Nothing a token says of itself decides how it is checked.
  if (typeof header.alg === 'string' && header.alg.toLowerCase() === 'none') return invalid('unsigned', 'it is not signed (alg none)');
  if (header.alg !== PERMIT_ALGORITHM) return invalid('algorithm-not-allowed', `it is signed with ${String(header.alg)}, permits are with ${PERMIT_ALGORITHM}`);
  if (header.typ !== PERMIT_TYPE) return invalid('not-a-permit', `it is a ${String(header.typ)}, not a ${PERMIT_TYPE}`);
  const jwk = check.keys.find(({ kid, kty, crv }) => kid === header.kid && kty === 'OKP' && crv === 'Ed25519');
  if (jwk === undefined) return invalid('unknown-key', `no key ${String(header.kid)} is among those published`);
  try {
    const { payload } = await compactVerify(token, await importJWK({ kty: 'OKP', crv: 'Ed25519', x: jwk.x ?? '' }, PERMIT_ALGORITHM), { algorithms: [PERMIT_ALGORITHM] });
    return judged(JSON.parse(new TextDecoder().decode(payload)) as object, check);
  } catch {
    return invalid('bad-signature', 'the signature is not of the key it names');
  }
}

function judged(payload: object, { job, digest, now }: PermitCheck): PermitVerdict {
  const claims = payload as PermitClaims & { readonly iss?: unknown };
  if (claims.iss !== PERMIT_ISSUER || typeof claims.exp !== 'number' || typeof claims.job?.name !== 'string') return invalid('not-a-permit', 'it does not say what a permit says');
  if (now >= claims.exp * 1000) return invalid('expired', `it expired at ${new Date(claims.exp * 1000).toISOString()}`);
  if (claims.job.namespace !== job.namespace || claims.job.name !== job.name) return invalid('another-job', `it is for job ${claims.job.namespace}/${claims.job.name}`);
  if (claims.digest !== digest) return invalid('another-digest', `it is for ${claims.digest === null ? 'no artifact in particular' : `artifact ${claims.digest}`}, not for ${digest ?? 'one without a digest'}`);
  return { outcome: 'valid', claims };
}

function headerOf(token: string): ReturnType<typeof decodeProtectedHeader> | null {
  try {
    return decodeProtectedHeader(token);
  } catch {
    return null;
  }
}

function invalid(fault: PermitFault, message: string): PermitVerdict {
  return { outcome: 'invalid', fault, message };
}
