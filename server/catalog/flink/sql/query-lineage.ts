import { merged } from '../field-lineage.ts';
import { checkGrouping, checkRowsOnly } from './grouping.ts';
import { type CommonTables, ExpressionLineage, operands, type Place } from './expression-lineage.ts';
import { leastRestrictive } from './least-restrictive.ts';
import { type Column, nullableColumn, Relation, type Value } from './relation.ts';
import { Ancestry } from './ancestry.ts';
import { fieldOf, type Member, memberNamed, NO_NAMES, resolveName, type Scope, scopeOf } from './scope.ts';
import { SqlFailure } from './sql-failure.ts';
import type {
  Call, Expression, From, GroupItem, Identifier, Name, Options, OrderItem, Query, QueryBody, Select, SelectItem, SetOperation, Star, TableReference, Values, WindowSpec,
} from './syntax-tree.ts';

const WINDOW_FUNCTIONS = new Set(['TUMBLE', 'HOP', 'SESSION']);
const NO_WINDOWS: ReadonlyMap<string, WindowSpec> = new Map();

/** Where a query is evaluated. */
export interface Surroundings {
  /** The query outside of it, whose columns it may name. */
  readonly outer: Scope | null;
  readonly tables: CommonTables | null;
}

/** The result of a FROM clause: the members, and the columns `*` stands for. */
interface Source {
  readonly members: readonly Member[];
  readonly common: ReadonlyMap<string, Column>;
  readonly all: () => readonly Column[];
}

/** How many tables one FROM clause may join: every join looks at those before it. */
const MAX_TABLES = 500;
/** How many columns the queries of a script may have together, `*` expanded: far beyond people, within memory. */
const MAX_COLUMNS = 5_000_000;

/** What the columns of queries come from and what decides their rows. */
export abstract class QueryLineage extends ExpressionLineage {
  #columnsSoFar = 0;

  /** The relation of a FROM item other than a join, with reads of its own joined in `reads`. */
  abstract member(reference: TableReference, siblings: Scope, tables: CommonTables | null, reads: Ancestry): Member;
  abstract tableNamed(name: Name, tables: CommonTables | null, options?: Options): Relation;

  relationOf(query: Query, outer: Scope | null, tables: CommonTables | null): Relation {
    return this.query(query, { outer, tables }, false);
  }

  /** `top`: an ORDER BY without LIMIT decides rows only where the query stands for itself. */
  query(query: Query, { outer, tables }: Surroundings, top: boolean): Relation {
    this.depth++;
    let seen = tables;
    for (const { name, columns, query: inner } of query.with) {
      const relation = this.query(inner, { outer, tables: seen }, false);
      seen = { name: name.name, relation: columns === null ? relation : renamed(relation, columns), outer: seen };
    }
    const ordered = top || query.limit.length > 0 ? query.orderBy : [];
    const result = this.#body(query.body, { outer, tables: seen }, ordered, top);
    this.depth--;
    if (query.orderBy.length > 0 && ordered.length === 0) return result;
    for (const operand of operands(query.limit)) this.value(operand, this.#place(scopeOf([], outer), seen, NO_WINDOWS, result.reads));
    return result;
  }

  #body(body: QueryBody, surroundings: Surroundings, orderBy: readonly OrderItem[], top: boolean): Relation {
    switch (body.node) {
      case 'select':
        return this.#select(body, surroundings, orderBy);
      case 'set':
        return this.#sortedByName(this.#set(body, surroundings), orderBy, surroundings);
      case 'values':
        return this.#sortedByName(this.#values(body, surroundings), orderBy, surroundings);
      case 'table-query':
        return this.#sortedByName(shared(this.tableNamed(body.name, surroundings.tables)), orderBy, surroundings);
      case 'query':
        return this.#sortedByName(this.query(body, surroundings, top), orderBy, surroundings);
    }
  }

