import type { FieldLineage } from '../../field-lineage.ts';
import { NotUnderstood } from '../plan-fault.ts';
import { indexAt, listAt, objectAt } from '../plan-json.ts';
import type { NodeRule, NodeWalk } from '../node-walk.ts';
import { tableRow } from './scan.ts';

/** The looked-up table is part of the node, with its own projection and filter before the join. */
export const lookupJoin: NodeRule = (walk) => {
  const { json } = walk;
  const left = walk.input.columns;
  const temporal = objectAt(json.temporalTable, 'temporalTable');
  const table = tableRow(walk, temporal.lookupTableSource, walk.fieldsOf(temporal.outputType, 'temporalTable.outputType')).columns;
  readKeys(walk, left, table);
  walk.readsCondition('JOIN', json.preFilterCondition, left);
  walk.readsCondition('JOIN', json.filterOnTemporalTable, table);
  const right = json.projectionOnTemporalTable == null ? table : listAt(json.projectionOnTemporalTable, 'projectionOnTemporalTable').map((rex) => walk.value(rex, table));
  walk.readsCondition('JOIN', json.joinCondition, [...left, ...right]);
  if (json.joinType !== 'INNER' && json.joinType !== 'LEFT') throw new NotUnderstood('unknown joinType');
  return { columns: [...left, ...right] };
};

/** By position in the looked-up table: a column of the left side, or a constant. */
function readKeys(walk: NodeWalk, left: readonly FieldLineage[], table: readonly FieldLineage[]): void {
  for (const [position, json] of Object.entries(objectAt(walk.json.lookupKeys, 'lookupKeys'))) {
    const key = objectAt(json, 'lookupKeys');
    walk.reads('JOIN', [indexAt(Number(position), 'lookupKeys')], table);
    if (key.type === 'FieldRef') walk.reads('JOIN', [indexAt(key.index, 'lookupKeys.index')], left);
    else if (key.type !== 'Constant') throw new NotUnderstood('unknown type of lookup key');
  }
}
