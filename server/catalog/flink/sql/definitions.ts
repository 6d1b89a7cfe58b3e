import type { LogicalType } from '../logical-type.ts';
import { didYouMean } from './nearest-names.ts';
import { definedColumns, type DefinedColumn, likeStrategy, likeTable, type SessionCatalog, type TableDefinition, withKeys } from './session-catalog.ts';
import { SqlFailure } from './sql-failure.ts';
import type { AlterTable, CreateTable, Identifier, LikeRule, Name, PlacedElement } from './syntax-tree.ts';

/** The table a CREATE TABLE declares, its LIKE clause worked in, before any query of it. */
export function declaredTable(statement: CreateTable, catalog: SessionCatalog): TableDefinition {
  const { columns, watermarks, keys } = definedColumns(statement.elements);
  const own = { columns, watermarks, options: statement.options };
  const table = { kind: 'table' as const, name: catalog.fullName(statement.name), temporary: statement.temporary };
  if (statement.like === null) {
    if (statement.as === null) checkNames([...keysOf(statement), ...statement.partitionedBy], columns);
    return { ...table, ...own };
  }
  const base = tableAt(statement.like.table, catalog);
  checkMerging(statement, base, statement.like.rules);
  const merged = likeTable(base, statement.like.rules, own);
  const unknown = base.unknownColumns === undefined ? {} : { unknownColumns: base.unknownColumns };
  return { ...table, ...merged, columns: withKeys(merged.columns, keys), ...unknown };
}

/** A column may bear the name of one of the base only where the base's is left out, or OVERWRITING takes one of its own kind. */
function checkMerging({ elements }: CreateTable, base: TableDefinition, rules: readonly LikeRule[]): void {
  const sources = new Map(base.columns.map(({ name, source }) => [name, source]));
  for (const element of elements) {
    if (element.node !== 'column-definition') continue;
    const feature = MERGED_BY[sources.get(element.name.name) ?? 'none'];
    if (feature === undefined) continue;
    const strategy = feature === null ? 'INCLUDING' : likeStrategy(rules, feature);
    const own = element.expression !== null ? 'GENERATED' : element.metadata === null ? null : 'METADATA';
    if (strategy === 'EXCLUDING' || (strategy === 'OVERWRITING' && own === feature)) continue;
    throw new SqlFailure(`column '${element.name.name}' is in the base table '${base.name}' already${feature === null ? '' : `: EXCLUDING ${feature} leaves it out`}`, element.name.at);
  }
}

/** The feature of LIKE that decides over a column of the base. */
const MERGED_BY: { readonly [source: string]: 'GENERATED' | 'METADATA' | null } = { physical: null, computed: 'GENERATED', metadata: 'METADATA', 'virtual-metadata': 'METADATA' };

function keysOf({ elements }: CreateTable): readonly Identifier[] {
  return elements.flatMap((element) => (element.node === 'primary-key' ? element.columns : []));
}

function checkNames(names: readonly Identifier[], columns: readonly DefinedColumn[]): void {
  const declared = new Set(columns.map(({ name }) => name));
  for (const { name, at } of names) {
    if (!declared.has(name)) throw new SqlFailure(`column '${name}' is not declared${didYouMean(name, columns.map((column) => column.name))}`, at);
  }
}

export interface QueryColumn {
  readonly name: string;
  readonly type: LogicalType | null;
}

/**
 * The table of a CREATE TABLE … AS: what it declares first, then what the query adds by other names; or the
 * query's columns in the order a list of names gives.
 */
export function tableOfQuery(statement: CreateTable, declared: TableDefinition, query: readonly QueryColumn[]): TableDefinition {
  const physical = ({ name, type }: QueryColumn): DefinedColumn => ({ name, type, source: 'physical', expression: null });
  if (statement.order !== null) {
    const named = statement.order.map(({ name, at }) => {
      const column = query.find((candidate) => candidate.name === name);
      if (column === undefined) throw new SqlFailure(`column '${name}' is not among the columns of the query${didYouMean(name, query.map((candidate) => candidate.name))}`, at);
      return physical(column);
    });
    return { ...declared, columns: named };
  }
  const there = new Set(declared.columns.map(({ name }) => name));
  const { keys } = definedColumns(statement.elements);
  return { ...declared, columns: withKeys([...declared.columns, ...query.filter(({ name }) => !there.has(name)).map(physical)], keys) };
}

export function tableAt(name: Name, catalog: SessionCatalog): TableDefinition {
  const object = catalog.find(name);
  if (object.kind === 'table') return object;
  throw new SqlFailure(`'${object.name}' is a view, not a table`, (name[0] as Identifier).at);
}

/** Applies an ALTER TABLE. */
export function alterTable({ name, ifExists, action }: AlterTable, catalog: SessionCatalog): void {
  if (ifExists && catalog.lookup(name) === null) return;
  const table = tableAt(name, catalog);
  const changed = alteredTable(table, action, catalog);
  if (changed !== table) catalog.replace(table, changed);
}

function alteredTable(table: TableDefinition, action: AlterTable['action'], catalog: SessionCatalog): TableDefinition {
  switch (action.form) {
    case 'rename':
      return { ...table, name: renamedTo(table.name, action.to, catalog) };
    case 'rename-column':
      return { ...table, columns: table.columns.map((column) => (column === columnAt(table, action.column) ? { ...column, name: action.to.name } : column)) };
    case 'set':
      return { ...table, options: { ...table.options, ...action.options } };
    case 'reset':
      return { ...table, options: Object.fromEntries(Object.entries(table.options).filter(([key]) => !action.keys.includes(key))) };
    case 'drop-columns': {
      const dropped = new Set(action.columns.map((column) => columnAt(table, column)));
      return { ...table, columns: table.columns.filter((column) => !dropped.has(column)) };
    }
    case 'add':
    case 'modify':
      return action.elements.reduce((before, element) => withElement(before, element, action.form), table);
    case 'other':
      return table;
  }
}

/** `RENAME TO b` keeps catalog and database of the table. */
export function renamedTo(from: string, to: Name, catalog: SessionCatalog): string {
  return to.length === 1 ? `${from.slice(0, from.lastIndexOf('.'))}.${(to[0] as Identifier).name}` : catalog.fullName(to);
}

function columnAt(table: TableDefinition, { name, at }: Identifier): DefinedColumn {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw new SqlFailure(`column '${name}' is not in '${table.name}'${didYouMean(name, table.columns.map((candidate) => candidate.name))}`, at);
}

function withElement(table: TableDefinition, { element, place }: PlacedElement, form: 'add' | 'modify'): TableDefinition {
  if (element.node === 'primary-key') return { ...table, columns: withKeys(table.columns, new Set(element.columns.map(({ name }) => name))) };
  const { columns: [column], watermarks } = definedColumns([element]);
  if (column === undefined) return { ...table, watermarks };
  if (element.node === 'column-definition' && form === 'add' && table.columns.some(({ name }) => name === column.name)) {
    throw new SqlFailure(`column '${column.name}' is in '${table.name}' already`, element.name.at);
  }
  if (form === 'add' && place === null) return { ...table, columns: [...table.columns, column] };
  const before = form === 'modify' && element.node === 'column-definition' ? table.columns.indexOf(columnAt(table, element.name)) : table.columns.length;
  const others = table.columns.filter(({ name }) => name !== column.name);
  const index = place === null ? before : place.form === 'first' ? 0 : others.indexOf(columnAt({ ...table, columns: others }, place.column)) + 1;
  return { ...table, columns: [...others.slice(0, index), column, ...others.slice(index)] };
}
