import { type FieldLineage, FROM_NOTHING } from '../../field-lineage.ts';
import { NotUnderstood } from '../plan-fault.ts';
import { indexAt, indexesAt, isObject, listAt, objectAt, partitionFields, sortFields } from '../plan-json.ts';
import type { NodeRule, NodeWalk, Row } from '../node-walk.ts';
import { aggregated } from './aggregate-calls.ts';
import { readWindowing } from './windows.ts';

/** ROW_NUMBER and RANK with a limit, and streaming LIMIT and ORDER BY … LIMIT, which are the same with nothing to partition by. */
export const rank: NodeRule = (walk) => {
  const { columns } = walk.input;
  walk.reads('PARTITION', partitionFields(walk.json.partition, 'partition'), columns);
  walk.reads('SORT', sortFields(walk.json.orderBy, 'orderBy'), columns);
  readRange(walk, columns);
  return ranked(walk, walk.json.outputRowNumber);
};

export const windowRank: NodeRule = (walk) => {
  const { columns } = walk.input;
  readWindowing(walk, walk.json.windowing, columns, 'PARTITION');
  walk.reads('PARTITION', partitionFields(walk.json.partitionSpec, 'partitionSpec'), columns);
  walk.reads('SORT', sortFields(walk.json.sortSpec, 'sortSpec'), columns);
  readRange(walk, columns);
  return ranked(walk, walk.json.outputRowNumber);
};

export const batchRank: NodeRule = (walk) => {
  walk.reads('PARTITION', indexesAt(walk.json.partitionFields, 'partitionFields'), walk.input.columns);
  walk.reads('SORT', indexesAt(walk.json.sortFields, 'sortFields'), walk.input.columns);
  return ranked(walk, walk.json.outputRowNumber);
};

/** ORDER BY of batch and of bounded streams, with or without a limit. */
export const sort: NodeRule = (walk) => {
  const { sortSpec, orderBy } = walk.json;
  walk.reads('SORT', sortFields(sortSpec ?? orderBy, 'sortSpec'), walk.input.columns);
  return walk.input;
};

/** The order is that of the row's time attribute, which the node does not name. */
export const deduplicate: NodeRule = (walk) => {
  const { columns, outputType } = walk.input;
  walk.reads('PARTITION', indexesAt(walk.json.uniqueKeys, 'uniqueKeys'), columns);
  if (walk.json.isRowtime === true) walk.reads('SORT', rowtimes(outputType), columns);
  return walk.input;
};

export const windowDeduplicate: NodeRule = (walk) => {
  const { columns } = walk.input;
  readWindowing(walk, walk.json.windowing, columns, 'PARTITION');
  walk.reads('PARTITION', indexesAt(walk.json.partitionKeys, 'partitionKeys'), columns);
  walk.reads('SORT', [indexAt(walk.json.orderKey, 'orderKey')], columns);
  return walk.input;
};

/** The row and the results of OVER; arguments beyond the row's columns are constants. */
export const overAggregate: NodeRule = (walk) => {
  const spec = objectAt(walk.json.overSpec, 'overSpec');
  const { columns } = walk.input;
  const args = [...columns, ...listAt(spec.constants ?? [], 'overSpec.constants').map(() => FROM_NOTHING)];
  walk.reads('PARTITION', partitionFields(spec.partition, 'overSpec.partition'), columns);
  const results = listAt(spec.groups, 'overSpec.groups').flatMap((group) => {
    const { orderBy, aggCalls } = objectAt(group, 'overSpec.groups');
    walk.reads('SORT', sortFields(orderBy, 'overSpec.groups.orderBy'), columns);
    return aggregated(walk, aggCalls, args);
  });
  return { columns: [...columns, ...results] };
};

function ranked({ input: { columns } }: NodeWalk, outputsNumber: unknown): Row {
  if (typeof outputsNumber !== 'boolean') throw new NotUnderstood('expected to be told whether the number is a column');
  return { columns: outputsNumber ? [...columns, FROM_NOTHING] : columns };
}

/** A limit that is itself a column decides rows too. */
function readRange(walk: NodeWalk, columns: readonly FieldLineage[]): void {
  const range = objectAt(walk.json.rankRange, 'rankRange');
  if (range.type === 'Variable') walk.reads('FILTER', [indexAt(range.endIndex, 'rankRange.endIndex')], columns);
  else if (range.type !== 'Constant' && range.type !== 'ConstantWithoutEnd') throw new NotUnderstood('unknown type of rankRange');
}

function rowtimes(outputType: unknown): readonly number[] {
  const fields = isObject(outputType) ? listAt(outputType.fields, 'outputType.fields') : [];
  const found = fields.flatMap((field, i) => (isObject(field) && isObject(field.fieldType) && field.fieldType.kind === 'ROWTIME' ? [i] : []));
  if (found.length === 0) throw new NotUnderstood('expected a rowtime attribute in the input');
  return found;
}
