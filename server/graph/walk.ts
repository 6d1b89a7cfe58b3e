import type { BaseGraph } from './base-graph.ts';
import { at } from './int-column.ts';
import { DATASET, type LineageGraph, LOOK, NOW, type RowView } from './lineage-graph.ts';
import { DERIVES, GENERATES, kindIn, READS } from './row-traits.ts';
import { blindOutputs, blindWriters, possibleReads, statedWriters, unknownReaders, UnknownSide } from './unknown-side.ts';

export type Direction = 'upstream' | 'downstream';

/** What a walk reached, entry by entry; the first `starts` are where it began. */
export interface Walk {
  readonly starts: number;
  readonly size: number;
  /** Entries before this are known; the others rest on something unknown. */
  readonly known: number;
  /** Entries of known nodes that something unknown reaches sooner: steps of paths, nothing of their own. */
  readonly again: ReadonlySet<number>;
  /** Four numbers each: node, hops from the nearest start, the entry it was reached from (-1 for starts), the row it was reached by. */
  readonly entries: Int32Array;
}
export function nodeIn({ entries }: Walk, entry: number): number {
  return at(entries, entry * NUMBERS);
}
export function distanceIn({ entries }: Walk, entry: number): number {
  return at(entries, entry * NUMBERS + 1);
}
export function parentIn({ entries }: Walk, entry: number): number {
  return at(entries, entry * NUMBERS + 2);
}
export function rowIn({ entries }: Walk, entry: number): number {
  return at(entries, entry * NUMBERS + 3);
}

/** Numbers of an entry: side by side, a visit writes one cache line and a result is one copy. */
const NUMBERS = 4;
/** Places count on from walk to walk; long before they leave 32 bits they begin anew. */
const LAST_PLACE = 2 ** 30;

const NOTHING: ReadonlySet<number> = new Set();

interface Question {
  readonly direction: Direction;
  readonly depth: number;
  readonly view: RowView;
}

/**
 * Breadth-first walks over one graph. What is known comes first, over DERIVES and READS alone; then
 * everything that only an unknown use or unknown origins add. Working arrays are kept between walks.
 */
export class Walker {
  readonly #graph: LineageGraph;
  /** `#first` + the entry of each node this walk has reached; less for all others. */
  #places = new Int32Array(0);
  #first = 1;
  /** `#first` for datasets and jobs whose unknown side this walk has opened. */
  #opened = new Int32Array(0);
  #entries = new Int32Array(0);
  #tail = 0;
  #starts = 0;
  #known = 0;
  #question: Question = { direction: 'downstream', depth: 0, view: NOW };
  /** Known entries next to something unknown, nearest first. */
  readonly #seeds: number[] = [];
  /** Possible entries by distance; null as long as only what is known is walked. */
  #levels: number[][] | null = null;
  /** Made by the first walk that needs them: most reach nothing twice. */
  #again: Set<number> | null = null;
  #againNodes: Set<number> | null = null;
  readonly #rows: number[] = [];
  readonly #unknown: UnknownSide;

  constructor(graph: LineageGraph) {
    this.#graph = graph;
    this.#unknown = new UnknownSide(graph);
  }

