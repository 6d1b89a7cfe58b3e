import { at } from './int-column.ts';
import { type LineageGraph, LOOK, NOW } from './lineage-graph.ts';
import { DERIVES, GENERATES, kindIn, READS } from './row-traits.ts';
import { type Direction, stepsOf } from './steps.ts';
import type { Question } from './walk.ts';

/** Places count on from walk to walk; long before they leave 32 bits they begin anew. */
const LAST_PLACE = 2 ** 30;

/**
 * A breadth-first walk over what is known: DERIVES and READS alone. Its arrays are kept from walk to walk
 * and are as they were left until the next begins.
 */
export class KnownWalk {
  readonly #graph: LineageGraph;
  #question: Question = { direction: 'downstream', depth: 0, view: NOW };
  /** `first` + the entry of each node this walk has reached, be it known or possible; less for all others. */
  places = new Int32Array(0);
  first = 1;
  /** The node of each entry. */
  entries = new Int32Array(0);
  starts = 0;
  size = 0;
  /** The first entry of each of `distances` distances; it never shrinks, since that would give its room away. */
  readonly #levels: number[] = [0];
  #distances = 1;
  /** Entries next to something unknown, nearest first. */
  seeds: number[] = [];
  /** As in `Walk`. */
  lookedAt: number[] = [];
  sightings: number[] = [];
  readonly #rows: number[] = [];

  constructor(graph: LineageGraph) {
    this.#graph = graph;
  }

  /** `used`: how many entries the last walk had, possible ones included. */
  walk(starts: readonly number[], question: Question, used: number): void {
    this.#reset(question, used);
    for (const start of starts) this.#reach(start);
    this.starts = this.size;
    this.#walk();
  }

  /** As in `Walk.levels`. */
  get levels(): number[] {
    return this.#levels.slice(0, this.#distances);
  }
  /** The first entry further away than this. */
  endOf(distance: number): number {
    return distance + 1 < this.#distances ? (this.#levels[distance + 1] ?? 0) : this.size;
  }

  nodeOf(entry: number): number {
    return at(this.entries, entry);
  }

  #walk(): void {
    const { depth } = this.#question;
    let head = 0;
    for (let distance = 1; head < this.size && distance <= depth; distance++) {
      const end = this.size;
      this.#levels[this.#distances++] = end;
      while ((head = this.#takeSteps(head, end)) < end) this.#lookCloser(head++);
    }
    for (; head < this.size; head++) this.#noteUnknown(head, this.#graph.lookOf(this.nodeOf(head)));
  }

  /** The hot loop, without a call: takes the base's steps until it meets an entry that is not so plain, and tells which. */
  #takeSteps(from: number, end: number): number {
    const { direction, view } = this.#question;
    const { start, to } = stepsOf(this.#graph.base, direction);
    const [places, first, entries, look, seeds] = [this.places, this.first, this.entries, this.#graph.look, this.seeds];
    const plain = view === NOW ? this.#graph.base.nodes : 0;
    // A program has no steps and needs no look, unless the walk starts from it.
    const closer = from < this.starts ? LOOK.changed | LOOK.notField : LOOK.changed;
    const unknown = seedBits(direction);
    let [head, tail] = [from, this.size];
    for (; head < end; head++) {
      const node = at(entries, head);
      if (node >= plain) break;
      const bits = at(look, node);
      if ((bits & closer) !== 0) break;
      if ((bits & unknown) !== 0) seeds.push(head);
      const last = at(start, node + 1);
      for (let step = at(start, node); step < last; step++) {
        const target = at(to, step);
        if (at(places, target) >= first) continue;
        places[target] = first + tail;
        entries[tail++] = target;
      }
    }
    this.size = tail;
    return head;
  }

  #lookCloser(entry: number): void {
    const node = this.nodeOf(entry);
    const bits = this.#graph.lookOf(node);
    this.#noteUnknown(entry, bits);
    this.lookedAt.push(entry);
    if ((bits & LOOK.notField) === 0) this.#followBySight(entry, node);
    else if (entry < this.starts) this.#followProgram(entry, node);
  }

  #noteUnknown(entry: number, bits: number): void {
    const { direction, view } = this.#question;
    const isProgram = (bits & LOOK.notField) !== 0;
    if (isProgram && entry < this.starts) this.seeds.push(entry);
    else if (isProgram && direction === 'upstream') return;
    else if (view !== NOW || (bits & seedBits(direction)) !== 0) this.seeds.push(entry);
  }

  /** A job or consumer ends a known path, unless the walk starts from it: then it goes on with its program. */
  #followProgram(entry: number, node: number): void {
    const { direction, view } = this.#question;
    const rows: number[] = [];
    this.#graph.rowsAbout(node, view, rows);
    for (const row of rows) {
      const kind = kindIn(this.#graph.traitsOf(row));
      if (direction === 'downstream' && (kind === DERIVES || kind === GENERATES)) this.#sight(this.#graph.toOf(row), entry, row);
      if (direction === 'upstream' && (kind === DERIVES || kind === READS)) this.#sight(this.#graph.fromOf(row), entry, row);
    }
  }

  /** A field's rows through the view: as of a time, by evidence, or where the overlay has a say. */
  #followBySight(entry: number, node: number): void {
    const { direction, view } = this.#question;
    const rows = this.#rows;
    rows.length = 0;
    if (direction === 'downstream') this.#graph.rowsOut(node, view, rows);
    else this.#graph.rowsIn(node, view, rows);
    for (const row of rows) {
      this.#sight(direction === 'downstream' ? this.#graph.toOf(row) : this.#graph.fromOf(row), entry, row);
      const job = this.#graph.viaOf(row);
      if (job >= 0) this.#sight(job, entry, row);
    }
  }

  #sight(node: number, parent: number, row: number): void {
    if (this.#reach(node)) this.sightings.push(this.size - 1, parent, row);
  }

  #reach(node: number): boolean {
    if (at(this.places, node) >= this.first) return false;
    this.places[node] = this.first + this.size;
    this.entries[this.size++] = node;
    return true;
  }

  #reset(question: Question, used: number): void {
    const nodes = this.#graph.nodes;
    this.#question = question;
    this.first += used;
    this.size = 0;
    this.starts = 0;
    this.#distances = 1;
    if (this.seeds.length > 0) this.seeds = [];
    if (this.lookedAt.length > 0) [this.lookedAt, this.sightings] = [[], []];
    if (this.places.length >= nodes && this.first < LAST_PLACE) return;
    const room = nodes + (nodes >> 4) + 64;
    [this.places, this.entries, this.first] = [new Int32Array(room), new Int32Array(room), 1];
  }
}

/** What tells that a node has an unknown side in this direction: of a field, that its dataset has; of a job, that it writes blindly. */
function seedBits(direction: Direction): number {
  return direction === 'downstream' ? LOOK.readBySomeone | LOOK.writesBlindly : LOOK.writtenBlindly;
}
