import type { Evidence } from '../catalog/changes.ts';
import { boundSchemas } from '../catalog/permit/bound-schemas.ts';
import type { Permit, PermitClaims } from '../catalog/permit/permit.ts';
import type { Identity } from '../catalog/identity.ts';
import type { GateRequest } from '../catalog/gate/request.ts';
import type { GateWorld } from '../catalog/gate/world.ts';
import type { LedgerDraft } from '../store/store.ts';
import type { PermitDocument } from './decision-record.ts';
import type { ClaimedStart, PermitCheck } from './flink-admission.ts';
import type { ProgramText } from './program-text.ts';

/** Signs what a permit says. Rejects when there is no key to sign with. */
export interface PermitSigner {
  sign(claims: PermitClaims): Promise<{ readonly token: string; readonly keyId: string }>;
}
export interface PermitTerms {
  readonly signer: PermitSigner;
  /** How long a permit stands, ms. */
  readonly lifetimeMs: number;
}

/** All that giving permits takes. */
export interface PermitGiving extends PermitTerms {
  /** The public keys, as JWKs. */
  readonly published: () => Promise<readonly object[]>;
  /** Whether a token lets this artifact of this job start now. */
  readonly check: (token: string, start: ClaimedStart) => Promise<PermitCheck>;
  /** Time between two looks at jobs something new is said about, ms; null: only when asked. */
  readonly lookEveryMs: number | null;
}

/** A permit that is signed and not yet recorded. */
export interface SignedPermit {
  readonly permit: Permit;
  readonly document: PermitDocument;
  readonly draft: LedgerDraft;
}
export interface Permitted {
  readonly request: GateRequest;
  readonly world: GateWorld;
  readonly program: ProgramText;
  readonly evidence: Evidence;
  readonly by: Identity;
}

/** The permit of a job that may start, bound to job, artifact, schemas, revision and expiry. */
export async function signedPermit(permitted: Permitted, ids: { readonly decisionId: string; readonly permitId: string; readonly now: number }, { signer, lifetimeMs }: PermitTerms): Promise<SignedPermit> {
  const { request: { job }, world, evidence, by, program } = permitted;
  const { decisionId, permitId, now } = ids;
  const [iat, exp] = [Math.floor(now / 1000), Math.floor((now + lifetimeMs) / 1000)];
  const { namespace, name, owner, artifactDigest: digest } = job;
  const schemas = boundSchemas(permitted.request, world);
  const { token, keyId } = await signer.sign({ jti: permitId, iat, exp, job: { namespace, name }, digest, ...schemas, revision: world.revision, decision: decisionId });
  const permit: Permit = { permitId, decisionId, job: { namespace, name }, owner, digest, evidence, revision: world.revision, keyId, at: now, expiresAt: exp * 1000, by: by.id, byName: by.name };
  return { permit, document: { permitId, token, expiresAt: new Date(permit.expiresAt).toISOString() }, draft: draftOf(permit, program) };
}

/** The program comes last: the embedded store keeps an end that many bodies have in common once. */
function draftOf(permit: Permit, { text }: ProgramText): LedgerDraft {
  const { permitId: id, at, job } = permit;
  return { id, kind: 'permit', at, body: `{"event":"given","permit":${JSON.stringify(permit)},"program":${text}}`, idempotencyKey: null, requestHash: null, job: `${job.namespace}/${job.name}`, owner: null, outcome: 'given' };
}
