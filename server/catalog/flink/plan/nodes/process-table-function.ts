import { type FieldLineage, FROM_NOTHING, merged, transformed } from '../../field-lineage.ts';
import { sameButForNull } from '../../logical-type.ts';
import { NotUnderstood } from '../plan-fault.ts';
import { indexAt, indexesAt, isObject, type JsonObject } from '../plan-json.ts';
import { type InputRow, type NodeRule, type NodeWalk, positionsByName } from '../node-walk.ts';
import { functionName } from '../rex-lineage.ts';
import { functionCall } from './function-call.ts';

interface TableArgument {
  readonly input: InputRow;
  readonly keys: readonly number[];
}

/**
 * A process table function may compute everything it makes from every column it is given; before that stand the
 * partition keys of its tables or, if it passes columns through, all columns of its table.
 */
export const processTableFunction: NodeRule = (walk) => {
  const { call, operands } = functionCall(walk);
  const tables = operands.filter((operand): operand is JsonObject => isObject(operand) && operand.kind === 'TABLE_ARG_CALL').map((operand) => tableArgument(walk, operand));
  const scalars = operands.filter((operand) => !isObject(operand) || operand.kind !== 'TABLE_ARG_CALL').map((operand) => walk.value(operand, []));
  const handing = CHANGELOG_FUNCTIONS.get(functionName(call) ?? '');
  if (handing !== undefined) return { columns: handing(walk, tables, operands) };
  const everything = [...tables.flatMap(({ input }) => input.columns), ...scalars];
  const made = transformed(walk.all(everything.map((_, i) => i), everything));
  const first = leading(walk, tables);
  const last = rowtime(walk, tables, operands);
  const between = walk.fields.length - first.length - last.length;
  if (between < 0) throw new NotUnderstood('expected at least the partition keys in outputType');
  return { columns: [...first, ...Array.from({ length: between }, () => made), ...last] };
};

function tableArgument(walk: NodeWalk, { inputIndex, partitionKeys, orderKeys }: JsonObject): TableArgument {
  const input = walk.inputs[indexAt(inputIndex, 'inputIndex of a table argument')];
  if (input === undefined) throw new NotUnderstood('expected an input for each table argument');
  const keys = indexesAt(partitionKeys ?? [], 'partitionKeys');
  walk.reads('PARTITION', keys, input.columns);
  walk.reads('SORT', indexesAt(orderKeys ?? [], 'orderKeys'), input.columns);
  return { input, keys };
}

function leading(walk: NodeWalk, tables: readonly TableArgument[]): readonly FieldLineage[] {
  const [only] = tables;
  // The plan does not say whether columns are passed through; that the row begins with all of them, and goes on, does.
  if (only !== undefined && tables.length === 1 && walk.fields.length > only.input.fields.length && beginsWith(walk, only.input)) return only.input.columns;
  return tables.flatMap(({ input, keys }) => keys.map((key) => walk.column(key, input.columns)));
}

function beginsWith({ fields }: NodeWalk, { fields: passed }: InputRow): boolean {
  return passed.every(({ name, type }, i) => {
    const field = fields[i];
    return field !== undefined && field.name === name && sameButForNull(field.type, type);
  });
}

/** With on_time the row ends with the time column of the table, called rowtime. */
function rowtime({ fields }: NodeWalk, tables: readonly TableArgument[], operands: readonly unknown[]): readonly FieldLineage[] {
  // on_time and uid are the last two operands of every process table function.
  const [onTime] = descriptor(operands.at(-2));
  if (onTime === undefined || fields.at(-1)?.name !== 'rowtime') return [];
  return [merged(tables.flatMap(({ input }) => input.columns.filter((_, i) => input.fields[i]?.name === onTime)))];
}

/** The columns that DESCRIPTOR(…) names. */
function descriptor(operand: unknown): readonly unknown[] {
  if (!isObject(operand) || functionName(operand) !== 'DESCRIPTOR' || !Array.isArray(operand.operands)) return [];
  return operand.operands.map((literal: unknown) => (isObject(literal) ? literal.value : null));
}

type ChangelogFunction = (walk: NodeWalk, tables: readonly TableArgument[], operands: readonly unknown[]) => readonly FieldLineage[];

/** Functions of Flink that turn changes into a column and back; they hand on the other columns by name. */
const CHANGELOG_FUNCTIONS: ReadonlyMap<string, ChangelogFunction> = new Map<string, ChangelogFunction>([
  ['TO_CHANGELOG', (walk, tables) => byName(walk, tables)],
  ['FROM_CHANGELOG', (walk, tables, operands) => {
    readOperation(walk, tables, operands);
    return byName(walk, tables);
  }],
]);

/** The column that says what a change does is made of no field. */
function byName(walk: NodeWalk, tables: readonly TableArgument[]): readonly FieldLineage[] {
  const found = tables.map(({ input }) => ({ columns: input.columns, positions: positionsByName(input.fields) }));
  return walk.fields.map(({ name }) => merged(found.map(({ columns, positions }) => columns[positions.get(name) ?? -1] ?? FROM_NOTHING)));
}

const DEFAULT_OPERATION = 'op';

/** Whether a row is added or taken away depends on that column. */
function readOperation(walk: NodeWalk, tables: readonly TableArgument[], operands: readonly unknown[]): void {
  const named = operands.flatMap(descriptor);
  const names: readonly unknown[] = named.length === 0 ? [DEFAULT_OPERATION] : named;
  for (const { input } of tables) walk.reads('FILTER', input.fields.flatMap(({ name }, i) => (names.includes(name) ? [i] : [])), input.columns);
}
