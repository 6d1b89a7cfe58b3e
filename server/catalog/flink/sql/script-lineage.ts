import { FROM_NOTHING, type FieldLineage, fromColumn, merged, originsOf, reasonsOf, transformed } from '../field-lineage.ts';
import { keptOptions } from '../kept-options.ts';
import type { FieldRead, LineageResult, ProgramLineage, SinkColumn, SinkLineage, TableUse, UnknownPart } from '../lineage.ts';
import type { LogicalType } from '../logical-type.ts';
import { Ancestry, type Doubt } from './ancestry.ts';
import { alterTable, declaredTable, renamedTo, tableAt, tableOfQuery } from './definitions.ts';
import type { CommonTables } from './expression-lineage.ts';
import { leastRestrictive } from './least-restrictive.ts';
import { didYouMean } from './nearest-names.ts';
import { renamed, widened } from './query-lineage.ts';
import { type Column, Relation, type Value } from './relation.ts';
import { type Member, type Scope, scopeOf } from './scope.ts';
import { type KnownTables, SessionCatalog, type TableDefinition, type ViewDefinition } from './session-catalog.ts';
import { LineIndex, SqlFailure } from './sql-failure.ts';
import { StatementGrammar } from './statement-grammar.ts';
import type { AlterView, CreateTable, CreateView, Identifier, Insert, Name, Options, Statement, TableReference } from './syntax-tree.ts';
import { TableFunctionLineage } from './table-function-lineage.ts';

/** Longest script taken, in UTF-16 units: the longest SQL a person writes is a hundredth of it. */
export const MAX_SCRIPT_LENGTH = 4 * 1_048_576;
/** How many views may stand on each other: each costs the resolver a few frames of its stack. */
const MAX_VIEW_DEPTH = 200;

/**
 * Where every column of every sink of a Flink SQL script comes from, and what decides its rows, as Flink's
 * planner has it before it optimises. `known` answers for tables the script does not declare.
 */
export function lineageOfScript(script: string, known: KnownTables = () => null): LineageResult {
  if (script.length > MAX_SCRIPT_LENGTH) return { outcome: 'invalid', fault: { message: `the script is longer than ${MAX_SCRIPT_LENGTH} characters` } };
  const lines = new LineIndex(script);
  try {
    return { outcome: 'resolved', lineage: new ScriptLineage(known, lines).run(new StatementGrammar(script).statements()) };
  } catch (failure) {
    if (!(failure instanceof SqlFailure)) throw failure;
    return { outcome: 'invalid', fault: { message: failure.message, ...lines.at(failure.at) } };
  }
}

/** A table as one statement uses it: hints may give it other options. */
interface Scan {
  readonly table: TableDefinition;
  readonly options: Options;
}

/** Runs the statements of a script in order, as a session of Flink would, and follows what its sinks are fed from. */
class ScriptLineage extends TableFunctionLineage {
  readonly #catalog: SessionCatalog;
  readonly #lines: LineIndex;
  readonly #sinks: SinkLineage[] = [];
  readonly #doubts: Doubt[] = [];
  readonly #uses = new Map<string, { readonly scan: Scan; readonly roles: Set<'source' | 'sink'> }>();
  readonly #tables = new Map<TableDefinition, Map<string, Relation>>();
  readonly #views = new Map<ViewDefinition, { readonly epoch: number; readonly relation: Relation }>();
  readonly #open: ViewDefinition[] = [];

  constructor(known: KnownTables, lines: LineIndex) {
    super();
    this.#catalog = new SessionCatalog(known);
    this.#lines = lines;
  }

