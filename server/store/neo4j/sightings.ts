import type { Observation } from '../../catalog/changes.ts';
import { edgesOfObservation } from '../../catalog/lineage/edges.ts';
import { mergeTraits } from '../sqlite/codes.ts';
import { edgeKey, type EdgeChange, readSeen, resolveEdges, type SlotEdge, type TimedEdge } from './edges.ts';
import { entityById, type GraphNode, type GraphNodes } from './graph-nodes.ts';
import type { Slot, Slots } from './slots.ts';
import { STEADY, type Transaction } from './transaction.ts';

/** Where the edges of an actor's observations live. */
export const OBSERVED_SLOT = { aspect: 'observed', part: '', evidence: 'observed' } as const;
/** Stored where an observation names no schema. */
export const NO_SCHEMA = -1;

/** One observation as stored: a SEEN relationship; of 'alive' one from the actor to itself. */
interface Sighting {
  readonly actor: GraphNode;
  readonly target: GraphNode;
  readonly what: Observation['what'];
  readonly schemaId: number;
  firstSeen: number;
  lastSeen: number;
  changed: boolean;
  readonly element: string | null;
}
type StoredSighting = readonly [actor: number, target: number, what: Observation['what'], schemaId: number, firstSeen: number, lastSeen: number, element: string];

/** What observations come to: sightings merged by earliest and latest, and the edges that follow, never ended. */
export class Sightings {
  readonly #nodes: GraphNodes;
  readonly #slots: Slots;
  readonly #known = new Map<string, Sighting>();
  readonly #edges = new Map<string, { readonly slot: Slot; readonly stored: TimedEdge | null; edge: TimedEdge }>();

  constructor(nodes: GraphNodes, slots: Slots) {
    this.#nodes = nodes;
    this.#slots = slots;
  }

