import { COMPLETENESSES, type Completeness, READ_REASONS, type ReadReason } from '../../catalog/changes.ts';
import { type Edge, EDGE_KINDS, type EdgeKind, reasonMask } from '../../catalog/lineage/rows.ts';
import { completenessIn, identityIn, mergeTraits, packTraits, reasonsIn } from '../sqlite/codes.ts';
import { entityById, type GraphNodes } from './graph-nodes.ts';
import { type RowGroup, sendGroups } from './row-groups.ts';
import type { Slot } from './slots.ts';
import { STEADY, type Transaction } from './transaction.ts';
import type { Row } from './values.ts';

/** An edge of a slot without its time; source to target is the direction data flows. */
export interface SlotEdge {
  readonly kind: EdgeKind;
  readonly source: number;
  readonly target: number;
  readonly via: number;
  readonly traits: number;
}
/** An edge with its time; `element` is Neo4j's own id of one that is stored. */
export interface TimedEdge extends SlotEdge {
  readonly from: number;
  readonly to: number | null;
  readonly lastSeen: number | null;
  readonly element: string | null;
}
export type SlotEdges = Map<string, SlotEdge>;

/**
 * How each edge is stored. A person reads "job READS field": relationships of reading point from the
 * reader to what it reads, against the flow. Traits that are always the same for a kind are left out.
 */
interface Shape {
  readonly fromReader: boolean;
  readonly traits: (traits: number) => Row;
}
const completenessOf = (traits: number): Completeness => COMPLETENESSES[completenessIn(traits)] ?? 'unknown';
const SHAPES: Readonly<Record<EdgeKind, Shape>> = {
  DERIVES: { fromReader: false, traits: (traits) => ({ identity: identityIn(traits) }) },
  READS: { fromReader: true, traits: (traits) => ({ reasons: reasonNames(reasonsIn(traits)), completeness: completenessOf(traits) }) },
  USES: { fromReader: true, traits: (traits) => ({ completeness: completenessOf(traits) }) },
  WRITES: { fromReader: false, traits: (traits) => ({ completeness: completenessOf(traits) }) },
  GENERATES: { fromReader: false, traits: () => ({}) },
};
/** Everything but DERIVES starts at the job or consumer that its slot is about. */
const OF_READER = EDGE_KINDS.filter((kind) => kind !== 'DERIVES').join('|');

const DERIVES_OF_SLOT = 'MATCH (a)-[r:DERIVES { slot: row.slot }]->(b) USING INDEX r:DERIVES(slot)';

/** `r` of `(a)-[r]->(b)` as read back, in the direction data flows. */
export const EDGE_COLUMNS = `type(r), CASE WHEN type(r) IN ['READS', 'USES'] THEN b.id ELSE a.id END, CASE WHEN type(r) IN ['READS', 'USES'] THEN a.id ELSE b.id END,
  r.via, r.validFrom, r.validTo, r.lastSeen, r.reasons, r.identity, r.completeness`;
export type StoredEdge = readonly [
  kind: EdgeKind, source: number, target: number, via: number | null, from: number, to: number | null, lastSeen: number | null,
  reasons: readonly ReadReason[] | null, identity: boolean | null, completeness: Completeness | null,
];

export function traitsOf([, , , , , , , reasons, identity, completeness]: StoredEdge): number {
  return packTraits(reasonMask(reasons ?? []), identity ?? false, completeness ?? 'complete');
}

function reasonNames(mask: number): ReadReason[] {
  return READ_REASONS.filter((_, bit) => (mask & (1 << bit)) !== 0);
}

export function edgeKey({ kind, source, target, via }: SlotEdge): string {
  return `${kind} ${source} ${target} ${via}`;
}

/** The edges of one statement or sighting by their ends, so that each is there once. */
export function resolveEdges(nodes: GraphNodes, edges: readonly Edge[]): SlotEdges {
  const resolved: SlotEdges = new Map();
  for (const edge of edges) {
    const one = resolveEdge(nodes, edge);
    const key = edgeKey(one);
    const twin = resolved.get(key);
    resolved.set(key, twin === undefined ? one : { ...one, traits: mergeTraits(one.traits, twin.traits) });
  }
  return resolved;
}

function resolveEdge(nodes: GraphNodes, edge: Edge): SlotEdge {
  return {
    kind: edge.kind, source: nodes.of(edge.from).id, target: nodes.of(edge.to).id, via: edge.via === null ? 0 : nodes.of(edge.via).id,
    traits: packTraits(edge.reasons, edge.identity, edge.completeness),
  };
}

