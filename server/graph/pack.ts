import { OPEN_END } from '../catalog/lineage/rows.ts';
import { accumulate, Column, float64, int32, uint8 } from './arrays.ts';
import { numberNodes, type Numbering } from './number-nodes.ts';
import { OPEN_DOWNSTREAM, OPEN_UPSTREAM, type PackedGraph } from './packed-graph.ts';
import { completenessIn, DERIVES, GENERATES, type GraphTables, kindIn, USES, WRITES } from './tables.ts';

/** Rows with their ends as node numbers, grouped by program, findable by both ends. */
type PackedRows = Pick<PackedGraph,
  'rowStart' | 'rowProgram' | 'rowFrom' | 'rowTo' | 'rowTraits' | 'rowStating' | 'fromStart' | 'fromRow' | 'toStart' | 'toRow'>;
type PackedLists = Pick<PackedGraph,
  | 'downstreamStart' | 'downstreamNode' | 'upstreamStart' | 'upstreamNode' | 'unknownUsersStart' | 'unknownUsersNode'
  | 'opaqueOutputsStart' | 'opaqueOutputsNode' | 'opaqueWritersStart' | 'opaqueWritersNode'>;

/** Packs the graph; pure, and the same arrays for the same tables. */
export function pack(tables: GraphTables): PackedGraph {
  const numbering = numberNodes(tables);
  const nodes = packNodes(tables, numbering);
  const rows = packRows(tables, numbering);
  const lists = packLists(tables, numbering, rows);
  return {
    ...nodes,
    ...rows,
    ...lists,
    statingSlot: ownCopy(tables.statingSlot, int32),
    statingEvidence: ownCopy(tables.statingEvidence, uint8),
    statingFrom: ownCopy(tables.statingFrom, float64),
    statingTo: ownCopy(tables.statingTo, float64),
    statingFirstSeen: ownCopy(tables.statingFirstSeen, float64),
    statingLastSeen: ownCopy(tables.statingLastSeen, float64),
    flags: flagsOf(numbering, lists),
  };
}

function ownCopy<A extends Int32Array | Float64Array | Uint8Array>(array: A, allocate: (length: number) => A): A {
  const copy = allocate(array.length);
  copy.set(array);
  return copy;
}

type PackedNodes = Pick<PackedGraph,
  'sizes' | 'storeId' | 'nodeOf' | 'fieldStart' | 'fieldDataset' | 'name' | 'namespace' | 'programKind' | 'span' | 'spanFrom' | 'spanTo'>;

function packNodes(tables: GraphTables, numbering: Numbering): PackedNodes {
  const { fields, datasets, programs, tableOf } = numbering;
  const sizes = int32(3);
  sizes.set([fields, datasets, programs]);
  const total = tableOf.length;
  const gather = (column: ArrayLike<number>, from: number, into: Int32Array | Uint8Array): void => {
    for (let i = 0; i < into.length; i++) into[i] = column[tableOf[from + i] as number] as number;
  };
  const storeId = int32(total);
  const name = int32(total);
  const span = int32(total);
  const namespace = int32(datasets + programs);
  const programKind = uint8(programs);
  gather(tables.nodeId, 0, storeId);
  gather(tables.nodeName, 0, name);
  gather(tables.nodeSpan, 0, span);
  gather(tables.nodeNamespace, fields, namespace);
  gather(tables.nodeKind, fields + datasets, programKind);
  return {
    sizes, storeId, name, span, namespace, programKind,
    nodeOf: numbering.nodeOf,
    fieldStart: numbering.fieldStart,
    fieldDataset: numbering.fieldDataset,
    spanFrom: ownCopy(tables.spanFrom, float64),
    spanTo: ownCopy(tables.spanTo, float64),
  };
}

