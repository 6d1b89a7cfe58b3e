import type { FieldFact } from '../changes.ts';
import { MAX_NAME_LENGTH } from '../names.ts';
import { renderJson } from './json.ts';
import { type AvroSchema, branchName, type Field, isNullable, type RecordSchema, typeText, unwrapNullable, valueBranches } from './schema.ts';

/** The path of a schema that is no record, and what its inner paths start with: `$value`, `$value[].id`. */
export const VALUE_PATH = '$value';
/** Paths listed for one schema: types used again and again multiply them. Past it, a path is not followed further. */
export const MAX_FIELD_FACTS = 50_000;

/** One path of a schema and what stands there. */
export interface FieldEntry {
  readonly path: string;
  /** The path of the entry it lies in; null at the top. */
  readonly parent: string | null;
  readonly type: AvroSchema;
  /** The record field; null where the path is a whole schema that is no record. */
  readonly field: Field | null;
  /** Not followed further: its type is one it is already inside, or the path or the list would grow beyond its limit. */
  readonly recursive: boolean;
}

/**
 * The fields of a schema, parents before children, in schema order. `.name` is a field of a record, `[]` an
 * array's items, `{}` a map's values, `<ns.Name>` one branch of a union with several branches beside null (`<array>`,
 * `<map>` for those). A schema that is no record has one field, `$value`, or the prefix itself where one is given.
 */
export function fieldFacts(schema: AvroSchema, prefix?: string): readonly FieldFact[] {
  return fieldEntries(schema, prefix).map(({ path, type, field, recursive }) => ({
    path,
    type: typeText(type),
    nullable: isNullable(type),
    ...(field === null || field.doc === null ? {} : { doc: field.doc }),
    ...(field === null || field.default === undefined ? {} : { default: renderJson(field.default) }),
    ...(recursive ? { recursive } : {}),
  }));
}

/** As `fieldFacts`, with the parsed types in place of texts. */
export function fieldEntries(schema: AvroSchema, prefix?: string): readonly FieldEntry[] {
  const listing = new Listing();
  const root = unwrapNullable(schema);
  if (root.kind === 'record') listing.fields(root, prefix === undefined ? '' : `${prefix}.`);
  else listing.value(schema, prefix ?? VALUE_PATH);
  return listing.entries;
}

/** The type at a path, with all its branches; null where the schema has no such path. Recursive types are followed. */
export function fieldAt(schema: AvroSchema, path: string, prefix?: string): AvroSchema | null {
  const steps = pathSteps(schema, path, prefix);
  return steps === null ? null : steps.reduce<AvroSchema | null>((type, step) => (type === null ? null : stepInto(type, step)), schema);
}

/** The steps of a path from the schema as a whole: `.name`, `[]`, `{}`, `<branch>`; null where the text is no path. */
export function pathSteps(schema: AvroSchema, path: string, prefix?: string): readonly string[] | null {
  const isRecord = unwrapNullable(schema).kind === 'record';
  const start = prefix ?? (isRecord ? '' : VALUE_PATH);
  if (!path.startsWith(start)) return null;
  const rest = start === '' ? `.${path}` : path.slice(start.length);
  const steps = rest.match(/\[\]|\{\}|<[^<>]*>|\.[^.[\]{}<>]+/g) ?? [];
  return steps.join('') === rest && (steps.length > 0 || !isRecord) ? steps : null;
}

/**
 * The field that an incompatibility's location falls in, the innermost named one; null for the schema as a whole.
 * Indexes of a written union's branches are no step into the reader's schema.
 */
export function pathOfLocation(schema: AvroSchema, location: string, prefix?: string): string | null {
  const steps = location.split('/').slice(1);
  let at: AvroSchema | undefined = schema;
  let path = unwrapNullable(schema).kind === 'record' ? (prefix ?? '') : (prefix ?? VALUE_PATH);
  let found: string | null = unwrapNullable(schema).kind === 'record' ? null : path;
  for (let i = 0; i < steps.length && at !== undefined; i++) {
    if (steps[i] === 'fields' && at.kind === 'record') {
      const field: Field | undefined = at.fields[Number(steps[++i])];
      if (field === undefined) return found;
      path = found = path === '' ? field.name : `${path}.${field.name}`;
      at = field.type;
    } else if (steps[i] === 'items' && at.kind === 'array') {
      path += '[]';
      at = at.items;
    } else if (steps[i] === 'values' && at.kind === 'map') {
      path += '{}';
      at = at.values;
    }
  }
  return found;
}

/** One step from a type into what it holds; null where it holds no such thing. */
export function stepInto(schema: AvroSchema, step: string): AvroSchema | null {
  if (step.startsWith('<')) return branchesWithin(schema).find((branch) => step === `<${branchName(branch)}>`) ?? null;
  const type = unwrapNullable(schema);
  if (step === '[]') return type.kind === 'array' ? type.items : null;
  if (step === '{}') return type.kind === 'map' ? type.values : null;
  return type.kind === 'record' ? (type.fields.find(({ name }) => name === step.slice(1))?.type ?? null) : null;
}

/** The branches that need a segment of their own: all but null, where there are several. */
function branchesWithin(schema: AvroSchema): readonly AvroSchema[] {
  const branches = valueBranches(schema);
  return branches.length > 1 ? branches : [];
}

class Listing {
  readonly entries: FieldEntry[] = [];
  readonly #inside = new Set<RecordSchema>();

  value(type: AvroSchema, path: string): void {
    this.#add({ path, parent: null, type, field: null });
  }

  fields(record: RecordSchema, before: string, parent: string | null = null): void {
    this.#inside.add(record);
    for (const field of record.fields) this.#add({ path: `${before}${field.name}`, parent, type: field.type, field });
    this.#inside.delete(record);
  }

  #add(entry: Omit<FieldEntry, 'recursive'>): void {
    const held = recordsWithin(entry.type, entry.path);
    const entered = held.filter(({ record, path }) => !this.#inside.has(record) && path.length < MAX_NAME_LENGTH);
    const followed = this.entries.length < MAX_FIELD_FACTS ? entered : [];
    this.entries.push({ ...entry, recursive: followed.length < held.length });
    for (const { record, path } of followed) this.fields(record, `${path}.`, entry.path);
  }
}

interface HeldRecord {
  readonly record: RecordSchema;
  readonly path: string;
}

/** The records a value of this type holds without another record between, each with its path. */
function recordsWithin(type: AvroSchema, path: string): readonly HeldRecord[] {
  const inner = unwrapNullable(type);
  switch (inner.kind) {
    case 'record':
      return [{ record: inner, path }];
    case 'array':
      return recordsWithin(inner.items, `${path}[]`);
    case 'map':
      return recordsWithin(inner.values, `${path}{}`);
    case 'union':
      return branchesWithin(inner).flatMap((branch) => recordsWithin(branch, `${path}<${branchName(branch)}>`));
    default:
      return [];
  }
}
