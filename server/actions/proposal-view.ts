import type { Approval } from '../catalog/gate/approval.ts';
import { type Agreement, agreementOn, isAgreed } from '../catalog/schema-change/agreement.ts';
import { isOpen, judgedState, type ProposalState, stateAt } from '../catalog/schema-change/proposal.ts';
import { Problem, type ProblemSlug } from '../problem.ts';
import type { ApprovalBook } from './approval-book.ts';
import type { Proposal } from './proposal-book.ts';
import type { JudgedChange, SchemaChangeJudge } from './schema-change-judge.ts';

/** A schema change as it stands now. */
export interface ProposalView {
  readonly proposal: Proposal;
  readonly state: ProposalState;
  /** It was approved, and findings have come up since that nobody agreed to. */
  readonly stale: boolean;
  /** null: it is over, or cannot be judged. */
  readonly judged: JudgedChange | null;
  readonly agreement: Agreement | null;
  /** Why it cannot be judged any more; it is then not approved, whatever was agreed. */
  readonly unjudged: Problem | null;
  readonly approvals: readonly Approval[];
}

/** What the catalog itself says of a candidate that can no longer be judged: waiting does not help. */
const ABOUT_THE_CANDIDATE: readonly ProblemSlug[] = ['subject-not-found', 'schema-invalid', 'key-subject-unjudged'];

/** Judges a proposal as it is in the book; the book is to be caught up before. One that is over is not judged again. */
export async function viewProposal(proposal: Proposal, { judge, approvals, clock }: { readonly judge: SchemaChangeJudge; readonly approvals: ApprovalBook; readonly clock: () => number }): Promise<ProposalView> {
  const now = clock();
  const state = stateAt(proposal, now);
  const given = approvalsOf(proposal, approvals, now);
  const over = { proposal, state, stale: false, judged: null, agreement: null, unjudged: null, approvals: given };
  if (proposal.schema === null || !isOpen(state)) return over;
  const { subject, schema, references } = proposal;
  try {
    const judged = await judge.judge({ subject, schema, references });
    const agreement = agreementOn(judged.evaluation.findings, given, judged.ownerOf);
    return { ...over, ...judgedState(state, isAgreed(agreement)), judged, agreement };
  } catch (failure) {
    if (!(failure instanceof Problem) || !ABOUT_THE_CANDIDATE.includes(failure.slug)) throw failure;
    return { ...over, ...judgedState(state, false), unjudged: failure };
  }
}

/** The approvals given to a proposal itself: another candidate's are for another change. */
export function approvalsOf({ id, subject }: Proposal, approvals: ApprovalBook, now: number): readonly Approval[] {
  return approvals.inForce([{ kind: 'subject', ...subject }], now).filter(({ proposal }) => proposal === id);
}
