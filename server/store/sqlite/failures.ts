import { StoreIncompatible, StoreUnavailable } from '../store.ts';

/** SQLite's primary result codes (sqlite.org/rescode.html) that are an outage, not a bug of ours. */
const OUTAGES: ReadonlyMap<number, readonly [StoreUnavailable['reason'], string]> = new Map([
  [5, ['locked', 'is locked by another process']],
  [6, ['locked', 'is locked']],
  [8, ['down', 'cannot be written to']],
  [10, ['down', 'could not be read from or written to disk']],
  [11, ['corrupt', 'is damaged']],
  [13, ['full', 'cannot grow: the disk is full']],
  [14, ['down', 'cannot be opened']],
  [15, ['locked', 'is locked by another process']],
]);
const BUSY = 5;
const NOT_A_DATABASE = 26;

/** The other process's transaction may end; trying again is sensible. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === BUSY;
}

/** Turns SQLite's outages into StoreUnavailable; anything else is returned as it is. */
export function asStoreError(error: unknown, file: string): unknown {
  const code = primaryCode(error);
  if (code === NOT_A_DATABASE) return new StoreIncompatible(`${file} is not a Sluice store`, { cause: error });
  const outage = code === null ? undefined : OUTAGES.get(code);
  if (outage === undefined) return error;
  return new StoreUnavailable(outage[0], `the store ${outage[1]}`, { cause: error });
}

function primaryCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}
