import type { LedgerEntry, LedgerKind, Store } from '../store/store.ts';

/** What some kinds of ledger entries add up to, kept in memory. */
export interface LedgerBook {
  readonly kinds: readonly LedgerKind[];
  /** Entries older than this when the process starts add nothing, ms; null: every entry counts. */
  readonly horizonMs: number | null;
  /** Takes the next entry of its kinds; each entry comes once, in the order of the ledger. */
  take(entry: LedgerEntry): void;
  /** Begins anew: the ledger is another than the one it was filled from, put back from a copy. */
  forget(): void;
}

/** Entries read in one go. */
const ENTRIES_AT_ONCE = 1_000;

/** Keeps books true to the ledger: asked before every answer, so that all processes answer from the same record. */
export class LedgerFollower {
  readonly #store: Pick<Store, 'ledger' | 'ledgerAfter'>;
  readonly #clock: () => number;
  readonly #books: LedgerBook[] = [];
  /** How far each book was filled by a first look that failed. */
  readonly #filled = new Map<LedgerBook, number>();
  #sequence = 0;
  /** The newest entry in the books: while the ledger has it, all before it is as it was, for each names the one before. */
  #newest: LedgerEntry | null = null;
  #begun = false;
  #looking: Promise<void> | null = null;

  constructor(store: Pick<Store, 'ledger' | 'ledgerAfter'>, clock: () => number) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Adds a book, before the first look. */
  add<B extends LedgerBook>(book: B): B {
    if (this.#begun) throw new Error('a book that comes after the first look has missed entries');
    this.#books.push(book);
    return book;
  }

  /** Kinds of entries that some book takes. */
  get kinds(): readonly LedgerKind[] {
    return [...new Set(this.#books.flatMap(({ kinds }) => kinds))];
  }

  /** Every entry of these kinds up to here is in the books. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Brings the books to the ledger as it is after this call; calls of one turn share one look. */
  catchUp(): Promise<void> {
    this.#looking ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#looking = null;
      return this.#look();
    });
    return this.#looking;
  }

  /** Takes entries this process has appended under a guard at `sequence`: nothing of these kinds lies in between. */
  take(entries: readonly LedgerEntry[]): void {
    for (const entry of entries) {
      if (entry.sequence <= this.#sequence) continue;
      for (const book of this.#books) if (book.kinds.includes(entry.kind)) this.#give(book, entry);
      this.#sequence = entry.sequence;
    }
  }

  #give(book: LedgerBook, entry: LedgerEntry): void {
    book.take(entry);
    if (this.#newest === null || entry.sequence > this.#newest.sequence) this.#newest = entry;
  }

  async #look(): Promise<void> {
    if (!this.#begun) await this.#begin();
    const { kinds } = this;
    if (kinds.length === 0) return;
    for (;;) {
      const known = this.#newest;
      const entries = await this.#store.ledgerAfter({ kinds, after: known === null ? this.#sequence : known.sequence - 1, limit: ENTRIES_AT_ONCE });
      if (known !== null && entries[0]?.hash !== known.hash) return this.#again();
      this.take(entries);
      if (entries.length < ENTRIES_AT_ONCE) return;
    }
  }

  async #again(): Promise<void> {
    for (const book of this.#books) book.forget();
    this.#filled.clear();
    [this.#begun, this.#newest, this.#sequence] = [false, null, 0];
    return this.#look();
  }

  /** The first look leaves out what is beyond the horizon of its book. One that fails is gone on with. */
  async #begin(): Promise<void> {
    const { entries: [newest] } = await this.#store.ledger({ limit: 1 });
    const end = newest?.sequence ?? 0;
    for (const book of this.#books) await this.#fill(book, end);
    this.#sequence = end;
    this.#begun = true;
  }

  async #fill(book: LedgerBook, end: number): Promise<void> {
    const since = book.horizonMs === null ? 0 : this.#clock() - book.horizonMs;
    for (;;) {
      const entries = await this.#store.ledgerAfter({ kinds: book.kinds, after: this.#filled.get(book) ?? 0, since, limit: ENTRIES_AT_ONCE });
      for (const entry of entries) {
        if (entry.sequence > end) return;
        this.#give(book, entry);
        this.#filled.set(book, entry.sequence);
      }
      if (entries.length < ENTRIES_AT_ONCE) return;
    }
  }
}
