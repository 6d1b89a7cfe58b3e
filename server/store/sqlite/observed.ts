import type { Observation } from '../../catalog/changes.ts';
import { edgesOfObservation } from '../../catalog/lineage/edges.ts';
import { mergeTraits } from './codes.ts';
import { type Connection, one } from './connection.ts';
import type { NodeIds } from './node-ids.ts';
import { resolveEdge, type SlotEdge } from './program-edges.ts';
import type { Statements } from './statements.ts';
import { count, type WriteState } from './write-state.ts';

/** What can be observed. Order is part of stored files: append only. */
export const OBSERVABLE: readonly Observation['what'][] = ['reads', 'writes', 'alive'];
/** Stored where an observation names no dataset. */
export const NO_TARGET = 0;
/** Stored where an observation names no schema. */
export const NO_SCHEMA = -1;

/**
 * Keeps what was observed, merged by earliest and latest sighting, and the edges that follow: never
 * ended, from the earliest sighting on, whatever schema was used.
 */
export class Observed {
  readonly #connection: Connection;
  readonly #state: WriteState;
  readonly #nodes: NodeIds;
  readonly #statements: Statements;

  constructor(parts: { connection: Connection; state: WriteState; nodes: NodeIds; statements: Statements }) {
    this.#connection = parts.connection;
    this.#state = parts.state;
    this.#nodes = parts.nodes;
    this.#statements = parts.statements;
  }

  /** True when it told something new. */
  saw(seen: Observation): boolean {
    const actor = this.#nodes.entity(seen.actor);
    const upsert = this.#connection.sql(
      `INSERT INTO observation (actor, what, target, schema_id, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)
       WHERE excluded.first_seen < first_seen OR excluded.last_seen > last_seen`,
    );
    const what = OBSERVABLE.indexOf(seen.what);
    const { changes } = upsert.run(actor, what, this.#target(seen), seen.schemaId ?? NO_SCHEMA, seen.firstSeen, seen.lastSeen);
    if (changes === 0) return false;
    this.#seeEdges(actor, seen);
    return true;
  }

  #target({ dataset, path }: Observation): number {
    if (dataset === null) return NO_TARGET;
    return path === null ? this.#nodes.entity({ kind: 'dataset', ...dataset }) : this.#nodes.field(dataset.namespace, dataset.name, path);
  }

  #seeEdges(actor: number, seen: Observation): void {
    const edges = edgesOfObservation(seen);
    if (edges.length === 0) return;
    const slot = this.#statements.observedSlot(actor).id;
    const changed = edges.map((edge) => this.#seeEdge(slot, resolveEdge(this.#nodes, edge), seen));
    if (!changed.includes(true)) return;
    this.#connection.sql('UPDATE slot SET revision = ? WHERE id = ?').run(this.#state.revision, slot);
  }

  #seeEdge(slot: number, edge: SlotEdge, { firstSeen, lastSeen }: Observation): boolean {
    const ends = [slot, edge.kind, edge.source, edge.target, edge.via] as const;
    const find = this.#connection.sql(
      'SELECT valid_from, last_seen, traits FROM edge WHERE slot = ? AND kind = ? AND source = ? AND target = ? AND via = ?',
    );
    const known = one<[number, number, number]>(find, ...ends);
    const insert = this.#connection.sql(
      'INSERT INTO edge (slot, kind, source, target, via, valid_from, last_seen, traits) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    if (known === undefined) {
      insert.run(...ends, firstSeen, lastSeen, edge.traits);
      count(this.#state, 'edge', 1);
      return true;
    }
    const [first, last, traits] = [Math.min(known[0], firstSeen), Math.max(known[1], lastSeen), mergeTraits(known[2], edge.traits)];
    if (first === known[0] && last === known[1] && traits === known[2]) return false;
    const remove = this.#connection.sql('DELETE FROM edge WHERE slot = ? AND kind = ? AND source = ? AND target = ? AND via = ?');
    remove.run(...ends);
    insert.run(...ends, first, last, traits);
    return true;
  }
}
