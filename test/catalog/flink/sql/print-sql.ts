import type { LogicalType } from '../../../../server/catalog/flink/logical-type.ts';
import type {
  Alias, AlterTable, Call, ColumnDefinition, CreateTable, Expression, FormPart, From, GroupItem, Identifier, Insert, Join, MatchRecognize, Name, Options, OrderItem, PlacedElement, Query, QueryBody, Select,
  Statement, Subquery, TableArgument, TableElement, TableReference, TableSource, WindowSpec,
} from '../../../../server/catalog/flink/sql/syntax-tree.ts';

/** Statements as Flink SQL that means the same: every name quoted, every operand in parentheses. */
export function printSql(statements: readonly Statement[]): string {
  return statements.map((one) => `${statement(one)};\n`).join('');
}

const identifier = ({ name }: Identifier): string => quoted(name);
const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const dotted = (name: Name): string => name.map(identifier).join('.');
const names = (some: readonly Identifier[]): string => `(${some.map(identifier).join(', ')})`;
const list = <T>(items: readonly T[], print: (item: T) => string): string => items.map(print).join(', ');
const spaced = (...parts: readonly (string | false | null)[]): string => parts.filter((part) => part !== false && part !== null && part !== '').join(' ');

function statement(one: Statement): string {
  switch (one.node) {
    case 'create-table':
      return createTable(one);
    case 'create-view':
      return spaced('CREATE', one.temporary && 'TEMPORARY', 'VIEW', one.ifNotExists && 'IF NOT EXISTS', dotted(one.name), one.columns && names(one.columns), 'AS', query(one.query));
    case 'create-function':
      return `CREATE FUNCTION ${dotted(one.name)} AS 'f'`;
    case 'create-model':
      return spaced('CREATE MODEL', dotted(one.name), one.outputs && `OUTPUT (${list(one.outputs, column)})`);
    case 'create-catalog':
      return `CREATE CATALOG ${dotted(one.name)} WITH ${options(one.options)}`;
    case 'create-database':
      return `CREATE DATABASE ${dotted(one.name)}`;
    case 'drop':
      return spaced('DROP', one.temporary && 'TEMPORARY', one.what, one.ifExists && 'IF EXISTS', dotted(one.name));
    case 'alter-table':
      return spaced('ALTER TABLE', one.ifExists && 'IF EXISTS', dotted(one.name), alteration(one.action));
    case 'alter-view':
      return spaced('ALTER VIEW', dotted(one.name), one.action.form === 'as' ? `AS ${query(one.action.query)}` : `RENAME TO ${dotted(one.action.to)}`);
    case 'use':
      return spaced('USE', one.what === 'catalog' && 'CATALOG', dotted(one.name));
    case 'insert':
      return insert(one);
    case 'show-query':
      return query(one.query);
    case 'statement-set':
      return `EXECUTE STATEMENT SET BEGIN ${printSql(one.statements)} END`;
    case 'unknown-effect':
      return one.reason.startsWith('EXECUTE PLAN') ? "EXECUTE PLAN 'p'" : `${one.reason.slice(0, one.reason.indexOf(' '))} x`;
    case 'no-effect':
      return 'SET';
  }
}

function createTable(table: CreateTable): string {
  return spaced(
    table.replace ? 'CREATE OR REPLACE' : 'CREATE', table.temporary && 'TEMPORARY', 'TABLE', table.ifNotExists && 'IF NOT EXISTS', dotted(table.name),
    table.order === null ? table.elements.length > 0 && `(${list(table.elements, tableElement)})` : names(table.order),
    table.partitionedBy.length > 0 && `PARTITIONED BY ${names(table.partitionedBy)}`,
    Object.keys(table.options).length > 0 && `WITH ${options(table.options)}`,
    table.like && `LIKE ${dotted(table.like.table)} (${table.like.rules.map(({ strategy, feature }) => `${strategy} ${feature}`).join(' ')})`,
    table.as && `AS ${query(table.as)}`,
  );
}

