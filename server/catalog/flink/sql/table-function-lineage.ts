import { accessed, ELEMENT, FROM_NOTHING, type FieldLineage, MAP_KEY, MAP_VALUE, merged, transformed, unknownBecause } from '../field-lineage.ts';
import { atomic, type LogicalType, withNullability } from '../logical-type.ts';
import { callName, type CommonTables, operands, type Place } from './expression-lineage.ts';
import { functionName, QueryLineage, shared } from './query-lineage.ts';
import { type Column, Relation, type Value } from './relation.ts';
import { Ancestry } from './ancestry.ts';
import { resolveName, type Scope, scopeOf } from './scope.ts';
import { SqlFailure } from './sql-failure.ts';
import type { Call, Descriptor, Expression, Identifier, MatchRecognize, TableArgument, Unnest, WindowSpec } from './syntax-tree.ts';

const WINDOW_FUNCTIONS = new Set(['TUMBLE', 'HOP', 'CUMULATE', 'SESSION']);
const NO_WINDOWS: ReadonlyMap<string, WindowSpec> = new Map();
const NAMES_OF_UNNESTED_MAP = ['KEY', 'VALUE'];

interface Argument {
  /** '' for a positional argument. */
  readonly name: string;
  readonly value: Expression;
}

/** What the rows of UNNEST, table functions, windows, process table functions and row patterns come from. */
export abstract class TableFunctionLineage extends QueryLineage {
  abstract modelOutputs(name: readonly Identifier[]): readonly { readonly name: string; readonly type: LogicalType | null }[] | null;

  place(scope: Scope, tables: CommonTables | null, reads: Ancestry): Place {
    return { scope, tables, windows: NO_WINDOWS, reads, grouped: true, simplified: true };
  }

  unnested({ operands: expressions, ordinality }: Unnest, place: Place): Relation {
    const columns: Column[] = [];
    for (const expression of expressions) {
      const value = this.value(expression, place);
      place.reads.add(value.lineage, 'JOIN', expression.at);
      columns.push(...elementsOf(value));
    }
    if (ordinality) columns.push({ name: 'ORDINALITY', lineage: FROM_NOTHING, type: withNullability(atomic('INTEGER'), false) });
    return new Relation(columns, new Ancestry());
  }

  tableFunction(call: Call, place: Place): Relation {
    const args = operands(call.parts ?? []).map((value): Argument => (value.node === 'named-argument' ? { name: value.name.name.toUpperCase(), value: value.value } : { name: '', value }));
    const name = callName(call);
    const input = args.find(({ value }) => value.node === 'table-argument' && value.source.node !== 'model' || isQuery(value));
    if (WINDOW_FUNCTIONS.has(name) && input !== undefined) return this.#window(args, asTable(input.value), place);
    if (name === 'ML_PREDICT' && input !== undefined) return this.#prediction(args, asTable(input.value), place);
    if ((name === 'TO_CHANGELOG' || name === 'FROM_CHANGELOG') && input !== undefined) return this.#changelog(name, args, asTable(input.value), place);
    if (input !== undefined) return this.#processTable(call, args, asTable(input.value), place);
    return this.#userTableFunction(args, place);
  }

