import { OPEN_END } from '../catalog/lineage/rows.ts';
import type { LineageGraph } from './lineage-graph.ts';

/** When edges at these nodes began or ceased to be true, event times in ms, ascending and each once. */
export function momentsAt(graph: LineageGraph, nodes: readonly number[]): readonly number[] {
  const moments = new Set<number>();
  const rows: number[] = [];
  for (const node of nodes) {
    rows.length = 0;
    graph.rowsEver(node, rows);
    for (const row of rows) {
      const { validFrom, validTo } = graph.lifeOf(row);
      if (validFrom !== OPEN_END) moments.add(validFrom);
      if (validTo !== OPEN_END) moments.add(validTo);
    }
  }
  return [...moments].sort((a, b) => a - b);
}
