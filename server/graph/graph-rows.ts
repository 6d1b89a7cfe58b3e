import type { EdgeRow, GraphSource } from '../catalog/lineage/rows.ts';
import type { LineageGraph } from './lineage-graph.ts';
import { unpackTraits } from './row-traits.ts';

/** Rows handed over at once. */
const PORTION = 10_000;

/** Hands over the graph in memory as its source would: all nodes, then all edges that no delta has replaced. Nodes come in the graph's own order. */
export function handOver(graph: LineageGraph, { onNodes, onEdges }: Parameters<GraphSource['scan']>[0]): void {
  for (let from = 0; from < graph.nodes; from += PORTION) {
    onNodes(Array.from({ length: Math.min(PORTION, graph.nodes - from) }, (_, i) => graph.nodeRow(from + i)));
  }
  for (let from = 0; from < graph.rows; from += PORTION) {
    const rows: EdgeRow[] = [];
    for (let row = from; row < Math.min(graph.rows, from + PORTION); row++) if (graph.isAlive(row)) rows.push(edgeRow(graph, row));
    onEdges(rows);
  }
}

function edgeRow(graph: LineageGraph, row: number): EdgeRow {
  const via = graph.viaOf(row);
  return {
    slot: graph.slotOf(row), from: graph.storeIdOf(graph.fromOf(row)), to: graph.storeIdOf(graph.toOf(row)), via: via < 0 ? 0 : graph.storeIdOf(via),
    ...unpackTraits(graph.traitsOf(row)), ...graph.lifeOf(row),
  };
}
