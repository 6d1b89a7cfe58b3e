import { at } from './int-column.ts';
import type { KnownWalk } from './known-walk.ts';
import { DATASET, type LineageGraph, LOOK, NOW } from './lineage-graph.ts';
import { stepsOf } from './steps.ts';
import { blindOutputs, blindWriters, possibleReads, statedWriters, unknownReaders, UnknownSide } from './unknown-side.ts';
import { BY_STEP, NUMBERS, type Question } from './walk.ts';

/**
 * Goes on where a known walk ended, from its entries next to something unknown, with everything that only
 * an unknown use or unknown origins add. Its entries count on from the known ones.
 */
export class PossibleWalk {
  readonly #graph: LineageGraph;
  readonly #known: KnownWalk;
  readonly #unknown: UnknownSide;
  #question: Question = { direction: 'downstream', depth: 0, view: NOW };
  /** The walk's `first` for datasets and jobs whose unknown side it has opened; as long as `places` and as old. */
  #opened = new Int32Array(0);
  #places = new Int32Array(0);
  /** As in `Walk.possible`. */
  numbers = new Int32Array(1024);
  /** Known and possible entries. */
  size = 0;
  /** Possible entries by distance. */
  #levels: number[][] = [];
  /** The distance of the entries that are gone through now. */
  #distance = 0;
  /** As in `Walk.again`. */
  again = new Set<number>();
  #againNodes = new Set<number>();

  constructor(graph: LineageGraph, known: KnownWalk) {
    this.#graph = graph;
    this.#known = known;
    this.#unknown = new UnknownSide(graph);
  }

