import { at } from './int-column.ts';
import type { IntRange } from './int-slab.ts';
import type { RowView } from './lineage-graph.ts';
import type { Direction } from './steps.ts';

export interface Question {
  readonly direction: Direction;
  /** Longest distance in hops. */
  readonly depth: number;
  readonly view: RowView;
}

/** What a walk reached, entry by entry; the first `starts` are where it began. */
export interface Walk {
  readonly direction: Direction;
  readonly starts: number;
  readonly size: number;
  /** Entries before this are known, nearest first; the others rest on something unknown. */
  readonly known: number;
  /** The first known entry of each distance. */
  readonly levels: readonly number[];
  /** The node of each known entry. How it was reached is for `WalkPaths` to find out. */
  readonly reached: IntRange;
  /** Known entries from which the base's steps were not taken, in order. */
  readonly lookedAt: readonly number[];
  /** What was found instead: entry, entry it was reached from and row it was reached by, in turn. */
  readonly sightings: readonly number[];
  /** Four numbers for each possible entry: node, distance, entry it was reached from, row it was reached by or `BY_STEP`. */
  readonly possible: Int32Array;
  /** Entries of known nodes that something unknown reaches sooner: steps of paths, nothing of their own. */
  readonly again: ReadonlySet<number>;
}

/** Instead of a row: a step of the base led there, and its two ends tell the row. */
export const BY_STEP = -1;
/** Numbers of a possible entry: side by side, a visit writes one cache line and a result is one copy. */
export const NUMBERS = 4;

export function nodeIn(walk: Walk, entry: number): number {
  return entry < walk.known ? at(walk.reached.numbers, walk.reached.offset + entry) : possibleIn(walk, entry, 0);
}
/** Hops from the nearest start. */
export function distanceIn(walk: Walk, entry: number): number {
  return entry < walk.known ? levelOf(walk.levels, entry) : possibleIn(walk, entry, 1);
}
/** The entry a possible one was reached from. */
export function parentIn(walk: Walk, entry: number): number {
  return possibleIn(walk, entry, 2);
}
/** The row a possible entry was reached by, or `BY_STEP`. */
export function rowIn(walk: Walk, entry: number): number {
  return possibleIn(walk, entry, 3);
}

/** The distance of a known entry, given where distances begin. */
function levelOf(levels: readonly number[], entry: number): number {
  let [low, high] = [0, levels.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((levels[middle] ?? 0) <= entry) low = middle;
    else high = middle;
  }
  return low;
}

function possibleIn({ possible, known }: Walk, entry: number, which: number): number {
  return at(possible, (entry - known) * NUMBERS + which);
}