function tableElement(element: TableElement): string {
  switch (element.node) {
    case 'column-definition':
      return column(element);
    case 'watermark':
      return `WATERMARK FOR ${dotted(element.column)} AS ${expression(element.expression)}`;
    case 'primary-key':
      return element.columns.length === 0 ? 'UNIQUE (`u`) NOT ENFORCED' : `PRIMARY KEY ${names(element.columns)} NOT ENFORCED`;
  }
}

function column({ name, type: declared, expression: computed, metadata, primaryKey }: ColumnDefinition): string {
  return spaced(
    identifier(name), declared && type(declared), computed && `AS ${operand(computed)}`,
    metadata && spaced('METADATA', metadata.key !== null && `FROM ${text(metadata.key)}`, metadata.virtual && 'VIRTUAL'), primaryKey && 'PRIMARY KEY NOT ENFORCED',
  );
}

function alteration(action: AlterTable['action']): string {
  switch (action.form) {
    case 'rename':
      return `RENAME TO ${dotted(action.to)}`;
    case 'rename-column':
      return `RENAME ${identifier(action.column)} TO ${identifier(action.to)}`;
    case 'set':
      return `SET ${options(action.options)}`;
    case 'reset':
      return `RESET (${list(action.keys, text)})`;
    case 'add':
    case 'modify':
      return `${action.form.toUpperCase()} (${list(action.elements, placed)})`;
    case 'drop-columns':
      return `DROP ${names(action.columns)}`;
    case 'other':
      return 'DROP WATERMARK';
  }
}

function placed({ element, place }: PlacedElement): string {
  return spaced(tableElement(element), place && (place.form === 'first' ? 'FIRST' : `AFTER ${identifier(place.column)}`));
}

function insert(one: Insert): string {
  const partition = list(one.partition, ({ column: key, value }) => spaced(identifier(key), value && `= ${expression(value)}`));
  return spaced('INSERT', one.overwrite ? 'OVERWRITE' : 'INTO', dotted(one.table), hint(one.options), partition !== '' && `PARTITION (${partition})`, one.columns && names(one.columns), query(one.query));
}

function options(some: Options): string {
  return `(${list(Object.entries(some), ([key, value]) => `${text(key)} = ${text(value)}`)})`;
}

function hint(some: Options): string {
  return Object.keys(some).length === 0 ? '' : `/*+ OPTIONS ${options(some)} */`;
}

function query({ with: tables, body, orderBy, limit }: Query): string {
  const common = list(tables, ({ name, columns, query: inner }) => spaced(identifier(name), columns && names(columns), `AS (${query(inner)})`));
  return spaced(common !== '' && `WITH ${common}`, queryBody(body), ordering(orderBy), form(limit));
}

function queryBody(body: QueryBody): string {
  switch (body.node) {
    case 'select':
      return select(body);
    case 'set':
      return [setTerm(body.first), ...body.rest.map(({ operator, all, term }) => spaced(operator, all && 'ALL', setTerm(term)))].join(' ');
    case 'values':
      return `VALUES ${list(body.rows, expression)}`;
    case 'table-query':
      return `TABLE ${dotted(body.name)}`;
    case 'query':
      return `(${query(body)})`;
  }
}

function setTerm(body: QueryBody): string {
  return body.node === 'query' ? queryBody(body) : `(${queryBody(body)})`;
}

function select({ distinct, items, from: source, where, groupBy, having, windows, qualify }: Select): string {
  return spaced(
    'SELECT', distinct && 'DISTINCT', list(items, ({ expression: value, alias: name }) => spaced(expression(value), name && `AS ${identifier(name)}`)),
    source && `FROM ${from(source)}`, where && `WHERE ${expression(where)}`, groupBy && `GROUP BY ${list(groupBy, groupItem)}`, having && `HAVING ${expression(having)}`,
    windows.length > 0 && `WINDOW ${list(windows, ({ name, spec }) => `${identifier(name)} AS ${windowSpec(spec)}`)}`, qualify && `QUALIFY ${expression(qualify)}`,
  );
}

function groupItem(item: GroupItem): string {
  if (item.form === 'expression') return expression(item.expression);
  if (item.form === 'set') return `(${list(item.items, expression)})`;
  return `${item.form} (${list(item.items, groupItem)})`;
}

