import type { Named } from '../catalog/names.ts';
import { type Candidate, isOpen, type ProposalEvent, type ProposalState, type Requester, stateAfter, stateAt } from '../catalog/schema-change/proposal.ts';
import type { LedgerEntry } from '../store/store.ts';
import type { LedgerBook } from './ledger-follower.ts';

/** A schema change as the ledger has it. */
export interface Proposal extends Omit<Candidate, 'schema'> {
  readonly id: string;
  /** Place of its first entry in the ledger. */
  readonly sequence: number;
  /** null once it is over: the ledger has it. */
  readonly schema: string | null;
  readonly reason: string;
  readonly requester: Requester;
  /** ms. */
  readonly proposedAt: number;
  readonly expiresAt: number;
  readonly state: ProposalState;
  readonly registered: { readonly version: number; readonly schemaId: number } | null;
  readonly successor: string | null;
  /** All that happened to it, oldest first; the first without its schema. */
  readonly events: readonly RecordedEvent[];
}
export interface RecordedEvent {
  /** ms. */
  readonly at: number;
  readonly event: ProposalEvent;
}
export type OpenProposal = Proposal & { readonly schema: string };

/** Every schema change there was. */
export class ProposalBook implements LedgerBook {
  readonly kinds = ['proposal'] as const;
  readonly horizonMs = null;
  readonly #proposals = new Map<string, Proposal>();

  take({ id, body, at, sequence }: LedgerEntry): void {
    const event = JSON.parse(body) as ProposalEvent;
    if (event.event === 'proposed') this.#proposals.set(id, proposed(event, { id, at, sequence }));
    else this.#happened(event, at);
  }

  forget(): void {
    this.#proposals.clear();
  }

  get(id: string): Proposal | null {
    return this.#proposals.get(id) ?? null;
  }

  /** Newest first. */
  all(): readonly Proposal[] {
    return [...this.#proposals.values()].reverse();
  }

  /** Those that somebody may still agree to. */
  open(now: number): readonly OpenProposal[] {
    return this.all().filter((proposal): proposal is OpenProposal => proposal.schema !== null && isOpen(stateAt(proposal, now)));
  }
  openFor(subject: Named, now: number): OpenProposal | null {
    return this.open(now).find((p) => p.subject.namespace === subject.namespace && p.subject.name === subject.name) ?? null;
  }

  #happened(event: ProposalEvent, at: number): void {
    const before = this.#proposals.get(event.proposal);
    const state = before === undefined ? null : stateAfter(before.state, event.event);
    // Whoever appends looks first; what may not happen did not.
    if (before === undefined || state === null) return;
    this.#proposals.set(before.id, {
      ...before,
      state,
      schema: isOpen(state) ? before.schema : null,
      registered: event.event === 'registered' ? { version: event.version, schemaId: event.schemaId } : before.registered,
      successor: event.event === 'superseded' ? event.successor : before.successor,
      events: [...before.events, { at, event }],
    });
  }
}

function proposed(event: ProposalEvent & { readonly event: 'proposed' }, { id, at, sequence }: Pick<LedgerEntry, 'id' | 'at' | 'sequence'>): Proposal {
  const { subject, schema, references, reason, by, byName, behind, expiresAt } = event;
  return {
    id, sequence, subject, schema, references, reason, expiresAt,
    requester: { id: by, name: byName, behind },
    proposedAt: at, state: 'proposed', registered: null, successor: null,
    events: [{ at, event: { ...event, schema: '' } }],
  };
}
