import { type EdgeRow, type GraphDelta, type NodeRow, OPEN_END } from '../catalog/lineage/rows.ts';
import { datasetKey, type DatasetRef, ENTITY_KINDS, entityKey, type EntityRef } from '../catalog/names.ts';
import { type BaseGraph, OPAQUE } from './base-graph.ts';
import { actorOf, lifeOfNode, markOpaque, RowColumns } from './build-base.ts';
import { at, IntColumn } from './int-column.ts';
import type { LifeTime } from './life-times.ts';
import { encodeName, splitName } from './name-heap.ts';
import { evidenceBitIn, packTraits } from './row-traits.ts';

export const FIELD = ENTITY_KINDS.indexOf('field');
export const DATASET = ENTITY_KINDS.indexOf('dataset');

/** Which rows a question looks at. `now` with all evidence is what the arrays are laid out for. */
export interface RowView {
  /** Event time in ms; null is now. */
  readonly asOf: number | null;
  readonly evidenceMask: number;
}
export const NOW: RowView = { asOf: null, evidenceMask: -1 };

/** Why a walk cannot take the base's rows of a node for all there is to it. */
export const LOOK = {
  /** As in OPAQUE; a field has its dataset's. */
  ...OPAQUE,
  notField: 8,
  /** Its rows are not just the base's any more. */
  changed: 16,
} as const;

interface ExtraNode {
  readonly ref: EntityRef;
  readonly kind: number;
  readonly dataset: number;
  readonly storeId: number;
}

/**
 * A base and what has changed since: new nodes behind the base's, new rows behind its rows, replaced rows
 * marked dead. Every reader of it sees whole revisions, since a delta is applied in one turn.
 */
export class LineageGraph {
  readonly base: BaseGraph;
  /** Rises with every delta: what was worked out at another version may be wrong. */
  version = 0;
  readonly #extraNodes: ExtraNode[] = [];
  readonly #extraIds = new Map<number, number>();
  readonly #extraFields = new Map<number, number[]>();
  readonly #newLife = new Map<number, LifeTime>();
  readonly #entities = new Map<string, number>();

  readonly #from = new IntColumn(64);
  readonly #to = new IntColumn(64);
  readonly #via = new IntColumn(64);
  readonly #slot = new IntColumn(64);
  readonly #traits = new IntColumn(64);
  readonly #life: LifeTime[] = [];
  readonly #dead: Uint8Array;
  readonly #deadExtra = new Set<number>();
  readonly #slotRows = new Map<number, number[]>();
  readonly #outExtra = new Map<number, number[]>();
  readonly #inExtra = new Map<number, number[]>();
  readonly #actorExtra = new Map<number, number[]>();
  readonly #opaqueExtra = new Map<number, number>();
  /** Bits of `LOOK` of each base node; a bit may outlive its reason, never the other way round. */
  readonly look: Uint8Array;

  constructor(base: BaseGraph) {
    this.base = base;
    this.#dead = new Uint8Array(base.rows);
    this.look = base.opaque.slice();
    for (let node = 0; node < base.nodes; node++) {
      const kind = at(base.kinds, node);
      if (kind === FIELD) continue;
      this.#look(node, at(base.opaque, node) | LOOK.notField);
      this.#entities.set(entityKey(this.#entityRef(kind, base.names.get(node))), node);
    }
  }

  get nodes(): number {
    return this.base.nodes + this.#extraNodes.length;
  }
  /** Rows added since the base was built, dead ones included: what a rebuild would clear up. */
  get extraRows(): number {
    return this.#from.length;
  }
  get rows(): number {
    return this.base.rows + this.#from.length;
  }

