import type { Schemas } from '../shared/api.ts';

type LineageMap = Schemas['LineageMap'];
export interface KnownMap {
  readonly map: LineageMap;
  /** Nodes and edges left out. */
  readonly hidden: number;
}

/** A map without the edges of which nobody knows the fields, and without what only they lead to. */
export function knownOnly(map: LineageMap): KnownMap {
  const edges = map.edges.filter(({ completeness }) => completeness !== 'unknown');
  const reached = reachedFrom(map.nodes[0]?.key ?? '', edges);
  const nodes = map.nodes.filter(({ key }) => reached.has(key));
  const kept = edges.filter(({ from, to }) => reached.has(from) && reached.has(to));
  const known: LineageMap = { ...map, nodes, edges: kept, groups: map.groups.filter(({ node }) => reached.has(node)), fieldEdges: map.fieldEdges.filter(({ from, to }) => reached.has(from) && reached.has(to)) };
  return { map: known, hidden: map.nodes.length - nodes.length + map.edges.length - kept.length };
}

function reachedFrom(start: string, edges: LineageMap['edges']): ReadonlySet<string> {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) for (const [here, there] of [[from, to], [to, from]] as const) next.set(here, [...(next.get(here) ?? []), there]);
  const reached = new Set([start]);
  // A set goes on with what is added while it is gone through.
  for (const key of reached) for (const there of next.get(key) ?? []) reached.add(there);
  return reached;
}
