import { accessed, type FieldLineage, FROM_NOTHING, FROM_UNKNOWN } from '../field-lineage.ts';
import { type LogicalType, UNKNOWN_TYPE } from '../logical-type.ts';
import { isObject, type JsonObject, shortName } from './plan-json.ts';
import type { PlanTypes } from './plan-type.ts';
import { type Call, computedFromAll, HANDING_ON, type Operand } from './rex-functions.ts';
import type { WorkBudget } from './work-budget.ts';

/** How deep expressions may stand inside each other, as in scripts; each level costs a handful of calls on the stack. */
export const MAX_EXPRESSION_DEPTH = 400;

/** What an expression may refer to. */
export interface RexScope {
  /** What INPUT_REF counts through. */
  readonly columns: readonly FieldLineage[];
  /** Expressions the node computes once and refers to by position. */
  readonly locals?: readonly FieldLineage[];
  /** The columns of the left side of a correlate, by name. */
  readonly correlated?: (name: string, variable: JsonObject) => FieldLineage | null;
  readonly types: PlanTypes;
  readonly budget: WorkBudget;
  isDeclaredType(lineage: FieldLineage, type: LogicalType): boolean;
  /** Takes down what could not be understood. */
  note(reason: string): void;
}

/** The lineage of an expression (Flink's RexNodeJsonSerializer). What is not understood is unknown and noted. */
export function lineageOfRex(rex: unknown, scope: RexScope, depth = 0): FieldLineage {
  if (!isObject(rex)) return unknown(scope, 'expected an expression');
  if (depth > MAX_EXPRESSION_DEPTH) return unknown(scope, `an expression is nested more than ${MAX_EXPRESSION_DEPTH} levels deep`);
  const rule = typeof rex.kind === 'string' ? REX_KINDS.get(rex.kind) : undefined;
  if (rule === undefined) return unknown(scope, `unknown kind of expression ${shortName(rex.kind)}`);
  const lineage = rule(rex, scope, depth);
  scope.budget.spend(lineage.length + 1);
  return lineage;
}

type RexRule = (rex: JsonObject, scope: RexScope, depth: number) => FieldLineage;

const REX_KINDS: ReadonlyMap<string, RexRule> = new Map<string, RexRule>([
  ['LITERAL', () => FROM_NOTHING],
  ['INPUT_REF', inputReference],
  // The row that a pattern variable stands for is a row of the node's input.
  ['PATTERN_INPUT_REF', inputReference],
  ['LOCAL_REF', localReference],
  ['FIELD_ACCESS', fieldAccess],
  ['CALL', call],
]);

function unknown(scope: RexScope, reason: string): FieldLineage {
  scope.note(reason);
  return FROM_UNKNOWN;
}

function inputReference({ inputIndex }: JsonObject, scope: RexScope): FieldLineage {
  const column = typeof inputIndex === 'number' ? scope.columns[inputIndex] : undefined;
  return column ?? unknown(scope, 'an expression refers to a column its input does not have');
}

function localReference({ localRefIndex }: JsonObject, scope: RexScope): FieldLineage {
  const local = typeof localRefIndex === 'number' ? scope.locals?.[localRefIndex] : undefined;
  return local ?? unknown(scope, 'an expression refers to one its node does not have');
}

function fieldAccess(rex: JsonObject, scope: RexScope, depth: number): FieldLineage {
  const { name, expr } = rex;
  if (typeof name !== 'string') return unknown(scope, 'expected a name in a field access');
  if (!isObject(expr) || expr.kind !== 'CORREL_VARIABLE') {
    const inside = lineageOfRex(expr, scope, depth + 1);
    for (const strand of inside) scope.budget.spend(strand.strand === 'place' ? strand.origin.path.length : strand.strand === 'row' ? strand.parts.length : 1);
    return accessed(inside, name);
  }
  return scope.correlated?.(name, expr) ?? unknown(scope, 'an expression refers to a column of the left side that is not there');
}

function call(rex: JsonObject, scope: RexScope, depth: number): FieldLineage {
  if (rex.operands !== undefined && !Array.isArray(rex.operands)) return unknown(scope, 'expected a list of operands in a call');
  const operands = ((rex.operands ?? []) as readonly unknown[]).map((operand): Operand => ({
    lineage: lineageOfRex(operand, scope, depth + 1),
    type: () => typeOfRex(operand, scope),
    isLiteral: isObject(operand) && operand.kind === 'LITERAL',
    literal: isObject(operand) && operand.kind === 'LITERAL' && typeof operand.value === 'string' ? operand.value : null,
  }));
  for (const { lineage } of operands) scope.budget.spend(lineage.length);
  const view: Call = { operands, type: () => scope.types.of(rex.type), isDeclaredType: scope.isDeclaredType };
  const rule = HANDING_ON.get(functionName(rex) ?? '');
  if (rule === undefined) return computedFromAll(view);
  return rule(view) ?? unknown(scope, `the operands of ${functionName(rex) ?? 'a call'} are not of a known type`);
}

/** The name of a function that Flink itself brings: `$UPPER$1` → `UPPER`; null for one that users registered. */
export function functionName({ internalName }: JsonObject): string | null {
  return typeof internalName === 'string' ? /^\$(.+)\$\d+$/.exec(internalName)?.[1] ?? null : null;
}

/** The type of an expression. Field accesses have none of their own, it is that of the field. */
export function typeOfRex(rex: unknown, { types, budget }: Pick<RexScope, 'types' | 'budget'>): LogicalType {
  const steps: string[] = [];
  let inner = rex;
  while (isObject(inner) && inner.kind === 'FIELD_ACCESS' && typeof inner.name === 'string') {
    steps.push(inner.name);
    inner = inner.expr;
  }
  let type = isObject(inner) ? types.of(inner.type) : UNKNOWN_TYPE;
  for (const step of steps.reverse()) {
    budget.spend(type.kind === 'row' ? type.fields.length : 1);
    type = (type.kind === 'row' ? type.fields.find(({ name }) => name === step)?.type : undefined) ?? UNKNOWN_TYPE;
  }
  return type;
}

