import type { Note, Store } from '../store/store.ts';

/** Attempts kept in the log of a webhook: enough to see a day of trouble with a long pause between two tries. */
const KEPT_ATTEMPTS = 100;

/** One try to tell, as the delivery log shows it. */
export interface Attempt {
  readonly deliveryId: string;
  readonly event: string;
  readonly at: number;
  readonly outcome: 'delivered' | 'failed' | 'given-up';
  /** HTTP status, where there was an answer. */
  readonly status: number | null;
  readonly latencyMs: number;
  readonly reason: string | null;
}
/** How far a webhook has been told, who is telling it, and how it went. */
export interface DeliveryState {
  /** Everything up to this entry of the ledger was told, or does not concern it. */
  readonly sequence: number;
  /** Events of the entry after, told already. */
  readonly told: { readonly sequence: number; readonly events: readonly string[] } | null;
  /** Failures since the last success. */
  readonly failures: number;
  /** Not before, ms. */
  readonly retryAt: number;
  /** The process that is at it, and until when nobody else begins, ms. */
  readonly lease: { readonly owner: string; readonly until: number } | null;
  readonly givenUp: number;
  /** Oldest first. */
  readonly log: readonly Attempt[];
}
export interface KeptState {
  readonly state: DeliveryState;
  /** Of the note it is kept in. */
  readonly version: number;
}

export function withAttempt(state: DeliveryState, ...attempts: readonly Attempt[]): DeliveryState {
  return { ...state, log: [...state.log, ...attempts].slice(-KEPT_ATTEMPTS) };
}

/** The delivery states of webhooks, each a note of the store: they say how far the record was told, and are no part of it. */
export class DeliveryNotes {
  readonly #store: Pick<Store, 'note' | 'setNote'>;

  constructor(store: Pick<Store, 'note' | 'setNote'>) {
    this.#store = store;
  }

  /** Begins with what comes after `sequence`. */
  async read(webhookId: string, sequence: number): Promise<KeptState> {
    const note = await this.#store.note(keyOf(webhookId));
    return note === null ? { state: { sequence, told: null, failures: 0, retryAt: 0, lease: null, givenUp: 0, log: [] }, version: 0 } : { state: stateIn(note), version: note.version };
  }

  /** null when somebody else has written meanwhile. */
  async write(webhookId: string, { state, version }: KeptState): Promise<KeptState | null> {
    const written = await this.#store.setNote(keyOf(webhookId), JSON.stringify(state), version);
    return written === null ? null : { state, version: written };
  }

  async remove(webhookId: string): Promise<void> {
    const note = await this.#store.note(keyOf(webhookId));
    if (note !== null) await this.#store.setNote(keyOf(webhookId), null, note.version);
  }
}

function keyOf(webhookId: string): string {
  return `webhook/${webhookId}`;
}

function stateIn({ text }: Note): DeliveryState {
  return JSON.parse(text) as DeliveryState;
}
