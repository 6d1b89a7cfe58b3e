import { type FieldLineage, placesOf, reasonsOf } from '../field-lineage.ts';
import { type FieldRead, placeKey, type RowReason, sortedReads } from '../lineage.ts';

interface OwnRead {
  readonly lineage: FieldLineage;
  readonly why: RowReason;
  readonly at: number;
}
/** Something that could not be known, and the offset in the script where. */
export interface Doubt {
  readonly reason: string;
  readonly at: number;
}

/**
 * What the rows of a relation rest on: what its own clauses decide by, the tables it scans, what could not be
 * known, and the same of all relations it is made of. Relations are shared (a view used twice, a view of
 * views), so this is a graph, gathered only once for a sink.
 */
export class Ancestry<T = unknown> {
  readonly #reads: OwnRead[] = [];
  readonly #scans: T[] = [];
  readonly #doubts: Doubt[] = [];
  readonly #under: Ancestry<T>[] = [];

  /** `at` is the offset of the clause in the script. */
  add(lineage: FieldLineage, why: RowReason, at: number): void {
    if (lineage.length > 0) this.#reads.push({ lineage, why, at });
  }

  scan(table: T): void {
    this.#scans.push(table);
  }

  doubt(reason: string, at: number): void {
    this.#doubts.push({ reason, at });
  }

  include(under: Ancestry<T>): void {
    this.#under.push(under);
  }

  gathered(positionOf: (offset: number) => { line: number; column: number }): { reads: FieldRead[]; scans: T[]; doubts: Doubt[] } {
    const reads = new Map<string, FieldRead>();
    const scans = new Set<T>();
    const doubts: Doubt[] = [];
    const seen = new Set<Ancestry<T>>([this]);
    for (const next of seen) {
      for (const under of next.#under) seen.add(under);
      for (const table of next.#scans) scans.add(table);
      for (const doubt of next.#doubts) doubts.push(doubt);
      for (const { lineage, why, at } of next.#reads) {
        for (const doubt of reasonsOf(lineage)) doubts.push(doubt);
        for (const { table, column, path } of placesOf(lineage)) {
          const key = `${why}\u0000${placeKey({ table, column, path })}`;
          if (!reads.has(key)) reads.set(key, { table, column, path, why, at: positionOf(at) });
        }
      }
    }
    return { reads: sortedReads(reads.values()), scans: [...scans], doubts };
  }
}
