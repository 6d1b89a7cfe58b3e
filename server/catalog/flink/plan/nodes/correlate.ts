import { accessed, ELEMENT, type FieldLineage, FROM_NOTHING, MAP_KEY, MAP_VALUE, transformed } from '../../field-lineage.ts';
import type { LogicalType } from '../../logical-type.ts';
import { NotUnderstood } from '../plan-fault.ts';
import type { JsonObject } from '../plan-json.ts';
import { type NodeRule, type NodeWalk, positionsByName } from '../node-walk.ts';
import { functionName, typeOfRex } from '../rex-lineage.ts';
import { functionCall } from './function-call.ts';

/** CROSS JOIN UNNEST(…), LATERAL TABLE(f(…)): the row and what the function makes of it. The condition counts through the latter. */
export const correlate: NodeRule = (walk) => {
  const { call, operands } = functionCall(walk);
  const left = leftColumn(walk);
  // Python functions refer to the left side by position.
  const args = operands.map((operand) => walk.value(operand, walk.input.columns, { correlated: left }));
  for (const arg of args) walk.readsLineage('JOIN', arg);
  const made = unnested(walk, call, operands[0], args) ?? fromArguments(walk, args);
  // What was pushed into an inner one stood in WHERE.
  walk.readsCondition(walk.json.joinType === 'INNER' ? 'FILTER' : 'JOIN', walk.json.condition, made);
  return { columns: [...walk.input.columns, ...made] };
};

/** By the name the left side has; a name it has not stands for the position it has in the variable's own type. */
function leftColumn(walk: NodeWalk) {
  const { columns, fields } = walk.input;
  const positions = positionsByName(fields);
  return (name: string, variable: JsonObject): FieldLineage | null => {
    const position = positions.get(name) ?? walk.fieldsOf(variable.type, 'the type of a correlation variable').findIndex((field) => field.name === name);
    return columns[position] ?? null;
  };
}

/** A user's function may compute every column it makes from every argument. */
function fromArguments(walk: NodeWalk, args: readonly FieldLineage[]): readonly FieldLineage[] {
  const made = transformed(walk.all(args.map((_, i) => i), args));
  const count = walk.fields.length - walk.input.columns.length;
  if (count < 0) throw new NotUnderstood('expected at least the columns of the left side in outputType');
  return Array.from({ length: count }, () => made);
}

const UNNEST: ReadonlySet<string> = new Set(['UNNEST_ROWS', 'UNNEST_ROWS_WITH_ORDINALITY']);

function unnested(walk: NodeWalk, call: JsonObject, operand: unknown, args: readonly FieldLineage[]): readonly FieldLineage[] | null {
  const name = functionName(call) ?? '';
  const [collection] = args;
  if (!UNNEST.has(name) || collection === undefined) return null;
  const elements = elementColumns(typeOfRex(operand, walk.run), collection);
  return name === 'UNNEST_ROWS' ? elements : [...elements, FROM_NOTHING];
}

function elementColumns(type: LogicalType, collection: FieldLineage): readonly FieldLineage[] {
  if (type.kind === 'map') return [accessed(collection, MAP_KEY), accessed(collection, MAP_VALUE)];
  if (type.kind !== 'array' && type.kind !== 'multiset') throw new NotUnderstood('expected an array, a multiset or a map to unnest');
  const element = accessed(collection, ELEMENT);
  return type.element.kind === 'row' ? type.element.fields.map(({ name }) => accessed(element, name)) : [element];
}
