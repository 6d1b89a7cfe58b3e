import { expect, test } from 'vitest';
import { keptOptions } from '../../../../server/catalog/flink/kept-options.ts';
import { lineageOfPlan } from '../../../../server/catalog/flink/plan/plan-lineage.ts';
import { CASES_WITH_PLAN, caseOf } from './flink-cases.ts';
import { resolved } from './small-plans.ts';

type Json = { readonly [key: string]: unknown };

const SECRET = 'not-a-real-secret';

/** All option values of a plan that are not kept as they are. */
function droppedValues(json: unknown): string[] {
  if (Array.isArray(json)) return json.flatMap(droppedValues);
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([key, value]) => {
    if (key !== 'options' || typeof value !== 'object') return droppedValues(value);
    const kept = keptOptions(value as Json);
    return Object.entries(value as Json).flatMap(([option, text]) => (kept[option] === text ? [] : [String(text)]));
  });
}

test('the samples hold passwords in clear text', () => {
  const plans = CASES_WITH_PLAN.filter(({ plan }) => JSON.stringify(plan).includes(SECRET)).map(({ id }) => id);
  expect(plans).toContain('join-001');
  expect(plans.length).toBeGreaterThan(10);
});

test('no value of an option that is not kept reaches the answer of any sample', () => {
  for (const { id, plan } of CASES_WITH_PLAN) {
    const answer = JSON.stringify(lineageOfPlan(plan));
    expect(answer, id).not.toContain(SECRET);
    expect(droppedValues(plan).filter((value) => value.length > 8 && answer.includes(JSON.stringify(value).slice(1, -1))), id).toEqual([]);
  }
});

test('the connector, topic and format of the sample with a password are told', () => {
  const payments = resolved(caseOf('join-001').plan).tables.find(({ table }) => table.endsWith('.payments'));
  expect(payments!.options).toEqual({ connector: 'kafka', format: 'json', topic: 'billing.payments', 'properties.bootstrap.servers': expect.any(String) });
});

/** Puts the secret of an OPTIONS hint where Flink puts it: into the options, the description and nowhere else. */
function hinted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(hinted);
  if (typeof json !== 'object' || json === null) return json;
  const parts = Object.fromEntries(Object.entries(json).map(([key, value]) => [key, hinted(value)]));
  if (typeof parts.description === 'string') parts.description += ` hints=[[[OPTIONS options:{properties.sasl.jaas.config=password="${SECRET}"}]]]`;
  if (typeof parts.options === 'object') parts.options = { ...parts.options, 'properties.sasl.jaas.config': `password="${SECRET}"`, topic: 'topic-of-the-hint', url: `jdbc:x://svc:${SECRET}@db/x?password=${SECRET}` };
  return parts;
}

test('hints reach the answer by the options they override, never by their secrets', () => {
  for (const { id, plan } of CASES_WITH_PLAN) expect(JSON.stringify(lineageOfPlan(hinted(plan))), id).not.toContain(SECRET);
  expect(resolved(hinted(caseOf('join-001').plan)).tables.map(({ options }) => [options.topic, options.url])).toContainEqual(['topic-of-the-hint', 'jdbc:x://db/x']);
});

test('messages never hold values of the plan that are not where they should be', () => {
  const wrong = (value: unknown) => ({ nodes: [{ id: 1, type: 'stream-exec-table-source-scan_2', scanTableSource: { table: value }, outputType: SECRET }, { id: 2, type: 'stream-exec-sink_2', dynamicTableSink: { table: { identifier: SECRET } } }], edges: [{ source: 1, target: 2, shuffle: SECRET }] });
  for (const value of [SECRET, [SECRET], { identifier: SECRET }, { identifier: '`t`', resolvedTable: SECRET }, { identifier: '`t`', resolvedTable: { schema: { columns: [SECRET] } } }]) expect(JSON.stringify(lineageOfPlan(wrong(value)))).not.toContain(SECRET);
  for (const plan of [SECRET, { nodes: SECRET }, { nodes: [SECRET] }, { nodes: [{ id: SECRET, type: 'x' }] }, { nodes: [{ id: 1, type: { SECRET } }] }, { nodes: [], edges: SECRET }, { nodes: [], edges: [{ source: SECRET, target: SECRET }] }]) expect(JSON.stringify(lineageOfPlan(plan))).not.toContain(SECRET);
});
