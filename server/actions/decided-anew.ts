import { Problem } from '../problem.ts';
import { type LedgerDraft, LedgerMoved } from '../store/store.ts';
import type { LedgerFollower } from './ledger-follower.ts';
import type { LedgerWriter } from './ledger-writer.ts';

/** How often something is decided again because others were faster, before the caller is asked to wait. */
const MOST_TRIES = 5;

/** Decides and records; again from the beginning whenever what it rested on changed before it was on disk. */
export async function decidedAnew<T>(decideAndRecord: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    try {
      return await decideAndRecord();
    } catch (failure) {
      if (!(failure instanceof LedgerMoved)) throw failure;
    }
  }
  throw new Problem('gate-contended', `others changed what this rests on ${MOST_TRIES} times while it was decided; nothing was recorded`);
}

/** Entries to append, and whether what they rest on still is so. */
export interface Decision {
  readonly drafts: readonly LedgerDraft[];
  readonly stillTrue: () => boolean;
}

/** Decides by the newest ledger and appends all of it or nothing; decides again while the ledger moves under it. */
export function appendDecided(decide: () => Promise<Decision>, { follower, writer }: { readonly follower: LedgerFollower; readonly writer: LedgerWriter }): Promise<void> {
  return decidedAnew(async () => {
    await follower.catchUp();
    const { drafts, stillTrue } = await decide();
    if (drafts.length > 0) await writer.appendIf(stillTrue, drafts);
  });
}
