import { type FieldLineage, transformed } from '../../field-lineage.ts';
import { indexAt, indexesAt, type JsonObject, listAt, objectAt } from '../plan-json.ts';
import type { NodeWalk } from '../node-walk.ts';
import { functionName } from '../rex-lineage.ts';

/** Aggregates that hand on the one value they see: scalar subqueries, columns that a group key determines. */
const HANDING_ON: ReadonlySet<string> = new Set(['SINGLE_VALUE', 'AUXILIARY_GROUP']);

/** The results of aggregate calls over these columns; the columns of FILTER (WHERE …) become reads. */
export function aggregated(walk: NodeWalk, calls: unknown, columns: readonly FieldLineage[]): readonly FieldLineage[] {
  return listAt(calls, 'aggCalls').map((call) => aggregate(walk, objectAt(call, 'aggCalls'), columns));
}

function aggregate(walk: NodeWalk, call: JsonObject, columns: readonly FieldLineage[]): FieldLineage {
  const filter = indexAt(call.filterArg ?? -1, 'aggCalls.filterArg');
  if (filter >= 0) walk.reads('CONDITION', [filter], columns);
  const args = walk.all(indexesAt(call.argList, 'aggCalls.argList'), columns);
  return HANDING_ON.has(functionName(call) ?? '') ? args : transformed(args);
}

/** What buffers between two stages may hold: something of every argument. */
export function accumulated(walk: NodeWalk, calls: unknown, columns: readonly FieldLineage[]): FieldLineage {
  const results = aggregated(walk, calls, columns);
  return transformed(walk.all(results.map((_, i) => i), results));
}
