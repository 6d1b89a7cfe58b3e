import type { LogicalType } from '../logical-type.ts';
import { withNullability } from '../logical-type.ts';
import { didYouMean } from './nearest-names.ts';
import { SqlFailure } from './sql-failure.ts';
import type { Expression, Identifier, LikeRule, Name, Options, Query, TableElement } from './syntax-tree.ts';

export const DEFAULT_CATALOG = 'default_catalog';
export const DEFAULT_DATABASE = 'default_database';

/** A table as the script, or whoever knows the table outside it, declares it. */
export interface TableDefinition {
  readonly kind: 'table';
  /** `catalog.database.table`. */
  readonly name: string;
  readonly columns: readonly DefinedColumn[];
  readonly watermarks: readonly { readonly column: Name; readonly expression: Expression }[];
  readonly options: Options;
  readonly temporary: boolean;
  /** Set when its columns are not known, with the reason. */
  readonly unknownColumns?: string;
}
export interface DefinedColumn {
  readonly name: string;
  readonly source: 'physical' | 'computed' | 'metadata' | 'virtual-metadata';
  readonly type: LogicalType | null;
  readonly metadataKey?: string;
  readonly expression: Expression | null;
}
export interface ViewDefinition {
  readonly kind: 'view';
  readonly name: string;
  readonly query: Query;
  /** Names of its columns as they were when it was created. */
  readonly columns: readonly string[];
  /** What unqualified names in it mean. */
  readonly catalog: string;
  readonly database: string;
}
export type CatalogObject = TableDefinition | ViewDefinition;

/** Answers what is known outside the script of a table the script does not declare; null: nothing. */
export type KnownTables = (name: { readonly catalog: string; readonly database: string; readonly table: string }) => TableDefinition | null;

/** The tables and views a script sees at one moment. Permanent ones are hidden by temporary ones of the same name. */
export class SessionCatalog {
  catalog = DEFAULT_CATALOG;
  database = DEFAULT_DATABASE;
  /** Counts what changed: what was derived from the objects before is stale. */
  epoch = 0;
  readonly models = new Map<string, readonly { readonly name: string; readonly type: LogicalType | null }[] | null>();
  readonly #permanent = new Map<string, CatalogObject>();
  readonly #temporary = new Map<string, CatalogObject>();
  /** Catalogs the script creates, with the database each begins in. */
  readonly #createdCatalogs = new Map([[DEFAULT_CATALOG, DEFAULT_DATABASE]]);
  /** Databases of the default catalog: it lives as long as the session, so the script creates all of them. */
  readonly #databases = new Set([DEFAULT_DATABASE]);
  /** Names that stood for something outside the script when they were asked for. */
  readonly #outside = new Set<string>();
  readonly #known: KnownTables;

  constructor(known: KnownTables) {
    this.#known = known;
  }

  /** `catalog.database.object`, with what is current for the parts that are left out. */
  fullName(name: Name): string {
    return this.#parts(name).join('.');
  }

