import { type EdgeRow, type NodeRow, OPEN_END } from '../catalog/lineage/rows.ts';
import { ENTITY_KINDS } from '../catalog/names.ts';
import { type BaseGraph, OPAQUE } from './base-graph.ts';
import { at, IntColumn } from './int-column.ts';
import { LifeTimes } from './life-times.ts';
import { joinName, NameHeapBuilder } from './name-heap.ts';
import { completenessIn, DERIVES, kindIn, packTraits, READS, USES, WRITES } from './row-traits.ts';
import { layOutSteps } from './steps.ts';

const DATASET = ENTITY_KINDS.indexOf('dataset');
const FIELD = ENTITY_KINDS.indexOf('field');
/** Steps between two chances to let others run: some 5 ms of work. */
const SLICE = 50_000;

/** Rows as they come from a scan, in columns: a tenth of the memory of as many objects. */
export class RowColumns {
  readonly nodeIds = new IntColumn();
  readonly nodeKinds = new IntColumn();
  readonly nodeDatasets = new IntColumn();
  readonly nodeLives = new IntColumn();
  readonly nodeNames: string[] = [];
  readonly from = new IntColumn();
  readonly to = new IntColumn();
  readonly via = new IntColumn();
  readonly slot = new IntColumn();
  readonly traits = new IntColumn();
  readonly life = new IntColumn();
  readonly lifeTimes = new LifeTimes();

  addNode(node: NodeRow): void {
    this.nodeIds.push(node.id);
    this.nodeKinds.push(ENTITY_KINDS.indexOf(node.kind));
    this.nodeDatasets.push(node.dataset);
    this.nodeLives.push(this.lifeTimes.number(lifeOfNode(node)));
    this.nodeNames.push(node.kind === 'field' ? node.path : joinName(node.namespace, node.name));
  }

  addEdge(edge: EdgeRow): void {
    this.from.push(edge.from);
    this.to.push(edge.to);
    this.via.push(edge.via);
    this.slot.push(edge.slot);
    this.traits.push(packTraits(edge));
    this.life.push(this.lifeTimes.number(edge));
  }
}

export function lifeOfNode({ validFrom, validTo }: NodeRow): { validFrom: number; validTo: number; firstSeen: number; lastSeen: number } {
  return { validFrom, validTo, firstSeen: 0, lastSeen: 0 };
}

/** Builds the arrays from rows that name nodes by store id. It yields often, so that a caller can spread it over turns. */
export function* buildBase(columns: RowColumns): Generator<void, BaseGraph> {
  const count = columns.nodeIds.length;
  const position = positionByStoreId(columns);
  const order = yield* numberNodes(columns, position);
  const nodes = yield* nodeArrays(columns, order, position);
  const { sorted, outStart, outNow } = yield* sortRows(columns, nodes.denseIds, count);
  const inward = yield* grouped(sorted.to, sorted.open, count);
  const actors = yield* grouped(actorsOf(sorted), sorted.open, count);
  const { from, to, via, slot, traits, life, rows } = sorted;
  const down = yield* layOutSteps(nodes.kinds, { start: outStart, now: outNow, items: null, far: to, via });
  const up = yield* layOutSteps(nodes.kinds, { ...inward, far: from, via });
  return {
    nodes: count, rows, ...nodes, lifeTimes: columns.lifeTimes, from, to, via, slot, traits, life, outStart, outNow,
    inStart: inward.start, inNow: inward.now, inRow: inward.items,
    downStart: down.start, downTo: down.to, upStart: up.start, upTo: up.to,
    actorStart: actors.start, actorRow: actors.items, opaque: opaqueOf(sorted, count),
  };
}

function positionByStoreId({ nodeIds }: RowColumns): Int32Array {
  let largest = 0;
  for (let i = 0; i < nodeIds.length; i++) largest = Math.max(largest, nodeIds.at(i));
  const position = new Int32Array(largest + 1).fill(-1);
  for (let i = 0; i < nodeIds.length; i++) position[nodeIds.at(i)] = i;
  return position;
}