  kindOf(node: number): number {
    return node < this.base.nodes ? at(this.base.kinds, node) : this.#extra(node).kind;
  }
  /** Dense id of a field's dataset, -1 for anything else. */
  datasetOf(node: number): number {
    return node < this.base.nodes ? at(this.base.datasetOf, node) : this.#extra(node).dataset;
  }
  storeIdOf(node: number): number {
    return node < this.base.nodes ? at(this.base.storeIds, node) : this.#extra(node).storeId;
  }
  /** Bits of `LOOK` of any node. */
  lookOf(node: number): number {
    if (node < this.base.nodes) return at(this.look, node);
    const { kind, dataset } = this.#extra(node);
    if (kind !== FIELD) return LOOK.changed | LOOK.notField | (this.#opaqueExtra.get(node) ?? 0);
    return LOOK.changed | (this.lookOf(dataset) & ~LOOK.notField);
  }

  refOf(node: number): EntityRef {
    if (node >= this.base.nodes) return this.#extra(node).ref;
    const kind = at(this.base.kinds, node);
    if (kind !== FIELD) return this.#entityRef(kind, this.base.names.get(node));
    const dataset = this.refOf(at(this.base.datasetOf, node));
    return { kind: 'field', namespace: dataset.namespace, name: dataset.name, path: this.base.names.get(node) };
  }

  /** Dense id of an entity; -1 when the graph has never heard of it. */
  find(ref: EntityRef): number {
    if (ref.kind !== 'field') return this.#entities.get(entityKey(ref)) ?? -1;
    const dataset = this.findDataset(ref);
    if (dataset < 0) return -1;
    const extra = this.#extraFields.get(dataset)?.find((node) => this.#pathOf(node) === ref.path);
    if (extra !== undefined || dataset >= this.base.nodes) return extra ?? -1;
    const name = encodeName(ref.path);
    for (let i = 1; i <= at(this.base.fieldCount, dataset); i++) if (this.base.names.is(dataset + i, name)) return dataset + i;
    return -1;
  }
  findDataset(ref: DatasetRef): number {
    return this.#entities.get(datasetKey(ref)) ?? -1;
  }

  /** A dataset's fields at the view's time, those that only a use tells of included. */
  fieldsOf(dataset: number, view: RowView): number[] {
    const all = dataset < this.base.nodes ? Array.from({ length: at(this.base.fieldCount, dataset) }, (_, i) => dataset + 1 + i) : [];
    return [...all, ...(this.#extraFields.get(dataset) ?? [])].filter((node) => this.#isThere(node, view));
  }

  fromOf(row: number): number {
    return row < this.base.rows ? at(this.base.from, row) : this.#from.at(row - this.base.rows);
  }
  toOf(row: number): number {
    return row < this.base.rows ? at(this.base.to, row) : this.#to.at(row - this.base.rows);
  }
  viaOf(row: number): number {
    return row < this.base.rows ? at(this.base.via, row) : this.#via.at(row - this.base.rows);
  }
  slotOf(row: number): number {
    return row < this.base.rows ? at(this.base.slot, row) : this.#slot.at(row - this.base.rows);
  }
  traitsOf(row: number): number {
    return row < this.base.rows ? at(this.base.traits, row) : this.#traits.at(row - this.base.rows);
  }
  lifeOf(row: number): LifeTime {
    return row < this.base.rows ? this.base.lifeTimes.at(at(this.base.life, row)) : this.#lifeOfExtra(row - this.base.rows);
  }

  /** Appends the rows that leave, arrive at, or are about a node, as the view sees them. */
  rowsOut(node: number, view: RowView, into: number[]): void {
    if (node < this.base.nodes) {
      const end = view.asOf === null ? at(this.base.outNow, node) : at(this.base.outStart, node + 1);
      for (let row = at(this.base.outStart, node); row < end; row++) if (this.#sees(row, view)) into.push(row);
    }
    this.#appendExtra(this.#outExtra.get(node), view, into);
  }
  rowsIn(node: number, view: RowView, into: number[]): void {
    if (node < this.base.nodes) {
      const end = view.asOf === null ? at(this.base.inNow, node) : at(this.base.inStart, node + 1);
      for (let i = at(this.base.inStart, node); i < end; i++) {
        const row = at(this.base.inRow, i);
        if (this.#sees(row, view)) into.push(row);
      }
    }
    this.#appendExtra(this.#inExtra.get(node), view, into);
  }
  rowsAbout(actor: number, view: RowView, into: number[]): void {
    if (actor < this.base.nodes) {
      for (let i = at(this.base.actorStart, actor); i < at(this.base.actorStart, actor + 1); i++) {
        const row = at(this.base.actorRow, i);
        if (this.#sees(row, view)) into.push(row);
      }
    }
    this.#appendExtra(this.#actorExtra.get(actor), view, into);
  }

  /** Whether a view sees any row about an actor. */
  hasRowsAbout(actor: number, view: RowView): boolean {
    if (actor < this.base.nodes) {
      for (let i = at(this.base.actorStart, actor); i < at(this.base.actorStart, actor + 1); i++) if (this.#sees(at(this.base.actorRow, i), view)) return true;
    }
    return this.#actorExtra.get(actor)?.some((row) => this.#sees(row, view)) ?? false;
  }

  /** Appends all rows at a node, of every time; one that is both leaving and about it comes twice. */
  rowsEver(node: number, into: number[]): void {
    const add = (row: number): void => void (this.isAlive(row) && into.push(row));
    if (node < this.base.nodes) {
      for (let row = at(this.base.outStart, node); row < at(this.base.outStart, node + 1); row++) add(row);
      for (let i = at(this.base.inStart, node); i < at(this.base.inStart, node + 1); i++) add(at(this.base.inRow, i));
      for (let i = at(this.base.actorStart, node); i < at(this.base.actorStart, node + 1); i++) add(at(this.base.actorRow, i));
    }
    for (const extra of [this.#outExtra, this.#inExtra, this.#actorExtra]) extra.get(node)?.forEach(add);
  }

  /** Brings the graph to the delta's revision, in one turn. */
  apply(delta: GraphDelta): void {
    this.version++;
    // A delta's nodes come in no promised order, and a field needs its dataset.
    for (const node of delta.nodes) if (node.kind !== 'field') this.#applyNode(node);
    for (const node of delta.nodes) if (node.kind === 'field') this.#applyNode(node);
    for (const { slot, about, edges } of delta.slots) this.#replaceSlot(slot, this.#dense(about), edges);
  }

  /**
   * Everything that is not dead, by store id: what the next base is built from. What deltas add meanwhile is
   * left to them: they name it whole.
   */
  *toColumns(slice: number): Generator<void, RowColumns> {
    const columns = new RowColumns();
    const { nodes, rows } = this;
    for (let node = 0; node < nodes; node++) {
      columns.addNode(this.nodeRow(node));
      if (node % slice === 0) yield;
    }
    for (let row = 0; row < rows; row++) {
      if (this.isAlive(row)) this.#addRow(columns, row);
      if (row % slice === 0) yield;
    }
    return columns;
  }

  #addRow(columns: RowColumns, row: number): void {
    const via = this.viaOf(row);
    columns.from.push(this.storeIdOf(this.fromOf(row)));
    columns.to.push(this.storeIdOf(this.toOf(row)));
    columns.via.push(via < 0 ? 0 : this.storeIdOf(via));
    columns.slot.push(this.slotOf(row));
    columns.traits.push(this.traitsOf(row));
    columns.life.push(columns.lifeTimes.number(this.lifeOf(row)));
  }

  /** A node as its source handed it out. */
  nodeRow(node: number): NodeRow {
    const ref = this.refOf(node);
    const dataset = this.datasetOf(node);
    const { validFrom, validTo } = this.#lifeOfNode(node);
    return {
      id: this.storeIdOf(node), kind: ref.kind, namespace: ref.namespace, name: ref.name, path: ref.kind === 'field' ? ref.path : '',
      dataset: dataset < 0 ? 0 : this.storeIdOf(dataset), validFrom, validTo,
    };
  }

  #applyNode(node: NodeRow): void {
    const known = this.#dense(node.id);
    if (known >= 0) {
      this.#newLife.set(known, lifeOfNode(node));
      return;
    }
    const dense = this.nodes;
    const ref: EntityRef = node.kind === 'field' ? { kind: 'field', namespace: node.namespace, name: node.name, path: node.path } : { kind: node.kind, namespace: node.namespace, name: node.name };
    const dataset = node.kind === 'field' ? this.#dense(node.dataset) : -1;
    this.#extraNodes.push({ ref, kind: ENTITY_KINDS.indexOf(node.kind), dataset, storeId: node.id });
    this.#extraIds.set(node.id, dense);
    this.#newLife.set(dense, lifeOfNode(node));
    if (node.kind === 'field') append(this.#extraFields, dataset, dense);
    else this.#entities.set(entityKey(ref), dense);
  }

  #replaceSlot(slot: number, about: number, edges: readonly EdgeRow[]): void {
    this.#killSlot(slot, about);
    const rows: number[] = [];
    for (const edge of edges) rows.push(this.#addExtra(slot, edge));
    this.#slotRows.set(slot, rows);
  }

  #killSlot(slot: number, about: number): void {
    for (const row of this.#slotRows.get(slot) ?? []) this.#deadExtra.add(row);
    if (about < 0 || about >= this.base.nodes) return;
    for (let i = at(this.base.actorStart, about); i < at(this.base.actorStart, about + 1); i++) {
      const row = at(this.base.actorRow, i);
      if (at(this.base.slot, row) !== slot) continue;
      this.#dead[row] = 1;
      this.#touch(at(this.base.from, row), at(this.base.to, row));
    }
  }

  #addExtra(slot: number, edge: EdgeRow): number {
    const row = this.rows;
    const [from, to, via, traits] = [this.#dense(edge.from), this.#dense(edge.to), edge.via === 0 ? -1 : this.#dense(edge.via), packTraits(edge)];
    this.#from.push(from);
    this.#to.push(to);
    this.#via.push(via);
    this.#slot.push(slot);
    this.#traits.push(traits);
    this.#life.push({ validFrom: edge.validFrom, validTo: edge.validTo, firstSeen: edge.firstSeen, lastSeen: edge.lastSeen });
    append(this.#outExtra, from, row);
    append(this.#inExtra, to, row);
    append(this.#actorExtra, actorOf(traits, from, to, via), row);
    if (edge.validTo === OPEN_END) this.#markOpaque(traits, from, to);
    this.#touch(from, to);
    return row;
  }

  #markOpaque(traits: number, from: number, to: number): void {
    const bits = new Uint8Array(2);
    markOpaque(bits, traits, 0, 1);
    this.#look(from, at(bits, 0));
    this.#look(to, at(bits, 1));
  }

  /** Adds bits to a node; a dataset's fields, which lie behind it, share what is unknown of it. */
  #look(node: number, bits: number): void {
    if (bits === 0) return;
    if (node >= this.base.nodes) {
      this.#opaqueExtra.set(node, (this.#opaqueExtra.get(node) ?? 0) | bits);
      return;
    }
    this.look[node] = at(this.look, node) | bits;
    const shared = bits & ~LOOK.notField;
    if (shared !== 0) for (let i = 1; i <= at(this.base.fieldCount, node); i++) this.look[node + i] = at(this.look, node + i) | shared;
  }

  #touch(from: number, to: number): void {
    if (from < this.base.nodes) this.look[from] = at(this.look, from) | LOOK.changed;
    if (to < this.base.nodes) this.look[to] = at(this.look, to) | LOOK.changed;
  }

  #dense(storeId: number): number {
    return this.#extraIds.get(storeId) ?? this.base.denseIds[storeId] ?? -1;
  }
  #extra(node: number): ExtraNode {
    const extra = this.#extraNodes[node - this.base.nodes];
    if (extra === undefined) throw new RangeError(`no node ${node}`);
    return extra;
  }
  #lifeOfExtra(i: number): LifeTime {
    const life = this.#life[i];
    if (life === undefined) throw new RangeError(`no extra row ${i}`);
    return life;
  }
  #lifeOfNode(node: number): LifeTime {
    return this.#newLife.get(node) ?? this.base.lifeTimes.at(at(this.base.nodeLife, node));
  }
  #pathOf(node: number): string {
    const ref = this.refOf(node);
    return ref.kind === 'field' ? ref.path : '';
  }
  #entityRef(kind: number, joined: string): EntityRef {
    return { kind: ENTITY_KINDS[kind], ...splitName(joined) } as EntityRef;
  }

  #isThere(node: number, { asOf }: RowView): boolean {
    const { validFrom, validTo } = this.#lifeOfNode(node);
    if (validFrom === OPEN_END) return true;
    return asOf === null ? validTo === OPEN_END : validFrom <= asOf && asOf < validTo;
  }
  /** False when a delta has replaced the row. */
  isAlive(row: number): boolean {
    return row < this.base.rows ? this.#dead[row] === 0 : !this.#deadExtra.has(row);
  }
  #sees(row: number, { asOf, evidenceMask }: RowView): boolean {
    if (!this.isAlive(row) || (evidenceMask !== -1 && (evidenceBitIn(this.traitsOf(row)) & evidenceMask) === 0)) return false;
    const { validFrom, validTo } = this.lifeOf(row);
    return asOf === null ? validTo === OPEN_END : validFrom <= asOf && asOf < validTo;
  }
  #appendExtra(rows: readonly number[] | undefined, view: RowView, into: number[]): void {
    if (rows !== undefined) for (const row of rows) if (this.#sees(row, view)) into.push(row);
  }
}

function append(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