  #place(scope: Scope, tables: CommonTables | null, windows: ReadonlyMap<string, WindowSpec>, reads: Ancestry): Place {
    return { scope, tables, windows, reads, grouped: false, simplified: true };
  }

  #sortedByName(relation: Relation, orderBy: readonly OrderItem[], { outer, tables }: Surroundings): Relation {
    if (orderBy.length === 0) return relation;
    const scope = scopeOf([{ alias: null, relation }], outer);
    this.sorted(orderBy, this.#place(scope, tables, NO_WINDOWS, relation.reads));
    return relation;
  }

  #values({ rows, at }: Values, { outer, tables }: Surroundings): Relation {
    const reads = new Ancestry();
    const place = this.#place(scopeOf([], outer), tables, NO_WINDOWS, reads);
    const values = rows.map((row) => (row.node === 'row' ? row.items : [row]).map((item) => this.value(item, place)));
    const width = values[0]?.length ?? 0;
    if (values.some((row) => row.length !== width)) throw new SqlFailure('the rows of VALUES do not have the same number of values', at);
    const columns = Array.from({ length: width }, (_, i) => union(`EXPR$${i}`, values.map((row) => row[i] as Value)));
    return new Relation(columns, reads);
  }

  #set({ first, rest }: SetOperation, surroundings: Surroundings): Relation {
    const reads = new Ancestry();
    const start = this.#body(first, surroundings, [], false);
    reads.include(start.reads);
    let { columns } = start;
    for (const { operator, all, term } of rest) {
      const right = this.#body(term, surroundings, [], false);
      reads.include(right.reads);
      const [a, b] = sameWidth(columns, right.columns, `${operator}${all ? ' ALL' : ''}`, bodyStart(term));
      const compared = merged([...a, ...b].map(({ lineage }) => lineage));
      if (operator !== 'UNION') reads.add(compared, 'FILTER', bodyStart(term));
      else if (!all) reads.add(compared, 'GROUP', bodyStart(term));
      columns = operator === 'EXCEPT' ? a : a.map((column, i) => union(column.name, [column, b[i] as Column]));
    }
    return new Relation(columns, reads);
  }

  #select(select: Select, { outer, tables }: Surroundings, orderBy: readonly OrderItem[]): Relation {
    const reads = new Ancestry();
    const windows = new Map(select.windows.map(({ name, spec }) => [name.name, spec]));
    const source = select.from === null ? NO_SOURCE : this.#from(select.from, outer, tables, reads);
    const scope = scopeOf(source.members, outer, source.common);
    const place = { ...this.#place(scope, tables, windows, reads), grouped: (select.groupBy ?? []).length > 0 };
    if (select.where !== null) this.#where(select.where, place);
    this.#group(select.groupBy ?? [], place);
    checkGrouping(select, (name) => resolveName(name, scope).steps);
    if (select.having !== null) this.#filter(select.having, place);
    const columns = this.#columns(select.items, source, place);
    const named = { ...scope, aliases: aliasesOf(select.items, columns) };
    if (select.qualify !== null) this.#filter(select.qualify, { ...place, scope: named });
    if (select.distinct) reads.add(merged(columns.map(({ lineage }) => lineage)), 'GROUP', select.at);
    this.sorted(orderBy, { ...place, scope: named });
    return new Relation(columns, reads);
  }

  #filter(condition: Expression, place: Place): void {
    place.reads.add(this.value(condition, place).lineage, 'FILTER', condition.at);
  }

  /** WHERE is kept as written, unless its type alone makes it true: `x IS NOT NULL` where x never is. */
  #where(condition: Expression, place: Place): void {
    checkRowsOnly(condition, 'WHERE');
    const alone = condition.node === 'operation' && condition.operator === 'IS NOT NULL';
    this.#filter(condition, { ...place, simplified: alone });
  }

  #group(items: readonly GroupItem[], place: Place): void {
    for (const item of items) {
      if (item.form === 'set') for (const expression of item.items) this.#groupBy(expression, place);
      else if (item.form === 'expression') this.#groupBy(item.expression, place);
      else this.#group(item.items, place);
    }
  }

  #groupBy(expression: Expression, place: Place): void {
    const isWindow = expression.node === 'call' && WINDOW_FUNCTIONS.has((expression.name[0] as Identifier).name.toUpperCase());
    place.reads.add(this.value(expression, place).lineage, isWindow ? 'WINDOW' : 'GROUP', expression.at);
  }

  #columns(items: readonly SelectItem[], source: Source, place: Place): Column[] {
    const columns: Column[] = [];
    for (const { expression, alias } of items) {
      if (expression.node === 'star') append(columns, this.#star(expression, source, place.scope));
      else if (expression.node === 'field' && expression.field.name === '*') append(columns, fieldsOf(this.value(expression.of, place), expression.field));
      else columns.push({ ...valueOnly(this.value(expression, place)), name: alias?.name ?? nameOf(expression) ?? `EXPR$${columns.length}` });
      if (this.#columnsSoFar + columns.length > MAX_COLUMNS) throw new SqlFailure(`the queries of the script have more than ${MAX_COLUMNS} columns together`, expression.at);
    }
    this.#columnsSoFar += columns.length;
    return columns;
  }

  #star({ qualifier, at }: Star, source: Source, scope: Scope): readonly Column[] {
    if (qualifier.length === 0) {
      if (source.members.length === 0) throw new SqlFailure('* needs a FROM clause', at);
      for (const { relation } of source.members) refuseDuplicates(relation, at);
      return source.all();
    }
    const member = memberOutward(qualifier, scope);
    if (member === null) return fieldsOf(resolveName(qualifier, scope), qualifier.at(-1) as Identifier);
    refuseDuplicates(member.relation, at);
    return member.relation.columns;
  }

  /** FROM, with its joins from left to right. */
  #from({ first, joins }: From, outer: Scope | null, tables: CommonTables | null, reads: Ancestry): Source {
    this.depth++;
    let source = this.#item(first, scopeOf([], outer), tables, reads);
    for (const join of joins) {
      if (source.members.length >= MAX_TABLES) throw new SqlFailure(`more than ${MAX_TABLES} tables in one FROM clause`, join.at);
      const siblings = scopeOf(source.members, outer, source.common);
      const right = this.#item(join.right, siblings, tables, reads);
      refuseSameAlias(source.members, right.members, join.right);
      const joined = {
        left: join.type === 'RIGHT' || join.type === 'FULL' ? nullable(source) : source,
        right: join.type === 'LEFT' || join.type === 'FULL' ? nullable(right) : right,
      };
      const names = join.natural ? sharedNames(source.all(), right.all(), join.at) : join.using;
      source = names === null ? side(joined.left, joined.right) : this.#using(joined.left, joined.right, names, reads);
      if (join.on === null) continue;
      const place = this.#place(scopeOf(source.members, outer, source.common), tables, NO_WINDOWS, reads);
      reads.add(this.value(join.on, place).lineage, 'JOIN', join.on.at);
    }
    this.depth--;
    return source;
  }

  #item(reference: TableReference, siblings: Scope, tables: CommonTables | null, reads: Ancestry): Source {
    if (reference.source.node === 'from' && reference.alias === null && reference.match === null) {
      return this.#from(reference.source, siblings, tables, reads);
    }
    const member = this.member(reference, siblings, tables, reads);
    if (reference.period !== null) {
      const scope = scopeOf([...siblings.members, member], siblings.parent, siblings.common);
      reads.add(this.value(reference.period, this.#place(scope, tables, NO_WINDOWS, reads)).lineage, 'JOIN', reference.period.at);
    }
    return { members: [member], common: NO_NAMES, all: () => member.relation.columns };
  }

  #using(left: Source, right: Source, names: readonly Identifier[], reads: Ancestry): Source {
    const common = new Map<string, Column>([...left.common, ...right.common]);
    for (const name of names) {
      const sides = [left, right].map((one) => resolveName([name], scopeOf(one.members, null, one.common)));
      const lineage = merged(sides.map((value) => value.lineage));
      reads.add(lineage, 'JOIN', name.at);
      common.set(name.name, { name: name.name, ...this.coalesced(sides) });
    }
    const merging = new Set(names.map(({ name }) => name));
    const shared = names.map(({ name }) => common.get(name) as Column);
    const all = (): Column[] => [...shared, ...[...left.all(), ...right.all()].filter(({ name }) => !merging.has(name))];
    return { members: [...left.members, ...right.members], common, all };
  }

  /** A FROM clause in parentheses with a name, as one relation. */
  joined(from: From, siblings: Scope, tables: CommonTables | null): Relation {
    const reads = new Ancestry();
    return new Relation(this.#from(from, siblings, tables, reads).all(), reads);
  }

  abstract coalesced(values: readonly Value[]): Value;
}