function ordering(items: readonly OrderItem[]): string {
  return items.length === 0 ? '' : `ORDER BY ${list(items, ({ expression: key, direction }) => spaced(expression(key), direction))}`;
}

function from({ first, joins }: From): string {
  return [reference(first), ...joins.map(join)].join(' ');
}

function join({ type: kind, natural, right, on, using }: Join): string {
  const joined = kind === ',' ? ',' : spaced(natural && 'NATURAL', kind, 'JOIN');
  return spaced(joined, reference(right), on && `ON ${expression(on)}`, using && `USING ${names(using)}`);
}

function reference({ source, period, match, alias: name }: TableReference): string {
  return spaced(tableSource(source), period && `FOR SYSTEM_TIME AS OF ${expression(period)}`, match && matchRecognize(match), name && alias(name));
}

function alias({ name, columns }: Alias): string {
  return spaced('AS', identifier(name), columns && names(columns));
}

function tableSource(source: TableSource): string {
  switch (source.node) {
    case 'named-table':
      return spaced(dotted(source.name), hint(source.options));
    case 'query-source':
      return spaced(source.lateral && 'LATERAL', `(${query(source.query)})`);
    case 'from':
      return `(${from(source)})`;
    case 'unnest':
      return spaced(`UNNEST(${list(source.operands, expression)})`, source.ordinality && 'WITH ORDINALITY');
    case 'table-function':
      return `LATERAL TABLE(${call(source.call)})`;
  }
}

function matchRecognize({ inputAlias, partitionBy, orderBy, measures, pattern, subsets, define }: MatchRecognize): string {
  return spaced(
    inputAlias && alias(inputAlias), 'MATCH_RECOGNIZE (', partitionBy.length > 0 && `PARTITION BY ${list(partitionBy, expression)}`, ordering(orderBy),
    measures.length > 0 && `MEASURES ${list(measures, (measure) => `${expression(measure.expression)} AS ${identifier(measure.name)}`)}`, pattern,
    subsets.length > 0 && `SUBSET ${list(subsets, ({ name, of }) => `${identifier(name)} = ${names(of)}`)}`,
    define.length > 0 && `DEFINE ${list(define, ({ variable, condition }) => `${identifier(variable)} AS ${expression(condition)}`)}`, ')',
  );
}

/** What can stand beside any operator without parentheses, or cannot stand in them. */
const BARE: ReadonlySet<Expression['node']> = new Set<Expression['node']>(['literal', 'star', 'named-argument', 'descriptor', 'table-argument', 'case', 'cast', 'collection', 'call']);

function operand(one: Expression): string {
  const printed = expression(one);
  return BARE.has(one.node) || (one.node === 'subquery' && one.use === 'scalar') ? printed : `(${printed})`;
}

/** They are followed by a parenthesis, whatever stands in it. */
const QUANTIFIERS: ReadonlySet<unknown> = new Set(['ALL', 'ANY', 'SOME']);

function form(parts: readonly FormPart[]): string {
  return parts.map((part, i) => (typeof part === 'string' ? part : QUANTIFIERS.has(parts[i - 1]) ? `(${expression(part)})` : operand(part))).join(' ');
}

function expression(one: Expression): string {
  switch (one.node) {
    case 'literal':
      return one.text;
    case 'column':
      return dotted(one.path);
    case 'star':
      return [...one.qualifier.map(identifier), '*'].join('.');
    case 'call':
      return call(one);
    case 'operation':
      return form(one.parts);
    case 'case':
      return spaced('CASE', one.operand && operand(one.operand), ...one.branches.map(({ when, then }) => `WHEN ${list(when, operand)} THEN ${operand(then)}`), one.otherwise && `ELSE ${operand(one.otherwise)}`, 'END');
    case 'cast':
      return `${one.form}(${operand(one.operand)} AS ${type(one.type)})`;
    case 'row':
      return `ROW(${list(one.items, expression)})`;
    case 'collection':
      return `${one.form}[${list(one.items, expression)}]`;
    case 'subquery':
      return subquery(one);
    case 'field':
      return `(${expression(one.of)}).${one.field.name === '*' ? '*' : identifier(one.field)}`;
    case 'element':
      return `(${expression(one.of)})[${expression(one.index)}]`;
    case 'named-argument':
      return `${identifier(one.name)} => ${expression(one.value)}`;
    case 'descriptor':
      return `DESCRIPTOR${names(one.columns)}`;
    case 'table-argument':
      return tableArgument(one);
  }
}

