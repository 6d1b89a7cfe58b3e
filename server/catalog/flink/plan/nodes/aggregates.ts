import type { FieldLineage } from '../../field-lineage.ts';
import type { RowField } from '../../logical-type.ts';
import { NotUnderstood } from '../plan-fault.ts';
import { indexesAt } from '../plan-json.ts';
import type { InputRow, NodeRule, NodeWalk } from '../node-walk.ts';
import { accumulated, aggregated } from './aggregate-calls.ts';

export const groupAggregate: NodeRule = (walk) => {
  const { columns } = walk.input;
  return { columns: [...grouped(walk, walk.json.grouping, columns), ...aggregated(walk, walk.json.aggCalls, columns)] };
};

/** First of two stages: hands on the keys and buffers whose number only the functions know. */
export const localGroupAggregate: NodeRule = (walk) => {
  const { columns } = walk.input;
  const keys = grouped(walk, walk.json.grouping, columns);
  return { columns: withBuffers(walk.fields, keys, accumulated(walk, walk.json.aggCalls, columns)), beneath: columns };
};

/** Second of two stages: its keys are columns of its input, its arguments those of the first stage's input. */
export const globalGroupAggregate: NodeRule = (walk) => {
  const beneath = rowsBeneath(walk, walk.json.localAggInputRowType);
  return { columns: [...grouped(walk, walk.json.grouping, walk.input.columns), ...aggregated(walk, walk.json.aggCalls, beneath)] };
};

/** Second stage of one aggregation and first of the next in one (split DISTINCT): the next one's arguments refer to the row between. */
export const incrementalGroupAggregate: NodeRule = (walk) => {
  const { json } = walk;
  const beneath = rowsBeneath(walk, json.partialLocalAggInputRowType);
  const partial = [...grouped(walk, json.partialAggGrouping, walk.input.columns), ...aggregated(walk, json.partialOriginalAggCalls, beneath)];
  const keys = grouped(walk, json.finalAggGrouping, partial);
  return { columns: withBuffers(walk.fields, keys, walk.all(partial.map((_, i) => i), partial)), beneath: partial };
};

/** Hash and sort aggregation in batch: one stage, or a local one (not final) and one that merges. */
export const batchAggregate: NodeRule = (walk) => {
  const { json, input } = walk;
  const keys = [...grouped(walk, json.grouping, input.columns), ...picked(walk, json.auxGrouping ?? [], input.columns)];
  const args = json.isMerge === true ? rowsBeneath(walk, json.aggInputRowType) : input.columns;
  if (json.isFinal === true) return { columns: [...keys, ...aggregated(walk, json.aggCalls, args)] };
  return { columns: withBuffers(walk.fields, keys, accumulated(walk, json.aggCalls, args)), beneath: args };
};

export function grouped(walk: NodeWalk, keys: unknown, columns: readonly FieldLineage[]): readonly FieldLineage[] {
  const indexes = indexesAt(keys, 'grouping');
  walk.reads('GROUP', indexes, columns);
  return picked(walk, indexes, columns);
}

function picked(walk: NodeWalk, indexes: unknown, columns: readonly FieldLineage[]): readonly FieldLineage[] {
  return indexesAt(indexes, 'grouping').map((index) => walk.column(index, columns));
}

/** As many buffers as the row has fields beside the keys and what comes `after` them. */
export function withBuffers(fields: readonly RowField[], keys: readonly FieldLineage[], buffer: FieldLineage, after: readonly FieldLineage[] = []): readonly FieldLineage[] {
  const buffers = fields.length - keys.length - after.length;
  if (buffers < 0) throw new NotUnderstood('expected at least the keys in outputType');
  return [...keys, ...Array.from({ length: buffers }, () => buffer), ...after];
}

export function rowsBeneath({ input, run }: { readonly input: InputRow; readonly run: NodeWalk['run'] }, type: unknown): readonly FieldLineage[] {
  if (input.beneath === undefined) throw new NotUnderstood('expected the first stage of the aggregation before it');
  const fields = type === undefined ? null : run.types.fieldsOf(type);
  if (fields !== null && fields.length !== input.beneath.length) throw new NotUnderstood('expected the first stage to aggregate as many columns as the second one says');
  return input.beneath;
}
