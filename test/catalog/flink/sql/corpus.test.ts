import { expect, test } from 'vitest';
import { lineageOfScript } from '../../../../server/catalog/flink/sql/script-lineage.ts';
import { lineageText } from './lineage-text.ts';
import { plannerCases, type PlannerCase } from './planner-cases.ts';

/** The planner refuses these for a function nobody registered and for types of values, which the text alone cannot tell. */
const MAY_BE_ANSWERED: ReadonlySet<string> = new Set(['neg-009', 'neg-023']);

const CASES = (['handmade', 'generated'] as const).flatMap(plannerCases);
const isRefused = ({ expect: expected }: PlannerCase): boolean => 'error' in expected;

test.each(CASES.filter((one) => !isRefused(one)))('$id ($group): answers as Flink’s planner does', ({ script, expect: expected }) => {
  const result = lineageOfScript(script);
  if (result.outcome === 'invalid') expect.fail(`refused: ${JSON.stringify(result.fault)}`);
  expect(result.lineage.unknown).toEqual([]);
  expect(result.lineage.completeness).toBe('complete');
  expect(lineageText(result.lineage.sinks)).toEqual('sinks' in expected && lineageText(expected.sinks));
});

test.each(CASES.filter((one) => isRefused(one) && !MAY_BE_ANSWERED.has(one.id)))('$id ($group): refuses what Flink’s planner refuses, and says where', ({ script }) => {
  const result = lineageOfScript(script);
  if (result.outcome !== 'invalid') expect.fail('answered');
  const { line = 0, column = 0 } = result.fault;
  expect(line).toBeGreaterThan(0);
  expect(line).toBeLessThanOrEqual(script.split('\n').length);
  expect(column).toBeGreaterThan(0);
});

test('every negative case is one the planner refuses', () => {
  expect(CASES.filter(({ group }) => group.startsWith('negative')).every(isRefused)).toBe(true);
  expect(CASES.length).toBeGreaterThan(250);
});
