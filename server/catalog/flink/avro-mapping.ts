import type { JsonValue } from '../avro/parse.ts';
import { type AvroSchema, isNullable, unwrapNullable } from '../avro/schema.ts';
import { atomic, type AtomicType, type LogicalType, MAX_LENGTH, type RowField, STRING, withNullability } from './logical-type.ts';

/** Full name Flink's Avro formats give the record of a table; records inside it append `_` and the field's name. */
export const FLINK_RECORD_NAME = 'org.apache.flink.avro.generated.record';

export type AvroOutcome =
  | { readonly outcome: 'mapped'; readonly schema: JsonValue }
  | { readonly outcome: 'unmapped'; readonly reason: string };

interface Mapping {
  /** `timestamp_mapping.legacy`, true unless a table says otherwise. */
  readonly legacyTimestamps: boolean;
}

/**
 * The Avro schema Flink's formats read and write a table of these columns with, as `AvroSchemaConverter`
 * derives it: nullable columns are unions with null, defaulting to null.
 */
export function avroOfColumns(columns: readonly RowField[], { legacyTimestamps = true }: Partial<Mapping> = {}): AvroOutcome {
  try {
    return { outcome: 'mapped', schema: recordOf(columns, FLINK_RECORD_NAME, { legacyTimestamps }) };
  } catch (failure) {
    if (!(failure instanceof Unmapped)) throw failure;
    return { outcome: 'unmapped', reason: failure.message };
  }
}

/** A type Flink's Avro formats refuse; caught above. */
class Unmapped extends Error {}

function recordOf(fields: readonly RowField[], name: string, mapping: Mapping): JsonValue {
  return {
    type: 'record',
    name,
    fields: fields.map((field) => ({
      name: field.name,
      type: avroOf(field.type, `${name}_${field.name}`, mapping),
      ...(field.type.nullable ? { default: null } : {}),
    })),
  };
}

function avroOf(type: LogicalType, name: string, mapping: Mapping): JsonValue {
  const bare = bareAvroOf(type, name, mapping);
  return type.nullable && bare !== 'null' ? ['null', bare] : bare;
}

function bareAvroOf(type: LogicalType, name: string, mapping: Mapping): JsonValue {
  switch (type.kind) {
    case 'row':
      return recordOf(type.fields, name, mapping);
    case 'array':
      return { type: 'array', items: avroOf(type.element, name, mapping) };
    case 'multiset':
      return mapOf(type.element, withNullability(atomic('INTEGER'), false), { name, mapping });
    case 'map':
      return mapOf(type.key, type.value, { name, mapping });
    case 'atomic':
      return primitiveOf(type, mapping);
  }
}

function mapOf(key: LogicalType, value: LogicalType, { name, mapping }: { readonly name: string; readonly mapping: Mapping }): JsonValue {
  if (key.kind !== 'atomic' || (key.root !== 'VARCHAR' && key.root !== 'CHAR')) throw new Unmapped('Avro maps have text keys only');
  return { type: 'map', values: avroOf(value, name, mapping) };
}

const PLAIN: { readonly [root: string]: string } = {
  NULL: 'null', BOOLEAN: 'boolean', TINYINT: 'int', SMALLINT: 'int', INTEGER: 'int', BIGINT: 'long', FLOAT: 'float', DOUBLE: 'double',
  CHAR: 'string', VARCHAR: 'string', BINARY: 'bytes', VARBINARY: 'bytes',
};

function primitiveOf({ root, precision = 0, scale = 0 }: AtomicType, { legacyTimestamps }: Mapping): JsonValue {
  const plain = Object.hasOwn(PLAIN, root) ? PLAIN[root] : undefined;
  if (plain !== undefined) return plain;
  switch (root) {
    case 'DATE':
      return { type: 'int', logicalType: 'date' };
    case 'TIME':
      if (precision > 3) throw new Unmapped(`Flink writes no TIME(${precision}) to Avro: at most TIME(3)`);
      return { type: 'int', logicalType: 'time-millis' };
    case 'DECIMAL':
      return { type: 'bytes', logicalType: 'decimal', precision, scale };
    case 'TIMESTAMP':
      return timestamp(precision, legacyTimestamps ? '' : 'local-', legacyTimestamps ? 3 : 6);
    case 'TIMESTAMP_LTZ':
      if (legacyTimestamps) throw new Unmapped('Flink writes no TIMESTAMP_LTZ to Avro unless timestamp_mapping.legacy is false');
      return timestamp(precision, '', 6);
    default:
      throw new Unmapped(root === '?' ? 'a column type is not known' : `Flink has no Avro type for ${root}`);
  }
}

function timestamp(precision: number, prefix: string, most: number): JsonValue {
  if (precision > most) throw new Unmapped(`Flink writes no TIMESTAMP(${precision}) to Avro here: at most TIMESTAMP(${most})`);
  return { type: 'long', logicalType: `${prefix}timestamp-${precision <= 3 ? 'millis' : 'micros'}` };
}

/** The columns Flink would give a table of this record schema, as `AvroSchemaConverter.convertToDataType`; null: it is no record. */
export function columnsOfAvro(schema: AvroSchema): readonly RowField[] | null {
  const record = unwrapNullable(schema);
  return record.kind === 'record' ? record.fields.map(({ name, type }) => ({ name, type: typeOf(type, new Set([record])) })) : null;
}

function typeOf(schema: AvroSchema, inside: ReadonlySet<AvroSchema>): LogicalType {
  return withNullability(bareTypeOf(unwrapNullable(schema), inside), isNullable(schema));
}

function bareTypeOf(schema: AvroSchema, inside: ReadonlySet<AvroSchema>): LogicalType {
  switch (schema.kind) {
    case 'record': {
      if (inside.has(schema)) return atomic('?');
      const within = new Set([...inside, schema]);
      return { kind: 'row', fields: schema.fields.map(({ name, type }) => ({ name, type: typeOf(type, within) })), nullable: false };
    }
    case 'array':
      return { kind: 'array', element: typeOf(schema.items, inside), nullable: false };
    case 'map':
      return { kind: 'map', key: withNullability(STRING, false), value: typeOf(schema.values, inside), nullable: false };
    case 'enum':
      return STRING;
    case 'union':
      return atomic('?');
    default:
      return scalarOf(schema);
  }
}

const SCALARS: { readonly [kind: string]: LogicalType } = {
  null: atomic('NULL'), boolean: atomic('BOOLEAN'), int: atomic('INTEGER'), long: atomic('BIGINT'), float: atomic('FLOAT'), double: atomic('DOUBLE'),
  string: STRING, bytes: atomic('VARBINARY', MAX_LENGTH), fixed: atomic('VARBINARY', MAX_LENGTH),
};
const LOGICAL: { readonly [name: string]: LogicalType } = {
  date: atomic('DATE'), 'time-millis': atomic('TIME', 3), 'time-micros': atomic('TIME', 6),
  'timestamp-millis': atomic('TIMESTAMP', 3), 'timestamp-micros': atomic('TIMESTAMP', 6),
  'local-timestamp-millis': atomic('TIMESTAMP', 3), 'local-timestamp-micros': atomic('TIMESTAMP', 6),
};

function scalarOf({ kind, logicalType }: AvroSchema): LogicalType {
  if (logicalType?.name === 'decimal') return atomic('DECIMAL', logicalType.precision, logicalType.scale);
  const logical = logicalType !== null && Object.hasOwn(LOGICAL, logicalType.name) ? LOGICAL[logicalType.name] : undefined;
  return logical ?? SCALARS[kind] ?? atomic('?');
}
