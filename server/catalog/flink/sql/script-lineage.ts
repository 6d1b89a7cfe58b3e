import { FROM_NOTHING, type FieldLineage, originsOf, reasonsOf } from '../field-lineage.ts';
import { keptOptions } from '../kept-options.ts';
import type { FieldRead, LineageResult, ProgramLineage, SinkColumn, SinkLineage, TableUse, UnknownPart } from '../lineage.ts';
import type { Doubt } from './ancestry.ts';
import { CatalogLineage, type Scan } from './catalog-lineage.ts';
import { alterTable, declaredTable, renamedTo, tableAt, tableOfQuery } from './definitions.ts';
import { didYouMean } from './nearest-names.ts';
import { renamed, widened } from './query-lineage.ts';
import type { Column, Relation } from './relation.ts';
import { type KnownTables, SessionCatalog, type TableDefinition } from './session-catalog.ts';
import { LineIndex, SqlFailure } from './sql-failure.ts';
import { StatementGrammar } from './statement-grammar.ts';
import type { AlterView, CreateTable, CreateView, Identifier, Insert, Name, Statement } from './syntax-tree.ts';

/** Longest script taken, in UTF-16 units: the longest SQL a person writes is a hundredth of it. */
export const MAX_SCRIPT_LENGTH = 4 * 1_048_576;
/** How many origins and reads an answer may hold: a few columns of many, used again and again, make billions of a short text. */
const MAX_FOUND = 2_000_000;

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

/** Runs the statements of a script in order, as a session of Flink would, and follows what its sinks are fed from. */
class ScriptLineage extends CatalogLineage {
  readonly #lines: LineIndex;
  readonly #sinks: SinkLineage[] = [];
  readonly #doubts: Doubt[] = [];
  #found = 0;
  readonly #uses = new Map<string, { readonly scan: Scan; readonly roles: Set<'source' | 'sink'> }>();

  constructor(known: KnownTables, lines: LineIndex) {
    super(new SessionCatalog(known));
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
    const catalog = this.catalog;
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
    if (what === 'catalog') this.catalog.useCatalog((name[0] as Identifier).name);
    else this.catalog.useDatabase(name);
  }

  #createTable(statement: CreateTable): void {
    const declared = declaredTable(statement, this.catalog);
    if (statement.as === null) return this.catalog.create(declared, statement);
    if (statement.ifNotExists && this.catalog.lookup(statement.name) !== null) return;
    const rows = this.query(statement.as, { outer: null, tables: null }, true);
    const table = tableOfQuery(statement, declared, rows.columns);
    this.catalog.create(table, statement);
    const columns = persisted(table).map(({ name }): SinkColumn => ({ name, origins: this.#origins(rows.named(name)[0]?.lineage ?? FROM_NOTHING, statement.at) }));
    this.#sink({ table, options: table.options }, columns, rows, statement.at);
  }

  #createView(statement: CreateView): void {
    const { query, columns, at } = statement;
    const rows = this.query(query, { outer: null, tables: null }, true);
    const names = (columns === null ? rows : renamed(rows, columns)).columns.map(({ name }) => name);
    const twice = firstRepeated(names.filter((name) => name !== '*'));
    if (twice !== undefined) throw new SqlFailure(`the view has two columns named '${twice}'`, at);
    const { catalog, database } = this.catalog;
    this.catalog.create({ kind: 'view', name: this.catalog.fullName(statement.name), query, columns: names, catalog, database }, { ...statement, replace: false });
  }

  #alterView({ name, action }: AlterView): void {
    const view = this.catalog.find(name);
    if (view.kind !== 'view') throw new SqlFailure(`'${view.name}' is a table, not a view`, (name[0] as Identifier).at);
    if (action.form === 'rename') return this.catalog.replace(view, { ...view, name: renamedTo(view.name, action.to, this.catalog) });
    const { catalog, database } = this.catalog;
    const columns = this.query(action.query, { outer: null, tables: null }, true).columns.map((column) => column.name);
    this.catalog.replace(view, { ...view, query: action.query, columns, catalog, database });
  }

  #insert({ table: name, partition, columns, options, query, at }: Insert): void {
    const table = tableAt(name, this.catalog);
    const rows = this.query(query, { outer: null, tables: null }, true);
    const fixed = new Set(partition.filter(({ value }) => value !== null).map(({ column }) => column.name));
    const stored = table.unknownColumns === undefined ? new Set(persisted(table).map((column) => column.name)) : null;
    const targets = columns?.map((column) => this.#target(column, stored, table)) ?? (stored === null ? null : [...stored].filter((column) => !fixed.has(column))) ?? rows.columns.map((column) => column.name);
    for (const { column } of partition) this.#target(column, stored, table);
    const twice = firstRepeated(targets);
    if (twice !== undefined && columns !== null) throw new SqlFailure(`column '${twice}' is written twice`, columns.findLast((column) => column.name === twice)?.at ?? at);
    const written = widened(rows.columns, targets.length);
    if (written.length !== targets.length) {
      throw new SqlFailure(`the query has ${rows.columns.length} columns, '${table.name}' takes ${targets.length}: ${targets.slice(0, 20).join(', ')}`, query.at);
    }
    const byTarget = new Map(targets.map((target, i) => [target, (written[i] as Column).lineage]));
    const sink = [...(stored ?? targets)].map((column): SinkColumn => ({ name: column, origins: this.#origins(byTarget.get(column) ?? FROM_NOTHING, at) }));
    if (table.unknownColumns !== undefined) this.#doubts.push({ reason: table.unknownColumns, at });
    this.#sink({ table, options: { ...table.options, ...options } }, sink, rows, at);
  }

  #target({ name, at }: Identifier, stored: ReadonlySet<string> | null, table: TableDefinition): string {
    if (stored === null || stored.has(name)) return name;
    throw new SqlFailure(`'${table.name}' has no column '${name}' that can be written${didYouMean(name, stored)}`, at);
  }

  #origins(lineage: FieldLineage, at: number): SinkColumn['origins'] {
    for (const doubt of reasonsOf(lineage)) this.#doubts.push(doubt);
    const origins = originsOf(lineage);
    this.#count(origins?.length ?? 0, at);
    return origins;
  }

  #sink(scan: Scan, columns: readonly SinkColumn[], rows: Relation, at: number): void {
    const reads = this.#gather(rows);
    this.#count(reads.length, at);
    this.#sinks.push({ table: scan.table.name, columns, reads });
    this.#used(scan, 'sink');
  }

  /** Counts what the answer holds so far, before it outgrows memory. */
  #count(found: number, at: number): void {
    this.#found += found;
    if (this.#found > MAX_FOUND) throw new SqlFailure(`the sinks have more than ${MAX_FOUND} origins and reads together`, at);
  }

  #gather(rows: Relation): FieldRead[] {
    const { reads, scans, doubts } = rows.reads.gathered((offset) => this.#lines.at(offset));
    for (const doubt of doubts) this.#doubts.push(doubt);
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

function firstRepeated(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

function tableUse({ scan: { table, options }, roles }: { readonly scan: Scan; readonly roles: ReadonlySet<'source' | 'sink'> }): TableUse {
  const columns = table.columns.map(({ name, source, type, metadataKey }) => ({ name, source, type, ...(metadataKey === undefined ? {} : { metadataKey }) }));
  return { table: table.name, roles: [...roles], columns, options: keptOptions(options), wholeTable: table.unknownColumns !== undefined };
}

