import { type LedgerDraft, type LedgerEntry, type Store, StoreUnavailable } from '../store/store.ts';

interface Waiting {
  readonly draft: LedgerDraft;
  readonly resolve: (entry: LedgerEntry) => void;
  readonly reject: (reason: unknown) => void;
}

/** Most drafts in one transaction: one disk flush serves many callers, and no caller waits for a whole burst. */
const LARGEST_GROUP = 256;

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
      // After the requests already in the socket buffers have been read, so that they join the group.
      setImmediate(() => void this.#drain());
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0, LARGEST_GROUP));
    this.#writing = false;
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
