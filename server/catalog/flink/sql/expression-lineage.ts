import {
  accessed, ELEMENT, type FieldLineage, FROM_NOTHING, fromBuiltRow, MAP_VALUE, merged, type RowPart, transformed,
} from '../field-lineage.ts';
import { atomic, isUnknownType, type LogicalType, sameButForNull, UNKNOWN_TYPE, withNullability } from '../logical-type.ts';
import { leastRestrictive } from './least-restrictive.ts';
import type { Relation, Value } from './relation.ts';
import type { Ancestry } from './ancestry.ts';
import { fieldOf, resolveName, type Scope } from './scope.ts';
import { SqlFailure } from './sql-failure.ts';
import type { Call, Case, Cast, ElementAccess, Expression, FormPart, Identifier, OrderItem, Query, Subquery, WindowSpec } from './syntax-tree.ts';

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
}

const NOTHING: Value = { lineage: FROM_NOTHING, type: null };
const BOOLEAN = atomic('BOOLEAN');
/** Functions that hand on one of their arguments: the type follows theirs. */
const TYPE_OF_ARGUMENTS = new Set(['COALESCE', 'IFNULL', 'NULLIF', 'GREATEST', 'LEAST', 'MAX', 'MIN', 'FIRST_VALUE', 'LAST_VALUE', 'LAG', 'LEAD', 'SINGLE_VALUE', 'NTH_VALUE']);
/** Row pattern navigation: copies a value of another row. */
const NAVIGATION = new Set(['FIRST', 'LAST', 'PREV', 'NEXT']);

/** What expressions come from. */
export abstract class ExpressionLineage {
  abstract relationOf(query: Query, outer: Scope | null, tables: CommonTables | null): Relation;

  value(expression: Expression, place: Place): Value {
    switch (expression.node) {
      case 'literal':
        return { lineage: FROM_NOTHING, type: expression.type };
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
        return expression.operator === 'unary +' ? this.value(expression.parts[1] as Expression, place) : { lineage: this.#computed(expression.parts, place), type: operationType(expression.operator) };
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

  /** The lineage of something computed from all operands among these parts. */
  #computed(parts: readonly FormPart[], place: Place): FieldLineage {
    return transformed(merged(operands(parts).map((operand) => this.value(operand, place).lineage)));
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
    return { lineage: transformed(merged(values.map(({ lineage }) => lineage))), type: callType(name, values) };
  }

  #over(over: WindowSpec | Identifier, place: Place): void {
    const spec = 'node' in over ? over : windowNamed(over, place);
    if (spec.base !== null) this.#over(spec.base, place);
    for (const key of spec.partitionBy) place.reads.add(this.value(key, place).lineage, 'PARTITION', key.at);
    this.sorted(spec.orderBy, place);
  }

  sorted(items: readonly OrderItem[], place: Place): void {
    for (const { expression } of items) place.reads.add(this.value(expression, place).lineage, 'SORT', expression.at);
  }

  #case({ operand, branches, otherwise }: Case, place: Place): Value {
    const conditions = [...(operand === null ? [] : [operand]), ...branches.flatMap(({ when }) => when)].map((part) => this.value(part, place));
    const results = [...branches.map(({ then }) => then), ...(otherwise === null ? [] : [otherwise])].map((part) => this.value(part, place));
    const lineage = transformed(merged([...conditions, ...results].map((value) => value.lineage)));
    return { lineage, type: leastRestrictive(results.map(({ type }) => type)) };
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
    }
    return { lineage: merged([transformed(value.lineage), by]), type: null };
  }
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

function windowNamed({ name, at }: Identifier, place: Place): WindowSpec {
  const spec = place.windows.get(name);
  if (spec === undefined) throw new SqlFailure(`window '${name}' is not defined in this query`, at);
  return spec;
}

function operationType(operator: string): LogicalType | null {
  return /^(AND|OR|NOT|IS|=|<>|<|>|<=|>=|IN|BETWEEN|LIKE|SIMILAR)/.test(operator) ? BOOLEAN : null;
}

function callType(name: string, values: readonly Value[]): LogicalType | null {
  if (name === 'IF') return leastRestrictive(values.slice(1).map(({ type }) => type));
  if (name === 'COUNT' || name === 'ROW_NUMBER') return withNullability(atomic('BIGINT'), false);
  if (name === 'COLLECT' && values[0] !== undefined) return { kind: 'multiset', element: values[0].type ?? UNKNOWN_TYPE, nullable: false };
  if (name === 'ARRAY_AGG' && values[0] !== undefined) return { kind: 'array', element: values[0].type ?? UNKNOWN_TYPE, nullable: true };
  if (!TYPE_OF_ARGUMENTS.has(name)) return null;
  const type = name === 'LAG' || name === 'LEAD' || name === 'NULLIF' || name === 'NTH_VALUE' ? values[0]?.type ?? null : leastRestrictive(values.map((value) => value.type));
  return type === null ? null : withNullability(type, true);
}
