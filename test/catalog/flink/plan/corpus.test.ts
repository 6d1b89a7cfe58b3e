import { describe, expect, test } from 'vitest';
import type { SinkLineage } from '../../../../server/catalog/flink/lineage.ts';
import { CASES_WITH_PLAN, caseOf, CLUSTER_PLANS, type FlinkCase } from './flink-cases.ts';
import { resolved } from './small-plans.ts';

type Walked = { readonly [sink: string]: { readonly [column: string]: readonly string[] } };

/** Temporary tables are bare identifiers in a plan: no sink column has its name. */
const UNNAMED_SINKS = new Set(['plan-003']);

function walked(sinks: readonly SinkLineage[]): Walked {
  const found: { [sink: string]: { [column: string]: string[] } } = {};
  for (const { table, columns } of sinks) {
    for (const { name, origins } of columns) ((found[table] ??= {})[name] ??= []).push(...(origins ?? [{ table: '?', column: '?' }]).map((origin) => `${origin.table} ${origin.column}`));
  }
  return sorted(found);
}

function truth({ planOrigins }: FlinkCase): Walked {
  return sorted(Object.fromEntries(Object.entries(planOrigins!).map(([sink, columns]) => [sink, Object.fromEntries(Object.entries(columns).map(([name, origins]) => [name, origins.map((origin) => origin.join(' '))]))])));
}

function sorted(found: Walked): Walked {
  return Object.fromEntries(Object.entries(found).map(([sink, columns]) => [sink, Object.fromEntries(Object.entries(columns).map(([name, origins]) => [name, [...new Set(origins)].sort()]))]));
}

const COMPARED = CASES_WITH_PLAN.filter(({ id, planOrigins }) => planOrigins != null && !UNNAMED_SINKS.has(id));

describe('the plans of the corpora', () => {
  test('are all there', () => {
    expect([CASES_WITH_PLAN.length, COMPARED.length]).toEqual([225, 221]);
  });

  test.each(COMPARED.map((one) => [one.id, one] as const))('%s has the origins an independent walk reads off its plan, and none is unknown', (_, one) => {
    const lineage = resolved(one.plan);
    expect(walked(lineage.sinks)).toEqual(truth(one));
    expect(lineage).toMatchObject({ completeness: 'complete', unknown: [] });
  });

  test.each(['ptf-002', 'ptf-003', 'ptf-004'])('%s, which nobody walked, has the origins, kinds and reads of the SQL answer', (id) => {
    const { plan, expect: answer } = caseOf(id);
    const sinks = resolved(plan).sinks.map(({ table, columns, reads }) => ({ table, columns, reads: reads.filter(({ why }) => why !== 'WATERMARK') }));
    expect(sinks).toEqual(answer.sinks!.map(({ table, columns, reads }) => ({ table, columns: columns.map(({ name, origins }) => ({ name, origins })), reads })));
  });

  test('plan-003 is answered by position and says that its sink has no names', () => {
    const { sinks, unknown, completeness } = resolved(caseOf('plan-003').plan);
    expect(sinks[0]!.columns.map(({ origins }) => origins)).toEqual(caseOf('plan-003').expect.sinks![0]!.columns.map(({ origins }) => origins));
    expect(completeness).toBe('partial');
    expect(unknown).toEqual([{ reason: expect.stringContaining('does not name the columns') }]);
  });
});

/** Reads of the scripts that are in no plan, with what the planner made of the clause. */
const OPTIMISED_AWAY: { readonly [id: string]: string } = {
  'fuzz-0033': 'three conditions that exclude each other: the input is empty',
  'fuzz-0127': 'IS NOT NULL of a metadata column that is never null',
  'fuzz-0188': 'a scalar subquery whose value nothing uses',
  'fuzz-0192': 'COUNT(…) IS NULL is never true: the input is empty',
  'fuzz-0223': 'IS NULL makes the column a literal, so the partition and the order are constants',
  'fuzz-0274': 'a literal that is never equal to another: the input is empty',
  'fuzz-0305': 'COUNT(*) IS NULL is never true: the row is a literal',
  'fuzz-0339': 'a literal that is never equal to another: the input is empty',
  'fuzz-0402': 'IS NULL makes the column a literal, and one branch is empty',
  'fuzz-0492': 'IS NULL of a metadata column that is never null: the input is empty',
  'fuzz-0537': 'IS NOT NULL of a metadata column that is never null',
  'fuzz-0553': 'EXISTS over an empty input',
};

/** Two INSERTs into one table share one sink node. */
const SHARED_SINKS = new Set(['stmtset-003']);

test('every field the script reads to decide rows is read by the plan too, unless optimisation removed the clause', () => {
  const lacking = CASES_WITH_PLAN.filter(({ id, plan, expect: answer }) => !SHARED_SINKS.has(id) && resolved(plan).sinks.some(({ reads }, i) => {
    const places = new Set(reads.map(({ table, column, path }) => JSON.stringify([table, column, path])));
    return answer.sinks![i]!.reads.some(({ table, column, path }) => !places.has(JSON.stringify([table, column, path])));
  }));
  expect(lacking.map(({ id }) => id).sort()).toEqual(Object.keys(OPTIMISED_AWAY).sort());
});

test('the sinks stand in the order of the statements', () => {
  const disordered = CASES_WITH_PLAN.filter(({ id, plan, expect: answer }) => !SHARED_SINKS.has(id) && JSON.stringify(resolved(plan).sinks.map(({ table }) => table)) !== JSON.stringify(answer.sinks!.map(({ table }) => table)));
  expect(disordered.map(({ id }) => id)).toEqual([]);
});

test.each([...CLUSTER_PLANS])('the plan %s of a running cluster is answered completely', (_, text) => {
  const { completeness, sinks, tables } = resolved(JSON.parse(text));
  expect(completeness).toBe('complete');
  expect(sinks.length).toBeGreaterThan(0);
  for (const { columns } of sinks) expect(columns.some(({ origins }) => origins !== null && origins.length > 0)).toBe(true);
  for (const { columns } of tables) expect(columns.length).toBeGreaterThan(0);
});
