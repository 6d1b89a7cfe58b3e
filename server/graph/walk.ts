import { OPAQUE } from './base-graph.ts';
import { at } from './int-column.ts';
import { DATASET, FIELD, type LineageGraph, NOW, type RowView } from './lineage-graph.ts';
import { completenessIn, DERIVES, GENERATES, kindIn, READS, USES, WRITES } from './row-traits.ts';

export type Direction = 'upstream' | 'downstream';

/** What a walk reached, in parallel arrays; the first `starts` entries are where it began. */
export interface Walk {
  readonly starts: number;
  readonly size: number;
  /** Entries before this are known; the others rest on something unknown. */
  readonly known: number;
  readonly nodes: Int32Array;
  /** Hops from the nearest start. */
  readonly distances: Int32Array;
  /** Position of the entry each was reached from, -1 for starts. */
  readonly parents: Int32Array;
  /** The row it was reached by. */
  readonly rows: Int32Array;
}

/**
 * Breadth-first walks over one graph. What is known comes first, over DERIVES and READS alone; then
 * everything that only an unknown use or unknown origins add. Working arrays are kept between walks.
 */
export class Walker {
  readonly #graph: LineageGraph;
  #stamps = new Int32Array(0);
  /** Jobs whose unknown side has been walked: a job may be known already and still have one. */
  #opened = new Int32Array(0);
  #stamp = 0;
  #nodes = new Int32Array(0);
  #distances = new Int32Array(0);
  #parents = new Int32Array(0);
  #rows = new Int32Array(0);
  #tail = 0;
  #starts = 0;
  /** Positions of known entries next to something unknown, nearest first. */
  #seeds: number[] = [];
  #scratch: number[] = [];

  constructor(graph: LineageGraph) {
    this.#graph = graph;
  }

