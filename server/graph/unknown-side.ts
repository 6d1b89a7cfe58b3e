import { type LineageGraph, NOW, type RowView } from './lineage-graph.ts';
import { completenessIn, DERIVES, GENERATES, kindIn, READS, USES, WRITES } from './row-traits.ts';

/** What is unknown next to a node: other nodes, each with the row that says so. */
type Look = (graph: LineageGraph, node: number, view: RowView) => Iterable<readonly [node: number, row: number]>;

/** Looks at the unknown side of nodes, remembering what is so now: a hub's thousands of readers are sifted once, not once a walk. */
export class UnknownSide {
  readonly #graph: LineageGraph;
  readonly #found = new Map<Look, Map<number, Int32Array>>();
  #version = -1;

  constructor(graph: LineageGraph) {
    this.#graph = graph;
  }

  /** Nodes and rows in turn. */
  of(look: Look, node: number, view: RowView): Int32Array {
    if (view !== NOW) return flat(look(this.#graph, node, view));
    if (this.#version !== this.#graph.version) {
      this.#version = this.#graph.version;
      this.#found.clear();
    }
    let found = this.#found.get(look);
    if (found === undefined) this.#found.set(look, (found = new Map()));
    let known = found.get(node);
    if (known === undefined) found.set(node, (known = flat(look(this.#graph, node, view))));
    return known;
  }
}

function flat(pairs: Iterable<readonly [number, number]>): Int32Array {
  return Int32Array.from([...pairs].flat());
}

/** A dataset's fields; where none is known the dataset itself stands for them, so that what lies behind it is not lost. */
export function fieldsOrItself(graph: LineageGraph, dataset: number, view: RowView): readonly number[] {
  const fields = graph.fieldsOf(dataset, view);
  return fields.length === 0 ? [dataset] : fields;
}

/** Readers of a dataset that may read more of it than their READS, each with the row that says so. */
export function unknownReaders(graph: LineageGraph, dataset: number, view: RowView): Map<number, number> {
  const rows: number[] = [];
  graph.rowsOut(dataset, view, rows);
  return incomplete(graph, rows, USES, (row) => graph.toOf(row));
}

/** Writers of a dataset that leave the origin of some of its fields unknown, each with the row that says so. */
export function blindWriters(graph: LineageGraph, dataset: number, view: RowView): Map<number, number> {
  const rows: number[] = [];
  graph.rowsIn(dataset, view, rows);
  return incomplete(graph, rows, WRITES, (row) => graph.fromOf(row));
}

/** What a job writes without saying from what: fields, each with the row that says it writes their dataset. */
export function blindOutputs(graph: LineageGraph, job: number, view: RowView): [field: number, row: number][] {
  const rows: number[] = [];
  graph.rowsAbout(job, view, rows);
  const blind = incomplete(graph, rows, WRITES, (row) => graph.toOf(row));
  if (blind.size === 0) return [];
  const stated = new Set(rows.filter((row) => statesOrigin(graph, row)).map((row) => graph.toOf(row)));
  return [...blind].flatMap(([dataset, row]) => unstated(fieldsOrItself(graph, dataset, view), stated).map((field): [number, number] => [field, row]));
}

/** Everything a job reads or may read, each with the row that says so. */
export function possibleReads(graph: LineageGraph, job: number, view: RowView): [field: number, row: number][] {
  const rows: number[] = [];
  graph.rowsAbout(job, view, rows);
  const reads = rows.filter((row) => kindIn(graph.traitsOf(row)) === READS || kindIn(graph.traitsOf(row)) === DERIVES);
  const unknown = incomplete(graph, rows, USES, (row) => graph.fromOf(row));
  return [
    ...reads.map((row): [number, number] => [graph.fromOf(row), row]),
    ...[...unknown].flatMap(([dataset, row]) => fieldsOrItself(graph, dataset, view).map((field): [number, number] => [field, row])),
  ];
}

/** Jobs that say where a field comes from, even if from nowhere. */
export function statedWriters(graph: LineageGraph, field: number, view: RowView): Set<number> {
  const rows: number[] = [];
  graph.rowsIn(field, view, rows);
  return new Set(rows.filter((row) => statesOrigin(graph, row)).map((row) => (kindIn(graph.traitsOf(row)) === DERIVES ? graph.viaOf(row) : graph.fromOf(row))));
}

function statesOrigin(graph: LineageGraph, row: number): boolean {
  const kind = kindIn(graph.traitsOf(row));
  return kind === DERIVES || kind === GENERATES;
}

function unstated(fields: readonly number[], stated: ReadonlySet<number>): readonly number[] {
  return stated.size === 0 ? fields : fields.filter((field) => !stated.has(field));
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
