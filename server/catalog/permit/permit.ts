import type { Evidence } from '../changes.ts';
import type { Named } from '../names.ts';

/** What lets one artifact of one job start. */
export interface Permit {
  readonly permitId: string;
  readonly decisionId: string;
  readonly job: Named;
  readonly owner: string | null;
  /** null: the request named no artifact. */
  readonly digest: string | null;
  /** What the program was given as. */
  readonly evidence: Evidence;
  /** The catalog revision it was judged at. */
  readonly revision: number;
  readonly keyId: string;
  /** ms since epoch. */
  readonly at: number;
  readonly expiresAt: number;
  /** Who asked. */
  readonly by: string;
  readonly byName: string;
}

export const PERMIT_TYPE = 'sluice-permit+jwt';
export const PERMIT_ISSUER = 'urn:sluice';
export const PERMIT_ALGORITHM = 'EdDSA';

/** The schema a permit's job reads or writes a dataset with, by registry id; null where no version is that schema. */
export interface BoundSchema extends Named {
  readonly schemaId: number | null;
}

/** What a permit's token says, besides its issuer. Times in seconds, as JWT has them. */
export interface PermitClaims {
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
  readonly job: Named;
  readonly digest: string | null;
  readonly inputs: readonly BoundSchema[];
  readonly outputs: readonly BoundSchema[];
  readonly revision: number;
  readonly decision: string;
}
