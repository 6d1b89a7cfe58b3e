import { atomic, type AtomicType, isUnknownType, type LogicalType, sameButForNull, UNKNOWN_NOT_NULL, withNullability } from '../logical-type.ts';

/** Digits an exact number of this root can have. */
const DIGITS: { readonly [root: string]: number } = { TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 19 };
const INTEGERS = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'];
const MAX_DECIMAL_PRECISION = 38;

/** The narrowest type all of these can be read as, as Calcite finds it for set operations and CASE; null when it cannot be told. */
export function leastRestrictive(types: readonly (LogicalType | null)[]): LogicalType | null {
  if (types.some((type) => type === null || isUnknownType(type))) return types.every((type) => type?.nullable === false) ? UNKNOWN_NOT_NULL : null;
  const [first, ...others] = types.filter((type) => type !== null && !(type.kind === 'atomic' && type.root === 'NULL'));
  if (first == null) return null;
  const nullable = types.some((type) => type?.nullable === true);
  let common: LogicalType | null = first;
  for (const other of others) common = common === null || other === null ? null : commonType(common, other);
  return common === null ? null : withNullability(common, nullable);
}

function commonType(a: LogicalType, b: LogicalType): LogicalType | null {
  if (sameButForNull(a, b)) return a;
  if (a.kind === 'row' && b.kind === 'row') return commonRow(a, b);
  if (a.kind !== 'atomic' || b.kind !== 'atomic') return null;
  return commonNumber(a, b) ?? commonLength(a, b) ?? commonTime(a, b);
}

function commonRow(a: Extract<LogicalType, { kind: 'row' }>, b: Extract<LogicalType, { kind: 'row' }>): LogicalType | null {
  if (a.fields.length !== b.fields.length) return null;
  const fields: { name: string; type: LogicalType }[] = [];
  for (const [i, field] of a.fields.entries()) {
    const type = leastRestrictive([field.type, b.fields[i]?.type ?? null]);
    if (type === null) return null;
    fields.push({ name: field.name, type });
  }
  return { kind: 'row', fields, nullable: a.nullable || b.nullable };
}

function commonNumber(a: AtomicType, b: AtomicType): LogicalType | null {
  const exact = [exactDigits(a), exactDigits(b)];
  const approximate = [a, b].filter(({ root }) => root === 'FLOAT' || root === 'DOUBLE');
  if (approximate.length > 0) return approximate.length + exact.filter((digits) => digits !== null).length === 2 ? atomic(approximate.length === 2 && a.root === b.root ? a.root : 'DOUBLE') : null;
  const [left, right] = exact;
  if (left == null || right == null) return null;
  if (INTEGERS.includes(a.root) && INTEGERS.includes(b.root)) return INTEGERS.indexOf(a.root) > INTEGERS.indexOf(b.root) ? a : b;
  const scale = Math.max(left.scale, right.scale);
  return atomic('DECIMAL', Math.min(MAX_DECIMAL_PRECISION, Math.max(left.whole, right.whole) + scale), scale);
}

function exactDigits({ root, precision, scale }: AtomicType): { whole: number; scale: number } | null {
  if (root === 'DECIMAL') return { whole: (precision ?? 10) - (scale ?? 0), scale: scale ?? 0 };
  const digits = Object.hasOwn(DIGITS, root) ? DIGITS[root] : undefined;
  return digits === undefined ? null : { whole: digits, scale: 0 };
}

function commonLength(a: AtomicType, b: AtomicType): LogicalType | null {
  for (const [fixed, varying] of [['CHAR', 'VARCHAR'], ['BINARY', 'VARBINARY']] as const) {
    if (![a, b].every(({ root }) => root === fixed || root === varying)) continue;
    return atomic(varying, Math.max(a.precision ?? 1, b.precision ?? 1));
  }
  return null;
}

function commonTime(a: AtomicType, b: AtomicType): LogicalType | null {
  return a.root === b.root && a.root.startsWith('TIME') ? atomic(a.root, Math.max(a.precision ?? 0, b.precision ?? 0)) : null;
}
