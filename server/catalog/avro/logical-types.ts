import type { JsonObject } from './json.ts';
import { type LogicalType, PLAIN_LOGICAL_TYPES, type PlainLogicalTypeName } from './schema.ts';

/** The schema a logical type is written on, as far as its validity depends on it. */
export interface Carrier {
  readonly kind: string;
  readonly size?: number;
}

/** Attributes that name a Java class; Avro Java takes no logical type beside them. */
const CLASS_ATTRIBUTES = ['avro.java.string', 'java-class', 'java-key-class', 'java-element-class'];
const UUID_SIZE = 16;
const DURATION_SIZE = 12;
const MAX_INT = 2 ** 31 - 1;
const MIN_INT = -(2 ** 31);

const CARRIERS: ReadonlyMap<PlainLogicalTypeName, (carrier: Carrier) => boolean> = new Map([
  ['big-decimal', ({ kind }) => kind === 'bytes'],
  ['uuid', ({ kind, size }) => kind === 'string' || (kind === 'fixed' && size === UUID_SIZE)],
  ['duration', ({ kind, size }) => kind === 'fixed' && size === DURATION_SIZE],
  ...(['date', 'time-millis'] as const).map((name) => [name, ({ kind }: Carrier) => kind === 'int'] as const),
  ...PLAIN_LOGICAL_TYPES.filter((name) => name.includes('timestamp') || name === 'time-micros').map((name) => [name, ({ kind }: Carrier) => kind === 'long'] as const),
]);

/** The logical type the attributes declare, where Avro Java 1.12 finds it valid on this carrier; else null. */
export function logicalTypeOf(carrier: Carrier, props: JsonObject): LogicalType | null {
  const declared = props.get('logicalType');
  if (typeof declared !== 'string' || CLASS_ATTRIBUTES.some((name) => typeof props.get(name) === 'string')) return null;
  if (declared === 'decimal') return decimalOf(carrier, props);
  const name = PLAIN_LOGICAL_TYPES.find((known) => known === declared);
  return name !== undefined && CARRIERS.get(name)?.(carrier) === true ? { name } : null;
}

function decimalOf(carrier: Carrier, props: JsonObject): LogicalType | null {
  const precision = props.get('precision');
  const scale = props.has('scale') ? props.get('scale') : 0;
  if (!isInt(precision) || !isInt(scale) || precision <= 0 || scale < 0 || scale > precision) return null;
  return precision <= maxPrecision(carrier) ? { name: 'decimal', precision, scale } : null;
}

function maxPrecision({ kind, size }: Carrier): number {
  if (kind === 'bytes') return MAX_INT;
  return kind === 'fixed' && size !== undefined ? Math.floor(Math.log10(2) * (8 * size - 1)) : 0;
}

function isInt(value: unknown): value is number {
  return typeof value === 'number' && value >= MIN_INT && value <= MAX_INT;
}
