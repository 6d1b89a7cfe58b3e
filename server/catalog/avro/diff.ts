import { attributesChange, orderChange, type WithinChange, withinChanges } from './diff-within.ts';
import { type FieldEntry, fieldEntries } from './fields.ts';
import { renderJson } from './json.ts';
import { sameDefaults } from './same-schema.ts';
import { type AvroSchema, type EnumSchema, type Field, isNullable, typeText, unwrapNullable, valueBranches } from './schema.ts';

export const CHANGE_KINDS = [
  'added', 'removed', 'renamed', 'retyped', 'nullability', 'logical-type', 'symbols', 'enum-default', 'default', 'order', 'aliases', 'doc', 'attributes', 'type-name',
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** One difference between two schemas, at a field; the schema as a whole has the path ''. */
export interface SchemaChange {
  readonly kind: ChangeKind;
  /** In the schema before; for what is added, in the one after. */
  readonly path: string;
  /** The end of a sentence whose subject is the field: `changes from int to long`. */
  readonly message: string;
  /** As text; null where there was none. */
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * What changed, field by field, in the order of the schema before, then what is added. A field renamed by an alias is one
 * field, and so are those inside it. A field that goes takes those inside it along, each named. `nullability` is a field
 * that cannot be null any more; one that now can is `retyped`, its readers may meet what they never met. `order` is a
 * field's sort order, or that of the fields of a record or the symbols of an enum, by which Avro sorts as well.
 */
export function diffSchemas(before: AvroSchema, after: AvroSchema): readonly SchemaChange[] {
  const [old, current] = [fieldEntries(before), fieldEntries(after)];
  const partners = pairUp(old, current);
  const kept = new Set(partners.values());
  const added = current.filter((entry) => !kept.has(entry));
  return [...wholeChanges(before, after), ...fieldOrderChanges(old, current, partners), ...old.flatMap((entry) => changesOf(entry, partners.get(entry))), ...added.map(addition)];
}

/** Entries of the same path, parents' renames followed. */
function pairUp(old: readonly FieldEntry[], current: readonly FieldEntry[]): ReadonlyMap<FieldEntry, FieldEntry> {
  const byPath = new Map(old.map((entry) => [entry.path, entry]));
  const names = new Set(current.map(({ path }) => path));
  const oldPaths = new Map<string, string>();
  const partners = new Map<FieldEntry, FieldEntry>();
  for (const entry of current) {
    const { path, parent, field } = entry;
    const within = parent === null ? '' : (oldPaths.get(parent) ?? parent);
    const start = within + path.slice(parent?.length ?? 0, path.length - (field?.name.length ?? path.length));
    const alias = field?.aliases.find((name) => byPath.has(start + name) && !names.has(path.slice(0, path.length - field.name.length) + name));
    const partner = byPath.get(start + (field?.name ?? path)) ?? (alias === undefined ? undefined : byPath.get(start + alias));
    oldPaths.set(path, partner?.path ?? start + (field?.name ?? path));
    if (partner !== undefined && !partners.has(partner)) partners.set(partner, entry);
  }
  return partners;
}

function addition({ path, type }: FieldEntry): SchemaChange {
  return { kind: 'added', path, message: `is new (${typeText(type)})`, before: null, after: typeText(type) };
}

function changesOf(old: FieldEntry, current: FieldEntry | undefined): readonly SchemaChange[] {
  const { path } = old;
  if (current === undefined) return [{ kind: 'removed', path, message: 'is gone', before: typeText(old.type), after: null }];
  const within = withinChanges(old.type, current.type).map((inner) => withinChange(path, inner));
  const changes = [...typeChanges(path, old.type, current.type), ...enumChanges(path, old.type, current.type), ...within];
  if (old.field === null || current.field === null) return changes;
  const renamed = old.field.name === current.field.name ? [] : [change('renamed', path, [old.field.name, current.field.name], `is now called \`${current.path}\``)];
  return [...renamed, ...changes, ...attributeChanges(path, old.field, current.field)];
}

function typeChanges(path: string, before: AvroSchema, after: AvroSchema): readonly SchemaChange[] {
  const texts = [typeText(before), typeText(after)] as const;
  if (texts[0] === texts[1]) return [];
  const message = `changes from ${texts[0]} to ${texts[1]}`;
  if (bareText(before) === bareText(after)) return [change('logical-type', path, texts, message)];
  const tightened = isNullable(before) && !isNullable(after) && typeText(unwrapNullable(before)) === texts[1];
  return [change(tightened ? 'nullability' : 'retyped', path, texts, tightened ? 'cannot be null any more' : message)];
}

function enumChanges(path: string, before: AvroSchema, after: AvroSchema): readonly SchemaChange[] {
  const current = enumsWithin(after);
  return enumsWithin(before).flatMap((old) => {
    const partner = current.find(({ fullname }) => fullname === old.fullname);
    return partner === undefined ? [] : [...symbolChanges(path, old, partner), ...textChange('enum-default', path, [old.default, partner.default])];
  });
}

function symbolChanges(path: string, before: EnumSchema, after: EnumSchema): readonly SchemaChange[] {
  const [old, current] = [new Set(before.symbols), new Set(after.symbols)];
  const gained = after.symbols.filter((symbol) => !old.has(symbol));
  const lost = before.symbols.filter((symbol) => !current.has(symbol));
  if (gained.length === 0 && lost.length === 0) return [];
  const parts = [gained.length > 0 ? `gains ${gained.join(', ')}` : '', lost.length > 0 ? `loses ${lost.join(', ')}` : ''].filter((part) => part !== '');
  return [change('symbols', path, [before.symbols.join(', '), after.symbols.join(', ')], parts.join(' and '))];
}

function attributeChanges(path: string, before: Field, after: Field): readonly SchemaChange[] {
  const defaults = sameDefaults(before.default, after.default) ? [] : textChange('default', path, [defaultText(before), defaultText(after)]);
  return [
    ...defaults,
    ...textChange('order', path, [before.order, after.order]),
    ...textChange('aliases', path, [listText(before.aliases), listText(after.aliases)]),
    ...textChange('doc', path, [before.doc, after.doc]),
    ...attributesChange(before.props, after.props).map((inner) => withinChange(path, inner)),
  ];
}

/** For each record, whether the fields it keeps stand in another order. */
function fieldOrderChanges(old: readonly FieldEntry[], current: readonly FieldEntry[], partners: ReadonlyMap<FieldEntry, FieldEntry>): readonly SchemaChange[] {
  const place = new Map(current.map((entry, i) => [entry, i]));
  const kept = old.filter((entry) => entry.field !== null && partners.has(entry));
  return [...Map.groupBy(kept, ({ path, field }) => path.slice(0, path.length - (field?.name.length ?? 0)))].flatMap(([start, fields]) => {
    const sorted = fields.toSorted((a, b) => (place.get(partners.get(a) ?? a) ?? 0) - (place.get(partners.get(b) ?? b) ?? 0));
    const names = (entries: readonly FieldEntry[]): string[] => entries.map(({ field }) => field?.name ?? '');
    return orderChange('order of its fields', names(fields), names(sorted)).map((inner) => withinChange(start.replace(/\.$/, ''), inner));
  });
}

function withinChange(path: string, { kind, subject, before, after }: WithinChange): SchemaChange {
  const message = kind === 'order' || (before !== null && after !== null) ? `changes the ${subject}` : before === null ? `gets the ${subject}` : `loses the ${subject}`;
  return change(kind, path, [before, after], message);
}

function wholeChanges(before: AvroSchema, after: AvroSchema): readonly SchemaChange[] {
  const [old, current] = [unwrapNullable(before), unwrapNullable(after)];
  if (old.kind !== 'record' || current.kind !== 'record') return [];
  return [
    ...textChange('type-name', '', [old.fullname, current.fullname]),
    ...textChange('aliases', '', [listText(old.aliases), listText(current.aliases)]),
    ...textChange('doc', '', [old.doc, current.doc]),
    ...attributesChange(old.props, current.props).map((inner) => withinChange('', inner)),
  ];
}

const SUBJECTS: Readonly<Partial<Record<ChangeKind, string>>> = {
  default: 'default', 'enum-default': 'enum default', order: 'sort order', aliases: 'aliases', doc: 'doc', 'type-name': 'type name',
};

function textChange(kind: ChangeKind, path: string, [before, after]: readonly [string | null, string | null]): readonly SchemaChange[] {
  if (before === after) return [];
  const subject = SUBJECTS[kind] ?? kind;
  const message = before === null ? `gets the ${subject} ${after}` : after === null ? `loses its ${subject} ${before}` : `changes its ${subject} from ${before} to ${after}`;
  return [change(kind, path, [before, after], message)];
}

function change(kind: ChangeKind, path: string, [before, after]: readonly [string | null, string | null], message: string): SchemaChange {
  return { kind, path, message, before, after };
}

function defaultText({ default: value }: Field): string | null {
  return value === undefined ? null : renderJson(value);
}

function listText(names: readonly string[]): string | null {
  return names.length === 0 ? null : [...names].sort().join(', ');
}

/** The type's text without logical types. */
function bareText(schema: AvroSchema): string {
  return typeText(bare(schema));
}
function bare(schema: AvroSchema): AvroSchema {
  switch (schema.kind) {
    case 'array':
      return { ...schema, items: bare(schema.items) };
    case 'map':
      return { ...schema, values: bare(schema.values) };
    case 'union':
      return { ...schema, branches: schema.branches.map(bare) };
    default:
      return { ...schema, logicalType: null };
  }
}

/** The enums a value of this type holds without a record between. */
function enumsWithin(schema: AvroSchema): readonly EnumSchema[] {
  switch (schema.kind) {
    case 'enum':
      return [schema];
    case 'array':
      return enumsWithin(schema.items);
    case 'map':
      return enumsWithin(schema.values);
    case 'union':
      return valueBranches(schema).flatMap(enumsWithin);
    default:
      return [];
  }
}
