import { type EdgeRow, EDGE_KINDS, type NodeRow } from '../catalog/lineage/rows.ts';
import { Column, float64, int32, uint8 } from './arrays.ts';
import type { StringTable } from './string-table.ts';

/** Kinds of node the index holds, as it numbers them. */
export const NODE_KINDS = ['field', 'dataset', 'job', 'consumer'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];
export const FIELD = 0;
export const DATASET = 1;
export const JOB = 2;

export const DERIVES = EDGE_KINDS.indexOf('DERIVES');
export const READS = EDGE_KINDS.indexOf('READS');
export const USES = EDGE_KINDS.indexOf('USES');
export const WRITES = EDGE_KINDS.indexOf('WRITES');
export const GENERATES = EDGE_KINDS.indexOf('GENERATES');

/** The graph as columns in store ids: what a scan brings, before it is packed. Shareable between threads. */
export interface GraphTables {
  readonly nodeId: Int32Array;
  /** Position in NODE_KINDS. */
  readonly nodeKind: Uint8Array;
  /** Store id of a field's dataset, 0 otherwise. */
  readonly nodeDataset: Int32Array;
  /** Text of the namespace, -1 for a field. */
  readonly nodeNamespace: Int32Array;
  /** Text of the name, of the path for a field. */
  readonly nodeName: Int32Array;
  readonly nodeSpan: Int32Array;
  readonly spanFrom: Float64Array;
  readonly spanTo: Float64Array;

  /** The job or consumer a row is of. */
  readonly rowProgram: Int32Array;
  /** Field or dataset, 0 when the row starts at its program; likewise `rowTo`. */
  readonly rowFrom: Int32Array;
  readonly rowTo: Int32Array;
  /** `traitsOf`. */
  readonly rowTraits: Int32Array;
  readonly rowStating: Int32Array;
  readonly statingSlot: Int32Array;
  readonly statingEvidence: Uint8Array;
  readonly statingFrom: Float64Array;
  readonly statingTo: Float64Array;
  readonly statingFirstSeen: Float64Array;
  readonly statingLastSeen: Float64Array;
}

/** A node with its texts as numbers. */
export interface NodeFacts {
  readonly id: number;
  readonly kind: number;
  readonly dataset: number;
  readonly namespace: number;
  readonly name: number;
  readonly validFrom: number;
  readonly validTo: number;
}

/** What a row says of time: many rows of one statement share it. */
export interface Stating {
  readonly slot: number;
  readonly evidence: number;
  readonly validFrom: number;
  readonly validTo: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
}
export interface RowFacts extends Stating {
  readonly program: number;
  readonly from: number;
  readonly to: number;
  readonly traits: number;
}

export type Traits = Pick<EdgeRow, 'kind' | 'reasons' | 'identity' | 'completeness'>;
export function traitsOf({ kind, reasons, identity, completeness }: Traits): number {
  return kind | (completeness << 3) | ((identity ? 1 : 0) << 5) | (reasons << 6);
}
export function kindIn(traits: number): number {
  return traits & 7;
}
export function completenessIn(traits: number): number {
  return (traits >> 3) & 3;
}
export function identityIn(traits: number): boolean {
  return (traits & 32) !== 0;
}
export function reasonsIn(traits: number): number {
  return traits >> 6;
}

/** Which of an edge's ends is the program it comes from, and what is left as ends. */
export function endsOf({ kind, from, to, via }: EdgeRow): { program: number; from: number; to: number } {
  if (kind === DERIVES) return { program: via, from, to };
  return kind === READS || kind === USES ? { program: to, from, to: 0 } : { program: from, from: 0, to };
}

/** A node row for the index, null for kinds that have no lineage. */
export function nodeFacts(row: NodeRow, strings: StringTable): NodeFacts | null {
  const kind = NODE_KINDS.findIndex((k) => k === row.kind);
  if (kind < 0) return null;
  const field = kind === FIELD;
  return {
    id: row.id,
    kind,
    dataset: row.dataset,
    namespace: field ? -1 : strings.intern(row.namespace),
    name: strings.intern(field ? row.path : row.name),
    validFrom: row.validFrom,
    validTo: row.validTo,
  };
}