const NO_SOURCE: Source = { members: [], common: NO_NAMES, all: () => [] };

function side(left: Source, right: Source): Source {
  const common = right.common.size === 0 ? left.common : new Map([...left.common, ...right.common]);
  return { members: [...left.members, ...right.members], common, all: () => [...left.all(), ...right.all()] };
}

function nullable({ members, common, all }: Source): Source {
  return { members: members.map((member) => ({ ...member, relation: member.relation.nullable() })), common, all: () => all().map(nullableColumn) };
}

function sharedNames(left: readonly Column[], right: readonly Column[], at: number): Identifier[] {
  const there = new Set(right.map(({ name }) => name));
  return left.filter(({ name, rest }) => rest === undefined && there.has(name)).map(({ name }) => ({ name, at }));
}

function refuseSameAlias(left: readonly Member[], right: readonly Member[], { at }: TableReference): void {
  for (const { alias, relation } of right) {
    if (alias !== null && left.some((member) => member.alias === alias && !areTwoTables(member.relation, relation, alias))) throw new SqlFailure(`the name '${alias}' is given to two tables of one FROM clause`, at);
  }
}

/** Tables of two databases that bear one name, without an alias: they can be told apart by their full names. */
function areTwoTables(a: Relation, b: Relation, name: string): boolean {
  return a.table !== b.table && [a, b].every(({ table }) => table !== null && table.endsWith(`.${name}`));
}