  run(statements: readonly Statement[]): ProgramLineage {
    for (const statement of statements) this.#run(statement);
    const unknown = this.#unknownParts();
    return { completeness: unknown.length === 0 ? 'complete' : 'partial', sinks: this.#sinks, tables: [...this.#uses.values()].map(tableUse), unknown };
  }

  #unknownParts(): UnknownPart[] {
    const parts = new Map<string, UnknownPart>();
    for (const { reason, at } of this.#doubts) parts.set(`${reason}\u0000${at}`, { reason, ...this.#lines.at(at) });
    return [...parts.values()];
  }

  #run(statement: Statement): void {
    const catalog = this.#catalog;
    switch (statement.node) {
      case 'create-table':
        return this.#createTable(statement);
      case 'create-view':
        return this.#createView(statement);
      case 'create-model':
        return void catalog.models.set(catalog.fullName(statement.name), statement.outputs?.map(({ name, type }) => ({ name: name.name, type })) ?? null);
      case 'create-catalog':
        return catalog.addCatalog((statement.name[0] as Identifier).name, statement.options);
      case 'create-database':
        return catalog.addDatabase(statement.name);
      case 'create-function': case 'no-effect':
        return;
      case 'drop':
        return statement.what === 'TABLE' || statement.what === 'VIEW' ? catalog.drop(statement.name, statement) : undefined;
      case 'alter-table':
        return alterTable(statement, catalog);
      case 'alter-view':
        return this.#alterView(statement);
      case 'use':
        return this.#use(statement.what, statement.name);
      case 'insert':
        return this.#insert(statement);
      case 'show-query':
        return void this.#gather(this.query(statement.query, { outer: null, tables: null }, true));
      case 'statement-set':
        return statement.statements.forEach((inner) => this.#run(inner));
      case 'unknown-effect':
        return void this.#doubts.push({ reason: statement.reason, at: statement.at });
    }
  }

  #use(what: 'catalog' | 'database', name: Name): void {
    if (what === 'catalog') this.#catalog.useCatalog((name[0] as Identifier).name);
    else this.#catalog.useDatabase(name);
  }

  // — definitions

  #createTable(statement: CreateTable): void {
    const declared = declaredTable(statement, this.#catalog);
    if (statement.as === null) return this.#catalog.create(declared, statement);
    if (statement.ifNotExists && this.#catalog.lookup(statement.name) !== null) return;
    const rows = this.query(statement.as, { outer: null, tables: null }, true);
    const table = tableOfQuery(statement, declared, rows.columns);
    this.#catalog.create(table, statement);
    const columns = persisted(table).map(({ name }): SinkColumn => ({ name, origins: this.#origins(rows.named(name)[0]?.lineage ?? FROM_NOTHING) }));
    this.#sink({ table, options: table.options }, columns, rows);
  }

  #createView(statement: CreateView): void {
    const { query, columns, at } = statement;
    const rows = this.query(query, { outer: null, tables: null }, true);
    const names = (columns === null ? rows : renamed(rows, columns)).columns.map(({ name }) => name);
    const twice = names.find((name, i) => name !== '*' && names.indexOf(name) !== i);
    if (twice !== undefined) throw new SqlFailure(`the view has two columns named '${twice}'`, at);
    const { catalog, database } = this.#catalog;
    this.#catalog.create({ kind: 'view', name: this.#catalog.fullName(statement.name), query, columns: names, catalog, database }, { ...statement, replace: false });
  }

  #alterView({ name, action }: AlterView): void {
    const view = this.#catalog.find(name);
    if (view.kind !== 'view') throw new SqlFailure(`'${view.name}' is a table, not a view`, (name[0] as Identifier).at);
    if (action.form === 'rename') return this.#catalog.replace(view, { ...view, name: renamedTo(view.name, action.to, this.#catalog) });
    const { catalog, database } = this.#catalog;
    const columns = this.query(action.query, { outer: null, tables: null }, true).columns.map((column) => column.name);
    this.#catalog.replace(view, { ...view, query: action.query, columns, catalog, database });
  }

  modelOutputs(name: Name): readonly { readonly name: string; readonly type: LogicalType | null }[] | null {
    return this.#catalog.models.get(this.#catalog.fullName(name)) ?? null;
  }

  coalesced(values: readonly Value[]): Value {
    return { lineage: transformed(merged(values.map(({ lineage }) => lineage))), type: leastRestrictive(values.map(({ type }) => type)) };
  }

  // — what is read

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
    const object = this.#catalog.find(name);
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
      all.push({ name: '*', lineage: unknownColumnsOf(table, at), type: null, rest: (name) => ({ lineage: fromColumn(table.name, name), type: null }) });
    }
    const relation = new Relation(all, ancestry, table.name);
    const withComputed = this.place(scopeOf([{ alias: null, relation }], null), null, ancestry);
    for (const { expression } of table.watermarks) ancestry.add(this.value(expression, withComputed).lineage, 'WATERMARK', expression.at);
    return relation;
  }

