import type { Completeness, Evidence, ReadReason } from '../catalog/changes.ts';
import { reasonsOf } from '../catalog/lineage/rows.ts';
import type { DatasetRef, EntityRef, FieldRef, ReaderRef } from '../catalog/names.ts';
import type { Certainty } from './closure.ts';
import type { LineageGraph, RowView } from './lineage-graph.ts';
import { completenessIn, DERIVES, evidenceIn, GENERATES, identityIn, kindIn, READS, reasonsIn, USES, WRITES } from './row-traits.ts';

export interface EvidenceSeen {
  readonly evidence: Evidence;
  /** ms. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}
export interface ReadField {
  readonly path: string;
  readonly reasons: readonly ReadReason[];
}
/** Who reads a dataset, and which of its fields as far as anybody knows. */
export interface DatasetReader {
  readonly ref: ReaderRef;
  /** Best of all evidence: 'complete' when one source states every field it reads. */
  readonly completeness: Completeness;
  readonly evidence: readonly EvidenceSeen[];
  readonly fields: readonly ReadField[];
}
export interface DatasetWriter {
  readonly ref: ReaderRef;
  /** How much is known of where the fields it writes come from. */
  readonly completeness: Completeness;
  readonly evidence: readonly EvidenceSeen[];
}
export interface FieldReader {
  readonly ref: ReaderRef;
  readonly reasons: readonly ReadReason[];
  readonly certainty: Certainty;
  readonly evidence: readonly EvidenceSeen[];
}
export interface FieldOrigin {
  readonly field: EntityRef;
  readonly via: EntityRef | null;
  readonly identity: boolean;
  readonly evidence: readonly EvidenceSeen[];
}
export interface FieldUse {
  readonly readers: readonly FieldReader[];
  readonly writers: readonly DatasetWriter[];
  readonly derivesFrom: readonly FieldOrigin[];
  readonly derivesTo: readonly FieldOrigin[];
}
export interface ProgramUse {
  readonly reads: readonly { readonly dataset: DatasetRef; readonly completeness: Completeness; readonly evidence: readonly EvidenceSeen[]; readonly fields: readonly ReadField[] }[];
  readonly writes: readonly { readonly dataset: DatasetRef; readonly completeness: Completeness; readonly evidence: readonly EvidenceSeen[] }[];
}

const VALUE_BIT = 1;
type RowsOf = 'rowsOut' | 'rowsIn' | 'rowsAbout';

export function readersOf(graph: LineageGraph, dataset: number, view: RowView): DatasetReader[] {
  const uses = Map.groupBy(rowsOfKind(graph, ['rowsOut', dataset], view, [USES]), (row) => graph.toOf(row));
  const reads = readsOfDataset(graph, dataset, view);
  return [...uses].map(([reader, rows]) => ({
    ref: readerRef(graph, reader),
    completeness: bestOf(graph, rows),
    evidence: evidenceOf(graph, rows),
    fields: [...(reads.get(reader) ?? [])].map(([field, mask]) => ({ path: pathOf(graph, field), reasons: reasonsOf(mask) })),
  }));
}

export function writersOf(graph: LineageGraph, dataset: number, view: RowView): DatasetWriter[] {
  const writes = Map.groupBy(rowsOfKind(graph, ['rowsIn', dataset], view, [WRITES]), (row) => graph.fromOf(row));
  return [...writes].map(([writer, rows]) => ({ ref: readerRef(graph, writer), completeness: bestOf(graph, rows), evidence: evidenceOf(graph, rows) }));
}

/** Who reads one field and why; readers of the dataset whose fields are unknown are possible readers of each. */
export function fieldUse(graph: LineageGraph, field: number, view: RowView): FieldUse {
  const out = rowsOfKind(graph, ['rowsOut', field], view, [READS, DERIVES]);
  const known = Map.groupBy(out, (row) => (kindIn(graph.traitsOf(row)) === READS ? graph.toOf(row) : graph.viaOf(row)));
  const dataset = graph.datasetOf(field);
  const readers = [...known].map(([reader, rows]): FieldReader => ({ ref: readerRef(graph, reader), reasons: reasonsOf(maskOf(graph, rows)), certainty: 'known', evidence: evidenceOf(graph, rows) }));
  const uses = Map.groupBy(rowsOfKind(graph, ['rowsOut', dataset], view, [USES]), (row) => graph.toOf(row));
  const possible = [...uses]
    .filter(([reader, rows]) => !known.has(reader) && bestOf(graph, rows) !== 'complete')
    .map(([reader, rows]): FieldReader => ({ ref: readerRef(graph, reader), reasons: [], certainty: 'possible', evidence: evidenceOf(graph, rows) }));
  return {
    readers: [...readers, ...possible],
    writers: writersOf(graph, dataset, view),
    derivesFrom: origins(graph, rowsOfKind(graph, ['rowsIn', field], view, [DERIVES]), (row) => graph.fromOf(row)),
    derivesTo: origins(graph, out.filter((row) => kindIn(graph.traitsOf(row)) === DERIVES), (row) => graph.toOf(row)),
  };
}

export function programOf(graph: LineageGraph, actor: number, view: RowView): ProgramUse {
  const rows = rowsOfKind(graph, ['rowsAbout', actor], view, [READS, DERIVES, USES, WRITES, GENERATES]);
  const ofKind = (...kinds: number[]): number[] => rows.filter((row) => kinds.includes(kindIn(graph.traitsOf(row))));
  const reads = Map.groupBy(ofKind(READS, DERIVES), (row) => graph.datasetOf(graph.fromOf(row)));
  const uses = Map.groupBy(ofKind(USES), (row) => graph.fromOf(row));
  const writes = Map.groupBy(ofKind(WRITES), (row) => graph.toOf(row));
  return {
    reads: [...uses].map(([dataset, of]) => ({ dataset: datasetRef(graph, dataset), completeness: bestOf(graph, of), evidence: evidenceOf(graph, of), fields: readFields(graph, reads.get(dataset) ?? []) })),
    writes: [...writes].map(([dataset, of]) => ({ dataset: datasetRef(graph, dataset), completeness: bestOf(graph, of), evidence: evidenceOf(graph, of) })),
  };
}

function readFields(graph: LineageGraph, rows: readonly number[]): ReadField[] {
  return [...Map.groupBy(rows, (row) => graph.fromOf(row))].map(([field, of]) => ({ path: pathOf(graph, field), reasons: reasonsOf(maskOf(graph, of)) }));
}

/** Per reader the fields it reads with why: what READS say, and VALUE for what it derives from. */
function readsOfDataset(graph: LineageGraph, dataset: number, view: RowView): Map<number, Map<number, number>> {
  const reads = new Map<number, Map<number, number>>();
  for (const field of graph.fieldsOf(dataset, view)) {
    for (const row of rowsOfKind(graph, ['rowsOut', field], view, [READS, DERIVES])) {
      const isRead = kindIn(graph.traitsOf(row)) === READS;
      const reader = isRead ? graph.toOf(row) : graph.viaOf(row);
      const fields = reads.get(reader) ?? new Map<number, number>();
      fields.set(field, (fields.get(field) ?? 0) | (isRead ? reasonsIn(graph.traitsOf(row)) : VALUE_BIT));
      reads.set(reader, fields);
    }
  }
  return reads;
}

function rowsOfKind(graph: LineageGraph, [side, node]: readonly [RowsOf, number], view: RowView, kinds: readonly number[]): number[] {
  const rows: number[] = [];
  graph[side](node, view, rows);
  return rows.filter((row) => kinds.includes(kindIn(graph.traitsOf(row))));
}

function maskOf(graph: LineageGraph, rows: readonly number[]): number {
  return rows.reduce((mask, row) => mask | (kindIn(graph.traitsOf(row)) === READS ? reasonsIn(graph.traitsOf(row)) : VALUE_BIT), 0);
}

function bestOf(graph: LineageGraph, rows: readonly number[]): Completeness {
  const all = new Set(rows.map((row) => completenessIn(graph.traitsOf(row))));
  return all.has('complete') ? 'complete' : all.has('partial') ? 'partial' : 'unknown';
}

function evidenceOf(graph: LineageGraph, rows: readonly number[]): EvidenceSeen[] {
  return [...Map.groupBy(rows, (row) => evidenceIn(graph.traitsOf(row)))].map(([evidence, of]) => ({
    evidence,
    firstSeen: Math.min(...of.map((row) => graph.lifeOf(row).firstSeen)),
    lastSeen: Math.max(...of.map((row) => graph.lifeOf(row).lastSeen)),
  }));
}

function origins(graph: LineageGraph, rows: readonly number[], endOf: (row: number) => number): FieldOrigin[] {
  return [...Map.groupBy(rows, (row) => `${endOf(row)} ${graph.viaOf(row)}`).values()].map((of) => {
    const row = of[0] ?? 0;
    const via = graph.viaOf(row);
    return { field: graph.refOf(endOf(row)), via: via < 0 ? null : graph.refOf(via), identity: of.every((r) => identityIn(graph.traitsOf(r))), evidence: evidenceOf(graph, of) };
  });
}

function readerRef(graph: LineageGraph, node: number): ReaderRef {
  const ref = graph.refOf(node);
  if (ref.kind === 'job' || ref.kind === 'consumer') return ref as ReaderRef;
  throw new Error(`a ${ref.kind} cannot read or write`);
}
function datasetRef(graph: LineageGraph, node: number): DatasetRef {
  const { namespace, name } = graph.refOf(node);
  return { namespace, name };
}
function pathOf(graph: LineageGraph, field: number): string {
  const ref: EntityRef | FieldRef = graph.refOf(field);
  return 'path' in ref ? ref.path : '';
}
