import type { GraphChange } from '../catalog/changes.ts';
import type { OffsetAdvance } from './store.ts';

/** Everything a store was told that counts, from which all else follows. Both kinds of store can be read this way. */
export interface StoreHistory {
  /** Every statement and observation there is, in portions, in no particular order. */
  changes(): AsyncIterable<readonly GraphChange[]>;
  /** Every stored offset, as advances that an empty store takes. */
  offsets(): Promise<readonly OffsetAdvance[]>;
  close(): Promise<void>;
}

/** Slots whose statements are handed over at once: some megabytes where each holds a schema or a program. */
export const SLOTS_AT_ONCE = 2_000;
