import type { LogicalType } from '../logical-type.ts';

/** A name as written, without quotes, and its offset in the script. */
export interface Identifier {
  readonly name: string;
  readonly at: number;
}
export type Name = readonly Identifier[];

/** Keywords and operands of a special form in the order they are written. */
export type FormPart = string | Expression;

export type Expression =
  | Literal | ColumnName | Star | Call | Operation | Case | Cast | RowConstructor | Collection | Subquery | FieldAccess | ElementAccess
  | NamedArgument | Descriptor | TableArgument;

export interface Literal {
  readonly node: 'literal';
  /** As written. */
  readonly text: string;
  readonly type: LogicalType | null;
  readonly at: number;
}
export interface ColumnName {
  readonly node: 'column';
  readonly path: Name;
  readonly at: number;
}
/** `*`, `t.*`, `t.row_column.*`. */
export interface Star {
  readonly node: 'star';
  readonly qualifier: Name;
  readonly at: number;
}
export interface Call {
  readonly node: 'call';
  readonly name: Name;
  /** What stands between the parentheses, commas included; null where there are none (`CURRENT_DATE`). */
  readonly parts: readonly FormPart[] | null;
  readonly distinct: boolean;
  /** `WITHIN GROUP (ORDER BY …)` or an `ORDER BY` among the arguments. */
  readonly orderBy: readonly OrderItem[];
  readonly filter: Expression | null;
  readonly over: WindowSpec | Identifier | null;
  readonly at: number;
}
/** Every operator, `BETWEEN`, `LIKE`, `IN (list)`, `IS …` included; `operator` names it without its details. */
export interface Operation {
  readonly node: 'operation';
  readonly operator: string;
  readonly parts: readonly FormPart[];
  readonly at: number;
}
export interface Case {
  readonly node: 'case';
  readonly operand: Expression | null;
  readonly branches: readonly { readonly when: readonly Expression[]; readonly then: Expression }[];
  readonly otherwise: Expression | null;
  readonly at: number;
}
export interface Cast {
  readonly node: 'cast';
  readonly form: 'CAST' | 'TRY_CAST';
  readonly operand: Expression;
  readonly type: LogicalType;
  readonly at: number;
}
/** `ROW(a, b)` or `(a, b)`. */
export interface RowConstructor {
  readonly node: 'row';
  readonly items: readonly Expression[];
  readonly at: number;
}
export interface Collection {
  readonly node: 'collection';
  readonly form: 'ARRAY' | 'MAP' | 'MULTISET';
  readonly items: readonly Expression[];
  readonly at: number;
}
export interface Subquery {
  readonly node: 'subquery';
  readonly use: 'scalar' | 'exists' | 'in' | 'quantified' | 'array' | 'map' | 'multiset';
  /** Left of IN or of a quantified comparison. */
  readonly operand: Expression | null;
  /** `NOT IN`, `> ALL`, …; '' for the other uses. */
  readonly operator: string;
  readonly query: Query;
  readonly at: number;
}
export interface FieldAccess {
  readonly node: 'field';
  readonly of: Expression;
  readonly field: Identifier;
  readonly at: number;
}
export interface ElementAccess {
  readonly node: 'element';
  readonly of: Expression;
  readonly index: Expression;
  readonly at: number;
}
/** `name => value`, among the arguments of a function. */
export interface NamedArgument {
  readonly node: 'named-argument';
  readonly name: Identifier;
  readonly value: Expression;
  readonly at: number;
}
export interface Descriptor {
  readonly node: 'descriptor';
  readonly columns: readonly Identifier[];
  readonly at: number;
}
/** `TABLE t PARTITION BY a ORDER BY b`, `(SELECT …)`, or `MODEL m`, as an argument of a table function. */
export interface TableArgument {
  readonly node: 'table-argument';
  readonly source: NamedTable | QuerySource | { readonly node: 'model'; readonly name: Name } | { readonly node: 'function'; readonly call: Call };
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly at: number;
}

export interface OrderItem {
  readonly expression: Expression;
  /** `DESC NULLS LAST` and the like, as written. */
  readonly direction: string;
}
export interface WindowSpec {
  readonly node: 'window';
  /** The named window it builds on. */
  readonly base: Identifier | null;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  /** `ROWS BETWEEN …`, with bounds that may be expressions. */
  readonly frame: readonly FormPart[];
}

