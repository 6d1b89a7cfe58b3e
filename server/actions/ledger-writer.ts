import { setImmediate as nextTurn } from 'node:timers/promises';
import { type LedgerDraft, type LedgerEntry, type Store, StoreUnavailable } from '../store/store.ts';

interface Waiting {
  readonly draft: LedgerDraft;
  readonly resolve: (entry: LedgerEntry) => void;
  readonly reject: (reason: unknown) => void;
}

/** Most drafts in one transaction: one disk flush serves many callers, and no caller waits for a whole burst. */
const LARGEST_GROUP = 256;
/**
 * A group is written once so many turns of the event loop in a row brought nothing to it: requests that lie in the
 * socket buffers are judged first and join. A turn without work takes microseconds, a flush about a millisecond.
 */
const QUIET_TURNS = 3;
/** Longest a draft waits for others, ms; reached only while every turn brings more. */
const LONGEST_GATHERING_MS = 10;

/**
 * Appends to the ledger, many waiting drafts in one transaction and one flush. A draft's promise settles
 * only when it is on disk, or when it is certain that it is not.
 */
export class LedgerWriter {
  readonly #store: Pick<Store, 'appendToLedger'>;
  readonly #waiting: Waiting[] = [];
  #writing = false;

  constructor(store: Pick<Store, 'appendToLedger'>) {
    this.#store = store;
  }

  append(draft: LedgerDraft): Promise<LedgerEntry> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ draft, resolve, reject });
      if (this.#writing) return;
      this.#writing = true;
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gathered();
      await this.#write(this.#waiting.splice(0, LARGEST_GROUP));
    }
    this.#writing = false;
  }

  async #gathered(): Promise<void> {
    const until = performance.now() + LONGEST_GATHERING_MS;
    let known = this.#waiting.length;
    for (let quiet = 0; quiet < QUIET_TURNS && known < LARGEST_GROUP && performance.now() < until; ) {
      await nextTurn();
      quiet = this.#waiting.length === known ? quiet + 1 : 0;
      known = this.#waiting.length;
    }
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    try {
      const entries = await this.#store.appendToLedger(group.map(({ draft }) => draft));
      for (const [i, { resolve, reject }] of group.entries()) {
        const entry = entries[i];
        if (entry === undefined) reject(new Error('the store returned fewer ledger entries than it was given'));
        else resolve(entry);
      }
    } catch (cause) {
      if (group.length === 1 || cause instanceof StoreUnavailable) for (const { reject } of group) reject(cause);
      // A draft the store refuses must not fail its neighbours: alone, it fails alone.
      else for (const waiting of group) await this.#write([waiting]);
    }
  }
}