/** Positions of nodes in dense order: datasets topologically, each with its fields behind it, then the rest. */
function* numberNodes(columns: RowColumns, position: Int32Array): Generator<void, Int32Array> {
  const count = columns.nodeIds.length;
  const datasets = yield* datasetsInOrder(columns, position);
  const fields = yield* fieldsByDataset(columns, position);
  const order = new Int32Array(count);
  let next = 0;
  for (const dataset of datasets) {
    order[next++] = dataset;
    for (let i = at(fields.start, dataset); i < at(fields.start, dataset + 1); i++) order[next++] = at(fields.items, i);
  }
  for (let i = 0; i < count; i++) {
    const kind = columns.nodeKinds.at(i);
    if (kind !== DATASET && kind !== FIELD) order[next++] = i;
  }
  return order;
}

function* fieldsByDataset(columns: RowColumns, position: Int32Array): Generator<void, Grouping> {
  const owner = new Int32Array(columns.nodeIds.length);
  for (let i = 0; i < owner.length; i++) owner[i] = columns.nodeKinds.at(i) === FIELD ? at(position, columns.nodeDatasets.at(i)) : -1;
  return yield* grouped(owner, null, columns.nodeIds.length);
}

/** Kahn's order over datasets; what lies on a cycle follows in store order. */
function* datasetsInOrder(columns: RowColumns, position: Int32Array): Generator<void, number[]> {
  const count = columns.nodeIds.length;
  const source = new Int32Array(columns.from.length).fill(-1);
  const target = new Int32Array(columns.from.length);
  const incoming = new Int32Array(count);
  for (let row = 0; row < source.length; row++) {
    if (row % SLICE === 0) yield;
    if (kindIn(columns.traits.at(row)) !== DERIVES) continue;
    const [a, b] = [datasetAt(columns, position, columns.from.at(row)), datasetAt(columns, position, columns.to.at(row))];
    if (a === b) continue;
    source[row] = a;
    target[row] = b;
    incoming[b] = at(incoming, b) + 1;
  }
  const out = yield* grouped(source, null, count);
  const datasets: number[] = [];
  for (let i = 0; i < count; i++) if (columns.nodeKinds.at(i) === DATASET) datasets.push(i);
  const ready = datasets.filter((d) => at(incoming, d) === 0);
  const placed = new Uint8Array(count);
  for (let head = 0; head < ready.length; head++) {
    const dataset = ready[head] ?? 0;
    placed[dataset] = 1;
    for (let i = at(out.start, dataset); i < at(out.start, dataset + 1); i++) {
      const next = at(target, at(out.items, i));
      const left = at(incoming, next) - 1;
      incoming[next] = left;
      if (left === 0) ready.push(next);
    }
    if (head % SLICE === 0) yield;
  }
  return [...ready, ...datasets.filter((d) => at(placed, d) === 0)];
}

function datasetAt({ nodeDatasets }: RowColumns, position: Int32Array, storeId: number): number {
  return at(position, nodeDatasets.at(at(position, storeId)));
}

function* nodeArrays(columns: RowColumns, order: Int32Array, position: Int32Array) {
  const count = order.length;
  const denseIds = new Int32Array(position.length).fill(-1);
  for (let dense = 0; dense < count; dense++) denseIds[columns.nodeIds.at(at(order, dense))] = dense;
  const [kinds, datasetOf, fieldCount] = [new Uint8Array(count), new Int32Array(count).fill(-1), new Int32Array(count)];
  const [storeIds, nodeLife, names] = [new Int32Array(count), new Int32Array(count), new NameHeapBuilder(count)];
  for (let dense = 0; dense < count; dense++) {
    const i = at(order, dense);
    kinds[dense] = columns.nodeKinds.at(i);
    storeIds[dense] = columns.nodeIds.at(i);
    nodeLife[dense] = columns.nodeLives.at(i);
    names.add(columns.nodeNames[i] ?? '');
    if (kinds[dense] === FIELD) {
      const dataset = at(denseIds, columns.nodeDatasets.at(i));
      datasetOf[dense] = dataset;
      fieldCount[dataset] = at(fieldCount, dataset) + 1;
    }
    if (dense % SLICE === 0) yield;
  }
  return { kinds, datasetOf, fieldCount, storeIds, denseIds, nodeLife, names: names.finish() };
}

interface SortedRows {
  readonly rows: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly via: Int32Array;
  readonly slot: Int32Array;
  readonly traits: Int32Array;
  readonly life: Int32Array;
  /** 1 for what is true now. */
  readonly open: Uint8Array;
}

