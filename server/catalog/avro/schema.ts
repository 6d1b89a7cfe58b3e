import type { JsonNode, JsonObject } from './json.ts';

/**
 * A parsed Avro schema. A use of a named type is the very object that defines it, so a recursive schema
 * is a cycle of objects: walk it with a set of the types already entered.
 */
export type AvroSchema = PrimitiveSchema | NamedSchema | ArraySchema | MapSchema | UnionSchema;
export type NamedSchema = RecordSchema | EnumSchema | FixedSchema;

export const PRIMITIVE_KINDS = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
export type PrimitiveKind = (typeof PRIMITIVE_KINDS)[number];

interface Annotated {
  /** The logical type, where Avro Java 1.12 takes it as valid; an unknown or invalid one stays in `props` only. */
  readonly logicalType: LogicalType | null;
  /** Every attribute the schema has beyond Avro's own, `logicalType` among them. */
  readonly props: JsonObject;
}

export interface PrimitiveSchema extends Annotated {
  readonly kind: PrimitiveKind;
}

interface Named extends Annotated {
  /** Namespace and name joined by a dot; empty for a record without a name. */
  readonly fullname: string;
  readonly name: string;
  /** Qualified as Avro Java holds them: an alias outside every namespace of a type inside one is `.Name`. */
  readonly aliases: readonly string[];
  readonly doc: string | null;
}

export interface RecordSchema extends Named {
  readonly kind: 'record';
  /** Declared as `error`; it behaves as a record. */
  readonly error: boolean;
  readonly fields: readonly Field[];
}

export interface EnumSchema extends Named {
  readonly kind: 'enum';
  readonly symbols: readonly string[];
  readonly default: string | null;
}

export interface FixedSchema extends Named {
  readonly kind: 'fixed';
  /** In bytes. */
  readonly size: number;
}

export interface ArraySchema extends Annotated {
  readonly kind: 'array';
  readonly items: AvroSchema;
}

export interface MapSchema extends Annotated {
  readonly kind: 'map';
  readonly values: AvroSchema;
}

export interface UnionSchema extends Annotated {
  readonly kind: 'union';
  readonly branches: readonly AvroSchema[];
}

export type FieldOrder = 'ascending' | 'descending' | 'ignore';

export interface Field {
  readonly name: string;
  readonly type: AvroSchema;
  readonly aliases: readonly string[];
  /** undefined: the field has none; null: its default is JSON null. */
  readonly default: JsonNode | undefined;
  readonly order: FieldOrder;
  readonly doc: string | null;
  readonly props: JsonObject;
}

export type LogicalType =
  | { readonly name: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly name: PlainLogicalTypeName };

export const PLAIN_LOGICAL_TYPES = [
  'big-decimal', 'uuid', 'duration', 'date', 'time-millis', 'time-micros', 'timestamp-millis', 'timestamp-micros',
  'timestamp-nanos', 'local-timestamp-millis', 'local-timestamp-micros', 'local-timestamp-nanos',
] as const;
export type PlainLogicalTypeName = (typeof PLAIN_LOGICAL_TYPES)[number];

export function isNamed(schema: AvroSchema): schema is NamedSchema {
  return schema.kind === 'record' || schema.kind === 'enum' || schema.kind === 'fixed';
}

/** What a union's branch goes by: the full name of a named type, else its kind. */
export function branchName(schema: AvroSchema): string {
  return isNamed(schema) ? schema.fullname : schema.kind;
}

/** The branches of a union that are not null; of anything else, itself unless it is null. */
export function valueBranches(schema: AvroSchema): readonly AvroSchema[] {
  const branches = schema.kind === 'union' ? schema.branches : [schema];
  return branches.filter(({ kind }) => kind !== 'null');
}

/** Whether null is a value of it. */
export function isNullable(schema: AvroSchema): boolean {
  return schema.kind === 'null' || (schema.kind === 'union' && schema.branches.some(({ kind }) => kind === 'null'));
}

/** Sees through a union that has exactly one branch beside null. */
export function unwrapNullable(schema: AvroSchema): AvroSchema {
  const [only, ...others] = valueBranches(schema);
  return only === undefined || others.length > 0 ? schema : only;
}

/** Short type text for people: `long (timestamp-millis)`, `record ns.Order`, `array<string>`, `["null", "string"]`. */
export function typeText(schema: AvroSchema): string {
  switch (schema.kind) {
    case 'array':
      return `array<${typeText(schema.items)}>`;
    case 'map':
      return `map<${typeText(schema.values)}>`;
    case 'union':
      return `[${schema.branches.map((branch) => JSON.stringify(typeText(branch))).join(', ')}]`;
    case 'record':
    case 'enum':
      return `${schema.kind} ${schema.fullname}`.trimEnd();
    case 'fixed':
      return `fixed(${schema.size}) ${schema.fullname}${logicalText(schema)}`;
    default:
      return `${schema.kind}${logicalText(schema)}`;
  }
}

function logicalText({ logicalType }: AvroSchema): string {
  if (logicalType === null) return '';
  return logicalType.name === 'decimal' ? ` (decimal(${logicalType.precision}, ${logicalType.scale}))` : ` (${logicalType.name})`;
}