/** Collects nodes and rows into columns. */
export class TableWriter {
  readonly #nodeId = new Column(int32);
  readonly #nodeKind = new Column(uint8);
  readonly #nodeDataset = new Column(int32);
  readonly #nodeNamespace = new Column(int32);
  readonly #nodeName = new Column(int32);
  readonly #nodeSpan = new Column(int32);
  readonly #spanFrom = new Column(float64);
  readonly #spanTo = new Column(float64);
  readonly #rowProgram = new Column(int32);
  readonly #rowFrom = new Column(int32);
  readonly #rowTo = new Column(int32);
  readonly #rowTraits = new Column(int32);
  readonly #rowStating = new Column(int32);
  readonly #statingSlot = new Column(int32);
  readonly #statingEvidence = new Column(uint8);
  readonly #statingFrom = new Column(float64);
  readonly #statingTo = new Column(float64);
  readonly #statingFirstSeen = new Column(float64);
  readonly #statingLastSeen = new Column(float64);
  #last: Stating | null = null;
  #lastFrom = NaN;
  #lastTo = NaN;

  get rows(): number {
    return this.#rowProgram.length;
  }

  addNode(node: NodeFacts): void {
    this.#nodeId.push(node.id);
    this.#nodeKind.push(node.kind);
    this.#nodeDataset.push(node.dataset);
    this.#nodeNamespace.push(node.namespace);
    this.#nodeName.push(node.name);
    if (node.validFrom !== this.#lastFrom || node.validTo !== this.#lastTo) {
      this.#spanFrom.push(node.validFrom);
      this.#spanTo.push(node.validTo);
      this.#lastFrom = node.validFrom;
      this.#lastTo = node.validTo;
    }
    this.#nodeSpan.push(this.#spanFrom.length - 1);
  }

  addEdge(edge: EdgeRow): void {
    const { program, from, to } = endsOf(edge);
    this.#addRow(edge, program, { from, to, traits: traitsOf(edge) });
  }
  addRow(row: RowFacts): void {
    this.#addRow(row, row.program, row);
  }

  /** Rows of one statement come together, so comparing with the row before finds nearly all that share a stating. */
  #addRow(stating: Stating, program: number, ends: { readonly from: number; readonly to: number; readonly traits: number }): void {
    this.#rowProgram.push(program);
    this.#rowFrom.push(ends.from);
    this.#rowTo.push(ends.to);
    this.#rowTraits.push(ends.traits);
    if (this.#last === null || !sameStating(this.#last, stating)) this.#addStating(stating);
    this.#rowStating.push(this.#statingSlot.length - 1);
  }

  #addStating({ slot, evidence, validFrom, validTo, firstSeen, lastSeen }: Stating): void {
    this.#last = { slot, evidence, validFrom, validTo, firstSeen, lastSeen };
    this.#statingSlot.push(slot);
    this.#statingEvidence.push(evidence);
    this.#statingFrom.push(validFrom);
    this.#statingTo.push(validTo);
    this.#statingFirstSeen.push(firstSeen);
    this.#statingLastSeen.push(lastSeen);
  }

  tables(): GraphTables {
    return {
      nodeId: this.#nodeId.view(),
      nodeKind: this.#nodeKind.view(),
      nodeDataset: this.#nodeDataset.view(),
      nodeNamespace: this.#nodeNamespace.view(),
      nodeName: this.#nodeName.view(),
      nodeSpan: this.#nodeSpan.view(),
      spanFrom: this.#spanFrom.trimmed(),
      spanTo: this.#spanTo.trimmed(),
      rowProgram: this.#rowProgram.view(),
      rowFrom: this.#rowFrom.view(),
      rowTo: this.#rowTo.view(),
      rowTraits: this.#rowTraits.view(),
      rowStating: this.#rowStating.view(),
      statingSlot: this.#statingSlot.trimmed(),
      statingEvidence: this.#statingEvidence.trimmed(),
      statingFrom: this.#statingFrom.trimmed(),
      statingTo: this.#statingTo.trimmed(),
      statingFirstSeen: this.#statingFirstSeen.trimmed(),
      statingLastSeen: this.#statingLastSeen.trimmed(),
    };
  }
}

function sameStating(a: Stating, b: Stating): boolean {
  return a.slot === b.slot && a.validFrom === b.validFrom && a.validTo === b.validTo
    && a.firstSeen === b.firstSeen && a.lastSeen === b.lastSeen && a.evidence === b.evidence;
}