function* sortRows(columns: RowColumns, denseIds: Int32Array, nodes: number): Generator<void, { sorted: SortedRows; outStart: Int32Array; outNow: Int32Array }> {
  const rows = columns.from.length;
  const isOpen = Uint8Array.from(columns.lifeTimes.all, ({ validTo }) => (validTo === OPEN_END ? 1 : 0));
  const [source, open] = [new Int32Array(rows), new Uint8Array(rows)];
  for (let row = 0; row < rows; row++) {
    source[row] = at(denseIds, columns.from.at(row));
    open[row] = at(isOpen, columns.life.at(row));
    if (row % SLICE === 0) yield;
  }
  const { start, now, items } = yield* grouped(source, open, nodes);
  const sorted = {
    rows, from: new Int32Array(rows), to: new Int32Array(rows), via: new Int32Array(rows), slot: new Int32Array(rows),
    traits: new Int32Array(rows), life: new Int32Array(rows), open: new Uint8Array(rows),
  };
  for (let i = 0; i < rows; i++) {
    const row = at(items, i);
    const via = columns.via.at(row);
    sorted.from[i] = at(source, row);
    sorted.to[i] = at(denseIds, columns.to.at(row));
    sorted.via[i] = via === 0 ? -1 : at(denseIds, via);
    sorted.slot[i] = columns.slot.at(row);
    sorted.traits[i] = columns.traits.at(row);
    sorted.life[i] = columns.life.at(row);
    sorted.open[i] = at(open, row);
    if (i % SLICE === 0) yield;
  }
  return { sorted, outStart: start, outNow: now };
}

interface Grouping {
  /** Items of group g: [start[g], start[g + 1]); the open ones end at now[g]. */
  readonly start: Int32Array;
  readonly now: Int32Array;
  readonly items: Int32Array;
}

/** Counting sort of item numbers by group, open ones first, otherwise in order; group -1 is left out. */
function* grouped(groupOf: Int32Array, open: Uint8Array | null, groups: number): Generator<void, Grouping> {
  const start = new Int32Array(groups + 1);
  const now = new Int32Array(groups);
  for (let i = 0; i < groupOf.length; i++) {
    const group = at(groupOf, i);
    if (group < 0) continue;
    start[group + 1] = at(start, group + 1) + 1;
    if (open === null || open[i] === 1) now[group] = at(now, group) + 1;
    if (i % SLICE === 0) yield;
  }
  for (let g = 0; g < groups; g++) start[g + 1] = at(start, g + 1) + at(start, g);
  const nextOpen = start.slice(0, groups);
  for (let g = 0; g < groups; g++) now[g] = at(now, g) + at(start, g);
  const nextEnded = now.slice();
  const items = new Int32Array(at(start, groups));
  for (let i = 0; i < groupOf.length; i++) {
    const group = at(groupOf, i);
    if (group < 0) continue;
    const next = open === null || open[i] === 1 ? nextOpen : nextEnded;
    items[at(next, group)] = i;
    next[group] = at(next, group) + 1;
    if (i % SLICE === 0) yield;
  }
  return { start, now, items };
}

/** The job or consumer each row is about. */
function actorsOf({ rows, from, to, via, traits }: SortedRows): Int32Array {
  const actors = new Int32Array(rows);
  for (let row = 0; row < rows; row++) actors[row] = actorOf(at(traits, row), at(from, row), at(to, row), at(via, row));
  return actors;
}

/** DERIVES is about its job, what leaves a job about that job, what arrives at a reader about that reader. */
export function actorOf(traits: number, from: number, to: number, via: number): number {
  const kind = kindIn(traits);
  if (kind === DERIVES) return via;
  return kind === READS || kind === USES ? to : from;
}

function opaqueOf({ rows, from, to, traits, open }: SortedRows, nodes: number): Uint8Array {
  const opaque = new Uint8Array(nodes);
  for (let row = 0; row < rows; row++) if (open[row] === 1) markOpaque(opaque, at(traits, row), at(from, row), at(to, row));
  return opaque;
}

/** Sets the `OPAQUE` bits that one row that is true now implies. */
export function markOpaque(opaque: Uint8Array, traits: number, from: number, to: number): void {
  if (completenessIn(traits) === 'complete') return;
  const kind = kindIn(traits);
  if (kind === USES) opaque[from] = at(opaque, from) | OPAQUE.readBySomeone;
  if (kind !== WRITES) return;
  opaque[from] = at(opaque, from) | OPAQUE.writesBlindly;
  opaque[to] = at(opaque, to) | OPAQUE.writtenBlindly;
}