  #userTableFunction(args: readonly Argument[], place: Place): Relation {
    const values = args.map(({ value }) => this.value(value, place));
    args.forEach(({ value }, i) => place.reads.add((values[i] as Value).lineage, 'JOIN', value.at));
    const lineage = transformed(merged(values.map((value) => value.lineage)));
    return new Relation([restColumn(lineage, () => ({ lineage, type: null }))], new Ancestry());
  }

  /** The rows of a table argument, arranged as it says. */
  #tableArgument({ source, partitionBy, orderBy, at }: TableArgument, place: Place): { relation: Relation; scope: Scope; keys: readonly Column[] } {
    const relation = this.#argumentRows(source, at, place);
    const scope = scopeOf([{ alias: source.node === 'named-table' ? (source.name.at(-1) as Identifier).name : null, relation }], null);
    const within = this.place(scope, place.tables, relation.reads);
    const keys = partitionBy.map((key): Column => {
      const value = this.value(key, within);
      relation.reads.add(value.lineage, 'PARTITION', key.at);
      return { ...value, name: key.node === 'column' ? (key.path.at(-1) as Identifier).name : '' };
    });
    this.sorted(orderBy, within);
    return { relation, scope, keys };
  }

  #argumentRows(source: TableArgument['source'], at: number, place: Place): Relation {
    switch (source.node) {
      case 'named-table':
        return shared(this.tableNamed(source.name, place.tables, source.options));
      case 'query-source':
        return shared(this.relationOf(source.query, place.scope, place.tables));
      case 'function':
        return shared(this.tableFunction(source.call, { ...place, scope: scopeOf([], place.scope) }));
      case 'model':
        throw new SqlFailure('expected a table here, found a model', at);
    }
  }

  /** The columns a DESCRIPTOR among the arguments names. */
  #described(argument: Argument | undefined, scope: Scope): Value[] {
    if (argument?.value.node !== 'descriptor') return [];
    return (argument.value as Descriptor).columns.map((column) => resolveName([column], scope));
  }

  #window(args: readonly Argument[], table: TableArgument, place: Place): Relation {
    const { relation, scope } = this.#tableArgument(table, place);
    const descriptors = args.filter(({ value }) => value.node === 'descriptor');
    const time = descriptors.find(({ name }) => name === '' || name === 'TIMECOL') ?? descriptors[0];
    const [value] = this.#described(time, scope);
    const lineage = value?.lineage ?? FROM_NOTHING;
    relation.reads.add(lineage, 'WINDOW', time?.value.at ?? table.at);
    for (const key of descriptors.filter((descriptor) => descriptor !== time)) {
      for (const { lineage: keys } of this.#described(key, scope)) relation.reads.add(keys, 'PARTITION', key.value.at);
    }
    const bounds = ['window_start', 'window_end', 'window_time'].map((name): Column => ({ name, lineage: transformed(lineage), type: name === 'window_time' ? value?.type ?? null : withNullability(atomic('TIMESTAMP', 3), false) }));
    return new Relation([...relation.columns, ...bounds], relation.reads);
  }

  /** A function of the user over a table: keys and columns it hands on are copied, all else may be computed from every column. */
  #processTable(call: Call, args: readonly Argument[], table: TableArgument, place: Place): Relation {
    const { relation, scope, keys } = this.#tableArgument(table, place);
    const others = args.filter(({ value }) => value !== table && !isQuery(value) && value.node !== 'descriptor');
    const given = others.flatMap(({ value }): readonly Value[] => (value.node === 'table-argument' ? this.#tableArgument(value, place).relation.columns : [this.value(value, place)]));
    const all = transformed(merged([...relation.columns, ...given].map(({ lineage }) => lineage)));
    const time = this.#described(args.find(({ name }) => name === 'ON_TIME'), scope)[0];
    const named = (name: string): Value => {
      if (name === 'rowtime' && time !== undefined) return time;
      return keys.find((key) => key.name === name) ?? relation.named(name)[0] ?? { lineage: all, type: null };
    };
    const unnamed = unknownBecause(`which columns function '${functionName(call)}' yields is not known`, call.at);
    return new Relation([restColumn(unnamed, named)], relation.reads);
  }

  /** Hands every column on, with or without the column that tells what kind of change a row is. */
  #changelog(name: string, args: readonly Argument[], table: TableArgument, place: Place): Relation {
    const { relation, keys } = this.#tableArgument(table, place);
    const descriptor = args.find((argument) => argument.name === 'OP')?.value;
    const operation = descriptor?.node === 'descriptor' ? descriptor.columns[0]?.name ?? 'op' : 'op';
    const keyNames = new Set(keys.map((key) => key.name));
    const columns = [...relation.columns.filter((column) => keyNames.has(column.name)), ...relation.columns.filter((column) => !keyNames.has(column.name))];
    if (name === 'FROM_CHANGELOG') return new Relation(columns.filter((column) => column.name !== operation), relation.reads);
    const handed = columns.slice(keys.length);
    return new Relation([...columns.slice(0, keys.length), { name: operation, lineage: FROM_NOTHING, type: null }, ...handed], relation.reads);
  }

  #prediction(args: readonly Argument[], table: TableArgument, place: Place): Relation {
    const { relation, scope } = this.#tableArgument(table, place);
    const lineage = transformed(merged(args.flatMap((argument) => this.#described(argument, scope)).map((value) => value.lineage)));
    const model = args.find(({ value }) => value.node === 'table-argument' && value.source.node === 'model')?.value as TableArgument | undefined;
    const outputs = model?.source.node === 'model' ? this.modelOutputs(model.source.name) : null;
    const predicted = outputs?.map((output): Column => ({ ...output, lineage })) ?? [restColumn(lineage, () => ({ lineage, type: null }))];
    return new Relation([...relation.columns, ...predicted], relation.reads);
  }

  matched(match: MatchRecognize, input: Relation, alias: string | null, tables: CommonTables | null): Relation {
    const reads = new Ancestry();
    reads.include(input.reads);
    const member = { alias: match.inputAlias?.name.name ?? alias, relation: input };
    const rows = this.place(scopeOf([member], null), tables, reads);
    const keys = match.partitionBy.map((key): Column => ({ ...this.value(key, rows), name: key.node === 'column' ? (key.path.at(-1) as Identifier).name : '' }));
    match.partitionBy.forEach((key, i) => reads.add((keys[i] as Column).lineage, 'PARTITION', key.at));
    this.sorted(match.orderBy, rows);
    const variables = new Set([...match.variables, ...match.subsets.map(({ name }) => name.name)]);
    const inMatch = { ...rows, scope: { ...rows.scope, variables } };
    for (const { condition } of match.define) reads.add(this.value(condition, inMatch).lineage, 'MATCH', condition.at);
    const measures = match.measures.map(({ expression, name }): Column => ({ ...this.value(expression, inMatch), name: name.name }));
    const handedOn = match.allRows ? input.columns : keys;
    return new Relation([...handedOn, ...measures], reads);
  }
}

function restColumn(lineage: FieldLineage, rest: (name: string) => Value): Column {
  return { name: '*', lineage, type: null, rest };
}

function isQuery(value: Expression): boolean {
  return value.node === 'subquery' && value.use === 'scalar';
}

function asTable(value: Expression): TableArgument {
  if (value.node === 'table-argument') return value;
  if (value.node === 'subquery') return { node: 'table-argument', source: { node: 'query-source', query: value.query, lateral: false }, partitionBy: [], orderBy: [], at: value.at };
  throw new SqlFailure('expected a table', value.at);
}

/** The columns UNNEST makes of a collection's elements. */
function elementsOf({ lineage, type }: Value): Column[] {
  if (type?.kind === 'map') {
    return NAMES_OF_UNNESTED_MAP.map((name, i) => ({ name, lineage: accessed(lineage, i === 0 ? MAP_KEY : MAP_VALUE), type: i === 0 ? type.key : type.value }));
  }
  if (type?.kind !== 'array' && type?.kind !== 'multiset') {
    const inside = transformed(lineage);
    return [restColumn(inside, () => ({ lineage: inside, type: null }))];
  }
  const element = accessed(lineage, ELEMENT);
  if (type.element.kind !== 'row') return [{ name: 'EXPR$0', lineage: element, type: type.element }];
  return type.element.fields.map((field) => ({ name: field.name, lineage: accessed(element, field.name), type: withNullability(field.type, true) }));
}
