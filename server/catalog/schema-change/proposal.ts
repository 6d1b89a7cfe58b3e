import type { Identity } from '../identity.ts';
import type { Named } from '../names.ts';

export const PROPOSAL_STATES = ['proposed', 'approved', 'rejected', 'withdrawn', 'expired', 'superseded', 'registered'] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

/** A schema a candidate refers to, as the registry names it. */
export interface CandidateReference {
  /** The name the candidate's text uses. */
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}
/** A schema that is proposed for a subject. */
export interface Candidate {
  readonly subject: Named;
  /** JSON text, as it would be registered. */
  readonly schema: string;
  readonly references: readonly CandidateReference[];
}
export interface Requester extends Pick<Identity, 'id' | 'name'> {
  readonly behind: readonly string[];
}
interface Acted {
  /** Whom it happened to. */
  readonly proposal: string;
  /** Id and name of the identity that did it. */
  readonly by: string;
  readonly byName: string;
}

/** What the ledger records of a schema change; `at` is the entry's. */
export type ProposalEvent =
  | (Acted & Candidate & {
      readonly event: 'proposed';
      readonly reason: string;
      /** Ids of the identities behind the requester. */
      readonly behind: readonly string[];
      readonly expiresAt: number;
      /** The error findings there were then, and who was asked. */
      readonly findings: readonly string[];
      readonly asked: readonly string[];
      readonly revision: number;
    })
  | (Acted & { readonly event: 'agreed'; readonly team: string; readonly reason: string; readonly approval: string; readonly findings: readonly string[]; readonly waitingFor: readonly string[]; readonly revision: number })
  /** Nothing is left to agree to. */
  | (Acted & { readonly event: 'approved'; readonly findings: readonly string[]; readonly revision: number })
  /** It was approved, and has findings now that nobody agreed to. */
  | (Acted & { readonly event: 'reopened'; readonly findings: readonly string[]; readonly asked: readonly string[]; readonly revision: number })
  | (Acted & { readonly event: 'rejected'; readonly team: string; readonly reason: string })
  | (Acted & { readonly event: 'withdrawn'; readonly reason: string | null })
  | (Acted & { readonly event: 'superseded'; readonly successor: string })
  | (Acted & { readonly event: 'commented'; readonly text: string })
  | (Acted & { readonly event: 'registered'; readonly version: number; readonly schemaId: number; readonly revision: number });
export type ProposalEventKind = ProposalEvent['event'];

/** Where each event may happen, and the state it leads to. An event of a state that is not listed is refused. */
const TRANSITIONS: Readonly<Record<ProposalEventKind, Readonly<Partial<Record<ProposalState, ProposalState>>>>> = {
  proposed: {},
  agreed: { proposed: 'proposed' },
  approved: { proposed: 'approved' },
  reopened: { approved: 'proposed' },
  rejected: { proposed: 'rejected', approved: 'rejected' },
  withdrawn: { proposed: 'withdrawn', approved: 'withdrawn' },
  superseded: { proposed: 'superseded', approved: 'superseded' },
  commented: { proposed: 'proposed', approved: 'approved' },
  // What the registry has taken stays taken, whatever was recorded while it did.
  registered: { proposed: 'registered', approved: 'registered', rejected: 'registered', withdrawn: 'registered', superseded: 'registered' },
};

/** The state after an event; null: it may not happen in this state. */
export function stateAfter(state: ProposalState, event: ProposalEventKind): ProposalState | null {
  return TRANSITIONS[event][state] ?? null;
}

export function isOpen(state: ProposalState): boolean {
  return state === 'proposed' || state === 'approved';
}

/** The state at a time: what was open then and is past its end has expired, whether or not anybody wrote it down. */
export function stateAt({ state, expiresAt }: { readonly state: ProposalState; readonly expiresAt: number }, now: number): ProposalState {
  return isOpen(state) && expiresAt <= now ? 'expired' : state;
}

/**
 * The state of an open proposal once its findings were judged again: `approved` while nothing is left to agree to. What
 * the ledger calls approved and is not any more waits again, and is stale.
 */
export function judgedState(state: ProposalState, agreed: boolean): { readonly state: ProposalState; readonly stale: boolean } {
  if (!isOpen(state)) return { state, stale: false };
  return { state: agreed ? 'approved' : 'proposed', stale: state === 'approved' && !agreed };
}
