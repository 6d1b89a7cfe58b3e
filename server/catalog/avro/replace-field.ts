import type { AvroSchema, Field, RecordSchema } from './schema.ts';
import { unwrapNullable } from './schema.ts';

/** A copy of a schema in which the field at a path has another type, or is gone (`null`); null when there is no such field. */
export function replaceField(schema: AvroSchema, path: string, type: AvroSchema | null): AvroSchema | null {
  const target = locate(schema, path);
  return target === null ? null : copy(schema, target, type, new Map());
}

interface Target {
  readonly record: RecordSchema;
  readonly field: string;
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
function copy(schema: AvroSchema, target: Target, type: AvroSchema | null, copies: Map<RecordSchema, RecordSchema>): AvroSchema {
  switch (schema.kind) {
    case 'array':
      return { ...schema, items: copy(schema.items, target, type, copies) };
    case 'map':
      return { ...schema, values: copy(schema.values, target, type, copies) };
    case 'union':
      return { ...schema, branches: schema.branches.map((branch) => copy(branch, target, type, copies)) };
    case 'record': {
      const known = copies.get(schema);
      if (known !== undefined) return known;
      const fields: Field[] = [];
      const copied: RecordSchema = { ...schema, fields };
      copies.set(schema, copied);
      for (const field of schema.fields) {
        const isTarget = schema === target.record && field.name === target.field;
        if (isTarget && type === null) continue;
        fields.push({ ...field, type: isTarget && type !== null ? type : copy(field.type, target, type, copies) });
      }
      return copied;
    }
    default:
      return schema;
  }
}
