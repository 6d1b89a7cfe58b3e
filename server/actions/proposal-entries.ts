import type { Approval } from '../catalog/gate/approval.ts';
import type { Identity } from '../catalog/identity.ts';
import type { ProposalEvent } from '../catalog/schema-change/proposal.ts';
import type { LedgerDraft } from '../store/store.ts';
import type { ApprovalEvent } from './approval-book.ts';

/** Who acts and when, and new ids. */
export interface Stamp {
  readonly by: string;
  readonly byName: string;
  readonly at: number;
  readonly newId: () => string;
}
export function stampOf({ id, name }: Identity, { clock, newId }: { readonly clock: () => number; readonly newId: () => string }): Stamp {
  return { by: id, byName: name, at: clock(), newId };
}

type Said = ProposalEvent extends infer E ? (E extends ProposalEvent ? Omit<E, 'by' | 'byName'> : never) : never;

/** An entry of what happened to a proposal; its first entry has the proposal's own id. */
export function proposalEntry(said: Said, { by, byName, at, newId }: Stamp): LedgerDraft {
  const event = { ...said, by, byName } as ProposalEvent;
  return entry({ id: event.event === 'proposed' ? event.proposal : newId(), kind: 'proposal', at, body: JSON.stringify(event), outcome: event.event });
}

export function approvalEntry(approval: Approval, byName: string): LedgerDraft {
  const event: ApprovalEvent & { readonly byName: string } = { event: 'given', approval, byName };
  return entry({ id: approval.id, kind: 'approval', at: approval.at, body: JSON.stringify(event), outcome: 'given' });
}

/** What was agreed to a change that does not come is agreed to nothing else. */
export function revocations(approvals: readonly Approval[], reason: string, { by, byName, at, newId }: Stamp): LedgerDraft[] {
  return approvals.map(({ id }) => {
    const event: ApprovalEvent & { readonly byName: string } = { event: 'revoked', approvalId: id, by, byName, reason };
    return entry({ id: newId(), kind: 'approval', at, body: JSON.stringify(event), outcome: 'revoked' });
  });
}

function entry(draft: Pick<LedgerDraft, 'id' | 'kind' | 'at' | 'body' | 'outcome'>): LedgerDraft {
  return { ...draft, idempotencyKey: null, requestHash: null, job: null, owner: null };
}
