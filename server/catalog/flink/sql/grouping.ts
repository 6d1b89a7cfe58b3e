import { callName } from './expression-lineage.ts';
import { IN_THIS_QUERY } from './scope.ts';
import { SqlFailure } from './sql-failure.ts';
import type { Call, Expression, GroupItem, Name, Select } from './syntax-tree.ts';

/** Functions of Flink that aggregate; a function of the user may do so too. */
const AGGREGATES = new Set([
  'COUNT', 'SUM', 'AVG', 'MIN', 'MAX', 'STDDEV_POP', 'STDDEV_SAMP', 'STDDEV', 'VAR_POP', 'VAR_SAMP', 'VARIANCE', 'COLLECT', 'LISTAGG', 'FIRST_VALUE', 'LAST_VALUE',
  'JSON_OBJECTAGG', 'JSON_ARRAYAGG', 'ARRAY_AGG', 'APPROX_COUNT_DISTINCT', 'SINGLE_VALUE', 'PERCENTILE', 'SUM0', 'BITMAP_BUILD_AGG', 'BITMAP_OR_AGG', 'BITMAP_AND_AGG',
  'GROUPING', 'GROUPING_ID', 'GROUP_ID', 'ANY_VALUE', 'EVERY', 'SOME', 'MODE', 'COVAR_POP', 'COVAR_SAMP', 'CORR', 'BIT_AND', 'BIT_OR', 'BIT_XOR', 'STRING_AGG',
]);
/** What a group window can be asked: computed from the window, not from single rows. */
const WINDOW_PARTS = /^(TUMBLE|HOP|SESSION)_(START|END|ROWTIME|PROCTIME)$/;
/** Functions known to work on single rows: a column inside them that is not grouped is an error. */
const ROW_FUNCTIONS = new Set([
  'UPPER', 'LOWER', 'TRIM', 'CONCAT', 'CONCAT_WS', 'SUBSTRING', 'CHAR_LENGTH', 'ABS', 'ROUND', 'FLOOR', 'CEIL', 'COALESCE', 'IFNULL', 'NULLIF', 'IF', 'DATE_FORMAT', 'EXTRACT', 'TO_TIMESTAMP', 'TO_TIMESTAMP_LTZ', 'REPLACE', 'JSON_VALUE', 'MOD', 'CARDINALITY', 'MD5', 'SHA256',
]);

/** Refuses aggregates and OVER windows where rows are not there yet to be aggregated: in WHERE, and in each other. */
export function checkRowsOnly(expression: Expression, where: string): void {
  for (const part of everythingIn(expression)) {
    if (part.node !== 'call') continue;
    if (part.over !== null) throw new SqlFailure(`an OVER window cannot stand in ${where}`, part.at);
    if (isAggregate(part) && !GROUP_QUESTIONS.has(callName(part))) throw new SqlFailure(`the aggregate ${callName(part)} cannot stand in ${where}`, part.at);
  }
}

const GROUP_QUESTIONS = new Set(['GROUPING', 'GROUPING_ID', 'GROUP_ID']);

function refuseNestedAggregates(expression: Expression): void {
  for (const part of everythingIn(expression)) {
    if (part.node !== 'call' || part.over !== null || !isAggregate(part)) continue;
    for (const argument of part.parts ?? []) if (typeof argument !== 'string') checkRowsOnly(argument, `the aggregate ${callName(part)}`);
  }
}

/** An expression and all in it, but for subqueries. */
function* everythingIn(expression: Expression): Generator<Expression> {
  yield expression;
  const inside = expression.node === 'call' ? (expression.parts ?? []).filter((part) => typeof part !== 'string')
    : expression.node === 'field' || expression.node === 'element' ? [expression.of] : childrenOf(expression);
  for (const child of inside) yield* everythingIn(child);
}

type StepsOf = (name: Name) => readonly string[];

