import type { GraphChange } from '../catalog/changes.ts';
import type { StoreHistory } from './history.ts';
import type { LedgerDraft, Store } from './store.ts';

/** Changes given to the target in one transaction. */
const CHANGES_AT_ONCE = 2_000;
/** Ledger entries copied in one transaction. */
const ENTRIES_AT_ONCE = 1_000;

export interface Copied {
  readonly changes: number;
  readonly ledgerEntries: number;
}

/** Gives an empty store everything another was told: the same graph, offsets and ledger, under new ids and revisions. */
export async function copyStore(history: StoreHistory, ledger: Pick<Store, 'ledger'>, target: Store, clock: () => number): Promise<Copied> {
  const changes = await copyChanges(history, target, clock);
  const ledgerEntries = await copyLedger(ledger, target);
  // Last: whoever finds an offset in the copy finds all that came before it.
  for (const offset of await history.offsets()) await target.apply({ changes: [], committedAt: clock(), offset });
  return { changes, ledgerEntries };
}

/** Gives a store everything another was told about the graph; tells how many changes that were. */
export async function copyChanges(history: StoreHistory, target: Pick<Store, 'apply'>, clock: () => number): Promise<number> {
  let copied = 0;
  let waiting: GraphChange[] = [];
  const give = async (atLeast: number): Promise<void> => {
    for (; waiting.length >= atLeast && waiting.length > 0; waiting = waiting.slice(CHANGES_AT_ONCE)) {
      const changes = waiting.slice(0, CHANGES_AT_ONCE);
      await target.apply({ changes, committedAt: clock(), offset: null });
      copied += changes.length;
    }
  };
  for await (const changes of history.changes()) {
    waiting = [...waiting, ...changes];
    await give(CHANGES_AT_ONCE);
  }
  await give(0);
  return copied;
}

/** The chain comes out with the hashes it had: they follow from what the entries say, in order. */
async function copyLedger(source: Pick<Store, 'ledger'>, target: Store): Promise<number> {
  const { entries: [newest] } = await source.ledger({ limit: 1 });
  const total = newest?.sequence ?? 0;
  for (let from = 0; from < total; from += ENTRIES_AT_ONCE) {
    const { entries } = await source.ledger({ before: Math.min(from + ENTRIES_AT_ONCE, total) + 1, limit: Math.min(ENTRIES_AT_ONCE, total - from) });
    const appended = await target.appendToLedger(entries.toReversed().map(draftOf));
    if (appended.at(-1)?.hash !== entries[0]?.hash) throw new Error(`the copied ledger has another hash at entry ${entries[0]?.sequence}: the chain of the source is broken`);
  }
  return total;
}

function draftOf({ id, kind, at, body, idempotencyKey, requestHash, job, owner, outcome }: LedgerDraft): LedgerDraft {
  return { id, kind, at, body, idempotencyKey, requestHash, job, owner, outcome };
}
