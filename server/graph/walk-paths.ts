import type { BaseGraph } from './base-graph.ts';
import { at } from './int-column.ts';
import { FIELD } from './lineage-graph.ts';
import { rowBetween, stepsOf } from './steps.ts';
import { BY_STEP, nodeIn, parentIn, rowIn, type Walk } from './walk.ts';

/**
 * How each entry of a walk was reached. A walk notes that of what is possible, of what is known only where
 * the base's steps did not lead: they never change, so taking them again in the same order tells the rest.
 */
export class WalkPaths {
  readonly #base: BaseGraph;
  readonly #walk: Walk;
  readonly #entries = new Map<number, number>();
  /** Of known entries: the entry each was reached from, -1 for starts, and the row it was reached by or `BY_STEP`. */
  readonly #parents: Int32Array;
  readonly #rows: Int32Array;

  constructor(base: BaseGraph, walk: Walk) {
    this.#base = base;
    this.#walk = walk;
    this.#parents = new Int32Array(walk.known).fill(-1);
    this.#rows = new Int32Array(walk.known).fill(BY_STEP);
    for (let entry = 0; entry < walk.size; entry++) if (!walk.again.has(entry)) this.#entries.set(nodeIn(walk, entry), entry);
    this.#recall();
    this.#takeStepsAgain();
  }

  /** The entry that stands for a node itself; -1 where it was not reached. */
  entryOf(node: number): number {
    return this.#entries.get(node) ?? -1;
  }

  /** The entry it was reached from, -1 for starts. */
  parentOf(entry: number): number {
    return entry < this.#walk.known ? at(this.#parents, entry) : parentIn(this.#walk, entry);
  }

  /** The row an entry other than a start was reached by; below 0 where a step led to a job or consumer, which has nothing on its way. */
  rowOf(entry: number): number {
    const row = entry < this.#walk.known ? at(this.#rows, entry) : rowIn(this.#walk, entry);
    const [node, parent] = [nodeIn(this.#walk, entry), nodeIn(this.#walk, this.parentOf(entry))];
    if (row !== BY_STEP || this.#base.kinds[node] !== FIELD) return row;
    return this.#walk.direction === 'downstream' ? rowBetween(this.#base, parent, node) : rowBetween(this.#base, node, parent);
  }

  #recall(): void {
    const { sightings } = this.#walk;
    for (let i = 0; i < sightings.length; i += 3) {
      const entry = sightings[i] ?? 0;
      this.#parents[entry] = sightings[i + 1] ?? -1;
      this.#rows[entry] = sightings[i + 2] ?? BY_STEP;
    }
  }

  #takeStepsAgain(): void {
    const { direction, known, lookedAt } = this.#walk;
    const { start, to } = stepsOf(this.#base, direction);
    let next = 0;
    for (let entry = 0; entry < known; entry++) {
      if (lookedAt[next] === entry) {
        next++;
        continue;
      }
      const node = nodeIn(this.#walk, entry);
      for (let step = at(start, node); step < at(start, node + 1); step++) this.#reach(this.entryOf(at(to, step)), entry);
    }
  }

  #reach(entry: number, parent: number): void {
    const { starts, known } = this.#walk;
    if (entry >= starts && entry < known && at(this.#parents, entry) < 0) this.#parents[entry] = parent;
  }
}
