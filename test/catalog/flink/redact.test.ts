import { expect, test } from 'vitest';
import { redactedPlan, redactedScript } from '../../../server/catalog/flink/redact.ts';
import { lineageOfScript } from '../../../server/catalog/flink/sql/script-lineage.ts';

const SECRET = 's3cr3t';
const SCRIPT = `-- 'password' = '${SECRET}'
CREATE CATALOG c WITH ('type' = 'jdbc', 'password' = '${SECRET}');
SET 'security.kerberos.login.principal' = '${SECRET}';
CREATE TABLE s (a STRING) WITH ('connector' = 'kafka', 'topic' = 'in', 'properties.sasl.jaas.config' = 'x "it''s ${SECRET}";');
CREATE TABLE k (a STRING) WITH ('connector' = 'jdbc', 'url' = 'jdbc:mysql://u:${SECRET}@db/x?password=${SECRET}', 'table-name' = 't');
INSERT INTO k SELECT a FROM s /*+ OPTIONS('properties.sasl.password' = '${SECRET}', 'topic' = 'other') */
  WHERE a = 'x';
`;

test('a stored script holds no option value but names, and means the same', () => {
  const stored = redactedScript(SCRIPT);
  expect(stored).not.toContain(SECRET);
  expect(stored).toContain("'topic' = 'in'");
  expect(stored).toContain("'topic' = 'other'");
  expect(stored?.split('\n')).toHaveLength(SCRIPT.split('\n').length);
  expect(lineageOfScript(stored ?? '')).toEqual(lineageOfScript(SCRIPT));
});

test('a text that is no SQL is not stored at all', () => {
  expect(redactedScript(`'password' = '${SECRET}`)).toBeNull();
});

test('a stored plan holds no options but names, and no text for people', () => {
  const plan = { nodes: [{ description: SECRET, table: { resolvedTable: { options: { topic: 'in', password: SECRET } } }, hints: [SECRET] }] };
  expect(redactedPlan(plan)).toEqual({ nodes: [{ table: { resolvedTable: { options: { topic: 'in' } } } }] });
});

test('a plan of any depth ends', () => {
  let plan: object = {};
  for (let i = 0; i < 100_000; i++) plan = { inside: plan };
  expect(JSON.stringify(redactedPlan(plan as never))).toContain('…');
});