  walk(starts: readonly number[], direction: Direction, limit: { readonly depth: number; readonly view: RowView }): Walk {
    this.#reset({ direction, ...limit });
    for (const start of starts) this.#reach(start, -1, -1, 0);
    this.#starts = this.#tail;
    this.#walkKnown();
    this.#known = this.#tail;
    if (this.#seeds.length > 0) this.#walkPossible();
    return { starts: this.#starts, size: this.#tail, known: this.#known, again: this.#again ?? NOTHING, entries: this.#entries.slice(0, this.#tail * NUMBERS) };
  }

  /** The hot loop: rows of fields in the base, all of them true now. Whatever is not so plain looks closer. */
  #walkKnown(): void {
    const { direction, depth, view } = this.#question;
    const { starts, ends, targets, vias, rows } = sideOf(this.#graph.base, direction);
    const [places, entries, first, look] = [this.#places, this.#entries, this.#first, this.#graph.look];
    const closer = LOOK.changed | LOOK.notField | unknownBit(direction);
    const plain = view === NOW ? this.#graph.base.nodes : 0;
    for (let head = 0; head < this.#tail; head++) {
      const node = at(entries, head * NUMBERS);
      if ((node >= plain || (at(look, node) & closer) !== 0) && this.#lookCloser(head, node)) continue;
      const distance = at(entries, head * NUMBERS + 1) + 1;
      if (distance > depth) continue;
      const end = at(ends, node);
      let tail = this.#tail;
      let lastJob = -1;
      for (let i = at(starts, node); i < end; i++) {
        const target = at(targets, i);
        if (at(places, target) < first) {
          const entry = tail * NUMBERS;
          places[target] = first + tail++;
          entries[entry] = target;
          entries[entry + 1] = distance;
          entries[entry + 2] = head;
          entries[entry + 3] = rows === null ? i : at(rows, i);
        }
        const job = at(vias, i);
        // Rows of one job lie together, and READS have none: most rows need no second look.
        if (job === lastJob) continue;
        lastJob = job;
        if (job < 0 || at(places, job) >= first) continue;
        const entry = tail * NUMBERS;
        places[job] = first + tail++;
        entries[entry] = job;
        entries[entry + 1] = distance;
        entries[entry + 2] = head;
        entries[entry + 3] = rows === null ? i : at(rows, i);
      }
      this.#tail = tail;
    }
  }

  /** Notes what lies next to something unknown; true when the entry needs no more than that. */
  #lookCloser(entry: number, node: number): boolean {
    const { direction, view } = this.#question;
    const bits = this.#graph.lookOf(node);
    if ((bits & LOOK.notField) !== 0) {
      this.#meetProgram(entry, node, bits);
      return true;
    }
    if (view !== NOW || (bits & unknownBit(direction)) !== 0) this.#seeds.push(entry);
    if (view === NOW && (bits & LOOK.changed) === 0) return false;
    this.#expandBySight(entry, node);
    return true;
  }

  /** A job or consumer ends a known path, unless the walk starts from it: then it goes on with its program. */
  #meetProgram(entry: number, node: number, bits: number): void {
    const { direction, depth, view } = this.#question;
    const isStart = entry < this.#starts;
    const writesBlindly = direction === 'downstream' && (view !== NOW || (bits & LOOK.writesBlindly) !== 0);
    if (isStart || writesBlindly) this.#seeds.push(entry);
    if (!isStart || depth < 1) return;
    const rows: number[] = [];
    this.#graph.rowsAbout(node, view, rows);
    for (const row of rows) {
      const kind = kindIn(this.#graph.traitsOf(row));
      if (direction === 'downstream' && (kind === DERIVES || kind === GENERATES)) this.#reach(this.#graph.toOf(row), entry, row, 1);
      if (direction === 'upstream' && (kind === DERIVES || kind === READS)) this.#reach(this.#graph.fromOf(row), entry, row, 1);
    }
  }

  /** A field's rows through the view: as of a time, by evidence, or where the overlay has a say. */
  #expandBySight(entry: number, node: number): void {
    const { direction, depth, view } = this.#question;
    const distance = this.#distanceOf(entry) + 1;
    if (distance > depth) return;
    const rows = this.#rows;
    rows.length = 0;
    if (direction === 'downstream') this.#graph.rowsOut(node, view, rows);
    else this.#graph.rowsIn(node, view, rows);
    for (const row of rows) {
      this.#reach(direction === 'downstream' ? this.#graph.toOf(row) : this.#graph.fromOf(row), entry, row, distance);
      const job = this.#graph.viaOf(row);
      if (job >= 0) this.#reach(job, entry, row, distance);
    }
  }

  /**
   * Level by level, so that distances are shortest: the known entries next to something unknown and the
   * possible ones. Programs come first at each level, since what they write blindly is as far as they are.
   */
  #walkPossible(): void {
    const levels: number[][] = (this.#levels = []);
    let seed = 0;
    for (let level = 0; level <= this.#question.depth && (seed < this.#seeds.length || level < levels.length); level++) {
      const first = seed;
      while (seed < this.#seeds.length && this.#distanceOf(this.#seeds[seed] ?? 0) === level) seed++;
      const known = this.#seeds.slice(first, seed);
      for (const entry of [...known, ...(levels[level] ?? [])]) if (!this.#isOfData(entry)) this.#openProgram(entry);
      for (const entry of known) if (this.#isOfData(entry)) this.#openData(entry);
      for (const entry of levels[level] ?? []) {
        if (!this.#isOfData(entry)) continue;
        this.#expand(entry);
        this.#openData(entry);
      }
    }
  }

  #expand(entry: number): void {
    const { direction, depth, view } = this.#question;
    const node = this.#nodeOf(entry);
    const bits = this.#graph.lookOf(node);
    if ((bits & LOOK.notField) !== 0) return;
    if (view !== NOW || (bits & LOOK.changed) !== 0) {
      this.#expandBySight(entry, node);
      return;
    }
    const distance = this.#distanceOf(entry) + 1;
    if (distance > depth) return;
    const { starts, ends, targets, vias, rows } = sideOf(this.#graph.base, direction);
    for (let i = at(starts, node); i < at(ends, node); i++) {
      const row = rows === null ? i : at(rows, i);
      this.#reach(at(targets, i), entry, row, distance);
      if (at(vias, i) >= 0) this.#reach(at(vias, i), entry, row, distance);
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
    const isStart = entry < this.#starts;
    if (isStart && depth < 1) return;
    if (direction === 'upstream') {
      if (isStart) this.#openReads(entry, node, 1);
      return;
    }
    if (!this.#openOnce(node)) return;
    const distance = isStart ? 1 : this.#distanceOf(entry);
    this.#reachAll(this.#unknown.of(blindOutputs, node, view), entry, distance);
  }

  #openData(entry: number): void {
    const { direction, depth } = this.#question;
    const node = this.#nodeOf(entry);
    const dataset = this.#graph.kindOf(node) === DATASET ? node : this.#graph.datasetOf(node);
    if (this.#distanceOf(entry) >= depth) return;
    if (direction === 'downstream') this.#openReaders(entry, dataset);
    else this.#openWriters(entry, node, dataset);
  }

  /** Readers of the dataset that may read this field, once for each dataset. */
  #openReaders(entry: number, dataset: number): void {
    if (!this.#openOnce(dataset)) return;
    const distance = this.#distanceOf(entry) + 1;
    this.#reachAll(this.#unknown.of(unknownReaders, dataset, this.#question.view), entry, distance);
  }

  /** Jobs that write this field without saying from what, and everything they read, at the jobs' own distance. */
  #openWriters(entry: number, field: number, dataset: number): void {
    const { view } = this.#question;
    const writers = this.#unknown.of(blindWriters, dataset, view);
    if (writers.length === 0) return;
    const stated = statedWriters(this.#graph, field, view);
    const distance = this.#distanceOf(entry) + 1;
    for (let i = 0; i < writers.length; i += 2) {
      const job = at(writers, i);
      if (stated.has(job)) continue;
      this.#reach(job, entry, at(writers, i + 1), distance);
      this.#openReads(entry, job, distance);
    }
  }

  #openReads(entry: number, job: number, distance: number): void {
    if (!this.#openOnce(job)) return;
    this.#reachAll(this.#unknown.of(possibleReads, job, this.#question.view), entry, distance);
  }

  /** Nodes and the rows they are reached by, in turn. */
  #reachAll(nodesAndRows: Int32Array, entry: number, distance: number): void {
    for (let i = 0; i < nodesAndRows.length; i += 2) this.#reach(at(nodesAndRows, i), entry, at(nodesAndRows, i + 1), distance);
  }

  #openOnce(node: number): boolean {
    if (this.#opened[node] === this.#first) return false;
    this.#opened[node] = this.#first;
    return true;
  }

  #nodeOf(entry: number): number {
    return at(this.#entries, entry * NUMBERS);
  }
  #distanceOf(entry: number): number {
    return at(this.#entries, entry * NUMBERS + 1);
  }

  #reach(node: number, parent: number, row: number, distance: number): void {
    const known = at(this.#places, node) - this.#first;
    if (known < 0) this.#places[node] = this.#first + this.#tail;
    else if (!this.#isNearer(node, known, distance)) return;
    const entry = this.#tail++;
    const place = entry * NUMBERS;
    this.#entries[place] = node;
    this.#entries[place + 1] = distance;
    this.#entries[place + 2] = parent;
    this.#entries[place + 3] = row;
    if (this.#levels !== null) (this.#levels[distance] ??= []).push(entry);
  }

  /** Whether something unknown reaches a known node sooner than what is known does; said once for each node, the first being nearest. */
  #isNearer(node: number, known: number, distance: number): boolean {
    if (this.#levels === null || known >= this.#known || this.#distanceOf(known) <= distance || this.#againNodes?.has(node) === true) return false;
    (this.#againNodes ??= new Set()).add(node);
    const again = (this.#again ??= new Set());
    again.add(this.#tail);
    if ((this.#graph.nodes + again.size) * NUMBERS > this.#entries.length) this.#makeRoom();
    return true;
  }

  /** Nodes reached twice may need more entries than there are nodes. */
  #makeRoom(): void {
    const larger = new Int32Array(this.#entries.length * 2);
    larger.set(this.#entries);
    this.#entries = larger;
  }

  #reset(question: Question): void {
    const nodes = this.#graph.nodes;
    this.#question = question;
    this.#first += this.#tail;
    this.#tail = 0;
    this.#starts = 0;
    this.#seeds.length = 0;
    this.#levels = null;
    this.#again = null;
    this.#againNodes = null;
    if (this.#places.length >= nodes && this.#first < LAST_PLACE) return;
    const room = nodes + (nodes >> 4) + 64;
    [this.#places, this.#opened, this.#entries] = [new Int32Array(room), new Int32Array(room), new Int32Array(room * NUMBERS)];
    this.#first = 1;
  }
}

/** The base's rows by the node a walk in this direction comes from: [starts, ends) are true now. */
function sideOf(base: BaseGraph, direction: Direction) {
  return direction === 'downstream'
    ? { starts: base.outStart, ends: base.outNow, targets: base.to, vias: base.via, rows: null }
    : { starts: base.inStart, ends: base.inNow, targets: base.inFrom, vias: base.inVia, rows: base.inRow };
}

/** What tells that a field of this dataset has an unknown side in this direction. */
function unknownBit(direction: Direction): number {
  return direction === 'downstream' ? LOOK.readBySomeone : LOOK.writtenBlindly;
}
