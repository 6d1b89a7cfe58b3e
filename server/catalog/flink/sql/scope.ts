import { accessed } from '../field-lineage.ts';
import { isUnknownType, type LogicalType, type RowField, type RowType, withNullability } from '../logical-type.ts';
import { didYouMean } from './nearest-names.ts';
import type { Column, Relation, Value } from './relation.ts';
import { SqlFailure } from './sql-failure.ts';
import type { Identifier, Name } from './syntax-tree.ts';

/** One table of a FROM clause. */
export interface Member {
  readonly alias: string | null;
  readonly relation: Relation;
}

/** What names mean at one place of a query; names not found here are looked for outside. */
export interface Scope {
  readonly members: readonly Member[];
  readonly parent: Scope | null;
  /** Columns both sides of a USING or NATURAL join share, as the join gives them. */
  readonly common: ReadonlyMap<string, Column>;
  /** ORDER BY sees the select list's names before the columns. */
  readonly aliases: ReadonlyMap<string, Value>;
  /** Inside MATCH_RECOGNIZE: the pattern variables, each standing for rows of the one member. */
  readonly variables: ReadonlySet<string> | null;
}

/** A resolved name: its value, and the column it is in (to compare with what is grouped by). */
export interface ResolvedName extends Value {
  /** The member (how many queries outside, and which there), the column, and the fields inside it. */
  readonly steps: readonly string[];
}

/** How the first step of a name begins that is a column of the query itself, not of one around it. */
export const IN_THIS_QUERY = '0:';

/** How many candidates an error lists. */
const MAX_CANDIDATES = 20;
/** The most parts the name of a table has: catalog, database, table. */
const MAX_TABLE_NAME = 3;

export const NO_NAMES: ReadonlyMap<string, never> = new Map<string, never>();

export function scopeOf(members: readonly Member[], parent: Scope | null, common: ReadonlyMap<string, Column> = NO_NAMES): Scope {
  return { members, parent, common, aliases: NO_NAMES, variables: null };
}

/**
 * Resolves a dotted name as Calcite does with Flink's "peek" rows: the longest prefix that names a table,
 * else a column; a name that is no column is looked for inside row columns, the least deep one winning.
 */
export function resolveName(path: Name, scope: Scope): ResolvedName {
  const [first] = path as [Identifier];
  if (path.length === 1) {
    const alias = scope.aliases.get(first.name);
    if (alias !== undefined) return { ...alias, steps: ['', first.name] };
  } else {
    const qualified = qualifiedBy(path, scope);
    if (qualified !== null) return qualified;
  }
  let outside = 0;
  for (let level: Scope | null = scope; level !== null; level = level.parent) {
    const found = inLevel(path, level, `${outside++}:`);
    if (found !== null) return found;
  }
  throw new SqlFailure(`column '${first.name}' is in none of the tables here${didYouMean(first.name, namesIn(scope))}`, first.at);
}

function qualifiedBy(path: Name, scope: Scope): ResolvedName | null {
  for (let length = Math.min(path.length - 1, MAX_TABLE_NAME); length >= 1; length--) {
    const prefix = path.slice(0, length);
    let outside = 0;
    for (let level: Scope | null = scope; level !== null; level = level.parent) {
      const member = memberNamed(prefix, level);
      if (member !== null) return inMember(path.slice(length), member, level, `${outside}:`);
      outside++;
    }
  }
  return null;
}

/** The member a table name or alias stands for; null when there is none. */
export function memberNamed(prefix: Name, { members, variables }: Scope): Member | null {
  const last = (prefix.at(-1) as Identifier).name;
  if (prefix.length === 1 && variables?.has(last) === true) return members[0] ?? null;
  const candidates = members.filter(({ alias }) => alias === last);
  if (prefix.length === 1) {
    if (candidates.length > 1) throw new SqlFailure(`the name '${last}' stands for several tables here`, (prefix[0] as Identifier).at);
    return candidates[0] ?? null;
  }
  const written = prefix.map(({ name }) => name).join('.');
  return candidates.find(({ relation }) => relation.table === written || relation.table?.endsWith(`.${written}`)) ?? null;
}

function inMember(names: Name, member: Member, level: Scope, outside: string): ResolvedName {
  const place = `${outside}${level.members.indexOf(member)}`;
  if (level.variables !== null && names.length > 1) {
    throw new SqlFailure(`fields inside a column cannot be named through a pattern variable: '${names.map(({ name }) => name).join('.')}'`, (names[0] as Identifier).at);
  }
  const found = inRelation(names, member.relation, place);
  if (found !== null) return found;
  return notInside(names, member);
}

function inLevel(path: Name, level: Scope, outside: string): ResolvedName | null {
  const [first] = path as [Identifier];
  const common = level.common.get(first.name);
  if (common !== undefined) return insideColumn(common, path.slice(1), ['common', first.name]);
  const found: { readonly member: Member; readonly place: string }[] = [];
  level.members.forEach((member, i) => {
    const { relation } = member;
    const onlyPerhaps = relation.rest !== undefined && level.members.length > 1 && relation.named(first.name).length === 0;
    const place = `${outside}${i}`;
    if (!onlyPerhaps && inRelation([first], relation, place) !== null) found.push({ member, place });
  });
  if (found.length > 1) {
    const candidates = found.map(({ member: { alias } }) => `${alias === null ? '' : `${alias}.`}${first.name}`).join(', ');
    throw new SqlFailure(`column '${first.name}' is ambiguous: ${candidates}`, first.at);
  }
  const [only] = found;
  if (only === undefined) return openMember(path, level);
  return inRelation(path, only.member.relation, only.place) ?? notInside(path, only.member);
}

