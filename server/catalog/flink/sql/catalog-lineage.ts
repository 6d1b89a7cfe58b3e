import { fromColumn, merged, transformed, unknownBecause } from '../field-lineage.ts';
import type { LogicalType } from '../logical-type.ts';
import { Ancestry } from './ancestry.ts';
import type { CommonTables } from './expression-lineage.ts';
import { leastRestrictive } from './least-restrictive.ts';
import { renamed } from './query-lineage.ts';
import { type Column, Relation, type Value } from './relation.ts';
import { type Member, type Scope, scopeOf } from './scope.ts';
import type { SessionCatalog, TableDefinition, ViewDefinition } from './session-catalog.ts';
import { SqlFailure } from './sql-failure.ts';
import type { Identifier, Name, Options, TableReference } from './syntax-tree.ts';
import { TableFunctionLineage } from './table-function-lineage.ts';

/** How many views may stand on each other: each costs the resolver a few frames of its stack. */
const MAX_VIEW_DEPTH = 200;
/** How deep a view may stand inside the queries and expressions of those on it, for the same reason. */
const MAX_DEPTH_OF_VIEW = 1_000;

/** A table as one statement uses it: hints may give it other options. */
export interface Scan {
  readonly table: TableDefinition;
  readonly options: Options;
}

/** What the tables and views a script sees are made of. */
export class CatalogLineage extends TableFunctionLineage {
  protected readonly catalog: SessionCatalog;
  readonly #tables = new Map<TableDefinition, Map<string, Relation>>();
  readonly #views = new Map<ViewDefinition, { readonly epoch: number; readonly relation: Relation }>();
  readonly #open: ViewDefinition[] = [];

  constructor(catalog: SessionCatalog) {
    super();
    this.catalog = catalog;
  }

  modelOutputs(name: Name): readonly { readonly name: string; readonly type: LogicalType | null }[] | null {
    return this.catalog.models.get(this.catalog.fullName(name)) ?? null;
  }

  coalesced(values: readonly Value[]): Value {
    return { lineage: transformed(merged(values.map(({ lineage }) => lineage))), type: leastRestrictive(values.map(({ type }) => type)) };
  }

  member(reference: TableReference, siblings: Scope, tables: CommonTables | null, reads: Ancestry): Member {
    const { relation, name } = this.#source(reference, siblings, tables, reads);
    const matched = reference.match === null ? relation : this.matched(reference.match, relation, name, tables);
    reads.include(matched.reads);
    if (reference.alias === null) return { alias: reference.match === null ? name : null, relation: matched };
    const { name: alias, columns } = reference.alias;
    if (columns !== null) return { alias: alias.name, relation: renamed(matched, columns) };
    const single = reference.source.node === 'unnest' && matched.columns.length === 1 && matched.columns[0]?.name === 'EXPR$0';
    return { alias: alias.name, relation: single ? matched.renamed([alias.name]) : matched };
  }

  #source({ source }: TableReference, siblings: Scope, tables: CommonTables | null, reads: Ancestry): { relation: Relation; name: string | null } {
    switch (source.node) {
      case 'named-table':
        return { relation: this.tableNamed(source.name, tables, source.options), name: (source.name.at(-1) as Identifier).name };
      case 'query-source':
        return { relation: this.relationOf(source.query, source.lateral ? siblings : siblings.parent, tables), name: null };
      case 'from':
        return { relation: this.joined(source, siblings, tables), name: null };
      case 'unnest':
        return { relation: this.unnested(source, this.place(siblings, tables, reads)), name: null };
      case 'table-function':
        return { relation: this.tableFunction(source.call, this.place(siblings, tables, reads)), name: null };
    }
  }

  tableNamed(name: Name, tables: CommonTables | null, options: Options = {}): Relation {
    const [only] = name;
    for (let table = name.length === 1 ? tables : null; table !== null; table = table.outer) {
      if (table.name === only?.name) return table.relation;
    }
    const object = this.catalog.find(name);
    return object.kind === 'view' ? this.#view(object, (only as Identifier).at) : this.#table(object, options, (only as Identifier).at);
  }

  #table(table: TableDefinition, hinted: Options, at: number): Relation {
    const byOptions = this.#tables.get(table) ?? new Map<string, Relation>();
    this.#tables.set(table, byOptions);
    const key = JSON.stringify(hinted);
    const relation = byOptions.get(key) ?? this.#scanned(table, { ...table.options, ...hinted }, at);
    byOptions.set(key, relation);
    return relation;
  }

  #scanned(table: TableDefinition, options: Options, at: number): Relation {
    const ancestry = new Ancestry();
    ancestry.scan({ table, options } satisfies Scan);
    const stored = table.columns.filter(({ expression }) => expression === null);
    const columns = new Map(stored.map(({ name, type }): [string, Column] => [name, { name, type, lineage: fromColumn(table.name, name) }]));
    const place = this.place(scopeOf([{ alias: null, relation: new Relation([...columns.values()], ancestry) }], null), null, ancestry);
    for (const { name, expression, type } of table.columns) {
      if (expression === null) continue;
      const value = this.value(expression, place);
      columns.set(name, { name, lineage: value.lineage, type: value.type ?? type });
    }
    const all = table.columns.map(({ name }) => columns.get(name) as Column);
    if (table.unknownColumns !== undefined) {
      ancestry.doubt(table.unknownColumns, at);
      all.push({ name: '*', lineage: unknownBecause(table.unknownColumns, at), type: null, rest: (name) => ({ lineage: fromColumn(table.name, name), type: null }) });
    }
    const relation = new Relation(all, ancestry, table.name);
    const withComputed = this.place(scopeOf([{ alias: null, relation }], null), null, ancestry);
    for (const { expression } of table.watermarks) ancestry.add(this.value(expression, withComputed).lineage, 'WATERMARK', expression.at);
    return relation;
  }

  #view(view: ViewDefinition, at: number): Relation {
    const cached = this.#views.get(view);
    if (cached?.epoch === this.catalog.epoch) return cached.relation;
    if (this.#open.includes(view)) throw new SqlFailure(`view '${view.name}' is defined by itself: ${[...this.#open, view].map(({ name }) => name).join(' → ')}`, at);
    if (this.#open.length >= MAX_VIEW_DEPTH) throw new SqlFailure(`more than ${MAX_VIEW_DEPTH} views stand on each other`, at);
    if (this.depth >= MAX_DEPTH_OF_VIEW) throw new SqlFailure(`view '${view.name}' stands more than ${MAX_DEPTH_OF_VIEW} levels deep, those of the views on it counted`, at);
    this.#open.push(view);
    const { catalog, database } = this.catalog;
    Object.assign(this.catalog, { catalog: view.catalog, database: view.database });
    const rows = this.query(view.query, { outer: null, tables: null }, true);
    Object.assign(this.catalog, { catalog, database });
    this.#open.pop();
    const relation = new Relation(columnsAtCreation(view, rows), rows.reads, view.name);
    this.#views.set(view, { epoch: this.catalog.epoch, relation });
    return relation;
  }
}

/** A view keeps the columns it had when it was created, whatever its tables became since. */
function columnsAtCreation({ columns: names }: ViewDefinition, rows: Relation): readonly Column[] {
  if (rows.columns.length === names.length) return rows.columns.map((column, i) => ({ ...column, name: names[i] as string }));
  return names.flatMap((name) => rows.named(name)[0] ?? []);
}