/** The edges of programs that stand open, by slot. */
export async function readStanding(transaction: Transaction, slots: readonly Slot[]): Promise<Map<number, TimedEdge[]>> {
  const rows = slots.map(({ id, about }) => ({ slot: id, about: about.id }));
  const standing = new Map<number, TimedEdge[]>(slots.map(({ id }) => [id, []]));
  const queries = [
    `${STEADY} UNWIND $rows AS row ${entityById('a', 'row.about')} MATCH (a)-[r:${OF_READER}]->(b) WHERE r.slot = row.slot AND r.validTo IS NULL RETURN r.slot, elementId(r), ${EDGE_COLUMNS}`,
    `${STEADY} UNWIND $rows AS row ${DERIVES_OF_SLOT} WHERE r.validTo IS NULL RETURN r.slot, elementId(r), ${EDGE_COLUMNS}`,
  ];
  for (const query of queries) {
    for (const [slot, element, ...stored] of await transaction.all<[number, string, ...StoredEdge]>(query, rows)) standing.get(slot)?.push(timedEdge(element, stored));
  }
  return standing;
}

/** The edges that follow from observations between a reader and something, by slot. */
export async function readSeen(transaction: Transaction, pairs: readonly { readonly slot: number; readonly reader: number; readonly other: number }[]): Promise<(TimedEdge & { readonly slot: number })[]> {
  const found = await transaction.all<[number, string, ...StoredEdge]>(
    `${STEADY} UNWIND $rows AS row ${entityById('a', 'row.reader')} ${entityById('b', 'row.other')}
     MATCH (a)-[r:${OF_READER}]->(b) WHERE r.slot = row.slot RETURN r.slot, elementId(r), ${EDGE_COLUMNS}`,
    pairs,
  );
  return found.map(([slot, element, ...stored]) => ({ ...timedEdge(element, stored), slot }));
}

function timedEdge(element: string, stored: StoredEdge): TimedEdge {
  const [kind, source, target, via, from, to, lastSeen] = stored;
  return { kind, source, target, via: via ?? 0, from, to, lastSeen, element, traits: traitsOf(stored) };
}

/** Removes all edges of slots; gives how many there were. */
export async function removeEdges(transaction: Transaction, slots: readonly Slot[]): Promise<number> {
  const rows = slots.map(({ id, about }) => ({ slot: id, about: about.id }));
  let removed = 0;
  for (const query of [
    `${STEADY} UNWIND $rows AS row ${entityById('a', 'row.about')} MATCH (a)-[r:${OF_READER}]->() WHERE r.slot = row.slot DELETE r RETURN count(*)`,
    `${STEADY} UNWIND $rows AS row ${DERIVES_OF_SLOT} DELETE r RETURN count(*)`,
  ]) {
    for (const [count] of await transaction.all<[number]>(query, rows)) removed += count;
  }
  return removed;
}

export interface EdgeChange {
  readonly slot: Slot;
  readonly edge: TimedEdge;
}

/** Writes edges that are new, by kind, and the times and traits of those that are stored. */
export function writeEdges(transaction: Transaction, changes: readonly EdgeChange[]): void {
  const added = Map.groupBy(changes.filter(({ edge }) => edge.element === null), ({ edge }) => edge.kind);
  for (const kind of EDGE_KINDS) {
    const alike = Map.groupBy(added.get(kind) ?? [], ({ slot, edge: { via, traits, from, to, lastSeen } }) => `${slot.id} ${via} ${traits} ${from} ${to} ${lastSeen}`);
    sendGroups(transaction, ADDING[kind], [...alike.values()].flatMap((group) => groupOf(kind, group)));
  }
  const known = changes.flatMap(({ edge }) => (edge.element === null ? [] : [{ element: edge.element, properties: timesOf(edge) }]));
  transaction.sendEach('UNWIND $rows AS row MATCH ()-[r]->() WHERE elementId(r) = row.element SET r += row.properties', known);
}

/** By kind: a reader is looked up once for all that it reads or writes alike. */
const ADDING = Object.fromEntries(EDGE_KINDS.map((kind) => [kind, kind === 'DERIVES'
  ? `${STEADY} UNWIND $rows AS row UNWIND row.each AS ends ${entityById('a', 'ends[0]')} ${entityById('b', 'ends[1]')} CREATE (a)-[r:DERIVES]->(b) SET r = row.properties`
  : `${STEADY} UNWIND $rows AS row ${entityById('a', 'row.reader')} UNWIND row.each AS end ${entityById('b', 'end')} CREATE (a)-[r:${kind}]->(b) SET r = row.properties`,
])) as Record<EdgeKind, string>;

/** Edges of one slot that have everything but their ends in common. */
function groupOf(kind: EdgeKind, [first, ...others]: readonly EdgeChange[]): RowGroup[] {
  if (first === undefined) return [];
  const { slot, edge: { via } } = first;
  const { fromReader } = SHAPES[kind];
  return [{
    reader: slot.about.id, properties: { slot: slot.id, evidence: slot.evidence, ...(via === 0 ? {} : { via }), ...timesOf(first.edge) },
    each: [first, ...others].map(({ edge: { source, target } }) => (kind === 'DERIVES' ? [source, target] : fromReader ? source : target)),
  }];
}

function timesOf({ kind, traits, from, to, lastSeen }: TimedEdge): Row {
  return { validFrom: from, ...(to === null ? {} : { validTo: to }), ...(lastSeen === null ? {} : { lastSeen }), ...SHAPES[kind].traits(traits) };
}
