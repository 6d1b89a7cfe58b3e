import { type FieldLineage, FROM_NOTHING, merged } from '../../field-lineage.ts';
import { NotUnderstood } from '../plan-fault.ts';
import { listAt } from '../plan-json.ts';
import type { NodeRule, NodeWalk } from '../node-walk.ts';

/** The row goes on as it came: exchanges, mini-batches, limits. What a second stage needs stays reachable. */
export const passedOn: NodeRule = ({ input }) => input;

/** Brings a stream of upserts into order; the planner may have pushed a filter into it. */
export const changelogNormalize: NodeRule = (walk) => {
  walk.readsCondition('FILTER', walk.json.filterCondition, walk.input.columns);
  return walk.input;
};

export const calc: NodeRule = (walk) => {
  const { columns } = walk.input;
  const { condition, projection } = walk.json;
  if (condition === undefined) throw new NotUnderstood('expected an expression or null in condition');
  const locals = shared(walk, columns);
  if (condition !== null) walk.readsLineage('FILTER', walk.value(condition, columns, { locals }));
  return { columns: listAt(projection, 'projection').map((rex) => walk.value(rex, columns, { locals })) };
};

/** Some plans of 1.19 list the expressions of a calc once, each over those before it. */
function shared(walk: NodeWalk, columns: readonly FieldLineage[]): readonly FieldLineage[] {
  const locals: FieldLineage[] = [];
  for (const rex of listAt(walk.json.expression ?? [], 'expression')) locals.push(walk.value(rex, columns, { locals }));
  return locals;
}

/** Grouping sets: each row is repeated with some columns replaced by NULL. */
export const expand: NodeRule = (walk) => stacked(walk, listAt(walk.json.projects, 'projects'), walk.input.columns);

export const values: NodeRule = (walk) => stacked(walk, listAt(walk.json.tuples, 'tuples'), []);

function stacked(walk: NodeWalk, rows: readonly unknown[], columns: readonly FieldLineage[]) {
  const made = rows.map((row) => listAt(row, 'a list of rows').map((rex) => walk.value(rex, columns)));
  if (made.some((row) => row.length !== walk.fields.length)) throw new NotUnderstood('expected rows of as many columns as outputType has');
  return { columns: walk.fields.map((_, i) => merged(made.map((row) => row[i] ?? FROM_NOTHING))) };
}

export const union: NodeRule = (walk) => {
  if (walk.inputs.some(({ columns }) => columns.length !== walk.fields.length)) throw new NotUnderstood('expected inputs of as many columns as outputType has');
  return {
    columns: walk.fields.map((_, i) => walk.all(walk.inputs.map((_input, branch) => branch), walk.inputs.map(({ columns }) => columns[i] ?? FROM_NOTHING))),
  };
};

/** Watermarks are no rows, but they decide which rows are late. */
export const watermarkAssigner: NodeRule = (walk) => {
  walk.readsCondition('WATERMARK', walk.json.watermarkExpr, walk.input.columns);
  return walk.input;
};