  #parts(name: Name): [string, string, string] {
    const parts = name.map((part) => part.name);
    const table = parts.at(-1) as string;
    if (parts.length > 3) throw new SqlFailure(`a table is named catalog.database.table, not '${parts.join('.')}'`, (name[0] as Identifier).at);
    return [parts.at(-3) ?? this.catalog, parts.at(-2) ?? this.database, table];
  }

  /** The object, or one that stands for a table nobody described; a name that cannot exist fails with the nearest ones. */
  find(name: Name): CatalogObject {
    const found = this.lookup(name);
    if (found !== null) return found;
    const [catalog, database, table] = this.#parts(name);
    const full = `${catalog}.${database}.${table}`;
    this.#outside.add(full);
    const known = this.#known({ catalog, database, table });
    if (known !== null) return known;
    if (catalog === DEFAULT_CATALOG) {
      throw new SqlFailure(`table '${name.map((part) => part.name).join('.')}' is neither created in the script nor known${didYouMean(table, this.#names())}`, (name[0] as Identifier).at);
    }
    const reason = this.#createdCatalogs.has(catalog) ? `catalog '${catalog}' holds its definition` : `catalog '${catalog}' is configured outside the script`;
    return { kind: 'table', name: full, columns: [], watermarks: [], options: {}, temporary: false, unknownColumns: `the columns of table '${full}' are not known: ${reason}` };
  }

  lookup(name: Name): CatalogObject | null {
    const full = this.fullName(name);
    return this.#temporary.get(full) ?? this.#permanent.get(full) ?? null;
  }

  create(object: CatalogObject, { temporary, replace, ifNotExists, at }: { temporary: boolean; replace: boolean; ifNotExists: boolean; at: number }): void {
    const objects = temporary ? this.#temporary : this.#permanent;
    const [catalog, database] = object.name.split('.', 2) as [string, string];
    this.#checkDatabase(catalog, database, at);
    if (objects.has(object.name) && !replace) {
      if (ifNotExists) return;
      throw new SqlFailure(`'${object.name}' exists already`, at);
    }
    if (this.#temporary.has(object.name) || this.#permanent.has(object.name) || this.#outside.has(object.name)) this.epoch++;
    objects.set(object.name, object);
  }

  drop(name: Name, { temporary, ifExists, at }: { temporary: boolean; ifExists: boolean; at: number }): void {
    const full = this.fullName(name);
    this.epoch++;
    if (temporary ? this.#temporary.delete(full) : this.#permanent.delete(full)) return;
    if (ifExists) return;
    if (full.startsWith(`${DEFAULT_CATALOG}.`)) throw new SqlFailure(`'${full}' cannot be dropped: it does not exist${didYouMean(full, [...this.#permanent.keys(), ...this.#temporary.keys()])}`, at);
  }

  /** Puts a changed object in the place of the one of that name, under its new name. */
  replace(old: CatalogObject, changed: CatalogObject): void {
    const objects = this.#temporary.get(old.name) === old ? this.#temporary : this.#permanent;
    objects.delete(old.name);
    objects.set(changed.name, changed);
    this.epoch++;
  }

  addCatalog(name: string, options: Options): void {
    this.#createdCatalogs.set(name, options['default-database'] ?? 'default');
  }

  addDatabase(name: Name): void {
    const [catalog, database] = name.length === 1 ? [this.catalog, (name[0] as Identifier).name] : name.map((part) => part.name);
    if (catalog === DEFAULT_CATALOG) this.#databases.add(database as string);
  }

  useCatalog(name: string): void {
    this.catalog = name;
    this.database = this.#createdCatalogs.get(name) ?? 'default';
  }

  useDatabase(name: Name): void {
    const [catalog, database] = name.length === 1 ? [this.catalog, (name[0] as Identifier).name] : name.map((part) => part.name);
    this.#checkDatabase(catalog as string, database as string, (name[0] as Identifier).at);
    Object.assign(this, { catalog, database });
  }

  #checkDatabase(catalog: string, database: string, at: number): void {
    if (catalog !== DEFAULT_CATALOG || this.#databases.has(database)) return;
    throw new SqlFailure(`there is no database '${database}' in ${DEFAULT_CATALOG}${didYouMean(database, this.#databases)}`, at);
  }

  #names(): string[] {
    return [...this.#temporary.keys(), ...this.#permanent.keys()].map((full) => full.slice(full.lastIndexOf('.') + 1));
  }
}

/** Columns and watermarks of a CREATE TABLE or ALTER TABLE, primary keys made NOT NULL. */
export function definedColumns(elements: readonly TableElement[]): { columns: DefinedColumn[]; watermarks: TableDefinition['watermarks'][number][]; keys: Set<string> } {
  const columns: DefinedColumn[] = [];
  const watermarks: TableDefinition['watermarks'][number][] = [];
  const keys = new Set<string>();
  const names = new Set<string>();
  for (const element of elements) {
    if (element.node === 'primary-key') for (const { name } of element.columns) keys.add(name);
    else if (element.node === 'watermark') watermarks.push({ column: element.column, expression: element.expression });
    else {
      if (names.has(element.name.name)) throw new SqlFailure(`column '${element.name.name}' is declared twice`, element.name.at);
      names.add(element.name.name);
      if (element.primaryKey) keys.add(element.name.name);
      const { metadata } = element;
      columns.push({
        name: element.name.name,
        type: element.type,
        expression: element.expression,
        source: element.expression !== null ? 'computed' : metadata === null ? 'physical' : metadata.virtual ? 'virtual-metadata' : 'metadata',
        ...(metadata?.key === null || metadata === null ? {} : { metadataKey: metadata.key }),
      });
    }
  }
  return { columns: withKeys(columns, keys), watermarks, keys };
}

export function withKeys(columns: readonly DefinedColumn[], keys: ReadonlySet<string>): DefinedColumn[] {
  return columns.map((column) => (keys.has(column.name) && column.type !== null ? { ...column, type: withNullability(column.type, false) } : column));
}

/** What of a base table `CREATE TABLE … LIKE` takes over: everything, unless a rule says otherwise. */
export function likeStrategy(rules: readonly LikeRule[], feature: string): LikeRule['strategy'] {
  const own = rules.findLast((rule) => rule.feature === feature) ?? rules.findLast((rule) => rule.feature === 'ALL');
  return own?.strategy ?? (feature === 'OPTIONS' ? 'OVERWRITING' : 'INCLUDING');
}

/** The table of a LIKE clause: the base's columns first, then the new ones; a new one of the same name takes its place. */
export function likeTable(base: TableDefinition, rules: readonly LikeRule[], own: { columns: readonly DefinedColumn[]; watermarks: TableDefinition['watermarks']; options: Options }): Pick<TableDefinition, 'columns' | 'watermarks' | 'options'> {
  const kept = base.columns.filter(({ source }) => {
    if (source === 'physical') return true;
    return likeStrategy(rules, source === 'computed' ? 'GENERATED' : 'METADATA') !== 'EXCLUDING';
  });
  const columns = new Map(kept.map((column) => [column.name, column]));
  for (const column of own.columns) columns.set(column.name, column);
  const watermarks = own.watermarks.length > 0 || likeStrategy(rules, 'WATERMARKS') === 'EXCLUDING' ? own.watermarks : base.watermarks;
  const options = likeStrategy(rules, 'OPTIONS') === 'EXCLUDING' ? own.options : { ...base.options, ...own.options };
  return { columns: [...columns.values()], watermarks, options };
}