  /** Begins anew, with what is known and nothing more. */
  clear(): void {
    this.size = this.#known.size;
    if (this.again.size > 0) [this.again, this.#againNodes] = [new Set(), new Set()];
    if (this.#places === this.#known.places) return;
    this.#places = this.#known.places;
    this.#opened = new Int32Array(this.#places.length);
  }

  /**
   * Level by level, so that distances are shortest: the known entries next to something unknown and the
   * possible ones. Programs come first at each level, since what they write blindly is as far as they are.
   */
  walk(question: Question): void {
    this.#question = question;
    this.#levels = [];
    const { seeds } = this.#known;
    let seed = 0;
    for (let level = 0; level <= question.depth && (seed < seeds.length || level < this.#levels.length); level++) {
      this.#distance = level;
      const [first, end] = [seed, this.#known.endOf(level)];
      while (seed < seeds.length && (seeds[seed] ?? 0) < end) seed++;
      this.#walkLevel(seeds.slice(first, seed), (this.#levels[level] ??= []));
    }
  }

  /** `possible` grows by what programs write blindly. */
  #walkLevel(known: readonly number[], possible: readonly number[]): void {
    for (const entry of [...known, ...possible]) if (!this.#isOfData(entry)) this.#openProgram(entry);
    for (const entry of known) if (this.#isOfData(entry)) this.#openData(entry);
    for (const entry of possible) {
      if (!this.#isOfData(entry)) continue;
      this.#follow(entry);
      this.#openData(entry);
    }
  }

  #follow(entry: number): void {
    const { direction, depth, view } = this.#question;
    const node = this.#nodeOf(entry);
    const distance = this.#distance + 1;
    const bits = this.#graph.lookOf(node);
    if (distance > depth || (bits & LOOK.notField) !== 0) return;
    if (view !== NOW || (bits & LOOK.changed) !== 0) {
      this.#followBySight(entry, node, distance);
      return;
    }
    const { start, to } = stepsOf(this.#graph.base, direction);
    for (let step = at(start, node); step < at(start, node + 1); step++) this.#reach(at(to, step), entry, BY_STEP, distance);
  }

  #followBySight(entry: number, node: number, distance: number): void {
    const { direction, view } = this.#question;
    const rows: number[] = [];
    if (direction === 'downstream') this.#graph.rowsOut(node, view, rows);
    else this.#graph.rowsIn(node, view, rows);
    for (const row of rows) {
      this.#reach(direction === 'downstream' ? this.#graph.toOf(row) : this.#graph.fromOf(row), entry, row, distance);
      const job = this.#graph.viaOf(row);
      if (job >= 0) this.#reach(job, entry, row, distance);
    }
  }

  /** Whether an entry is a field, or a dataset that stands for fields nobody knows. */
  #isOfData(entry: number): boolean {
    const node = this.#nodeOf(entry);
    return (this.#graph.lookOf(node) & LOOK.notField) === 0 || this.#graph.kindOf(node) === DATASET;
  }

  /** Downstream, what a job writes without saying from what; upstream, everything read by a program the walk starts from. */
  #openProgram(entry: number): void {
    const { direction, depth, view } = this.#question;
    const node = this.#nodeOf(entry);
    const isStart = entry < this.#known.starts;
    if (isStart && depth < 1) return;
    if (direction === 'upstream') {
      if (isStart) this.#openReads(entry, node, 1);
      return;
    }
    if (!this.#openOnce(node)) return;
    const distance = isStart ? 1 : this.#distance;
    this.#reachAll(this.#unknown.of(blindOutputs, node, view), entry, distance);
  }

  #openData(entry: number): void {
    const { direction, depth } = this.#question;
    if (this.#distance >= depth) return;
    const node = this.#nodeOf(entry);
    const dataset = this.#graph.kindOf(node) === DATASET ? node : this.#graph.datasetOf(node);
    if (direction === 'downstream') this.#openReaders(entry, dataset);
    else this.#openWriters(entry, node, dataset);
  }

  /** Readers of the dataset that may read this field, once for each dataset. */
  #openReaders(entry: number, dataset: number): void {
    if (this.#openOnce(dataset)) this.#reachAll(this.#unknown.of(unknownReaders, dataset, this.#question.view), entry, this.#distance + 1);
  }

  /** Jobs that write this field without saying from what, and everything they read, at the jobs' own distance. */
  #openWriters(entry: number, field: number, dataset: number): void {
    const { view } = this.#question;
    const writers = this.#unknown.of(blindWriters, dataset, view);
    if (writers.length === 0) return;
    const stated = statedWriters(this.#graph, field, view);
    const distance = this.#distance + 1;
    for (let i = 0; i < writers.length; i += 2) {
      const job = at(writers, i);
      if (stated.has(job)) continue;
      this.#reach(job, entry, at(writers, i + 1), distance);
      this.#openReads(entry, job, distance);
    }
  }

  #openReads(entry: number, job: number, distance: number): void {
    if (this.#openOnce(job)) this.#reachAll(this.#unknown.of(possibleReads, job, this.#question.view), entry, distance);
  }

  /** Nodes and the rows they are reached by, in turn. */
  #reachAll(nodesAndRows: Int32Array, entry: number, distance: number): void {
    for (let i = 0; i < nodesAndRows.length; i += 2) this.#reach(at(nodesAndRows, i), entry, at(nodesAndRows, i + 1), distance);
  }

  #openOnce(node: number): boolean {
    if (this.#opened[node] === this.#known.first) return false;
    this.#opened[node] = this.#known.first;
    return true;
  }

  #nodeOf(entry: number): number {
    return entry < this.#known.size ? this.#known.nodeOf(entry) : at(this.numbers, (entry - this.#known.size) * NUMBERS);
  }

  #reach(node: number, parent: number, row: number, distance: number): void {
    const { places, first, size: known } = this.#known;
    const place = at(places, node) - first;
    if (place < 0) places[node] = first + this.size;
    else if (place >= known || !this.#isNearer(node, place, distance)) return;
    const entry = this.size++;
    const i = (entry - known) * NUMBERS;
    if (i === this.numbers.length) this.#makeRoom();
    this.numbers[i] = node;
    this.numbers[i + 1] = distance;
    this.numbers[i + 2] = parent;
    this.numbers[i + 3] = row;
    (this.#levels[distance] ??= []).push(entry);
  }

  /** Whether something unknown reaches a known node sooner than what is known does; said once for each node, the first being nearest. */
  #isNearer(node: number, known: number, distance: number): boolean {
    if (known < this.#known.endOf(distance) || this.#againNodes.has(node)) return false;
    this.#againNodes.add(node);
    this.again.add(this.size);
    return true;
  }

  #makeRoom(): void {
    const larger = new Int32Array(this.numbers.length * 2);
    larger.set(this.numbers);
    this.numbers = larger;
  }
}
