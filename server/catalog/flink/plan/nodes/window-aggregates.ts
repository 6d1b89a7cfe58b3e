import { type FieldLineage, transformed } from '../../field-lineage.ts';
import { NotUnderstood } from '../plan-fault.ts';
import { indexAt, listAt, objectAt } from '../plan-json.ts';
import type { NodeRule, NodeWalk } from '../node-walk.ts';
import { accumulated, aggregated } from './aggregate-calls.ts';
import { grouped, rowsBeneath, withBuffers } from './aggregates.ts';
import { readWindowing, windowLineage } from './windows.ts';

/** Over a window table function, in one stage: keys, results, then window_start, window_end, … */
export const windowAggregate: NodeRule = (walk) => {
  const { columns } = walk.input;
  readWindowing(walk, walk.json.windowing, columns, 'GROUP');
  const results = aggregated(walk, walk.json.aggCalls, columns);
  return { columns: [...grouped(walk, walk.json.grouping, columns), ...results, ...properties(walk, windowLineage(walk, walk.json.windowing, columns))] };
};

/** First of two stages: keys, buffers, and the end of the slice or window. */
export const localWindowAggregate: NodeRule = (walk) => {
  const { columns } = walk.input;
  readWindowing(walk, walk.json.windowing, columns, 'GROUP');
  const keys = grouped(walk, walk.json.grouping, columns);
  const buffer = accumulated(walk, walk.json.aggCalls, columns);
  return { columns: withBuffers(walk.fields, keys, buffer, [windowLineage(walk, walk.json.windowing, columns)]), beneath: columns };
};

/** Second of two stages: the window is a column of its input, its arguments are those of the first stage's input. */
export const globalWindowAggregate: NodeRule = (walk) => {
  const { columns } = walk.input;
  const beneath = rowsBeneath(walk, walk.json.localAggInputRowType);
  readWindowing(walk, walk.json.windowing, columns, 'GROUP');
  const results = aggregated(walk, walk.json.aggCalls, beneath);
  return { columns: [...grouped(walk, walk.json.grouping, columns), ...results, ...properties(walk, windowLineage(walk, walk.json.windowing, columns))] };
};

/** TUMBLE(…), HOP(…), SESSION(…) in GROUP BY: the window names its time column. */
export const groupWindowAggregate: NodeRule = (walk) => {
  const { columns } = walk.input;
  const time = timeColumn(walk);
  walk.reads('WINDOW', [time], columns);
  const results = aggregated(walk, walk.json.aggCalls, columns);
  return { columns: [...grouped(walk, walk.json.grouping, columns), ...results, ...properties(walk, transformed(walk.column(time, columns)))] };
};

/** The same in batch, where there may be a local stage that hands on keys, the pane and buffers. */
export const batchGroupWindowAggregate: NodeRule = (walk) => {
  const { json, input: { columns } } = walk;
  if (listAt(json.auxGrouping ?? [], 'auxGrouping').length > 0) throw new NotUnderstood('expected no auxiliary keys in a window aggregation');
  const time = transformed(walk.column(indexAt(json.inputTimeFieldIndex, 'inputTimeFieldIndex'), columns));
  walk.readsLineage('WINDOW', time);
  const keys = grouped(walk, json.grouping, columns);
  const args = json.isMerge === true ? rowsBeneath(walk, json.aggInputRowType) : columns;
  if (json.isFinal === true) return { columns: [...keys, ...aggregated(walk, json.aggCalls, args), ...properties(walk, time)] };
  const buffer = walk.all([0, 1], [accumulated(walk, json.aggCalls, args), time]);
  return { columns: withBuffers(walk.fields, keys, buffer), beneath: args };
};

function properties(walk: NodeWalk, window: FieldLineage): readonly FieldLineage[] {
  return listAt(walk.json.namedWindowProperties, 'namedWindowProperties').map(() => window);
}

function timeColumn(walk: NodeWalk): number {
  const { fieldName, fieldIndex } = objectAt(objectAt(walk.json.window, 'window').timeField, 'window.timeField');
  const named = walk.input.fields.findIndex(({ name }) => name === fieldName);
  return named >= 0 ? named : indexAt(fieldIndex, 'window.timeField.fieldIndex');
}
