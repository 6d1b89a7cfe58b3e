import type { ProgramFact } from '../../catalog/changes.ts';
import { edgesOfProgram } from '../../catalog/lineage/edges.ts';
import type { Edge } from '../../catalog/lineage/rows.ts';
import type { ReaderRef } from '../../catalog/names.ts';
import { effective } from '../sqlite/lifetime.ts';
import { edgeKey, type EdgeChange, resolveEdges, type SlotEdges, type TimedEdge } from './edges.ts';
import type { GraphNode, GraphNodes } from './graph-nodes.ts';
import type { Slot } from './slots.ts';

/** The edges that a stored program implies. */
export function edgesIn(about: GraphNode, body: string | null): Edge[] {
  return body === null ? [] : edgesOfProgram(programOf(about), JSON.parse(body) as ProgramFact);
}

function programOf({ kind, namespace, name }: GraphNode): ReaderRef {
  if (kind !== 'job' && kind !== 'consumer') throw new TypeError(`a program was stated about a ${kind}; only jobs and consumers have one`);
  return { kind, namespace, name };
}

/**
 * What changes of a slot's edges: an edge stands from the first statement that implies it up to the next
 * that does not, or not with the same traits. Begins at the edges that stand, when everything new is later
 * than everything stored, else (`standing` is null) at none, with all statements.
 */
export function changesOfProgram(slot: Slot, nodes: GraphNodes, standing: readonly TimedEdge[] | null): EdgeChange[] {
  const statements = [...slot.statements.values()].filter(({ state }) => standing === null || state !== 'stored');
  let open = new Map((standing ?? []).map((edge) => [edgeKey(edge), edge]));
  let before = (standing === null ? null : slot.newest) ?? 0;
  const changes: EdgeChange[] = [];
  for (const { time, body } of effective(statements)) {
    const said = resolveEdges(nodes, edgesIn(slot.about, body));
    for (const [key, edge] of open) if (said.get(key)?.traits !== edge.traits) changes.push({ slot, edge: { ...edge, to: time, lastSeen: before } });
    open = after(open, said, time);
    before = time;
  }
  for (const edge of open.values()) if (edge.element === null) changes.push({ slot, edge });
  return changes;
}

function after(open: ReadonlyMap<string, TimedEdge>, said: SlotEdges, time: number): Map<string, TimedEdge> {
  const standing = new Map<string, TimedEdge>();
  for (const [key, edge] of said) {
    const twin = open.get(key);
    standing.set(key, twin?.traits === edge.traits ? twin : { ...edge, from: time, to: null, lastSeen: null, element: null });
  }
  return standing;
}
