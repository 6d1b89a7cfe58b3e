import type { Store } from '../store/store.ts';
import { attempt, type Message, messageOf, type SenderParts } from './delivery.ts';
import { type Attempt, type DeliveryNotes, type DeliveryState, type KeptState, withAttempt } from './delivery-note.ts';
import { concerns, noticesAfter, type PlacedNotice } from './notice-feed.ts';
import type { RegisteredWebhook } from './webhook-book.ts';

/** How long the process that tells a webhook has it to itself, ms: several times what one delivery takes at most. */
export const LEASE_MS = 60_000;
/** Rest after the first failure, doubled with every further one up to the longest, ms; a part of it is left to chance. */
const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 900_000;
const CHANCE = 0.5;
/** A receiver that keeps failing is not told what is older than this, ms. */
export const GIVE_UP_AFTER_MS = 24 * 3_600_000;
/** The place is written down without a delivery once it moved on by so many entries. */
const UNSAVED_ENTRIES = 10_000;
/** Notices given up at once that are named in the log one by one; of more the last are. */
const NAMED_LOSSES = 20;

export interface LaneParts extends SenderParts {
  readonly store: Pick<Store, 'ledgerAfter' | 'ledgerEntry'>;
  readonly notes: DeliveryNotes;
  /** Of this process. */
  readonly owner: string;
  readonly publicUrl: string | null;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly onGivenUp: (webhook: RegisteredWebhook, notices: number) => void;
  /** Told of an entry that nothing can be made of; those after it are told. */
  readonly onUntellable: (sequence: number, failure: unknown) => void;
}

/** Tells one webhook what it is to be told, in order, as far as it takes it. */
export async function tell(webhook: RegisteredWebhook, newest: number, parts: LaneParts): Promise<void> {
  let kept = await parts.notes.read(webhook.id, webhook.sequence);
  if (isElsewhere(kept.state, parts) || parts.clock() < kept.state.retryAt) return;
  for (let through = kept.state.sequence; through < newest && !parts.signal.aborted; ) {
    const page = await noticesAfter(parts.store, kept.state.sequence, newest);
    for (const { sequence, failure } of page.untellable) parts.onUntellable(sequence, failure);
    const due = page.notices.filter((placed) => concerns(webhook, placed.notice) && !isTold(kept.state, placed));
    through = page.through;
    if (due.length === 0 && through === newest && through - kept.state.sequence < UNSAVED_ENTRIES) return;
    const done = await tellAll(webhook, due, kept, parts);
    const moved = done === null ? null : await parts.notes.write(webhook.id, { ...done, state: { ...done.state, sequence: through, told: null, lease: null } });
    if (moved === null) return;
    kept = moved;
  }
}

/** null: it is not done, for the receiver failed, this process is to stop, or another one has taken over. */
async function tellAll(webhook: RegisteredWebhook, notices: readonly PlacedNotice[], from: KeptState, parts: LaneParts): Promise<KeptState | null> {
  const { due, state } = withoutHopeless(webhook, notices, from.state, parts);
  if (due.length === 0) return { ...from, state };
  let kept = await parts.notes.write(webhook.id, { ...from, state: leased(state, parts) });
  for (const placed of due) {
    if (kept === null) return null;
    const made = await attempt(webhook, messageOf(webhook, placed, parts.publicUrl), parts);
    // What a stop has cut off says nothing of the receiver.
    const after = parts.signal.aborted && made.outcome === 'failed' ? { ...kept.state, lease: null } : afterAttempt(kept.state, placed, { made, parts });
    kept = await parts.notes.write(webhook.id, { ...kept, state: after });
    if (made.outcome === 'failed') return null;
  }
  return kept;
}

function afterAttempt(state: DeliveryState, placed: PlacedNotice, { made, parts }: { readonly made: Attempt; readonly parts: LaneParts }): DeliveryState {
  const logged = withAttempt(state, made);
  if (made.outcome === 'delivered') return leased({ ...told(logged, placed), failures: 0, retryAt: 0 }, parts);
  const rest = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** state.failures);
  return { ...logged, lease: null, failures: state.failures + 1, retryAt: parts.clock() + Math.round(rest * (1 - CHANCE * parts.random())) };
}

function leased(state: DeliveryState, { owner, clock }: LaneParts): DeliveryState {
  return { ...state, lease: { owner, until: clock() + LEASE_MS } };
}

function told(state: DeliveryState, { entry: { sequence }, notice: { event } }: PlacedNotice): DeliveryState {
  const events = state.told?.sequence === sequence ? state.told.events : [];
  return { ...state, sequence: sequence - 1, told: { sequence, events: [...events, event] } };
}

function isTold({ told: last }: DeliveryState, { entry, notice }: PlacedNotice): boolean {
  return last !== null && last.sequence === entry.sequence && last.events.includes(notice.event);
}

/** Of a receiver that keeps failing what is too old is given up, and said to be; one that was not asked lately is told all. */
function withoutHopeless(webhook: RegisteredWebhook, notices: readonly PlacedNotice[], state: DeliveryState, { clock, publicUrl, onGivenUp }: LaneParts): { readonly due: readonly PlacedNotice[]; readonly state: DeliveryState } {
  const now = clock();
  const young = notices.findIndex(({ entry }) => entry.at >= now - GIVE_UP_AFTER_MS);
  const lost = state.failures === 0 ? [] : young < 0 ? notices : notices.slice(0, young);
  if (lost.length === 0) return { due: notices, state };
  onGivenUp(webhook, lost.length);
  const named = lost.slice(-NAMED_LOSSES).map((placed) => givenUp(messageOf(webhook, placed, publicUrl), now));
  const beyond = lost.reduce(told, { ...state, givenUp: state.givenUp + lost.length });
  return { due: notices.slice(lost.length), state: withAttempt(beyond, ...named) };
}

function givenUp({ deliveryId, event }: Message, at: number): Attempt {
  return { deliveryId, event, at, outcome: 'given-up', status: null, latencyMs: 0, reason: `not delivered within ${GIVE_UP_AFTER_MS / 3_600_000} hours` };
}

function isElsewhere({ lease }: DeliveryState, { owner, clock }: LaneParts): boolean {
  return lease !== null && lease.owner !== owner && lease.until > clock();
}