export interface Query {
  readonly node: 'query';
  readonly with: readonly CommonTable[];
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  /** `LIMIT … OFFSET … FETCH …`. */
  readonly limit: readonly FormPart[];
  readonly at: number;
}
export interface CommonTable {
  readonly name: Identifier;
  readonly columns: readonly Identifier[] | null;
  readonly query: Query;
}
export type QueryBody = Select | SetOperation | Values | TableQuery | Query;
/** One level of operators that bind alike, from left to right. */
export interface SetOperation {
  readonly node: 'set';
  readonly first: QueryBody;
  readonly rest: readonly { readonly operator: 'UNION' | 'INTERSECT' | 'EXCEPT'; readonly all: boolean; readonly term: QueryBody }[];
  readonly at: number;
}
export interface Values {
  readonly node: 'values';
  readonly rows: readonly Expression[];
  readonly at: number;
}
/** `TABLE t` as a query. */
export interface TableQuery {
  readonly node: 'table-query';
  readonly name: Name;
  readonly at: number;
}
export interface Select {
  readonly node: 'select';
  readonly distinct: boolean;
  readonly items: readonly SelectItem[];
  readonly from: From | null;
  readonly where: Expression | null;
  readonly groupBy: readonly GroupItem[] | null;
  readonly having: Expression | null;
  readonly windows: readonly { readonly name: Identifier; readonly spec: WindowSpec }[];
  readonly qualify: Expression | null;
  readonly at: number;
}
export interface SelectItem {
  readonly expression: Expression;
  readonly alias: Identifier | null;
}
export type GroupItem =
  | { readonly form: 'expression'; readonly expression: Expression }
  | { readonly form: 'ROLLUP' | 'CUBE' | 'GROUPING SETS'; readonly items: readonly GroupItem[] }
  | { readonly form: 'set'; readonly items: readonly Expression[] };

export interface From {
  readonly node: 'from';
  readonly first: TableReference;
  readonly joins: readonly Join[];
  readonly at: number;
}
export interface Join {
  readonly type: 'CROSS' | 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | ',';
  readonly natural: boolean;
  readonly right: TableReference;
  readonly on: Expression | null;
  readonly using: readonly Identifier[] | null;
  readonly at: number;
}
export interface TableReference {
  readonly source: TableSource;
  /** `FOR SYSTEM_TIME AS OF …`. */
  readonly period: Expression | null;
  readonly match: MatchRecognize | null;
  readonly alias: Alias | null;
  readonly at: number;
}
export interface Alias {
  readonly name: Identifier;
  readonly columns: readonly Identifier[] | null;
}
export type TableSource = NamedTable | QuerySource | From | Unnest | TableFunction;
export interface NamedTable {
  readonly node: 'named-table';
  readonly name: Name;
  /** From an OPTIONS hint behind the name. */
  readonly options: Options;
}
export interface QuerySource {
  readonly node: 'query-source';
  readonly query: Query;
  /** It may name columns of the tables before it. */
  readonly lateral: boolean;
}
export interface Unnest {
  readonly node: 'unnest';
  readonly operands: readonly Expression[];
  readonly ordinality: boolean;
}
/** `LATERAL TABLE(f(x))`, `TABLE(TUMBLE(…))`, `f(x)`. */
export interface TableFunction {
  readonly node: 'table-function';
  readonly call: Call;
}
export interface MatchRecognize {
  /** The alias of its input: `t AS a MATCH_RECOGNIZE (…)`. */
  readonly inputAlias: Alias | null;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly measures: readonly { readonly expression: Expression; readonly name: Identifier }[];
  readonly allRows: boolean;
  /** AFTER MATCH, PATTERN and WITHIN as written: they read no column. */
  readonly pattern: string;
  readonly variables: ReadonlySet<string>;
  readonly subsets: readonly { readonly name: Identifier; readonly of: readonly Identifier[] }[];
  readonly define: readonly { readonly variable: Identifier; readonly condition: Expression }[];
  readonly at: number;
}

export type Options = { readonly [option: string]: string };

export type Statement =
  | CreateTable | CreateView | CreateFunction | CreateModel | CreateContainer | Drop | AlterTable | AlterView | Use | Insert | ShowQuery | StatementSet | UnknownEffect | NoEffect;

