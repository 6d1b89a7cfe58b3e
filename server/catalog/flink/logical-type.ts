/** Flink's logical types, as far as field lineage and the Avro mapping need them. */
export type LogicalType = AtomicType | RowType | CollectionType | MapType;

export interface AtomicType {
  readonly kind: 'atomic';
  /** Root name as Flink's `LogicalTypeRoot` spells it without its details: `VARCHAR`, `TIMESTAMP_LTZ`, `INTERVAL`, `RAW`, … */
  readonly root: string;
  /** Length of characters and bytes, precision of numbers and times. */
  readonly precision?: number;
  readonly scale?: number;
  readonly nullable: boolean;
}
export interface RowType {
  readonly kind: 'row';
  readonly fields: readonly RowField[];
  readonly nullable: boolean;
}
export interface RowField {
  readonly name: string;
  readonly type: LogicalType;
}
export interface CollectionType {
  readonly kind: 'array' | 'multiset';
  readonly element: LogicalType;
  readonly nullable: boolean;
}
export interface MapType {
  readonly kind: 'map';
  readonly key: LogicalType;
  readonly value: LogicalType;
  readonly nullable: boolean;
}

/** Length of STRING and BYTES: the longest VARCHAR and VARBINARY. */
export const MAX_LENGTH = 2_147_483_647;

export function atomic(root: string, precision?: number, scale?: number): AtomicType {
  return { kind: 'atomic', root, nullable: true, ...(precision === undefined ? {} : { precision }), ...(scale === undefined ? {} : { scale }) };
}

export const STRING: LogicalType = atomic('VARCHAR', MAX_LENGTH);

/** Stands for a type that could not be told inside a type that can. */
export const UNKNOWN_TYPE: LogicalType = atomic('?');

/** A type that could not be told, of values that are never null. */
export const UNKNOWN_NOT_NULL: LogicalType = { ...atomic('?'), nullable: false };

export function isUnknownType(type: LogicalType): boolean {
  return type.kind === 'atomic' && type.root === '?';
}

export function withNullability<T extends LogicalType>(type: T, nullable: boolean): T {
  return type.nullable === nullable ? type : { ...type, nullable };
}

/** Are they one type but for what may be null, at every level? A cast between such types copies the value. */
export function sameButForNull(a: LogicalType, b: LogicalType): boolean {
  if (a.kind === 'atomic') return b.kind === 'atomic' && a.root === b.root && a.precision === b.precision && a.scale === b.scale;
  if (a.kind === 'row') {
    return b.kind === 'row' && a.fields.length === b.fields.length
      && a.fields.every((field, i) => field.name === b.fields[i]?.name && sameButForNull(field.type, b.fields[i].type));
  }
  if (a.kind === 'map') return b.kind === 'map' && sameButForNull(a.key, b.key) && sameButForNull(a.value, b.value);
  return b.kind === a.kind && sameButForNull(a.element, b.element);
}

/** As SQL writes it: `ROW<id BIGINT NOT NULL, tags ARRAY<STRING>>`. */
export function typeText(type: LogicalType): string {
  return type.nullable ? bareText(type) : `${bareText(type)} NOT NULL`;
}

function bareText(type: LogicalType): string {
  switch (type.kind) {
    case 'row':
      return `ROW<${type.fields.map((field) => `\`${field.name.replaceAll('`', '``')}\` ${typeText(field.type)}`).join(', ')}>`;
    case 'map':
      return `MAP<${typeText(type.key)}, ${typeText(type.value)}>`;
    case 'array':
    case 'multiset':
      return `${type.kind.toUpperCase()}<${typeText(type.element)}>`;
    case 'atomic':
      return atomicText(type);
  }
}

function atomicText({ root, precision, scale }: AtomicType): string {
  if (precision === MAX_LENGTH && root === 'VARCHAR') return 'STRING';
  if (precision === MAX_LENGTH && root === 'VARBINARY') return 'BYTES';
  if (precision === undefined) return root;
  return scale === undefined ? `${root}(${precision})` : `${root}(${precision}, ${scale})`;
}
