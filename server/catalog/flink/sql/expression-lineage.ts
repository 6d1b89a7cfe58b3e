import {
  accessed, ELEMENT, type FieldLineage, FROM_NOTHING, fromBuiltRow, MAP_VALUE, merged, type RowPart, transformed,
} from '../field-lineage.ts';
import { atomic, isUnknownType, type LogicalType, sameButForNull, UNKNOWN_TYPE, withNullability } from '../logical-type.ts';
import { BOOLEAN, callType, operationType } from './expression-types.ts';
import { leastRestrictive } from './least-restrictive.ts';
import type { Relation, Value } from './relation.ts';
import type { Ancestry } from './ancestry.ts';
import { fieldOf, resolveName, type Scope } from './scope.ts';
import { SqlFailure } from './sql-failure.ts';
import type { Call, Case, Cast, ElementAccess, Expression, FormPart, Identifier, Literal, Operation, OrderItem, Query, Subquery, WindowSpec } from './syntax-tree.ts';

/** Common tables by name; an inner one hides an outer one. */
export interface CommonTables {
  readonly name: string;
  readonly relation: Relation;
  readonly outer: CommonTables | null;
}

/** Where an expression stands. */
export interface Place {
  readonly scope: Scope;
  readonly tables: CommonTables | null;
  readonly windows: ReadonlyMap<string, WindowSpec>;
  /** Takes what OVER, FILTER and subqueries decide rows by. */
  readonly reads: Ancestry;
  /** The query groups by something: its aggregates are never over no row. */
  readonly grouped: boolean;
  /**
   * The planner simplifies what stands here while it builds its first tree: in select lists, ON and HAVING,
   * not in WHERE. What is constant by its type alone then reads nothing.
   */
  readonly simplified: boolean;
}

const NOTHING: Value = { lineage: FROM_NOTHING, type: null };
const NULL_VALUE: Value = { lineage: FROM_NOTHING, type: atomic('NULL') };
/** How many named windows may be based on each other: every OVER walks all of them. */
const MAX_WINDOW_BASES = 50;
/** Row pattern navigation: copies a value of another row. */
const NAVIGATION = new Set(['FIRST', 'LAST', 'PREV', 'NEXT']);

/** What expressions come from. */
export abstract class ExpressionLineage {
  abstract relationOf(query: Query, outer: Scope | null, tables: CommonTables | null): Relation;

  /** How many expressions, queries and FROM clauses are being looked at inside each other. */
  protected depth = 0;

  value(expression: Expression, place: Place): Value {
    this.depth++;
    const value = this.#valueOf(expression, place);
    this.depth--;
    return value;
  }