/** A name no known column bears may be one of a table whose columns are not known. */
function openMember(path: Name, level: Scope): ResolvedName | null {
  const open = level.members.filter(({ relation }) => relation.rest !== undefined);
  const [only] = open;
  if (only === undefined) return null;
  const rest = only.relation.rest as Column;
  const value = (rest.rest as (name: string) => Value)((path[0] as Identifier).name);
  return insideColumn(value, path.slice(1), ['open', (path[0] as Identifier).name]);
}

/** Points at the first part of the name that is not there, with the nearest ones that are. */
function notInside(path: Name, { alias, relation }: Member): never {
  let there = relation.columns.map(({ name }) => name);
  let known = 0;
  for (let found = inRelation(path.slice(0, 1), relation, ''); found !== null && known < path.length - 1; found = inRelation(path.slice(0, known + 1), relation, '')) {
    there = found.type?.kind === 'row' ? found.type.fields.map(({ name }) => name) : [];
    known++;
  }
  const missing = path[known] as Identifier;
  throw new SqlFailure(`column '${path.map(({ name }) => name).join('.')}' is not in '${alias ?? 'the table'}'${didYouMean(missing.name, there)}`, missing.at);
}

function inRelation(names: Name, relation: Relation, place: string): ResolvedName | null {
  const [first] = names as [Identifier];
  const exact = relation.named(first.name);
  if (exact.length > 1) throw new SqlFailure(`column '${first.name}' is ambiguous: the query below has ${exact.length} columns of this name`, first.at);
  if (exact[0] !== undefined) return insideColumn(exact[0], names.slice(1), [place, first.name]);
  const peeked = relation.hiding(first.name).flatMap((column) => peek(column, names, [place, column.name]));
  if (peeked.length > 0) return leastDeep(peeked, first);
  if (relation.rest === undefined) return null;
  const value = (relation.rest.rest as (name: string) => Value)(first.name);
  return insideColumn(value, names.slice(1), [place, first.name]);
}

/** Looks for the name inside a row, and inside the rows in it. */
function peek(value: Value, names: Name, steps: readonly string[]): ResolvedName[] {
  const { type } = value;
  if (type?.kind !== 'row') return [];
  const [first] = names as [Identifier];
  const { byName, rows } = fieldsOf(type);
  if (byName.has(first.name)) {
    const found = insideColumn(fieldOf(value, type, first.name), names.slice(1), [...steps, first.name]);
    return found === null ? [] : [found];
  }
  return rows.flatMap((field) => peek(fieldOf(value, type, field.name), names, [...steps, field.name]));
}

function leastDeep(found: readonly ResolvedName[], { name, at }: Identifier): ResolvedName {
  const least = found.reduce((fewest, { steps }) => Math.min(fewest, steps.length), Infinity);
  const shortest = found.filter(({ steps }) => steps.length === least);
  if (shortest.length > 1) {
    throw new SqlFailure(`column '${name}' is ambiguous: ${shortest.slice(0, MAX_CANDIDATES).map(({ steps }) => steps.slice(1).join('.')).join(', ')}`, at);
  }
  return shortest[0] as ResolvedName;
}

/** Follows field names into a value; null when there is no such field. */
function insideColumn(column: Value, names: Name, steps: readonly string[]): ResolvedName | null {
  const [first, ...others] = names;
  if (first === undefined) return { lineage: column.lineage, type: column.type, steps };
  const { type } = column;
  if (type === null || isUnknownType(type)) return insideColumn({ lineage: accessed(column.lineage, first.name), type: null }, others, [...steps, first.name]);
  if (type.kind !== 'row') return null;
  const { byName, rows } = fieldsOf(type);
  if (byName.has(first.name)) return insideColumn(fieldOf(column, type, first.name), others, [...steps, first.name]);
  const peeked = rows.flatMap((field) => peek(fieldOf(column, type, field.name), names, [...steps, field.name]));
  return peeked.length === 0 ? null : leastDeep(peeked, first);
}

interface Fields {
  readonly byName: ReadonlyMap<string, RowField>;
  /** Those that are rows themselves. */
  readonly rows: readonly RowField[];
}
/** Remembered by type, for a row of thousands of fields is asked for each of them. */
const FIELDS = new WeakMap<RowType, Fields>();

function fieldsOf(row: RowType): Fields {
  const known = FIELDS.get(row);
  if (known !== undefined) return known;
  // Of two fields of one name the first counts.
  const fields = { byName: new Map(row.fields.toReversed().map((field) => [field.name, field])), rows: row.fields.filter(({ type }) => type.kind === 'row') };
  FIELDS.set(row, fields);
  return fields;
}

export function fieldOf(value: Value, row: RowType, name: string): Value {
  const field = fieldsOf(row).byName.get(name);
  const type: LogicalType | null = field === undefined ? null : row.nullable ? withNullability(field.type, true) : field.type;
  return { lineage: accessed(value.lineage, name), type };
}

function namesIn(scope: Scope): string[] {
  const names: string[] = [];
  for (let level: Scope | null = scope; level !== null; level = level.parent) {
    for (const { relation } of level.members) for (const { name, rest } of relation.columns) if (rest === undefined) names.push(name);
  }
  return names;
}