function packRows(tables: GraphTables, { fields, datasets, programs, nodeOf }: Numbering): PackedRows {
  const total = tables.rowProgram.length;
  const firstProgram = fields + datasets;
  const programOf = (row: number): number => {
    const node = nodeOf[tables.rowProgram[row] as number] ?? -1;
    if (node < firstProgram) throw new Error(`an edge comes from node ${tables.rowProgram[row]}, which is no job or consumer of the graph`);
    return node;
  };
  const endOf = (id: number): number => {
    if (id === 0) return -1;
    const node = nodeOf[id] ?? -1;
    if (node < 0 || node >= firstProgram) throw new Error(`an edge names node ${id}, which is no field or dataset of the graph`);
    return node;
  };
  const { start: rowStart, items: order } = groupRows(total, programs, (row) => programOf(row) - firstProgram);
  const columns = { rowProgram: int32(total), rowFrom: int32(total), rowTo: int32(total), rowTraits: int32(total), rowStating: int32(total) };
  for (let i = 0; i < total; i++) {
    const row = order[i] as number;
    columns.rowProgram[i] = programOf(row);
    columns.rowFrom[i] = endOf(tables.rowFrom[row] as number);
    columns.rowTo[i] = endOf(tables.rowTo[row] as number);
    columns.rowTraits[i] = tables.rowTraits[row] as number;
    columns.rowStating[i] = tables.rowStating[row] as number;
  }
  const from = groupRows(total, firstProgram, (row) => columns.rowFrom[row] as number);
  const to = groupRows(total, firstProgram, (row) => columns.rowTo[row] as number);
  return { rowStart, ...columns, fromStart: from.start, fromRow: from.items, toStart: to.start, toRow: to.items };
}

/** Counting sort of 0 … total - 1 into groups; what is in group -1 is left out. */
function groupRows(total: number, groups: number, groupOf: (row: number) => number): { start: Int32Array; items: Int32Array } {
  const start = int32(groups + 1);
  for (let row = 0; row < total; row++) {
    const group = groupOf(row);
    if (group >= 0) (start[group + 1] as number)++;
  }
  accumulate(start);
  const items = int32(start[groups] as number);
  const next = start.slice();
  for (let row = 0; row < total; row++) {
    const group = groupOf(row);
    if (group < 0) continue;
    items[next[group] as number] = row;
    (next[group] as number)++;
  }
  return { start, items };
}

function packLists(tables: GraphTables, numbering: Numbering, rows: PackedRows): PackedLists {
  const lists = new ListPacker(tables, numbering, rows);
  const downstream = lists.downstream();
  const upstream = lists.upstream();
  const users = lists.unknownUsers();
  const outputs = lists.opaqueOutputs();
  const writers = lists.writersOf(outputs);
  return {
    downstreamStart: downstream.start, downstreamNode: downstream.node,
    upstreamStart: upstream.start, upstreamNode: upstream.node,
    unknownUsersStart: users.start, unknownUsersNode: users.node,
    opaqueOutputsStart: outputs.start, opaqueOutputsNode: outputs.node,
    opaqueWritersStart: writers.start, opaqueWritersNode: writers.node,
  };
}

interface List {
  readonly start: Int32Array;
  readonly node: Int32Array;
}

/** The lists of `lists.ts` for the present, all nodes at once. */
class ListPacker {
  readonly #tables: GraphTables;
  readonly #numbering: Numbering;
  readonly #rows: PackedRows;
  readonly #open: Uint8Array;
  /** Last list that a node was put on. */
  readonly #stamp: Int32Array;
  #round = 0;

  constructor(tables: GraphTables, numbering: Numbering, rows: PackedRows) {
    this.#tables = tables;
    this.#numbering = numbering;
    this.#rows = rows;
    this.#open = Uint8Array.from(tables.statingTo, (end) => (end === OPEN_END ? 1 : 0));
    this.#stamp = new Int32Array(numbering.tableOf.length);
  }

  downstream(): List {
    const { fromStart, fromRow, rowTo } = this.#rows;
    return this.#fieldLists(fromStart, fromRow, rowTo);
  }
  upstream(): List {
    const { toStart, toRow, rowFrom } = this.#rows;
    return this.#fieldLists(toStart, toRow, rowFrom);
  }

  /** For each field the other ends of its rows, and their programs. */
  #fieldLists(rowsStart: Int32Array, rowsAt: Int32Array, otherEnd: Int32Array): List {
    const { fields } = this.#numbering;
    const { rowProgram, rowStating } = this.#rows;
    const start = int32(fields + 1);
    const node = new Column(int32);
    for (let field = 0; field < fields; field++) {
      this.#round++;
      for (let i = rowsStart[field] as number; i < (rowsStart[field + 1] as number); i++) {
        const row = rowsAt[i] as number;
        if (this.#open[rowStating[row] as number] === 0) continue;
        if ((otherEnd[row] as number) >= 0) this.#put(otherEnd[row] as number, node);
        this.#put(rowProgram[row] as number, node);
      }
      start[field + 1] = node.length;
    }
    return { start, node: node.trimmed() };
  }