  #valueOf(expression: Expression, place: Place): Value {
    switch (expression.node) {
      case 'literal':
        return literalValue(expression);
      case 'column':
        return resolveName(expression.path, place.scope);
      case 'star':
      case 'descriptor':
      case 'table-argument':
        return NOTHING;
      case 'named-argument':
        return this.value(expression.value, place);
      case 'call':
        return this.#call(expression, place);
      case 'operation':
        return this.#operation(expression, place);
      case 'case':
        return this.#case(expression, place);
      case 'cast':
        return this.#cast(expression, place);
      case 'row':
        return this.#row(expression.items, place);
      case 'collection':
        return this.#collection(expression.form, expression.items, place);
      case 'subquery':
        return this.#subquery(expression, place);
      case 'field':
        return this.#field(this.value(expression.of, place), expression.field);
      case 'element':
        return this.#element(expression, place);
    }
  }

  #operation({ operator, parts }: Operation, place: Place): Value {
    const values = operands(parts).map((operand) => this.value(operand, place));
    const [first] = values;
    if (operator === 'unary +' && first !== undefined) return first;
    const folded = place.simplified ? foldedOperation(operator, values) : null;
    return folded ?? { lineage: computedFrom(values), type: operationType(operator, values) };
  }

  #call(call: Call, place: Place): Value {
    const name = callName(call);
    if (call.parts === null) return NOTHING;
    const args = operands(call.parts);
    if (place.scope.variables !== null && NAVIGATION.has(name) && args[0] !== undefined) return this.value(args[0], place);
    const values = args.map((argument) => this.value(argument, place));
    if (call.filter !== null) place.reads.add(this.value(call.filter, place).lineage, 'CONDITION', call.filter.at);
    this.sorted(call.orderBy, place);
    if (call.over !== null) this.#over(call.over, place);
    return { lineage: computedFrom(values), type: callType(name, values, place.grouped || call.over !== null) };
  }

  #over(over: WindowSpec | Identifier, place: Place): void {
    for (const { partitionBy, orderBy } of windowWithBases(over, place)) {
      for (const key of partitionBy) place.reads.add(this.value(key, place).lineage, 'PARTITION', key.at);
      this.sorted(orderBy, place);
    }
  }

  sorted(items: readonly OrderItem[], place: Place): void {
    for (const { expression } of items) place.reads.add(this.value(expression, place).lineage, 'SORT', expression.at);
  }

  #case({ operand, branches, otherwise }: Case, place: Place): Value {
    const asked = operand === null ? [] : [this.value(operand, place)];
    const conditions: Value[] = [];
    const results: Value[] = [];
    let decided = false;
    for (const { when, then } of branches) {
      const tests = when.map((test) => this.value(test, place));
      const result = this.value(then, place);
      const truth = place.simplified && operand === null ? tests[0]?.truth : undefined;
      if (decided || truth === false) continue;
      decided = truth === true;
      for (const test of tests) conditions.push(test);
      results.push(result);
    }
    const last = otherwise === null ? NULL_VALUE : this.value(otherwise, place);
    if (!decided) results.push(last);
    if (results.length === 1 && asked.length === 0) return results[0] as Value;
    return { lineage: computedFrom([...asked, ...conditions, ...results]), type: leastRestrictive(results.map(({ type }) => type)) };
  }

  #cast({ form, operand, type }: Cast, place: Place): Value {
    const value = this.value(operand, place);
    if (form === 'TRY_CAST') return { lineage: transformed(value.lineage), type };
    return { lineage: castLineage(value, type), type: value.type === null ? type : withNullability(type, value.type.nullable) };
  }

  #row(items: readonly Expression[], place: Place): Value {
    const values = items.map((item) => this.value(item, place));
    const parts: RowPart[] = values.map(({ lineage }, i) => ({ name: `EXPR$${i}`, lineage }));
    const fields = values.map(({ type }, i) => ({ name: `EXPR$${i}`, type: type ?? UNKNOWN_TYPE }));
    return { lineage: fromBuiltRow(parts), type: { kind: 'row', fields, nullable: false } };
  }

  #collection(form: 'ARRAY' | 'MAP' | 'MULTISET', items: readonly Expression[], place: Place): Value {
    const values = items.map((item) => this.value(item, place));
    const lineage = transformed(merged(values.map((value) => value.lineage)));
    const typeOf = (some: readonly Value[]): LogicalType => leastRestrictive(some.map(({ type }) => type)) ?? UNKNOWN_TYPE;
    if (form !== 'MAP') return { lineage, type: { kind: form === 'ARRAY' ? 'array' : 'multiset', element: typeOf(values), nullable: false } };
    return { lineage, type: { kind: 'map', key: typeOf(values.filter((_, i) => i % 2 === 0)), value: typeOf(values.filter((_, i) => i % 2 === 1)), nullable: false } };
  }

  #subquery({ use, operand, query, at }: Subquery, place: Place): Value {
    const relation = this.relationOf(query, place.scope, place.tables);
    place.reads.include(relation.reads);
    const columns = merged(relation.columns.map(({ lineage }) => lineage));
    switch (use) {
      case 'exists':
        return { lineage: FROM_NOTHING, type: withNullability(BOOLEAN, false) };
      case 'scalar': {
        if (relation.columns.length !== 1 && relation.rest === undefined) throw new SqlFailure(`a subquery used as a value must have one column, this has ${relation.columns.length}`, at);
        const [column] = relation.columns;
        return { lineage: column?.lineage ?? FROM_NOTHING, type: column?.type == null ? null : withNullability(column.type, true) };
      }
      case 'in':
      case 'quantified': {
        const left = operand === null ? NOTHING : this.value(operand, place);
        sameWidthAsOperand(operand, relation, query.at);
        place.reads.add(columns, 'FILTER', query.at);
        place.reads.add(left.lineage, 'FILTER', at);
        return { lineage: transformed(left.lineage), type: BOOLEAN };
      }
      case 'array':
      case 'map':
      case 'multiset':
        return { lineage: transformed(columns), type: null };
    }
  }

  #field(of: Value, field: Identifier): Value {
    if (of.type === null || isUnknownType(of.type)) return { lineage: accessed(of.lineage, field.name), type: null };
    if (of.type.kind !== 'row' || !of.type.fields.some(({ name }) => name === field.name)) {
      throw new SqlFailure(`there is no field '${field.name}' here`, field.at);
    }
    return fieldOf(of, of.type, field.name);
  }

  #element({ of, index }: ElementAccess, place: Place): Value {
    const value = this.value(of, place);
    const by = transformed(this.value(index, place).lineage);
    const { type } = value;
    switch (type?.kind) {
      case 'array':
      case 'multiset':
        return { lineage: merged([accessed(value.lineage, ELEMENT), by]), type: withNullability(type.element, true) };
      case 'map':
        return { lineage: merged([accessed(value.lineage, MAP_VALUE), by]), type: withNullability(type.value, true) };
      case 'row': {
        const field = index.node === 'literal' ? type.fields[Number(index.text) - 1] ?? type.fields.find(({ name }) => `'${name}'` === index.text) : undefined;
        if (field !== undefined) return fieldOf(value, type, field.name);
        break;
      }
      case 'atomic':
      case undefined:
        break;
    }
    return { lineage: merged([transformed(value.lineage), by]), type: null };
  }
}

