import { isJsonArray, isJsonObject, JsonDecimal, type JsonNode, type JsonObject } from './json.ts';
import { refuse } from './refusal.ts';
import type { AvroSchema, RecordSchema } from './schema.ts';

/** The fields of a record under construction: asking for them is refused, as in Avro Java. */
export const FIELDS_NOT_SET: RecordSchema['fields'] = [];

/** Steps one schema may take to judge its defaults: nested record defaults can refer to each other exponentially. */
const MAX_DEFAULT_STEPS = 2_000_000;
/** Depth of defaults within defaults, well within the stack. */
const MAX_DEFAULT_DEPTH = 1_500;
const INT_LIMIT = 2 ** 31;
const LONG_LIMIT = 2n ** 63n;
const TRIMMED = /^[\u0000-\u0020]+|[\u0000-\u0020]+$/g;
const JAVA_DOUBLE = /^[+-]?(?:NaN|Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[fFdD]?|0[xX](?:[0-9a-fA-F]+\.?|[0-9a-fA-F]*\.[0-9a-fA-F]+)[pP][+-]?[0-9]+[fFdD]?)$/;

/** Judges defaults as Avro Java 1.12 does: any branch of a union will do. One judge for one parse, so that its limit covers all of it. */
export class DefaultJudge {
  #steps = 0;
  #depth = 0;

  accepts(schema: AvroSchema, value: JsonNode | undefined): boolean {
    if (value === undefined) return false;
    if (++this.#steps > MAX_DEFAULT_STEPS) refuse(`the defaults need more than ${MAX_DEFAULT_STEPS} steps to judge`);
    if (++this.#depth > MAX_DEFAULT_DEPTH) refuse(`defaults nested deeper than ${MAX_DEFAULT_DEPTH} levels`);
    const accepted = this.#judge(schema, value);
    this.#depth--;
    return accepted;
  }

  #judge(schema: AvroSchema, value: JsonNode): boolean {
    switch (schema.kind) {
      case 'string':
      case 'bytes':
      case 'enum':
      case 'fixed':
        return typeof value === 'string';
      case 'int':
        return typeof value === 'number' && value >= -INT_LIMIT && value < INT_LIMIT;
      case 'long':
        return typeof value === 'number' || (typeof value === 'bigint' && value >= -LONG_LIMIT && value < LONG_LIMIT);
      case 'float':
      case 'double':
        return typeof value === 'number' || typeof value === 'bigint' || value instanceof JsonDecimal;
      case 'boolean':
        return typeof value === 'boolean';
      case 'null':
        return value === null;
      case 'array':
        return isJsonArray(value) && this.#all(schema.items, value);
      case 'map':
        return isJsonObject(value) && this.#all(schema.values, value.values());
      case 'union':
        return this.#any(schema.branches, value);
      case 'record':
        return isJsonObject(value) && this.#record(schema, value);
    }
  }

  #all(schema: AvroSchema, values: Iterable<JsonNode>): boolean {
    for (const value of values) if (!this.accepts(schema, value)) return false;
    return true;
  }

  #any(branches: readonly AvroSchema[], value: JsonNode): boolean {
    for (const branch of branches) if (this.accepts(branch, value)) return true;
    return false;
  }

  #record(schema: RecordSchema, value: JsonObject): boolean {
    if (schema.fields === FIELDS_NOT_SET) refuse('Schema fields not set yet');
    for (const { name, type, default: own } of schema.fields) if (!this.accepts(type, value.has(name) ? value.get(name) : own)) return false;
    return true;
  }
}

/** A text default of a float or double becomes a number, read as Java reads doubles: "NaN" and "1f" are numbers. */
export function textAsDouble(text: string): JsonDecimal {
  const trimmed = text.replace(TRIMMED, '');
  if (!JAVA_DOUBLE.test(trimmed)) refuse(trimmed === '' ? 'empty String' : `For input string: "${text}"`);
  if (/0[xX]/.test(trimmed)) return new JsonDecimal(hexadecimal(trimmed));
  return new JsonDecimal(Number(trimmed.replace(/[fFdD]$/, '')));
}

function hexadecimal(text: string): number {
  const [, sign, whole = '', fraction = '', exponent = '0'] = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)/.exec(text) ?? [];
  const digits = Number(BigInt(`0x${whole}${fraction}`));
  return (sign === '-' ? -1 : 1) * digits * 2 ** (Number(exponent) - 4 * fraction.length);
}
