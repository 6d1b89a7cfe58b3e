import { accessed, ELEMENT, type FieldLineage, fromBuiltRow, MAP_VALUE, merged, transformed } from '../field-lineage.ts';
import { isUnknownType, type LogicalType, sameButForNull } from '../logical-type.ts';

/** One argument of a call: where it comes from and, if asked, its type. */
export interface Operand {
  readonly lineage: FieldLineage;
  type(): LogicalType;
  /** The value of a text literal. */
  readonly literal: string | null;
  readonly isLiteral: boolean;
}
export interface Call {
  readonly operands: readonly Operand[];
  type(): LogicalType;
  /** Is this the type the table declares for the metadata column that the value is? */
  isDeclaredType(lineage: FieldLineage, type: LogicalType): boolean;
}

/** What a function computes that may look at everything it is given. */
export function computedFromAll({ operands }: Call): FieldLineage {
  return transformed(merged(operands.map(({ lineage }) => lineage)));
}

/**
 * Functions that hand a value on, or a part of it. null: the types that are needed to tell are not known.
 * Every other function computes from all its operands.
 */
export const HANDING_ON: ReadonlyMap<string, (call: Call) => FieldLineage | null> = new Map([
  ['CAST', cast],
  ['REINTERPRET', firstOperand],
  ['ITEM', item],
  ['ROW', builtRow],
  // Navigation in MATCH_RECOGNIZE: the value of one matched row; the offset is a literal.
  ['FINAL', firstOperand], ['RUNNING', firstOperand],
  ['FIRST', navigated], ['LAST', navigated], ['PREV', navigated], ['NEXT', navigated],
]);

function firstOperand({ operands }: Call): FieldLineage | null {
  return operands[0]?.lineage ?? null;
}

function cast(call: Call): FieldLineage | null {
  const [operand] = call.operands;
  if (operand === undefined) return null;
  const from = operand.type();
  const to = call.type();
  if (sameButForNull(from, to) && !isUnknownType(from)) return operand.lineage;
  return call.isDeclaredType(operand.lineage, to) ? operand.lineage : transformed(operand.lineage);
}

function item({ operands }: Call): FieldLineage | null {
  const [collection, key] = operands;
  if (collection === undefined || key === undefined) return null;
  const step = stepInto(collection.type(), key);
  if (step === null) return null;
  return key.isLiteral ? accessed(collection.lineage, step) : merged([accessed(collection.lineage, step), transformed(key.lineage)]);
}

function stepInto(type: LogicalType, key: Operand): string | null {
  switch (type.kind) {
    case 'array':
    case 'multiset':
      return ELEMENT;
    case 'map':
      return MAP_VALUE;
    case 'row':
      return key.literal;
    case 'atomic':
      return null;
  }
}

function builtRow(call: Call): FieldLineage | null {
  const type = call.type();
  if (type.kind !== 'row' || type.fields.length !== call.operands.length) return null;
  return fromBuiltRow(type.fields.map(({ name }, i) => ({ name, lineage: call.operands[i]?.lineage ?? [] })));
}

function navigated({ operands }: Call): FieldLineage | null {
  const [value, offset] = operands;
  if (value === undefined) return null;
  return offset === undefined ? value.lineage : merged([value.lineage, transformed(offset.lineage)]);
}