function append(columns: Column[], more: readonly Column[]): void {
  for (const column of more) columns.push(column);
}

function refuseDuplicates(relation: Relation, at: number): void {
  if (relation.hasDuplicates && relation.table === null) throw new SqlFailure('* is ambiguous: the query below has several columns of one name', at);
}

function memberOutward(qualifier: Name, scope: Scope): Member | null {
  for (let level: Scope | null = scope; level !== null; level = level.parent) {
    const member = memberNamed(qualifier, level);
    if (member !== null) return member;
  }
  return null;
}

function fieldsOf(value: Value, { name, at }: Identifier): Column[] {
  const { type } = value;
  if (type?.kind !== 'row') throw new SqlFailure(`'${name}' is no table and no row column: there is nothing .* could stand for`, at);
  return type.fields.map((field) => ({ name: field.name, ...fieldOf(value, type, field.name) }));
}

/** The column's name where the select list gives none. */
function nameOf(expression: Expression): string | null {
  if (expression.node === 'column') return (expression.path.at(-1) as Identifier).name;
  return expression.node === 'field' ? expression.field.name : null;
}

function aliasesOf(items: readonly SelectItem[], columns: readonly Column[]): ReadonlyMap<string, Value> {
  const named = new Set(items.flatMap(({ alias }) => (alias === null ? [] : [alias.name])));
  return new Map(columns.filter(({ name }) => named.has(name)).map((column) => [column.name, column]));
}

function valueOnly({ lineage, type }: Value): Value {
  return { lineage, type };
}

function union(name: string, values: readonly Value[]): Column {
  const rest = values.every((value) => 'rest' in value) ? (values[0] as Column).rest : undefined;
  return { name, lineage: merged(values.map(({ lineage }) => lineage)), type: leastRestrictive(values.map(({ type }) => type)), ...(rest === undefined ? {} : { rest }) };
}

/** Columns paired by position; one whose width is not known takes that of the other. */
function sameWidth(a: readonly Column[], b: readonly Column[], operator: string, at: number): [readonly Column[], readonly Column[]] {
  if (a.length === b.length) return [a, b];
  const [left, right] = [widened(a, b.length), widened(b, a.length)];
  if (left.length === b.length) return [left, b];
  if (right.length === a.length) return [a, right];
  throw new SqlFailure(`${operator} needs queries of as many columns: ${a.length} before, ${b.length} here`, at);
}

/** Lets a column that stands for unknown ones stand for as many as are missing. */
export function widened(columns: readonly Column[], width: number): readonly Column[] {
  const rest = columns.filter((column) => column.rest !== undefined);
  if (rest.length !== 1 || width < columns.length - 1) return columns;
  return columns.flatMap((column) => (column.rest === undefined ? [column] : Array.from({ length: width - columns.length + 1 }, () => ({ name: column.name, lineage: column.lineage, type: null }))));
}

function bodyStart(body: QueryBody): number {
  return body.at;
}

/** A relation of its own over a shared one: reads added to it stay with it. */
export function shared(relation: Relation): Relation {
  const reads = new Ancestry();
  reads.include(relation.reads);
  return new Relation(relation.columns, reads, relation.table);
}

export function renamed(relation: Relation, names: readonly Identifier[]): Relation {
  const columns = widened(relation.columns, names.length);
  if (columns.length !== names.length) {
    throw new SqlFailure(`${names.length} names for ${relation.columns.length} columns`, (names[0] as Identifier).at);
  }
  return new Relation(columns, relation.reads).renamed(names.map(({ name }) => name));
}

export function functionName({ name }: Call): string {
  return name.map((part) => part.name).join('.');
}

