import type { Approval, ApprovalContext } from '../catalog/gate/approval.ts';
import type { LedgerEntry } from '../store/store.ts';
import type { LedgerBook } from './ledger-follower.ts';

/** Longest an approval may stand, ms: a quarter; then whoever it reaches is asked again. */
export const LONGEST_APPROVAL_MS = 90 * 24 * 3_600_000;
/** Longest a broken glass stands, ms: long enough to be over a night's trouble, too short to be forgotten. */
export const LONGEST_BREAK_GLASS_MS = 3_600_000;

/** What an entry of kind 'approval' records. */
export type ApprovalEvent =
  | { readonly event: 'given'; readonly approval: Approval }
  | { readonly event: 'revoked'; readonly approvalId: string; readonly by: string; readonly byName?: string; readonly reason: string };

/** An approval with its place in the ledger. */
export interface RecordedApproval {
  readonly approval: Approval;
  readonly sequence: number;
}

/** The approvals in force. */
export class ApprovalBook implements LedgerBook {
  readonly kinds = ['approval'] as const;
  readonly horizonMs = LONGEST_APPROVAL_MS;
  readonly #approvals = new Map<string, RecordedApproval>();
  /** The same by context, since the gate asks by context for every decision. */
  readonly #byContext = new Map<string, Map<string, Approval>>();
  #broken = 0;

  take(entry: LedgerEntry): void {
    const event = JSON.parse(entry.body) as ApprovalEvent;
    if (event.event === 'revoked') return this.#drop(event.approvalId);
    const { approval } = event;
    if (approval.team === null) this.#broken++;
    this.#approvals.set(approval.id, { approval, sequence: entry.sequence });
    const key = contextKey(approval.context);
    const there = this.#byContext.get(key) ?? new Map<string, Approval>();
    this.#byContext.set(key, there.set(approval.id, approval));
  }

  forget(): void {
    this.#approvals.clear();
  }

  get(id: string): Approval | null {
    return this.#approvals.get(id)?.approval ?? null;
  }

  /** Those for any of these contexts that have not expired. */
  inForce(contexts: readonly ApprovalContext[], now: number): readonly Approval[] {
    return contexts.flatMap((context) => [...(this.#byContext.get(contextKey(context))?.values() ?? [])].filter(({ expiresAt }) => expiresAt > now));
  }

  /** Every one that has not expired, newest first. */
  standing(now: number): readonly RecordedApproval[] {
    for (const { approval } of [...this.#approvals.values()]) if (approval.expiresAt <= now) this.#drop(approval.id);
    return [...this.#approvals.values()].reverse();
  }

  /** How often glass was broken, as far back as this book goes. */
  get broken(): number {
    return this.#broken;
  }

  #drop(id: string): void {
    const known = this.#approvals.get(id);
    if (known === undefined) return;
    this.#approvals.delete(id);
    const key = contextKey(known.approval.context);
    this.#byContext.get(key)?.delete(id);
    if (this.#byContext.get(key)?.size === 0) this.#byContext.delete(key);
  }
}

export function contextKey({ kind, namespace, name }: ApprovalContext): string {
  return JSON.stringify([kind, namespace, name]);
}