  /** Reads what is known of what these observations are about; their nodes and slots must be there. */
  async load(transaction: Transaction, seen: readonly Observation[]): Promise<void> {
    const pairs = new Map<string, { actor: GraphNode; target: GraphNode }>();
    const ends = new Map<string, { slot: number; reader: number; other: number }>();
    for (const observation of seen) {
      const [actor, target] = [this.#nodes.of(observation.actor), this.#target(observation)];
      if (actor.isNew) continue;
      if (!target.isNew) pairs.set(`${actor.id} ${target.id}`, { actor, target });
      const slot = this.#slots.find(actor, OBSERVED_SLOT);
      if (slot === undefined) continue;
      for (const edge of resolveEdges(this.#nodes, edgesOfObservation(observation)).values()) {
        const other = edge.source === actor.id ? edge.target : edge.source;
        ends.set(`${slot.id} ${other}`, { slot: slot.id, reader: actor.id, other });
      }
    }
    await this.#loadSightings(transaction, [...pairs.values()]);
    const slots = new Map(this.#slots.all().map((slot) => [slot.id, slot]));
    for (const { slot: id, ...stored } of await readSeen(transaction, [...ends.values()])) {
      const slot = slots.get(id);
      if (slot !== undefined) this.#edges.set(`${id} ${edgeKey(stored)}`, { slot, stored, edge: stored });
    }
  }

  async #loadSightings(transaction: Transaction, pairs: readonly { actor: GraphNode; target: GraphNode }[]): Promise<void> {
    const nodes = new Map(pairs.flatMap(({ actor, target }) => [[actor.id, actor], [target.id, target]]));
    const found = await transaction.all<StoredSighting>(
      `${STEADY} UNWIND $rows AS row ${entityById('a', 'row.actor')} ${entityById('t', 'row.target')} MATCH (a)-[r:SEEN]->(t)
       RETURN a.id, t.id, r.what, coalesce(r.schemaId, ${NO_SCHEMA}), r.firstSeen, r.lastSeen, elementId(r)`,
      pairs.map(({ actor, target }) => ({ actor: actor.id, target: target.id })),
    );
    for (const [actorId, targetId, what, schemaId, firstSeen, lastSeen, element] of found) {
      const [actor, target] = [nodes.get(actorId), nodes.get(targetId)];
      if (actor === undefined || target === undefined) continue;
      const sighting = { actor, target, what, schemaId, firstSeen, lastSeen, changed: false, element };
      this.#known.set(sightingKey(sighting), sighting);
    }
  }

  #target({ dataset, path, actor }: Observation): GraphNode {
    if (dataset === null) return this.#nodes.of(actor);
    const node = this.#nodes.dataset(dataset);
    return path === null ? node : this.#nodes.field(node, path);
  }

  /** True when it told something new. */
  saw(seen: Observation): boolean {
    const { what, firstSeen, lastSeen } = seen;
    const place = { actor: this.#nodes.of(seen.actor), target: this.#target(seen), what, schemaId: seen.schemaId ?? NO_SCHEMA };
    const key = sightingKey(place);
    const known = this.#known.get(key);
    if (known !== undefined && known.firstSeen <= firstSeen && known.lastSeen >= lastSeen) return false;
    if (known === undefined) this.#known.set(key, { ...place, firstSeen, lastSeen, changed: true, element: null });
    else Object.assign(known, { firstSeen: Math.min(known.firstSeen, firstSeen), lastSeen: Math.max(known.lastSeen, lastSeen), changed: true });
    this.#seeEdges(place.actor, seen);
    return true;
  }

  #seeEdges(actor: GraphNode, seen: Observation): void {
    const edges = resolveEdges(this.#nodes, edgesOfObservation(seen));
    if (edges.size === 0) return;
    const slot = this.#slots.at(actor, OBSERVED_SLOT);
    for (const edge of edges.values()) if (this.#seeEdge(slot, edge, seen)) slot.edgesChanged = true;
  }

  #seeEdge(slot: Slot, edge: SlotEdge, { firstSeen, lastSeen }: Observation): boolean {
    const key = `${slot.id} ${edgeKey(edge)}`;
    const known = this.#edges.get(key);
    if (known === undefined) {
      this.#edges.set(key, { slot, stored: null, edge: { ...edge, from: firstSeen, to: null, lastSeen, element: null } });
      return true;
    }
    const before = known.edge;
    const after = { ...before, from: Math.min(before.from, firstSeen), lastSeen: Math.max(before.lastSeen ?? 0, lastSeen), traits: mergeTraits(before.traits, edge.traits) };
    if (after.from === before.from && after.lastSeen === before.lastSeen && after.traits === before.traits) return false;
    known.edge = after;
    return true;
  }

  edgeChanges(): EdgeChange[] {
    return [...this.#edges.values()].filter(({ stored, edge }) => edge !== stored);
  }

  write(transaction: Transaction): void {
    const changed = [...this.#known.values()].filter((sighting) => sighting.changed);
    const rows = (stored: boolean) => changed.filter(({ element }) => (element !== null) === stored).map(({ actor, target, what, schemaId, firstSeen, lastSeen, element }) => ({
      actor: actor.id, target: target.id, element, times: { firstSeen, lastSeen }, properties: { what, ...(schemaId === NO_SCHEMA ? {} : { schemaId }), firstSeen, lastSeen },
    }));
    transaction.sendEach(`${STEADY} UNWIND $rows AS row ${entityById('a', 'row.actor')} ${entityById('t', 'row.target')} CREATE (a)-[r:SEEN]->(t) SET r = row.properties`, rows(false));
    transaction.sendEach('UNWIND $rows AS row MATCH ()-[r:SEEN]->() WHERE elementId(r) = row.element SET r += row.times', rows(true));
  }
}

function sightingKey({ actor, target, what, schemaId }: Pick<Sighting, 'actor' | 'target' | 'what' | 'schemaId'>): string {
  return `${what} ${actor.id} ${target.id} ${schemaId}`;
}
