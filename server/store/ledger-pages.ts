import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LedgerEntry, LedgerHead, LedgerKind, Store } from './store.ts';

/** Entries held at once while a ledger is walked: the largest bodies are some megabytes. */
const ENTRIES_AT_ONCE = 100;

/** Which part of a ledger: the entries from `after` (exclusive) to `last` (inclusive), of one kind where it is told. */
export interface LedgerRange {
  readonly after: number;
  readonly last: number;
  readonly kind: LedgerKind | null;
}

/** The entries of a range, oldest first, in pages. */
export async function* ledgerPages(store: Pick<Store, 'ledgerAfter'>, { after, last, kind }: LedgerRange): AsyncGenerator<readonly LedgerEntry[]> {
  for (let place = after; place < last; ) {
    const found = await store.ledgerAfter({ kinds: kind === null ? null : [kind], after: place, limit: ENTRIES_AT_ONCE });
    // The embedded store answers at once: without a pause nobody else would have a turn while a long ledger is walked.
    await nextTurn();
    const entries = found.filter(({ sequence }) => sequence <= last);
    if (entries.length > 0) yield entries;
    if (found.length < ENTRIES_AT_ONCE || entries.length < found.length) return;
    place = found.at(-1)?.sequence ?? last;
  }
}

/**
 * The part of the ledger recorded in [from, to), ms; null: without end. It is cut where the first entry stands that was recorded at such a time
 * or later, so parts that follow each other in time follow each other in the chain, whole: clocks of several processes
 * that differ move an entry from one part to the next, never out of both.
 */
export async function rangeOfTimes(store: Pick<Store, 'ledgerAfter'>, head: LedgerHead, { from, to, kind }: { readonly from: number | null; readonly to: number | null; readonly kind: LedgerKind | null }): Promise<LedgerRange> {
  const before = async (time: number | null): Promise<number | null> => {
    if (time === null) return null;
    const [first] = await store.ledgerAfter({ kinds: null, after: 0, since: time, limit: 1 });
    return first === undefined ? head.sequence : Math.min(first.sequence - 1, head.sequence);
  };
  const after = (await before(from)) ?? 0;
  return { after, last: Math.max(after, (await before(to)) ?? head.sequence), kind };
}
