import type { ProgramFact } from '../../catalog/changes.ts';
import { edgesOfProgram } from '../../catalog/lineage/edges.ts';
import { type Edge, EDGE_KINDS } from '../../catalog/lineage/rows.ts';
import type { ReaderRef } from '../../catalog/names.ts';
import { mergeTraits, packTraits } from './codes.ts';
import { type Connection, each } from './connection.ts';
import { effective } from './lifetime.ts';
import type { NodeIds } from './node-ids.ts';
import type { Slot, Statements, StoredStatement } from './statements.ts';
import { count, type WriteState } from './write-state.ts';

/** An edge of a slot without its time. */
export interface SlotEdge {
  readonly kind: number;
  readonly source: number;
  readonly target: number;
  readonly via: number;
  readonly traits: number;
}
/** Edges by their ends, so that each is there once. */
type SlotEdges = Map<string, SlotEdge>;

interface OpenEdge extends SlotEdge {
  readonly from: number;
}

/** A `program` statement that has just been recorded. */
export interface SaidProgram {
  readonly slot: Slot;
  readonly program: ReaderRef;
  readonly time: number;
  readonly body: ProgramFact | null;
  /** The time of the newest statement of the slot before this one. */
  readonly newest: number | null;
}

/**
 * Keeps the edges of programs: an edge stands from the first statement of its slot that implies it up to
 * the next that does not, or not with the same traits. Whatever a statement names becomes a node, even if
 * it was replaced at once.
 *
 * A statement newer than all others of its slot is compared with the edges that stand; any other has the
 * slot's edges worked out again from all statements. Both end the same.
 */
export class ProgramEdges {
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

  said(statement: SaidProgram): void {
    const edges = this.#resolve(statement.program, statement.body);
    const { slot, time, newest } = statement;
    if (newest === null) for (const edge of edges.values()) this.#insert(slot.id, edge, time);
    else if (newest < time) this.#replace(slot.id, edges, { time, before: newest });
    else this.#recompute(slot.id, statement.program);
    const stated = this.#connection.sql('UPDATE slot SET stated_at = max(coalesce(stated_at, ?1), ?1), revision = ?2 WHERE id = ?3');
    stated.run(time, this.#state.revision, slot.id);
  }

  /** Makes nodes of what a program names, and nothing else. */
  mention(program: ReaderRef, body: ProgramFact | null): void {
    this.#resolve(program, body);
  }

  #resolve(program: ReaderRef, body: ProgramFact | null): SlotEdges {
    const edges: SlotEdges = new Map();
    for (const edge of body === null ? [] : edgesOfProgram(program, body)) {
      const resolved = resolveEdge(this.#nodes, edge);
      const key = edgeKey(resolved);
      const twin = edges.get(key);
      edges.set(key, twin === undefined ? resolved : { ...resolved, traits: mergeTraits(resolved.traits, twin.traits) });
    }
    return edges;
  }

  #replace(slot: number, edges: SlotEdges, at: { readonly time: number; readonly before: number }): void {
    for (const standing of this.#standing(slot)) {
      const key = edgeKey(standing);
      if (edges.get(key)?.traits === standing.traits) edges.delete(key);
      else this.#close(slot, standing, at);
    }
    for (const edge of edges.values()) this.#insert(slot, edge, at.time);
  }

  #standing(slot: number): OpenEdge[] {
    const rows = this.#connection.sql('SELECT kind, source, target, via, traits, valid_from FROM edge WHERE slot = ? AND valid_to IS NULL');
    return [...each<[number, number, number, number, number, number]>(rows, slot)].map(([kind, source, target, via, traits, from]) => ({
      kind, source, target, via, traits, from,
    }));
  }

  #recompute(slot: number, program: ReaderRef): void {
    const removed = this.#connection.sql('DELETE FROM edge WHERE slot = ?').run(slot);
    count(this.#state, 'edge', -Number(removed.changes));
    let standing = new Map<string, OpenEdge>();
    let before = 0;
    for (const statement of effective(this.#statements.history(slot))) {
      standing = this.#step(slot, standing, { edges: this.#resolve(program, programIn(statement)), time: statement.time, before });
      before = statement.time;
    }
    for (const edge of standing.values()) this.#insert(slot, edge, edge.from);
  }

  /** The edges that stand after one more statement; those that ended are written. */
  #step(slot: number, standing: ReadonlyMap<string, OpenEdge>, said: { edges: SlotEdges; time: number; before: number }): Map<string, OpenEdge> {
    for (const [key, edge] of standing) {
      if (said.edges.get(key)?.traits === edge.traits) continue;
      this.#insert(slot, edge, edge.from);
      this.#close(slot, edge, said);
    }
    const after = new Map<string, OpenEdge>();
    for (const [key, edge] of said.edges) {
      const twin = standing.get(key);
      after.set(key, twin?.traits === edge.traits ? twin : { ...edge, from: said.time });
    }
    return after;
  }

  #insert(slot: number, edge: SlotEdge, from: number): void {
    const insert = this.#connection.sql('INSERT INTO edge (slot, kind, source, target, via, valid_from, traits) VALUES (?, ?, ?, ?, ?, ?, ?)');
    insert.run(slot, edge.kind, edge.source, edge.target, edge.via, from, edge.traits);
    count(this.#state, 'edge', 1);
  }

  #close(slot: number, edge: OpenEdge, at: { readonly time: number; readonly before: number }): void {
    const close = this.#connection.sql(
      `UPDATE edge SET valid_to = ?, last_seen = ?
       WHERE slot = ? AND kind = ? AND source = ? AND target = ? AND via = ? AND valid_from = ?`,
    );
    close.run(at.time, at.before, slot, edge.kind, edge.source, edge.target, edge.via, edge.from);
  }
}

/** An edge with the ids of its ends. */
export function resolveEdge(nodes: NodeIds, edge: Edge): SlotEdge {
  return {
    kind: EDGE_KINDS.indexOf(edge.kind),
    source: nodes.of(edge.from),
    target: nodes.of(edge.to),
    via: edge.via === null ? 0 : nodes.of(edge.via),
    traits: packTraits(edge.reasons, edge.identity, edge.completeness),
  };
}

function edgeKey({ kind, source, target, via }: SlotEdge): string {
  return `${kind} ${source} ${target} ${via}`;
}

function programIn({ body }: StoredStatement): ProgramFact | null {
  return body === null ? null : (JSON.parse(body) as ProgramFact);
}