export interface CreateTable {
  readonly node: 'create-table';
  readonly name: Name;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly replace: boolean;
  readonly elements: readonly TableElement[];
  /** `CREATE TABLE t (a, b) AS …`: names only, in the order the table has them. */
  readonly order: readonly Identifier[] | null;
  readonly partitionedBy: readonly Identifier[];
  readonly options: Options;
  readonly like: { readonly table: Name; readonly rules: readonly LikeRule[] } | null;
  readonly as: Query | null;
  readonly at: number;
}
export interface LikeRule {
  readonly strategy: 'INCLUDING' | 'EXCLUDING' | 'OVERWRITING';
  readonly feature: string;
}
export type TableElement = ColumnDefinition | WatermarkDefinition | PrimaryKey;
export interface ColumnDefinition {
  readonly node: 'column-definition';
  readonly name: Identifier;
  readonly type: LogicalType | null;
  /** Of a computed column. */
  readonly expression: Expression | null;
  readonly metadata: { readonly key: string | null; readonly virtual: boolean } | null;
  readonly primaryKey: boolean;
}
export interface WatermarkDefinition {
  readonly node: 'watermark';
  readonly column: Name;
  readonly expression: Expression;
}
export interface PrimaryKey {
  readonly node: 'primary-key';
  readonly columns: readonly Identifier[];
}
export interface CreateView {
  readonly node: 'create-view';
  readonly name: Name;
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly columns: readonly Identifier[] | null;
  readonly query: Query;
  readonly at: number;
}
export interface CreateFunction {
  readonly node: 'create-function';
  readonly name: Name;
}
export interface CreateModel {
  readonly node: 'create-model';
  readonly name: Name;
  /** null: not said. */
  readonly outputs: readonly ColumnDefinition[] | null;
}
export interface CreateContainer {
  readonly node: 'create-catalog' | 'create-database';
  readonly name: Name;
  readonly options: Options;
}
export interface Drop {
  readonly node: 'drop';
  readonly what: string;
  readonly temporary: boolean;
  readonly ifExists: boolean;
  readonly name: Name;
  readonly at: number;
}
export interface AlterTable {
  readonly node: 'alter-table';
  readonly name: Name;
  readonly ifExists: boolean;
  readonly action:
    | { readonly form: 'rename'; readonly to: Name }
    | { readonly form: 'rename-column'; readonly column: Identifier; readonly to: Identifier }
    | { readonly form: 'set'; readonly options: Options }
    | { readonly form: 'reset'; readonly keys: readonly string[] }
    | { readonly form: 'add' | 'modify'; readonly elements: readonly PlacedElement[] }
    | { readonly form: 'drop-columns'; readonly columns: readonly Identifier[] }
    /** Constraints, watermarks, partitions, distribution: nothing a field follows from. */
    | { readonly form: 'other' };
  readonly at: number;
}
export interface PlacedElement {
  readonly element: TableElement;
  readonly place: { readonly form: 'first' } | { readonly form: 'after'; readonly column: Identifier } | null;
}
export interface AlterView {
  readonly node: 'alter-view';
  readonly name: Name;
  readonly action: { readonly form: 'as'; readonly query: Query } | { readonly form: 'rename'; readonly to: Name };
  readonly at: number;
}
export interface Use {
  readonly node: 'use';
  readonly what: 'catalog' | 'database';
  readonly name: Name;
}
export interface Insert {
  readonly node: 'insert';
  readonly table: Name;
  readonly overwrite: boolean;
  readonly partition: readonly { readonly column: Identifier; readonly value: Expression | null }[];
  readonly columns: readonly Identifier[] | null;
  readonly options: Options;
  readonly query: Query;
  readonly at: number;
}
/** A query whose rows go to whoever runs the script. */
export interface ShowQuery {
  readonly node: 'show-query';
  readonly query: Query;
}
/** `EXECUTE STATEMENT SET BEGIN … END`. */
export interface StatementSet {
  readonly node: 'statement-set';
  readonly statements: readonly Statement[];
}
/** It reads or writes data in a way that is not followed. */
export interface UnknownEffect {
  readonly node: 'unknown-effect';
  readonly reason: string;
  readonly at: number;
}
/** SET, SHOW, EXPLAIN, ADD JAR, …: nothing of the job's lineage follows from it. */
export interface NoEffect {
  readonly node: 'no-effect';
}
