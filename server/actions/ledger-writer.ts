import { setImmediate as nextTurn } from 'node:timers/promises';
import { type LedgerDraft, type LedgerEntry, LedgerMoved, type Store, StoreUnavailable } from '../store/store.ts';
import type { LedgerFollower } from './ledger-follower.ts';

/** Entries that are appended together or not at all. */
interface Waiting {
  readonly drafts: readonly LedgerDraft[];
  readonly stillTrue: (() => boolean) | null;
  /** Others that wait may make it untrue: it is asked and written after them. */
  readonly alone: boolean;
  readonly resolve: (entries: readonly LedgerEntry[]) => void;
  readonly reject: (reason: unknown) => void;
}

/** Most drafts in one transaction: one disk flush serves many callers, and no caller waits for a whole burst. */
const LARGEST_GROUP = 256;
/**
 * A group is written once so many turns of the event loop in a row brought nothing to it: requests that lie in the
 * socket buffers are judged first and join. A turn without work takes microseconds, a flush about a millisecond.
 */
const QUIET_TURNS = 3;
/** How often a group is tried while other processes write what it does not rest on. */
const MOST_TRIES = 8;
/** Longest a draft waits for others, ms; reached only while every turn brings more. */
const LONGEST_GATHERING_MS = 10;

/**
 * Appends to the ledger, many waiting drafts in one transaction and one flush. A draft's promise settles
 * only when it is on disk, or when it is certain that it is not.
 */
export class LedgerWriter {
  readonly #store: Pick<Store, 'appendToLedger'>;
  readonly #follower: LedgerFollower;
  readonly #waiting: Waiting[] = [];
  #writing = false;

  constructor(store: Pick<Store, 'appendToLedger'>, follower: LedgerFollower) {
    this.#store = store;
    this.#follower = follower;
  }

  /** What rests on nothing that the ledger says. */
  async append(draft: LedgerDraft): Promise<LedgerEntry> {
    const [entry] = await this.#enter([draft], null);
    if (entry === undefined) throw new Error('the store returned fewer ledger entries than it was given');
    return entry;
  }

  /**
   * What was decided by the books of the follower. `stillTrue` is asked right before the entries are written, with every
   * entry in the books: where the store has others, they are taken and it is asked again. When it says no, or other
   * processes are always faster, rejects with `LedgerMoved`: decide again. Two of these are never written at once, since the
   * second may rest on the first.
   */
  appendIf(stillTrue: () => boolean, drafts: readonly LedgerDraft[]): Promise<readonly LedgerEntry[]> {
    return this.#enter(drafts, stillTrue, true);
  }

  /** The same for what was decided with all that waits here in mind: many are written at once. */
  appendTogether(stillTrue: () => boolean, drafts: readonly LedgerDraft[]): Promise<readonly LedgerEntry[]> {
    return this.#enter(drafts, stillTrue, false);
  }

  #enter(drafts: readonly LedgerDraft[], stillTrue: Waiting['stillTrue'], alone = false): Promise<readonly LedgerEntry[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ drafts, stillTrue, alone, resolve, reject });
      if (this.#writing) return;
      this.#writing = true;
      void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gathered();
      await this.#write(this.#waiting.splice(0, this.#nextGroup()));
    }
    this.#writing = false;
  }

  /** How many are next: up to one that is to be asked after those before it, and that one with what rests on nothing. */
  #nextGroup(): number {
    const group = this.#waiting.slice(0, LARGEST_GROUP);
    const [first, ...rest] = group;
    const end = first?.alone === true ? rest.findIndex(({ stillTrue }) => stillTrue !== null) + 1 : group.findIndex(({ alone }) => alone);
    return end <= 0 ? group.length : end;
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

  async #write(asked: readonly Waiting[], tries = 1): Promise<void> {
    const group = asked.filter(({ stillTrue }) => stillTrue?.() !== false);
    for (const { reject } of asked.filter((waiting) => !group.includes(waiting))) reject(new LedgerMoved());
    if (group.length === 0) return;
    try {
      const entries = await this.#append(group);
      let from = 0;
      for (const { drafts, resolve } of group) resolve(entries.slice(from, (from += drafts.length)));
    } catch (cause) {
      if (cause instanceof LedgerMoved && tries < MOST_TRIES) return this.#afterOthers(group, tries);
      if (group.length === 1 || cause instanceof StoreUnavailable) for (const { reject } of group) reject(cause);
      // What the store refuses must not fail its neighbours: alone, it fails alone.
      else for (const waiting of group) await this.#write([waiting]);
    }
  }

  /** Other processes wrote meanwhile; most of it does not concern what waits here. */
  async #afterOthers(group: readonly Waiting[], tries: number): Promise<void> {
    try {
      await this.#follower.catchUp();
    } catch (cause) {
      for (const { reject } of group) reject(cause);
      return;
    }
    await this.#write(group, tries + 1);
  }

  async #append(group: readonly Waiting[]): Promise<readonly LedgerEntry[]> {
    const drafts = group.flatMap((waiting) => waiting.drafts);
    if (group.every(({ stillTrue }) => stillTrue === null)) return this.#store.appendToLedger(drafts);
    const entries = await this.#store.appendToLedger(drafts, { kinds: this.#follower.kinds, after: this.#follower.sequence });
    this.#follower.take(entries);
    return entries;
  }
}
