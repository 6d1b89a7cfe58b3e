import { accumulate, int32 } from './arrays.ts';
import { DATASET, FIELD, type GraphTables, kindIn, USES, WRITES } from './tables.ts';

/** Where each node of the tables goes. */
export interface Numbering {
  readonly fields: number;
  readonly datasets: number;
  readonly programs: number;
  /** Place in the tables of the node with this number. */
  readonly tableOf: Int32Array;
  /** Number of the node with this store id, -1 where there is none. */
  readonly nodeOf: Int32Array;
  readonly fieldStart: Int32Array;
  readonly fieldDataset: Int32Array;
}

/** Numbers fields by dataset, datasets and programs in topological order; the tables list nodes by ascending store id. */
export function numberNodes(tables: GraphTables): Numbering {
  const coarse = flowOrder(tables);
  const datasets = coarse.filter((place) => tables.nodeKind[place] === DATASET);
  const programs = coarse.filter((place) => (tables.nodeKind[place] ?? 0) > DATASET);
  const total = tables.nodeId.length;
  const fields = total - coarse.length;
  const tableOf = int32(total);
  tableOf.set(datasets, fields);
  tableOf.set(programs, fields + datasets.length);
  const rank = placesById(tables);
  datasets.forEach((place, i) => (rank[tables.nodeId[place] as number] = i));
  const { fieldStart, fieldDataset } = placeFields(tables, { rank, fields, datasets: datasets.length, tableOf });
  const nodeOf = rank.fill(-1);
  for (let node = 0; node < total; node++) nodeOf[tables.nodeId[tableOf[node] as number] as number] = node;
  return { fields, datasets: datasets.length, programs: programs.length, tableOf, nodeOf, fieldStart, fieldDataset };
}

/** Counting sort of fields by their dataset's place; the order within a dataset stays. */
function placeFields(tables: GraphTables, order: { rank: Int32Array; fields: number; datasets: number; tableOf: Int32Array }): Pick<Numbering, 'fieldStart' | 'fieldDataset'> {
  const { rank, fields, datasets, tableOf } = order;
  const fieldStart = int32(datasets + 1);
  const fieldDataset = int32(fields);
  const { nodeKind, nodeDataset } = tables;
  for (let place = 0; place < nodeKind.length; place++) {
    if (nodeKind[place] === FIELD) (fieldStart[datasetRank(tables, rank, place) + 1] as number)++;
  }
  accumulate(fieldStart);
  const next = fieldStart.slice();
  for (let place = 0; place < nodeKind.length; place++) {
    if (nodeKind[place] !== FIELD) continue;
    const dataset = rank[nodeDataset[place] as number] as number;
    const node = next[dataset] as number;
    next[dataset] = node + 1;
    tableOf[node] = place;
    fieldDataset[node] = fields + dataset;
  }
  return { fieldStart, fieldDataset };
}

function datasetRank(tables: GraphTables, rank: Int32Array, place: number): number {
  const found = rank[tables.nodeDataset[place] as number] ?? -1;
  if (found < 0) throw new Error(`field ${tables.nodeId[place]} belongs to node ${tables.nodeDataset[place]}, which is not a dataset of the graph`);
  return found;
}

function placesById(tables: GraphTables): Int32Array {
  const highest = tables.nodeId.reduce((max, id) => Math.max(max, id), 0);
  return int32(highest + 1).fill(-1);
}

/**
 * Datasets and programs so that each comes after what flows into it (Kahn). In a cycle the one the store
 * knew first goes first, which keeps the order the same for the same graph.
 */
function flowOrder(tables: GraphTables): number[] {
  const { nodeKind } = tables;
  const { start, target, waiting } = flowEdges(tables);
  const order: number[] = [];
  const emitted = new Uint8Array(nodeKind.length);
  const emit = (place: number): void => {
    emitted[place] = 1;
    order.push(place);
  };
  for (let place = 0; place < nodeKind.length; place++) if (nodeKind[place] !== FIELD && waiting[place] === 0) emit(place);
  let stuck = 0;
  for (let head = 0; ; head++) {
    if (head === order.length) {
      while (stuck < nodeKind.length && (nodeKind[stuck] === FIELD || emitted[stuck] === 1)) stuck++;
      if (stuck === nodeKind.length) return order;
      emit(stuck);
    }
    const place = order[head] as number;
    for (let e = start[place] as number; e < (start[place + 1] as number); e++) {
      const next = target[e] as number;
      waiting[next] = (waiting[next] as number) - 1;
      if (waiting[next] === 0 && emitted[next] === 0) emit(next);
    }
  }
}

/** USES and WRITES as edges between places of the tables. */
function flowEdges(tables: GraphTables): { start: Int32Array; target: Int32Array; waiting: Int32Array } {
  const place = placesById(tables);
  tables.nodeId.forEach((id, i) => (place[id] = i));
  const start = new Int32Array(tables.nodeId.length + 1);
  const waiting = new Int32Array(tables.nodeId.length);
  eachFlow(tables, place, (from, to) => {
    (start[from + 1] as number)++;
    (waiting[to] as number)++;
  });
  accumulate(start);
  const target = new Int32Array(start[start.length - 1] as number);
  const next = start.slice();
  eachFlow(tables, place, (from, to) => {
    target[next[from] as number] = to;
    (next[from] as number)++;
  });
  return { start, target, waiting };
}

function eachFlow({ rowProgram, rowFrom, rowTo, rowTraits }: GraphTables, place: Int32Array, visit: (from: number, to: number) => void): void {
  for (let row = 0; row < rowProgram.length; row++) {
    const kind = kindIn(rowTraits[row] as number);
    if (kind !== USES && kind !== WRITES) continue;
    const program = place[rowProgram[row] as number] ?? -1;
    const dataset = place[(kind === USES ? rowFrom[row] : rowTo[row]) as number] ?? -1;
    if (program < 0 || dataset < 0) continue;
    if (kind === USES) visit(dataset, program);
    else visit(program, dataset);
  }
}
