import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lineageOfPlan } from '../../../../server/catalog/flink/plan/plan-lineage.ts';
import { CASES_WITH_PLAN, CLUSTER_PLANS } from './flink-cases.ts';

type Mutable = { [key: string]: unknown } | unknown[];

const TEXTS = [...CLUSTER_PLANS.values(), ...CASES_WITH_PLAN.map(({ plan }) => JSON.stringify(plan))];
const JUNK: readonly unknown[] = [null, true, -1, 0, 3, 1e9, 0.5, '', 'x', '`a`.`b`', 'ROW<`a` INT>', [], {}, [[]], [0], [null], { kind: 'INPUT_REF', inputIndex: 0 }, { kind: 'CALL' }, { fields: [0] }, { fields: [{ index: 0 }] }];

function parts(json: unknown): Mutable[] {
  const found: Mutable[] = [];
  const waiting: unknown[] = [json];
  while (waiting.length > 0) {
    const part = waiting.pop();
    if (typeof part !== 'object' || part === null) continue;
    found.push(part as Mutable);
    waiting.push(...Object.values(part));
  }
  return found;
}

function pick<T>(items: readonly T[], at: number): T {
  return items[Math.floor(at * items.length)]!;
}

/** Deletes, replaces, doubles or moves one part, whichever the numbers say. */
function mutate(plan: unknown, [where, which, how, what]: readonly [number, number, number, number]): void {
  const all = parts(plan);
  const part = pick(all, where);
  const keys = Object.keys(part);
  if (keys.length === 0) return;
  const key = pick(keys, which);
  const values = part as { [key: string]: unknown };
  if (how < 0.3 && Array.isArray(part)) part.splice(Number(key), 1);
  else if (how < 0.3) Reflect.deleteProperty(values, key);
  else if (how < 0.7) values[key] = structuredClone(pick(JUNK, what));
  else if (how < 0.85 && Array.isArray(part)) part.push(structuredClone(values[key]));
  else values[key] = structuredClone(pick(all, what));
}

const UNIT = fc.double({ min: 0, max: 0.999999, noNaN: true });

test('whatever is deleted, replaced, doubled or moved in a plan, it is answered or refused', () => {
  fc.assert(fc.property(UNIT, fc.array(fc.tuple(UNIT, UNIT, UNIT, UNIT), { minLength: 1, maxLength: 6 }), (which, mutations) => {
    const plan: unknown = JSON.parse(pick(TEXTS, which));
    for (const mutation of mutations) mutate(plan, mutation);
    const result = lineageOfPlan(plan);
    if (result.outcome === 'invalid') return result.fault.message.length > 0;
    const { completeness, unknown, sinks } = result.lineage;
    const hidden = sinks.some(({ columns }) => columns.some(({ origins }) => origins === null));
    return (completeness === 'complete') === (unknown.length === 0) && !(hidden && completeness === 'complete');
  }), { numRuns: 4_000 });
});

interface Node {
  type: string;
  projection?: unknown[];
}

/** Every column is as it was or unknown, and the answer does not claim to be complete. */
function onlyLosesKnowledge(before: string, plan: unknown): void {
  const known = lineageOfPlan(JSON.parse(before));
  const result = lineageOfPlan(plan);
  if (known.outcome === 'invalid' || result.outcome === 'invalid') throw new Error('no plan');
  expect(result.lineage.completeness).toBe('partial');
  expect(result.lineage.sinks.map(({ table }) => table)).toEqual(known.lineage.sinks.map(({ table }) => table));
  for (const [i, { columns }] of result.lineage.sinks.entries()) {
    for (const [j, { origins }] of columns.entries()) if (origins !== null) expect(origins).toEqual(known.lineage.sinks[i]!.columns[j]!.origins);
  }
}

function nodesOf(plan: unknown): Node[] {
  return [plan].flat().flatMap((job) => (job as { nodes: Node[] }).nodes);
}

test('a node of unknown type makes what flows through it unknown and changes nothing else', () => {
  fc.assert(fc.property(UNIT, UNIT, (which, where) => {
    const text = pick(TEXTS, which);
    const plan: unknown = JSON.parse(text);
    const node = pick(nodesOf(plan).filter(({ type }) => !type.includes('sink')), where);
    node.type = node.type.replace(/_\d+$/, '_99');
    onlyLosesKnowledge(text, plan);
  }), { numRuns: 1_500 });
});

test('an expression of unknown kind makes its column unknown and changes nothing else', () => {
  fc.assert(fc.property(UNIT, UNIT, UNIT, (which, where, inside) => {
    const text = pick(TEXTS, which);
    const plan: unknown = JSON.parse(text);
    const projections = nodesOf(plan).flatMap(({ projection }) => projection ?? []);
    if (projections.length === 0) return;
    const expressions = parts(pick(projections, where)).filter((part) => 'kind' in part && !('precision' in part));
    (pick(expressions, inside) as { kind: string }).kind = 'NEW_KIND';
    onlyLosesKnowledge(text, plan);
  }), { numRuns: 1_500 });
});
