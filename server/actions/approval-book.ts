import type { Approval, ApprovalContext } from '../catalog/gate/approval.ts';
import type { LedgerEntry } from '../store/store.ts';
import type { LedgerBook } from './ledger-follower.ts';

/** Longest an approval may stand, ms: a quarter; then whoever it reaches is asked again. */
export const LONGEST_APPROVAL_MS = 90 * 24 * 3_600_000;

/** What an entry of kind 'approval' records. */
export type ApprovalEvent =
  | { readonly event: 'given'; readonly approval: Approval }
  | { readonly event: 'revoked'; readonly approvalId: string; readonly by: string; readonly reason: string };

/** The approvals in force. */
export class ApprovalBook implements LedgerBook {
  readonly kinds = ['approval'] as const;
  readonly horizonMs = LONGEST_APPROVAL_MS;
  readonly #approvals = new Map<string, Approval>();

  take(entry: LedgerEntry): void {
    const event = JSON.parse(entry.body) as ApprovalEvent;
    if (event.event === 'given') this.#approvals.set(event.approval.id, event.approval);
    else this.#approvals.delete(event.approvalId);
  }

  forget(): void {
    this.#approvals.clear();
  }

  get(id: string): Approval | null {
    return this.#approvals.get(id) ?? null;
  }

  /** Those for any of these contexts that have not expired. */
  inForce(contexts: readonly ApprovalContext[], now: number): readonly Approval[] {
    return [...this.#approvals.values()].filter(({ context, expiresAt }) => expiresAt > now && contexts.some((other) => sameContext(context, other)));
  }
}

function sameContext(a: ApprovalContext, b: ApprovalContext): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}
