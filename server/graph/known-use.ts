import { type DatasetRef, ENTITY_KINDS } from '../catalog/names.ts';
import { DATASET, type LineageGraph, NOW } from './lineage-graph.ts';
import { evidenceIn, kindIn, USES } from './row-traits.ts';

const PROGRAMS: readonly number[] = [ENTITY_KINDS.indexOf('job'), ENTITY_KINDS.indexOf('consumer')];

export interface KnownUse {
  /** Datasets that no program is known to open, be it for fields that nobody knows. */
  readonly unread: readonly DatasetRef[];
  /** Namespaces in which some reader was observed at work: there silence means something. */
  readonly observed: ReadonlySet<string>;
  /** Jobs and consumers of which no dataset is known at all; each may read any. */
  readonly blankPrograms: number;
}

/** What is known now of the use of every dataset. */
export function usesNow(graph: LineageGraph): KnownUse {
  const unread: DatasetRef[] = [];
  const observed = new Set<string>();
  let blankPrograms = 0;
  const rows: number[] = [];
  for (let node = 0; node < graph.nodes; node++) {
    const kind = graph.kindOf(node);
    if (PROGRAMS.includes(kind) && !graph.hasRowsAbout(node, NOW)) blankPrograms++;
    if (kind !== DATASET) continue;
    rows.length = 0;
    graph.rowsOut(node, NOW, rows);
    const uses = rows.filter((row) => kindIn(graph.traitsOf(row)) === USES);
    const { namespace, name } = graph.refOf(node);
    if (uses.length === 0) unread.push({ namespace, name });
    else if (!observed.has(namespace) && uses.some((row) => evidenceIn(graph.traitsOf(row)) === 'observed')) observed.add(namespace);
  }
  return { unread, observed, blankPrograms };
}
