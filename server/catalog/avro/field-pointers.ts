import { pathSteps, stepInto, VALUE_PATH } from './fields.ts';
import type { PlacedSchema } from './parse.ts';
import { type Place, pointerTo } from './refusal.ts';
import { type AvroSchema, type RecordSchema, unwrapNullable } from './schema.ts';

/**
 * Where in its text a schema has the field of a path, one known by an alias included, as a JSON pointer (RFC 6901). Of a field that is
 * not there it is what the field is missing from: the `fields` of a record, or the field whose type holds no such thing. A use of a
 * named type leads to its definition. '' is the schema as a whole, and the pointer of the path ''; null where it cannot be told:
 * a definition in another text, or a path of another kind of schema.
 */
export function fieldPointer({ schema, places }: PlacedSchema, path: string): string | null {
  if (path === '') return '';
  let type: AvroSchema | null = schema;
  let found: Place | undefined = path.startsWith(VALUE_PATH) ? null : undefined;
  for (const step of pathSteps(schema, path) ?? []) {
    const record = unwrapNullable(type);
    if (step.startsWith('.') && record.kind === 'record') {
      const place = places.get(record);
      if (place === undefined) return null;
      const fields: Place = { parent: place, step: 'fields' };
      const index = indexOfField(record, step.slice(1));
      if (index < 0) return pointerTo(fields);
      found = { parent: fields, step: index };
      type = record.fields[index]?.type ?? null;
    } else type = stepInto(type, step);
    if (type === null) break;
  }
  return found === undefined ? null : pointerTo(found);
}

function indexOfField({ fields }: RecordSchema, name: string): number {
  const index = fields.findIndex((field) => field.name === name);
  return index < 0 ? fields.findIndex(({ aliases }) => aliases.includes(name)) : index;
}
