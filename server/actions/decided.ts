import { type LedgerDraft, LedgerMoved, StoreUnavailable } from '../store/store.ts';
import type { LedgerFollower } from './ledger-follower.ts';
import type { LedgerWriter } from './ledger-writer.ts';

/** Times an act is decided anew because the ledger moved meanwhile. */
const MOST_ATTEMPTS = 5;

/** Entries to append, and whether what they rest on still is so. */
export interface Decision {
  readonly drafts: readonly LedgerDraft[];
  readonly stillTrue: () => boolean;
}

/** Decides by the newest ledger and appends all of it or nothing; decides again while the ledger moves under it. */
export async function appendDecided(decide: () => Promise<Decision>, { follower, writer }: { readonly follower: LedgerFollower; readonly writer: LedgerWriter }): Promise<void> {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    await follower.catchUp();
    const { drafts, stillTrue } = await decide();
    if (drafts.length === 0) return;
    try {
      await writer.appendIf(stillTrue, drafts);
      return;
    } catch (failure) {
      if (!(failure instanceof LedgerMoved)) throw failure;
    }
  }
  throw new StoreUnavailable('locked', `others wrote to the ledger each of the ${MOST_ATTEMPTS} times this was decided`);
}
