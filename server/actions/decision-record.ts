import type { Completeness } from '../catalog/changes.ts';
import type { JudgedFinding, Outcome, Verdict } from '../catalog/gate/decide.ts';
import type { Identity } from '../catalog/identity.ts';
import type { DatasetRef, Named } from '../catalog/names.ts';
import type { LedgerDraft, LedgerEntry } from '../store/store.ts';
import { redactedProgram } from './flink-program.ts';
import type { AskedRequest, GateDocument } from './gate-request.ts';

/** A decision as it is answered and recorded; its JSON text is the reply, byte for byte, every time. */
export interface DecisionDocument {
  readonly decisionId: string;
  readonly outcome: Outcome;
  readonly findings: readonly FindingDocument[];
  readonly revision: number;
  readonly asOf: string;
  readonly completeness: Completeness;
  readonly dryRun: boolean;
  readonly policyRevision: number;
  /** Absent where the job may not start, or nothing signs. */
  readonly permit?: PermitDocument;
}
export interface PermitDocument {
  readonly permitId: string;
  readonly token: string;
  readonly expiresAt: string;
}
export interface FindingDocument {
  readonly id: string;
  readonly rule: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly dataset: DatasetRef | null;
  readonly approvable: boolean;
  readonly approvers: readonly string[];
  readonly approved: boolean;
  readonly approvedBy: readonly { readonly approvalId: string; readonly team: string | null; readonly by: string }[];
}
/** What a ledger entry of kind 'decision' holds. */
export interface RecordedDecision {
  readonly decision: DecisionDocument;
  readonly request: GateDocument;
  /** Who asked. */
  readonly by: string;
  readonly byName: string;
  readonly behind?: readonly string[];
}

/** The decision inside a ledger entry of kind 'decision'. */
export function decisionOf(entry: LedgerEntry): RecordedDecision {
  return JSON.parse(entry.body) as RecordedDecision;
}

export interface DecisionFacts {
  readonly decisionId: string;
  readonly revision: number;
  readonly asOf: number;
  readonly policyRevision: number;
  readonly dryRun: boolean;
  readonly permit: PermitDocument | null;
}

export function documentOf(verdict: Verdict, { permit, asOf, ...facts }: DecisionFacts): DecisionDocument {
  return {
    decisionId: facts.decisionId,
    outcome: verdict.outcome,
    findings: verdict.findings.map(findingDocument),
    revision: facts.revision,
    asOf: new Date(asOf).toISOString(),
    completeness: verdict.completeness,
    dryRun: facts.dryRun,
    policyRevision: facts.policyRevision,
    ...(permit === null ? {} : { permit }),
  };
}

/** A finding as it is answered. */
export function findingDocument({ id, rule, severity, message, dataset, field, version, location, clause, affected, ...agreed }: JudgedFinding): FindingDocument {
  return {
    id,
    rule,
    severity,
    message,
    dataset: dataset && { namespace: dataset.namespace, name: dataset.name },
    ...(field === null ? {} : { field }),
    ...(version === null ? {} : { version }),
    ...(location === null ? {} : { location }),
    ...(clause === null ? {} : { clause }),
    approvable: agreed.approvable,
    approvers: agreed.approvers,
    approved: agreed.approved,
    approvedBy: agreed.approvals.map(({ id: approvalId, team, by }) => ({ approvalId, team, by })),
    ...{ affected: affected.map(({ ref, owner, path }) => ({ kind: ref.kind, namespace: ref.namespace, name: ref.name, owner, path })) },
  };
}

/** The team the request says the job is of; null where it says none. */
export function statedOwner({ job }: GateDocument): string | null {
  return job.owner || null;
}

export interface DecisionEntry {
  readonly decisionId: string;
  /** The JSON text of the document. */
  readonly text: string;
  readonly outcome: Outcome;
  readonly idempotencyKey: string | null;
  readonly job: Named;
  readonly at: number;
}

/** The request comes last: the embedded store keeps an end that many bodies have in common once. */
export function decisionDraft(asked: AskedRequest & { readonly by: Identity }, { decisionId, text, outcome, idempotencyKey, job, at }: DecisionEntry): LedgerDraft {
  const { by, hash } = asked;
  const behind = by.behind === undefined || by.behind.length === 0 ? '' : `"behind":${JSON.stringify(by.behind)},`;
  return {
    id: decisionId,
    kind: 'decision',
    at,
    body: `{"decision":${text},"by":${JSON.stringify(by.id)},"byName":${JSON.stringify(by.name)},${behind}"request":${recordedRequest(asked)}}`,
    idempotencyKey,
    requestHash: idempotencyKey === null ? null : hash,
    job: `${job.namespace}/${job.name}`,
    owner: statedOwner(asked.document),
    outcome,
  };
}

/** What is kept of a request: as it was sent, but for the parts of a Flink program that may hold secrets. */
function recordedRequest({ document, text }: { readonly document: GateDocument; readonly text: string }): string {
  return document.program.kind === 'declared' ? text : JSON.stringify({ ...document, program: redactedProgram(document.program) });
}