function sameWidthAsOperand(operand: Expression | null, { columns, rest }: Relation, at: number): void {
  const width = operand?.node === 'row' ? operand.items.length : 1;
  if (rest !== undefined || columns.length === width) return;
  throw new SqlFailure(`the subquery has ${columns.length} columns, ${width} ${width === 1 ? 'is' : 'are'} compared with it`, at);
}

/** The operands among the parts of a form, in order. */
export function operands(parts: readonly FormPart[]): Expression[] {
  return parts.filter((part) => typeof part !== 'string');
}

/** The name of a function that is not qualified, in upper case; '' otherwise. */
export function callName({ name }: Call): string {
  return name.length === 1 ? (name[0] as Identifier).name.toUpperCase() : '';
}

/** A cast that changes nothing but what may be null copies; a built row is cast part by part. */
function castLineage({ lineage, type: from }: Value, to: LogicalType): FieldLineage {
  if (from !== null && !isUnknownType(from) && sameButForNull(from, to)) return lineage;
  if (from?.kind !== 'row' || to.kind !== 'row') return transformed(lineage);
  return merged(lineage.map((strand): FieldLineage => {
    if (strand.strand !== 'row') return transformed([strand]);
    return fromBuiltRow(to.fields.map(({ name, type }, i) => {
      const part = strand.parts[i];
      return { name, lineage: part === undefined ? FROM_NOTHING : castLineage({ lineage: part.lineage, type: from.fields[i]?.type ?? null }, type) };
    }));
  }));
}

/** The window and the named ones it builds on. */
function windowWithBases(over: WindowSpec | Identifier, place: Place): WindowSpec[] {
  const specs: WindowSpec[] = [];
  let next: WindowSpec | Identifier | null = over;
  while (next !== null) {
    const spec: WindowSpec = 'node' in next ? next : windowNamed(next, place);
    if (specs.includes(spec)) throw new SqlFailure('this window is defined by itself', spec.base?.at ?? 0);
    if (specs.length >= MAX_WINDOW_BASES) throw new SqlFailure(`more than ${MAX_WINDOW_BASES} windows are based on each other`, spec.base?.at ?? 0);
    specs.push(spec);
    next = spec.base;
  }
  return specs;
}

function windowNamed({ name, at }: Identifier, place: Place): WindowSpec {
  const spec = place.windows.get(name);
  if (spec === undefined) throw new SqlFailure(`window '${name}' is not defined in this query`, at);
  return spec;
}

function literalValue({ text, type }: Literal): Value {
  const word = text.toUpperCase();
  return { lineage: FROM_NOTHING, type, ...(word === 'TRUE' || word === 'FALSE' ? { truth: word === 'TRUE' } : {}) };
}

function computedFrom(values: readonly Value[]): FieldLineage {
  return transformed(merged(values.map(({ lineage }) => lineage)));
}

/** What is true or false whatever the rows hold; null where that depends on them. */
function foldedOperation(operator: string, values: readonly Value[]): Value | null {
  const [first] = values;
  if (operator === 'IS NULL' || operator === 'IS NOT NULL') return first?.type?.nullable === false ? constant(operator === 'IS NOT NULL') : null;
  if (operator === 'NOT') return first?.truth === undefined ? null : constant(!first.truth);
  if (operator !== 'AND' && operator !== 'OR') return null;
  const deciding = operator === 'OR';
  if (values.some(({ truth }) => truth === deciding)) return constant(deciding);
  const open = values.filter(({ truth }) => truth === undefined);
  if (open.length === values.length) return null;
  return open.length === 0 ? constant(!deciding) : { lineage: computedFrom(open), type: operationType(operator, open) };
}

function constant(truth: boolean): Value {
  return { lineage: FROM_NOTHING, type: withNullability(BOOLEAN, false), truth };
}