  walk(starts: readonly number[], direction: Direction, limit: { readonly depth: number; readonly view: RowView }): Walk {
    this.#reset();
    for (const start of starts) this.#visit(start, -1, -1, 0);
    this.#starts = this.#tail;
    this.#walkKnown(direction, limit.depth, limit.view);
    const known = this.#tail;
    if (this.#seeds.length > 0) this.#walkPossible(direction, limit.depth, limit.view);
    const [size, slice] = [this.#tail, (array: Int32Array) => array.slice(0, this.#tail)];
    return { starts: this.#starts, size, known, nodes: slice(this.#nodes), distances: slice(this.#distances), parents: slice(this.#parents), rows: slice(this.#rows) };
  }

  #walkKnown(direction: Direction, depth: number, view: RowView): void {
    const { base, touched } = this.#graph;
    const plain = view === NOW;
    const opaqueBit = direction === 'downstream' ? OPAQUE.readBySomeone : OPAQUE.writtenBlindly;
    for (let head = 0; head < this.#tail; head++) {
      const node = at(this.#nodes, head);
      if (this.#graph.kindOf(node) !== FIELD) {
        this.#passReader(head, direction, view, depth);
        continue;
      }
      if (!plain || (this.#graph.opaqueOf(this.#graph.datasetOf(node)) & opaqueBit) !== 0) this.#seeds.push(head);
      if (at(this.#distances, head) >= depth) continue;
      if (!plain || node >= base.nodes || touched[node] === 1) this.#expandBySight(head, direction, view);
      else if (direction === 'downstream') this.#expandOut(head, node);
      else this.#expandIn(head, node);
    }
  }

  /** A job or consumer ends a known path, unless the walk starts from it: then it goes on with its program. */
  #passReader(head: number, direction: Direction, view: RowView, depth: number): void {
    const node = at(this.#nodes, head);
    const isStart = head < this.#starts;
    if (this.#graph.kindOf(node) === DATASET) {
      this.#seeds.push(head);
      return;
    }
    const passesOn = direction === 'downstream' && (view !== NOW || (this.#graph.opaqueOf(node) & OPAQUE.writesBlindly) !== 0);
    if (isStart || passesOn) this.#seeds.push(head);
    if (!isStart || depth < 1) return;
    const rows: number[] = [];
    this.#graph.rowsAbout(node, view, rows);
    for (const row of rows) {
      const kind = kindIn(this.#graph.traitsOf(row));
      if (direction === 'downstream' && (kind === DERIVES || kind === GENERATES)) this.#visitOnce(this.#graph.toOf(row), head, row, 1);
      if (direction === 'upstream' && (kind === DERIVES || kind === READS)) this.#visitOnce(this.#graph.fromOf(row), head, row, 1);
    }
  }

  /** The hot loop: a field's rows in the base, all of them true now. */
  #expandOut(head: number, node: number): void {
    const { outStart, outNow, to, via } = this.#graph.base;
    const stamps = this.#stamps;
    const stamp = this.#stamp;
    const distance = at(this.#distances, head) + 1;
    const end = at(outNow, node);
    for (let row = at(outStart, node); row < end; row++) {
      const target = at(to, row);
      if (stamps[target] !== stamp) this.#visit(target, head, row, distance);
      const job = at(via, row);
      if (job >= 0 && stamps[job] !== stamp) this.#visit(job, head, row, distance);
    }
  }

  #expandIn(head: number, node: number): void {
    const { inStart, inNow, inFrom, inVia, inRow } = this.#graph.base;
    const stamps = this.#stamps;
    const stamp = this.#stamp;
    const distance = at(this.#distances, head) + 1;
    const end = at(inNow, node);
    for (let i = at(inStart, node); i < end; i++) {
      const source = at(inFrom, i);
      if (stamps[source] !== stamp) this.#visit(source, head, at(inRow, i), distance);
      const job = at(inVia, i);
      if (job >= 0 && stamps[job] !== stamp) this.#visit(job, head, at(inRow, i), distance);
    }
  }

  /** The same through the view: as of a time, by evidence, or where the overlay has a say. */
  #expandBySight(head: number, direction: Direction, view: RowView): void {
    const node = at(this.#nodes, head);
    const distance = at(this.#distances, head) + 1;
    for (const row of this.#rowsFrom(node, direction, view)) {
      this.#visitOnce(direction === 'downstream' ? this.#graph.toOf(row) : this.#graph.fromOf(row), head, row, distance);
      const job = this.#graph.viaOf(row);
      if (job >= 0) this.#visitOnce(job, head, row, distance);
    }
  }

  /**
   * Level by level, so that distances are shortest: at each, the seeds of that level and the possible
   * entries of that level are opened; a job passes on at its own level, a field one further.
   */
  #walkPossible(direction: Direction, depth: number, view: RowView): void {
    let seed = 0;
    const pending: number[][] = [];
    let scanned = this.#tail;
    const collect = (): void => {
      for (; scanned < this.#tail; scanned++) (pending[at(this.#distances, scanned)] ??= []).push(scanned);
    };
    for (let level = 0; level <= depth && (seed < this.#seeds.length || level < pending.length); level++) {
      for (; seed < this.#seeds.length && at(this.#distances, this.#seeds[seed] ?? 0) === level; seed++) {
        this.#openUnknown(this.#seeds[seed] ?? 0, direction, depth, view);
        collect();
      }
      const entries = (pending[level] ??= []);
      for (let i = 0; i < entries.length; i++) {
        const position = entries[i] ?? 0;
        if (this.#graph.kindOf(at(this.#nodes, position)) === FIELD && level < depth) this.#expandBySight(position, direction, view);
        this.#openUnknown(position, direction, depth, view);
        collect();
      }
    }
  }

  #openUnknown(position: number, direction: Direction, depth: number, view: RowView): void {
    const node = at(this.#nodes, position);
    const dataset = this.#datasetAt(node);
    const room = at(this.#distances, position) < depth;
    if (direction === 'downstream') {
      if (dataset >= 0 && room) this.#openReaders(position, dataset, view);
      else if (dataset < 0 && (room || position >= this.#starts)) this.#openOutputs(position, node, view);
    } else if (dataset >= 0 && room) this.#openWriters(position, node, view);
    else if (dataset < 0 && position < this.#starts && room) this.#openReads(position, node, view, 1);
  }

  /** The dataset a field belongs to, or that stands for fields nobody knows; -1 for a job or consumer. */
  #datasetAt(node: number): number {
    return this.#graph.kindOf(node) === DATASET ? node : this.#graph.datasetOf(node);
  }

  /** Downstream: readers of the dataset that may read this field, once for each dataset. */
  #openReaders(position: number, dataset: number, view: RowView): void {
    if (this.#opened[dataset] === this.#stamp) return;
    this.#opened[dataset] = this.#stamp;
    for (const [reader, row] of unknownReaders(this.#graph, dataset, view)) this.#visitOnce(reader, position, row, at(this.#distances, position) + 1);
  }

  /** Downstream: fields a job writes without saying from what, at the job's own distance. */
  #openOutputs(position: number, job: number, view: RowView): void {
    if (this.#opened[job] === this.#stamp) return;
    this.#opened[job] = this.#stamp;
    const distance = position < this.#starts ? 1 : at(this.#distances, position);
    for (const [dataset, row] of blindWrites(this.#graph, job, view)) {
      for (const field of fieldsOrItself(this.#graph, dataset, view)) {
        if (this.#stamps[field] !== this.#stamp && !statesOrigin(this.#graph, field, job, view)) this.#visit(field, position, row, distance);
      }
    }
  }

  /** Upstream: jobs that write this field without saying from what, and everything they read. */
  #openWriters(position: number, field: number, view: RowView): void {
    const distance = at(this.#distances, position) + 1;
    for (const [job, row] of blindWriters(this.#graph, this.#datasetAt(field), view)) {
      if (statesOrigin(this.#graph, field, job, view)) continue;
      this.#visitOnce(job, position, row, distance);
      this.#openReads(position, job, view, distance);
    }
  }

  /** Upstream: every field a job reads or may read, at the job's own distance. */
  #openReads(position: number, job: number, view: RowView, distance: number): void {
    if (this.#opened[job] === this.#stamp) return;
    this.#opened[job] = this.#stamp;
    const rows: number[] = [];
    this.#graph.rowsAbout(job, view, rows);
    for (const row of rows) {
      const kind = kindIn(this.#graph.traitsOf(row));
      if (kind === READS || kind === DERIVES) this.#visitOnce(this.#graph.fromOf(row), position, row, distance);
    }
    for (const [dataset, row] of unknownUses(this.#graph, rows)) {
      for (const field of fieldsOrItself(this.#graph, dataset, view)) this.#visitOnce(field, position, row, distance);
    }
  }

  #rowsFrom(node: number, direction: Direction, view: RowView): readonly number[] {
    this.#scratch = [];
    if (direction === 'downstream') this.#graph.rowsOut(node, view, this.#scratch);
    else this.#graph.rowsIn(node, view, this.#scratch);
    return this.#scratch;
  }

  #reset(): void {
    const nodes = this.#graph.nodes;
    this.#seeds = [];
    this.#tail = 0;
    if (this.#stamps.length < nodes) {
      const room = nodes + (nodes >> 4) + 64;
      [this.#stamps, this.#opened, this.#nodes] = [new Int32Array(room), new Int32Array(room), new Int32Array(room)];
      [this.#distances, this.#parents, this.#rows] = [new Int32Array(room), new Int32Array(room), new Int32Array(room)];
      this.#stamp = 0;
    }
    this.#stamp++;
  }

  #visitOnce(node: number, parent: number, row: number, distance: number): void {
    if (this.#stamps[node] !== this.#stamp) this.#visit(node, parent, row, distance);
  }

  #visit(node: number, parent: number, row: number, distance: number): void {
    const tail = this.#tail++;
    this.#stamps[node] = this.#stamp;
    this.#nodes[tail] = node;
    this.#parents[tail] = parent;
    this.#rows[tail] = row;
    this.#distances[tail] = distance;
  }
}

/** A dataset's fields; where none is known the dataset itself stands for them, so that what lies behind it is not lost. */
export function fieldsOrItself(graph: LineageGraph, dataset: number, view: RowView): readonly number[] {
  const fields = graph.fieldsOf(dataset, view);
  return fields.length === 0 ? [dataset] : fields;
}

/** Whether a job says where a field it writes comes from, even if from nowhere. */
function statesOrigin(graph: LineageGraph, field: number, job: number, view: RowView): boolean {
  const rows: number[] = [];
  graph.rowsIn(field, view, rows);
  return rows.some((row) => graph.viaOf(row) === job || (kindIn(graph.traitsOf(row)) === GENERATES && graph.fromOf(row) === job));
}

/** Of rows of one kind, by the node at their far end, one row for each whose best evidence is not complete. */
function incomplete(graph: LineageGraph, rows: readonly number[], kind: number, endOf: (row: number) => number): Map<number, number> {
  const open = new Map<number, number>();
  const whole = new Set<number>();
  for (const row of rows) {
    const traits = graph.traitsOf(row);
    if (kindIn(traits) !== kind) continue;
    if (completenessIn(traits) === 'complete') whole.add(endOf(row));
    else open.set(endOf(row), row);
  }
  for (const node of whole) open.delete(node);
  return open;
}

/** Readers of a dataset that may read more of it than their READS, each with the row that says so. */
export function unknownReaders(graph: LineageGraph, dataset: number, view: RowView): Map<number, number> {
  const rows: number[] = [];
  graph.rowsOut(dataset, view, rows);
  return incomplete(graph, rows, USES, (row) => graph.toOf(row));
}
function unknownUses(graph: LineageGraph, rows: readonly number[]): Map<number, number> {
  return incomplete(graph, rows, USES, (row) => graph.fromOf(row));
}
function blindWrites(graph: LineageGraph, job: number, view: RowView): Map<number, number> {
  const rows: number[] = [];
  graph.rowsAbout(job, view, rows);
  return incomplete(graph, rows, WRITES, (row) => graph.toOf(row));
}
/** Writers of a dataset that leave the origin of some of its fields unknown. */
export function blindWriters(graph: LineageGraph, dataset: number, view: RowView): Map<number, number> {
  const rows: number[] = [];
  graph.rowsIn(dataset, view, rows);
  return incomplete(graph, rows, WRITES, (row) => graph.fromOf(row));
}
