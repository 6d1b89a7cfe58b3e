import type { ChangeKind } from './diff.ts';
import { type JsonObject, sameJson } from './json.ts';
import { type AvroSchema, branchName, isNamed, typeText } from './schema.ts';

/** A difference of a type that is not one of what it holds: kind, and the values or texts before and after. */
export interface WithinChange {
  readonly kind: ChangeKind;
  /** What it is about: `doc of record ns.A`. */
  readonly subject: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Attributes that a logical type is made of: its change is told as one. */
const OF_LOGICAL_TYPE = ['logicalType', 'precision', 'scale'];

/** What two types of a field say of themselves differently, as far as no record lies between. */
export function withinChanges(before: AvroSchema, after: AvroSchema): readonly WithinChange[] {
  if (before.kind !== after.kind) return [];
  return [...namedChanges(before, after), ...attributeChange(before, after), ...heldPairs(before, after).flatMap(([old, current]) => withinChanges(old, current))];
}

function namedChanges(before: AvroSchema, after: AvroSchema): readonly WithinChange[] {
  if (!isNamed(before) || !isNamed(after) || before.fullname !== after.fullname) return [];
  const of = `${before.kind} ${before.fullname}`;
  return [
    ...changed('doc', `doc of ${of}`, [before.doc, after.doc]),
    ...changed('aliases', `aliases of ${of}`, [listText(before.aliases), listText(after.aliases)]),
    ...(before.kind === 'enum' && after.kind === 'enum' ? orderChange(`order of the symbols of ${of}`, before.symbols, after.symbols) : []),
  ];
}

/** Where the same ones stand in another order. */
export function orderChange(subject: string, before: readonly string[], after: readonly string[]): readonly WithinChange[] {
  const [old, current] = [new Set(before), new Set(after)];
  return changed('order', subject, [before.filter((name) => current.has(name)).join(', '), after.filter((name) => old.has(name)).join(', ')]);
}

function attributeChange(before: AvroSchema, after: AvroSchema): readonly WithinChange[] {
  const told = typeText(before) === typeText(after) ? [] : OF_LOGICAL_TYPE;
  return attributesChange(before.props, after.props, told);
}

/** Attributes that Avro does not know and keeps. */
export function attributesChange(before: JsonObject, after: JsonObject, told: readonly string[] = []): readonly WithinChange[] {
  const differing = [...new Set([...before.keys(), ...after.keys()])].filter((key) => {
    const [old, current] = [before.get(key), after.get(key)];
    return !told.includes(key) && (old === undefined || current === undefined ? old !== current : !sameJson(old, current));
  });
  const named = (of: JsonObject): string | null => listText(differing.filter((key) => of.has(key)));
  return differing.length === 0 ? [] : [{ kind: 'attributes', subject: `attributes ${differing.sort().join(', ')}`, before: named(before), after: named(after) }];
}

/** Types held by both in the same place; a record's fields are fields of their own. */
function heldPairs(before: AvroSchema, after: AvroSchema): readonly (readonly [AvroSchema, AvroSchema])[] {
  if (before.kind === 'array' && after.kind === 'array') return [[before.items, after.items]];
  if (before.kind === 'map' && after.kind === 'map') return [[before.values, after.values]];
  if (before.kind !== 'union' || after.kind !== 'union') return [];
  return before.branches.flatMap((old) => after.branches.filter((current) => branchName(current) === branchName(old)).map((current) => [old, current] as const));
}

function changed(kind: ChangeKind, subject: string, [before, after]: readonly [string | null, string | null]): readonly WithinChange[] {
  return before === after ? [] : [{ kind, subject, before, after }];
}

function listText(names: readonly string[]): string | null {
  return names.length === 0 ? null : [...names].sort().join(', ');
}