/** Refuses a select list that names, beside aggregates, a column that is not grouped by. */
export function checkGrouping({ items, groupBy, having, from }: Select, stepsOf: StepsOf): void {
  if (from === null) return;
  const selected = items.map(({ expression }) => expression);
  const aggregates = groupBy !== null || [...selected, ...(having === null ? [] : [having])].some(hasAggregate);
  if (!aggregates) return;
  for (const expression of [...selected, ...(having === null ? [] : [having])]) refuseNestedAggregates(expression);
  const keys = (groupBy ?? []).flatMap(expressionsOf);
  const grouped = new Set(keys.map((key) => shape(key, stepsOf)));
  const columns = new Set(keys.filter((key) => key.node === 'column').map((key) => stepsOf(key.path).join('\u0000')));
  const by = { kinds: new Set(keys.map(({ node }) => node)), grouped, columns, stepsOf };
  for (const expression of [...selected, ...(having === null ? [] : [having])]) check(expression, by);
}

function expressionsOf(item: GroupItem): readonly Expression[] {
  if (item.form === 'expression') return [item.expression];
  return item.form === 'set' ? item.items : item.items.flatMap(expressionsOf);
}

interface Grouped {
  readonly kinds: ReadonlySet<string>;
  readonly grouped: ReadonlySet<string>;
  /** The steps of each column grouped by: what is inside it is grouped too. */
  readonly columns: ReadonlySet<string>;
  readonly stepsOf: StepsOf;
}

function check(expression: Expression, by: Grouped): void {
  if (by.kinds.has(expression.node) && by.grouped.has(shape(expression, by.stepsOf))) return;
  if (expression.node === 'column') {
    const steps = by.stepsOf(expression.path);
    if (steps.some((_, i) => by.columns.has(steps.slice(0, i + 1).join('\u0000')))) return;
    if (!steps[0]?.startsWith(IN_THIS_QUERY)) return;
    throw new SqlFailure(`column '${expression.path.map(({ name }) => name).join('.')}' is neither grouped by nor aggregated`, expression.at);
  }
  for (const child of childrenOf(expression)) check(child, by);
}

/** What must be grouped inside an expression: nothing below an aggregate, a function of the user, or a subquery. */
function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.node) {
    case 'call': {
      const name = callName(expression);
      if (expression.over !== null || isAggregate(expression) || WINDOW_PARTS.test(name) || !ROW_FUNCTIONS.has(name)) return [];
      return (expression.parts ?? []).filter((part) => typeof part !== 'string');
    }
    case 'operation':
      return expression.parts.filter((part) => typeof part !== 'string');
    case 'case':
      return [...(expression.operand === null ? [] : [expression.operand]), ...expression.branches.flatMap(({ when, then }) => [...when, then]), ...(expression.otherwise === null ? [] : [expression.otherwise])];
    case 'cast':
      return [expression.operand];
    case 'row':
    case 'collection':
      return expression.items;
    default:
      return [];
  }
}

function hasAggregate(expression: Expression): boolean {
  if (expression.node === 'call' && expression.over === null && isAggregate(expression)) return true;
  return childrenOf(expression).some(hasAggregate);
}

function isAggregate(call: Call): boolean {
  return AGGREGATES.has(callName(call));
}

/** One text for expressions that mean the same: names by what they resolve to, everything else as written. */
function shape(expression: Expression, stepsOf: StepsOf): string {
  return JSON.stringify(expression, (key, value: unknown) => {
    if (key === 'at') return undefined;
    if (isNode(value, 'column')) return { column: stepsOf(value.path) };
    return isNode(value, 'subquery') ? JSON.stringify(value, withoutPositions) : value;
  });
}

function withoutPositions(key: string, value: unknown): unknown {
  return key === 'at' ? undefined : value;
}

function isNode<N extends Expression['node']>(value: unknown, node: N): value is Extract<Expression, { node: N }> {
  return typeof value === 'object' && value !== null && (value as { node?: unknown }).node === node;
}
