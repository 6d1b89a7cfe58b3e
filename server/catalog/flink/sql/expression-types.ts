import { atomic, type LogicalType, UNKNOWN_NOT_NULL, UNKNOWN_TYPE, withNullability } from '../logical-type.ts';
import { leastRestrictive } from './least-restrictive.ts';
import type { Value } from './relation.ts';

export const BOOLEAN = atomic('BOOLEAN');
/** Functions that hand on one of their arguments: the type follows theirs. */
const TYPE_OF_ARGUMENTS = new Set(['COALESCE', 'IFNULL', 'NULLIF', 'GREATEST', 'LEAST', 'MAX', 'MIN', 'FIRST_VALUE', 'LAST_VALUE', 'LAG', 'LEAD', 'SINGLE_VALUE', 'NTH_VALUE']);
const FIRST_ARGUMENT_ONLY = new Set(['LAG', 'LEAD', 'NULLIF', 'NTH_VALUE']);
const AGGREGATES_OF_ONE = new Set(['MAX', 'MIN', 'FIRST_VALUE', 'LAST_VALUE']);
const NEVER_NULL = new Set(['COUNT', 'ROW_NUMBER', 'RANK', 'DENSE_RANK', 'GROUPING', 'GROUPING_ID', 'NTILE']);
/** Functions sure to give null for null only; Flink declares many others nullable whatever they are given. */
const STRICT_FUNCTIONS = new Set(['UPPER', 'LOWER', 'CHAR_LENGTH', 'CHARACTER_LENGTH', 'ABS', 'FLOOR', 'CEIL', 'CEILING', 'MOD']);

/** The type of what an operator gives; null where it is not told, and may be null. */
export function operationType(operator: string, values: readonly Value[]): LogicalType | null {
  const nullable = !/^IS /.test(operator) && values.some(({ type }) => type?.nullable !== false);
  if (/^(AND|OR|NOT|IS|=|<>|<|>|<=|>=|IN|BETWEEN|LIKE|SIMILAR)/.test(operator)) return withNullability(BOOLEAN, nullable);
  return nullable ? null : UNKNOWN_NOT_NULL;
}

/** The type of what a function gives. `grouped`: its aggregates are never over no row. */
export function callType(name: string, values: readonly Value[], grouped: boolean): LogicalType | null {
  const types = values.map(({ type }) => type);
  const neverNull = types.every((type) => type?.nullable === false);
  if (NEVER_NULL.has(name)) return withNullability(atomic('BIGINT'), false);
  if (name === 'IF') return leastRestrictive(types.slice(1));
  if (name === 'COLLECT' && values[0] !== undefined) return { kind: 'multiset', element: types[0] ?? UNKNOWN_TYPE, nullable: false };
  if (name === 'ARRAY_AGG' && values[0] !== undefined) return { kind: 'array', element: types[0] ?? UNKNOWN_TYPE, nullable: true };
  if (STRICT_FUNCTIONS.has(name)) return neverNull ? UNKNOWN_NOT_NULL : null;
  if (name === 'SUM' || name === 'AVG') return grouped && neverNull ? UNKNOWN_NOT_NULL : null;
  if (!TYPE_OF_ARGUMENTS.has(name)) return null;
  const type = FIRST_ARGUMENT_ONLY.has(name) ? types[0] ?? null : leastRestrictive(types);
  if (name === 'COALESCE' || name === 'IFNULL') return withoutNull(type, types.some((some) => some?.nullable === false));
  return withoutNull(type, neverNull && (name === 'GREATEST' || name === 'LEAST' || (grouped && AGGREGATES_OF_ONE.has(name))));
}

function withoutNull(type: LogicalType | null, never: boolean): LogicalType | null {
  if (type === null) return never ? UNKNOWN_NOT_NULL : null;
  return withNullability(type, !never);
}