function subquery({ use, operand: left, operator, query: inner }: Subquery): string {
  switch (use) {
    case 'scalar':
      return `(${query(inner)})`;
    case 'exists':
      return `${operator} (${query(inner)})`;
    case 'in':
    case 'quantified':
      return spaced(left && operand(left), operator, `(${query(inner)})`);
    case 'array':
    case 'map':
    case 'multiset':
      return `${use.toUpperCase()}(${query(inner)})`;
  }
}

function call({ name, parts, distinct, orderBy, filter, over }: Call): string {
  if (parts === null) return name.map((part) => part.name).join('.');
  // KEY may be left out, and is no keyword before a parenthesis.
  const args = parts.filter((part, i) => !(part === 'KEY' && typeof parts[i + 1] === 'object'));
  return spaced(
    `${dotted(name)}(${spaced(distinct && 'DISTINCT', form(args))})`, orderBy.length > 0 && `WITHIN GROUP (${ordering(orderBy)})`,
    filter && `FILTER (WHERE ${expression(filter)})`, over && `OVER ${'node' in over ? windowSpec(over) : identifier(over)}`,
  );
}

function windowSpec({ base, partitionBy, orderBy, frame }: WindowSpec): string {
  return `(${spaced(base && identifier(base), partitionBy.length > 0 && `PARTITION BY ${list(partitionBy, expression)}`, ordering(orderBy), form(frame))})`;
}

function tableArgument({ source, partitionBy, orderBy }: TableArgument): string {
  return spaced(argumentSource(source), partitionBy.length > 0 && `PARTITION BY (${list(partitionBy, expression)})`, ordering(orderBy));
}

function argumentSource(source: TableArgument['source']): string {
  switch (source.node) {
    case 'named-table':
      return spaced('TABLE', dotted(source.name), hint(source.options));
    case 'query-source':
      return `TABLE (${query(source.query)})`;
    case 'model':
      return `MODEL ${dotted(source.name)}`;
    case 'function':
      return `TABLE ${call(source.call)}`;
  }
}

/** Types the tree keeps without their details get some that parse. */
const DETAILS: { readonly [root: string]: string } = { INTERVAL: 'INTERVAL SECOND', RAW: "RAW('c', 's')" };
const ROOTS: ReadonlySet<string> = new Set(('BOOLEAN TINYINT SMALLINT INTEGER BIGINT FLOAT DOUBLE DECIMAL CHAR VARCHAR BINARY VARBINARY DATE TIME TIMESTAMP TIMESTAMP_LTZ NULL VARIANT BITMAP DESCRIPTOR').split(' '));

function type(one: LogicalType): string {
  return one.nullable ? bareType(one) : `${bareType(one)} NOT NULL`;
}

function bareType(one: LogicalType): string {
  switch (one.kind) {
    case 'row':
      return `ROW<${list(one.fields, (field) => `${quoted(field.name)} ${type(field.type)}`)}>`;
    case 'map':
      return `MAP<${type(one.key)}, ${type(one.value)}>`;
    case 'array':
    case 'multiset':
      return `${one.kind.toUpperCase()}<${type(one.element)}>`;
    case 'atomic': {
      if (one.root === 'TIMESTAMP_TZ' && one.precision !== undefined) return `TIMESTAMP(${one.precision}) WITH TIME ZONE`;
      const digits = [one.precision, one.scale].filter((part) => part !== undefined);
      return Object.hasOwn(DETAILS, one.root) ? DETAILS[one.root]! : `${ROOTS.has(one.root) ? one.root : one.root.split('.').map(quoted).join('.')}${digits.length === 0 ? '' : `(${digits.join(', ')})`}`;
    }
  }
}