  #view(view: ViewDefinition, at: number): Relation {
    const cached = this.#views.get(view);
    if (cached?.epoch === this.#catalog.epoch) return cached.relation;
    if (this.#open.includes(view)) throw new SqlFailure(`view '${view.name}' is defined by itself: ${[...this.#open, view].map(({ name }) => name).join(' → ')}`, at);
    if (this.#open.length >= MAX_VIEW_DEPTH) throw new SqlFailure(`more than ${MAX_VIEW_DEPTH} views stand on each other`, at);
    this.#open.push(view);
    const { catalog, database } = this.#catalog;
    Object.assign(this.#catalog, { catalog: view.catalog, database: view.database });
    const rows = this.query(view.query, { outer: null, tables: null }, true);
    Object.assign(this.#catalog, { catalog, database });
    this.#open.pop();
    const relation = new Relation(columnsAtCreation(view, rows), rows.reads, view.name);
    this.#views.set(view, { epoch: this.#catalog.epoch, relation });
    return relation;
  }

  // — what is written

  #insert({ table: name, partition, columns, options, query, at }: Insert): void {
    const table = tableAt(name, this.#catalog);
    const rows = this.query(query, { outer: null, tables: null }, true);
    const fixed = new Set(partition.filter(({ value }) => value !== null).map(({ column }) => column.name));
    const stored = table.unknownColumns === undefined ? persisted(table).map((column) => column.name) : null;
    const targets = columns?.map((column) => this.#target(column, stored, table)) ?? stored?.filter((column) => !fixed.has(column)) ?? rows.columns.map((column) => column.name);
    for (const { column } of partition) this.#target(column, stored, table);
    const twice = columns?.find(({ name: column }, i) => columns.findIndex((other) => other.name === column) !== i);
    if (twice !== undefined) throw new SqlFailure(`column '${twice.name}' is written twice`, twice.at);
    const written = widened(rows.columns, targets.length);
    if (written.length !== targets.length) {
      throw new SqlFailure(`the query has ${rows.columns.length} columns, '${table.name}' takes ${targets.length}: ${targets.slice(0, 20).join(', ')}`, query.at);
    }
    const byTarget = new Map(targets.map((target, i) => [target, (written[i] as Column).lineage]));
    const sink = (stored ?? targets).map((column): SinkColumn => ({ name: column, origins: this.#origins(byTarget.get(column) ?? FROM_NOTHING) }));
    if (table.unknownColumns !== undefined) this.#doubts.push({ reason: table.unknownColumns, at });
    this.#sink({ table, options: { ...table.options, ...options } }, sink, rows);
  }

  #target({ name, at }: Identifier, stored: readonly string[] | null, table: TableDefinition): string {
    if (stored === null || stored.includes(name)) return name;
    throw new SqlFailure(`'${table.name}' has no column '${name}' that can be written${didYouMean(name, stored)}`, at);
  }

  #origins(lineage: FieldLineage): SinkColumn['origins'] {
    this.#doubts.push(...reasonsOf(lineage));
    return originsOf(lineage);
  }

  #sink(scan: Scan, columns: readonly SinkColumn[], rows: Relation): void {
    const reads = this.#gather(rows);
    this.#sinks.push({ table: scan.table.name, columns, reads });
    this.#used(scan, 'sink');
  }

  #gather(rows: Relation): FieldRead[] {
    const { reads, scans, doubts } = rows.reads.gathered((offset) => this.#lines.at(offset));
    this.#doubts.push(...doubts);
    for (const source of scans) this.#used(source as Scan, 'source');
    return reads;
  }

  #used(scan: Scan, role: 'source' | 'sink'): void {
    const key = `${scan.table.name}\u0000${JSON.stringify(scan.options)}`;
    const use = this.#uses.get(key) ?? { scan, roles: new Set() };
    use.roles.add(role);
    this.#uses.set(key, use);
  }
}

function persisted(table: TableDefinition): TableDefinition['columns'] {
  return table.columns.filter(({ source }) => source === 'physical' || source === 'metadata');
}

function unknownColumnsOf({ unknownColumns }: TableDefinition, at: number): FieldLineage {
  return [{ strand: 'unknown', because: { reason: unknownColumns as string, at } }];
}

/** A view keeps the columns it had when it was created, whatever its tables became since. */
function columnsAtCreation({ columns: names }: ViewDefinition, rows: Relation): readonly Column[] {
  if (rows.columns.length === names.length) return rows.columns.map((column, i) => ({ ...column, name: names[i] as string }));
  return names.flatMap((name) => rows.named(name)[0] ?? []);
}

function tableUse({ scan: { table, options }, roles }: { readonly scan: Scan; readonly roles: ReadonlySet<'source' | 'sink'> }): TableUse {
  const columns = table.columns.map(({ name, source, type, metadataKey }) => ({ name, source, type, ...(metadataKey === undefined ? {} : { metadataKey }) }));
  return { table: table.name, roles: [...roles], columns, options: keptOptions(options), wholeTable: table.unknownColumns !== undefined };
}