  #put(node: number, list: Column<Int32Array>): void {
    if (this.#stamp[node] === this.#round) return;
    this.#stamp[node] = this.#round;
    list.push(node);
  }

  unknownUsers(): List {
    const { fields, datasets } = this.#numbering;
    const { fromStart, fromRow, rowProgram } = this.#rows;
    const start = int32(datasets + 1);
    const node = new Column(int32);
    for (let i = 0; i < datasets; i++) {
      const best = new Map<number, number>();
      for (let r = fromStart[fields + i] as number; r < (fromStart[fields + i + 1] as number); r++) {
        const row = fromRow[r] as number;
        this.#noteBest(best, rowProgram[row] as number, row, USES);
      }
      for (const [program, completeness] of best) if (completeness > 0) node.push(program);
      start[i + 1] = node.length;
    }
    return { start, node: node.trimmed() };
  }

  opaqueOutputs(): List {
    const { programs } = this.#numbering;
    const { rowStart, rowTo } = this.#rows;
    const start = int32(programs + 1);
    const node = new Column(int32);
    for (let program = 0; program < programs; program++) {
      const best = new Map<number, number>();
      this.#round++;
      for (let row = rowStart[program] as number; row < (rowStart[program + 1] as number); row++) {
        this.#noteBest(best, rowTo[row] as number, row, WRITES);
        if (this.#statesOrigin(row)) this.#stamp[rowTo[row] as number] = this.#round;
      }
      for (const [dataset, completeness] of best) if (completeness > 0) this.#putMembers(dataset, node);
      start[program + 1] = node.length;
    }
    return { start, node: node.trimmed() };
  }

  #noteBest(best: Map<number, number>, of: number, row: number, kind: number): void {
    const traits = this.#rows.rowTraits[row] as number;
    if (kindIn(traits) !== kind || this.#open[this.#rows.rowStating[row] as number] === 0) return;
    best.set(of, Math.min(best.get(of) ?? completenessIn(traits), completenessIn(traits)));
  }

  #statesOrigin(row: number): boolean {
    const kind = kindIn(this.#rows.rowTraits[row] as number);
    return (kind === DERIVES || kind === GENERATES) && this.#open[this.#rows.rowStating[row] as number] === 1;
  }

  /** The present fields of a dataset, or the dataset itself where there are none. */
  #putMembers(dataset: number, list: Column<Int32Array>): void {
    const { fields, fieldStart, tableOf } = this.#numbering;
    const { nodeSpan, spanTo } = this.#tables;
    let any = false;
    for (let field = fieldStart[dataset - fields] as number; field < (fieldStart[dataset - fields + 1] as number); field++) {
      if (spanTo[nodeSpan[tableOf[field] as number] as number] !== OPEN_END) continue;
      any = true;
      this.#put(field, list);
    }
    if (!any) this.#put(dataset, list);
  }

  /** The inverse of opaque outputs. */
  writersOf(outputs: List): List {
    const { fields, datasets, programs } = this.#numbering;
    const program = int32(outputs.node.length);
    for (let p = 0; p < programs; p++) program.fill(fields + datasets + p, outputs.start[p], outputs.start[p + 1]);
    const { start, items } = groupRows(outputs.node.length, fields + datasets, (i) => outputs.node[i] as number);
    return { start, node: items.map((i) => program[i] as number) };
  }
}

function flagsOf({ fields, datasets, programs, fieldStart }: Numbering, lists: PackedLists): Uint8Array {
  const flags = uint8(fields + datasets + programs);
  for (let i = 0; i < datasets; i++) {
    if (lists.unknownUsersStart[i] === lists.unknownUsersStart[i + 1]) continue;
    flags[fields + i] = OPEN_DOWNSTREAM;
    flags.fill(OPEN_DOWNSTREAM, fieldStart[i], fieldStart[i + 1]);
  }
  for (let p = 0; p < programs; p++) {
    if (lists.opaqueOutputsStart[p] !== lists.opaqueOutputsStart[p + 1]) flags[fields + datasets + p] = OPEN_DOWNSTREAM;
  }
  for (let member = 0; member < fields + datasets; member++) {
    if (lists.opaqueWritersStart[member] !== lists.opaqueWritersStart[member + 1]) (flags[member] as number) |= OPEN_UPSTREAM;
  }
  return flags;
}
