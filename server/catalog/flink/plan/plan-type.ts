import { atomic, type LogicalType, type RowField, STRING, UNKNOWN_TYPE, withNullability } from '../logical-type.ts';
import { parseDataType } from '../sql/parse-type.ts';
import { SqlFailure } from '../sql/sql-failure.ts';
import { TokenReader } from '../sql/token-reader.ts';
import { isObject, type JsonObject } from './plan-json.ts';

/** How deep types may stand inside each other in their object form; people stay below ten. */
const MAX_TYPE_DEPTH = 100;

/** Roots whose name in a plan is not the one that `LogicalType` uses. */
const ROOTS: ReadonlyMap<string, string> = new Map([
  ['TIMESTAMP_WITHOUT_TIME_ZONE', 'TIMESTAMP'], ['TIMESTAMP_WITH_LOCAL_TIME_ZONE', 'TIMESTAMP_LTZ'], ['TIMESTAMP_WITH_TIME_ZONE', 'TIMESTAMP_TZ'],
]);

/**
 * Types of a plan: a text as SQL writes it or, where a time attribute or another type SQL cannot write is inside,
 * an object (Flink's LogicalTypeJsonSerializer). One text stands in many nodes and is parsed once.
 */
export class PlanTypes {
  readonly #parsed = new Map<string, LogicalType>();
  readonly #read = new WeakMap<JsonObject, LogicalType>();

  /** The type, with UNKNOWN_TYPE for what cannot be told. */
  of(json: unknown): LogicalType {
    const known = isObject(json) ? this.#read.get(json) : undefined;
    if (known !== undefined) return known;
    const type = this.#typeOf(json, 0);
    if (isObject(json)) this.#read.set(json, type);
    return type;
  }

  /** The fields of a row type; null when it is none. */
  fieldsOf(json: unknown): readonly RowField[] | null {
    const type = this.of(json);
    return type.kind === 'row' ? type.fields : null;
  }

  #typeOf(json: unknown, depth: number): LogicalType {
    if (typeof json === 'string') return this.#parse(json);
    if (!isObject(json) || depth > MAX_TYPE_DEPTH) return UNKNOWN_TYPE;
    // A data type with conversion classes has the type itself one step further in.
    if ('logicalType' in json) return this.#typeOf(json.logicalType, depth + 1);
    return withNullability(this.#rooted(json, depth), json.nullable !== false);
  }

  #rooted(json: JsonObject, depth: number): LogicalType {
    const inside = (part: unknown): LogicalType => this.#typeOf(part, depth + 1);
    switch (json.type) {
      case 'ROW':
        return { kind: 'row', fields: namedParts(json.fields, 'fieldType', inside), nullable: true };
      case 'STRUCTURED_TYPE':
        return { kind: 'row', fields: namedParts(json.attributes, 'attributeType', inside), nullable: true };
      case 'ARRAY':
        return { kind: 'array', element: inside(json.elementType), nullable: true };
      case 'MULTISET':
        return { kind: 'multiset', element: inside(json.elementType), nullable: true };
      case 'MAP':
        return { kind: 'map', key: inside(json.keyType), value: inside(json.valueType), nullable: true };
      case 'DISTINCT_TYPE':
        return inside(json.sourceType);
      default:
        return leaf(json);
    }
  }

  #parse(text: string): LogicalType {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    const type = parsedType(text);
    this.#parsed.set(text, type);
    return type;
  }
}

function namedParts(parts: unknown, typeKey: string, typeOf: (json: unknown) => LogicalType): RowField[] {
  if (!Array.isArray(parts)) return [];
  return parts.map((part: unknown) => (isObject(part) ? { name: String(part.name), type: typeOf(part[typeKey]) } : { name: '', type: UNKNOWN_TYPE }));
}

function leaf({ type, precision, length }: JsonObject): LogicalType {
  if (typeof type !== 'string') return UNKNOWN_TYPE;
  const detail = typeof precision === 'number' ? precision : typeof length === 'number' ? length : undefined;
  return atomic(ROOTS.get(type) ?? type, detail);
}

function parsedType(text: string): LogicalType {
  // The commonest type by far needs no parser.
  if (text === 'VARCHAR(2147483647)') return STRING;
  try {
    const reader = new TokenReader(text);
    const type = parseDataType(reader);
    return reader.peek().kind === 'end' ? type : UNKNOWN_TYPE;
  } catch (failure) {
    if (failure instanceof SqlFailure) return UNKNOWN_TYPE;
    throw failure;
  }
}
