import type { AvroSchema, Field, RecordSchema } from './schema.ts';
import { unwrapNullable } from './schema.ts';

/** What becomes of a field. A renamed one keeps its old name as an alias, as the specification has whoever renames do. */
export type FieldEdit =
  | { readonly kind: 'remove' }
  | { readonly kind: 'retype'; readonly type: AvroSchema }
  | { readonly kind: 'rename'; readonly name: string };

/** A copy of a schema in which the field at a path is gone or another; null when there is no such field. */
export function replaceField(schema: AvroSchema, path: string, edit: FieldEdit): AvroSchema | null {
  const target = locate(schema, path);
  return target === null ? null : copy(schema, { ...target, edit }, new Map());
}

/** The fields of the record a path's field is of, that field among them; null when there is no such field. */
export function siblingsOf(schema: AvroSchema, path: string): readonly Field[] | null {
  return locate(schema, path)?.record.fields ?? null;
}

interface Target {
  readonly record: RecordSchema;
  readonly field: string;
}
interface Change extends Target {
  readonly edit: FieldEdit;
}

/** The record that defines the field a path ends in. Steps of a path: name, `[]`, `{}`, `<branch>`. */
function locate(schema: AvroSchema, path: string): Target | null {
  const steps = path.match(/\[\]|\{\}|<[^>]*>|[^.[{<]+/g) ?? [];
  let at: AvroSchema | null = schema;
  let found: Target | null = null;
  for (const step of steps) {
    if (at === null) return null;
    const record = unwrapNullable(at);
    const isName = !/^[[{<]/.test(step);
    if (isName && record.kind === 'record') found = { record, field: step };
    at = descend(at, step);
  }
  return at === null ? null : found;
}

function descend(schema: AvroSchema, step: string): AvroSchema | null {
  if (step.startsWith('<') && schema.kind === 'union') return schema.branches.find((branch) => 'fullname' in branch && branch.fullname === step.slice(1, -1)) ?? null;
  const inner = unwrapNullable(schema);
  if (step === '[]') return inner.kind === 'array' ? inner.items : null;
  if (step === '{}') return inner.kind === 'map' ? inner.values : null;
  return inner.kind === 'record' ? (inner.fields.find(({ name }) => name === step)?.type ?? null) : null;
}

/** Copies the cyclic graph of a schema once per record, so that a recursive type stays recursive. */
function copy(schema: AvroSchema, change: Change, copies: Map<RecordSchema, RecordSchema>): AvroSchema {
  switch (schema.kind) {
    case 'array':
      return { ...schema, items: copy(schema.items, change, copies) };
    case 'map':
      return { ...schema, values: copy(schema.values, change, copies) };
    case 'union':
      return { ...schema, branches: schema.branches.map((branch) => copy(branch, change, copies)) };
    case 'record': {
      const known = copies.get(schema);
      if (known !== undefined) return known;
      const fields: Field[] = [];
      const copied: RecordSchema = { ...schema, fields };
      copies.set(schema, copied);
      for (const field of schema.fields) {
        const isTarget = schema === change.record && field.name === change.field;
        if (isTarget && change.edit.kind === 'remove') continue;
        const kept = isTarget && change.edit.kind === 'retype' ? { ...field, type: change.edit.type } : { ...field, type: copy(field.type, change, copies) };
        fields.push(isTarget && change.edit.kind === 'rename' ? { ...kept, name: change.edit.name, aliases: [...new Set([...field.aliases, field.name])] } : kept);
      }
      return copied;
    }
    default:
      return schema;
  }
}
