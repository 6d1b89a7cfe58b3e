import type { JsonValue } from '../../../server/catalog/avro/json.ts';
import { parseSchema } from '../../../server/catalog/avro/parse.ts';
import type { AvroSchema } from '../../../server/catalog/avro/schema.ts';

/** The schema, or a failed test. */
export function schemaOf(schema: JsonValue, references: readonly JsonValue[] = []): AvroSchema {
  const parsed = parseSchema(typeof schema === 'string' ? JSON.stringify(schema) : schema, { references: references.map((r) => JSON.stringify(r)) });
  if (parsed.outcome === 'refused') throw new Error(`refused: ${parsed.message} at ${parsed.location}`);
  return parsed.schema;
}

/** A record `R` of these fields. */
export function record(fields: Readonly<Record<string, JsonValue>>, name = 'R'): JsonValue {
  return { type: 'record', name, fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })) };
}
