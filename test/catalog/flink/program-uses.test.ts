import { expect, test } from 'vitest';
import { programFactOf, type ProgramUses, usesOf } from '../../../server/catalog/flink/program-uses.ts';
import { lineageOfScript } from '../../../server/catalog/flink/sql/script-lineage.ts';

function uses(script: string): ProgramUses {
  const result = lineageOfScript(script);
  if (result.outcome === 'invalid') throw new Error(JSON.stringify(result.fault));
  return usesOf(result.lineage, (address) => (address === 'b2:9092' ? 'kafka://main' : null));
}
const table = (name: string, columns: string, options: string) => `CREATE TABLE ${name} (${columns}) WITH ('connector' = 'kafka', 'properties.bootstrap.servers' = 'b1:9092,b2:9092', ${options});\n`;
const SINK = table('k', 'a STRING, b STRING', "'topic' = 'out', 'format' = 'json'");
const fields = (program: ProgramUses) => program.inputs.map(({ dataset, fields: used }) => [dataset.name, ...used.map(({ path, why }) => `${path} ${why.join('+')}`)]);

test('a topic is on the cluster any of its addresses belongs to', () => {
  const program = uses(`${table('s', 'a STRING, r ROW<x STRING, l ARRAY<ROW<y STRING>>>', "'topic' = 'in', 'format' = 'json'")}${SINK}INSERT INTO k SELECT r.x, r.l[1].y FROM s WHERE a > 'x';`);
  expect(program.inputs[0]?.dataset).toEqual({ namespace: 'kafka://main', name: 'in' });
  expect(fields(program)).toEqual([['in', 'a FILTER', 'r.l[].y VALUE', 'r.x VALUE']]);
  expect(program.outputs).toMatchObject([{ dataset: { name: 'out' }, writerSchema: null, derivations: [{ to: 'a', from: [{ path: 'r.x', kind: 'IDENTITY' }] }, { to: 'b', from: [{ path: 'r.l[].y' }] }] }]);
  expect(program.unknown).toEqual([]);
});

test('the clause that reads a field is the first one in the script', () => {
  const program = uses(`${table('s', 'a STRING, b STRING', "'topic' = 'in', 'format' = 'json'")}${SINK}INSERT INTO k\nSELECT a, b FROM s\nWHERE a > 'x' OR\n  b < 'y';`);
  expect(program.inputs[0]?.fields.map(({ path, clause }) => [path, clause])).toEqual([['a', { why: 'FILTER', line: 5, column: 7 }], ['b', { why: 'FILTER', line: 5, column: 7 }]]);
});

test('maps, elements that are no record, and metadata become the fields that hold them, or none', () => {
  const program = uses(`${table('s', "m MAP<STRING, ROW<v STRING>>, l ARRAY<STRING>, o BIGINT METADATA FROM 'offset' VIRTUAL", "'topic' = 'in', 'format' = 'json'")}${SINK}INSERT INTO k SELECT m['x'].v, l[1] FROM s WHERE o > 1;`);
  expect(fields(program)).toEqual([['in', 'l VALUE', 'm{}.v VALUE']]);
});

test('columns of a change envelope are its after and before, its metadata its source', () => {
  const program = uses(`${table('s', "a STRING, b STRING METADATA FROM 'value.source.table' VIRTUAL", "'topic' = 'cdc', 'format' = 'debezium-avro-confluent'")}${SINK}INSERT INTO k SELECT a, b FROM s;`);
  expect(fields(program)).toEqual([['cdc', 'after.a VALUE', 'before.a VALUE', 'source.table VALUE']]);
  expect(program.inputs[0]?.readerSchema).toMatchObject({ fields: [{ name: 'before', type: ['null', { fields: [{ name: 'a' }] }] }, { name: 'after' }, { name: 'op', type: ['null', 'string'] }] });
});

test('key columns left out of the value are fields of the key, and not in the value’s schema', () => {
  const options = "'topic' = 'in', 'key.format' = 'avro-confluent', 'key.fields' = 'k_id', 'key.fields-prefix' = 'k_', 'value.format' = 'avro-confluent', 'value.fields-include' = 'EXCEPT_KEY'";
  const program = uses(`${table('s', 'k_id STRING, a STRING', options)}${SINK}INSERT INTO k SELECT k_id, a FROM s;`);
  expect(fields(program)).toEqual([['in', '$key.id VALUE', 'a VALUE']]);
  expect(program.inputs[0]?.readerSchema).toMatchObject({ fields: [{ name: 'a' }] });
});

test('several topics of one table are several datasets, generated rows and consoles none', () => {
  const program = uses(`${table('s', 'a STRING', "'topic' = 'eu;us', 'format' = 'json'")}CREATE TABLE g (a STRING) WITH ('connector' = 'datagen');\n${SINK}INSERT INTO k SELECT s.a, g.a FROM s, g;`);
  expect(program.inputs.map(({ dataset }) => dataset.name)).toEqual(['eu', 'us']);
  expect(program.outputs[0]?.derivations[0]?.from.map(({ dataset }) => dataset.name)).toEqual(['eu', 'us']);
});

test('database tables and indexes are named as OpenLineage names them', () => {
  const program = uses(`CREATE TABLE p (a STRING) WITH ('connector' = 'jdbc', 'url' = 'jdbc:postgresql://user:secret@db:5432/shop?password=secret', 'table-name' = 'public.orders');
CREATE TABLE e (a STRING) WITH ('connector' = 'elasticsearch-7', 'hosts' = 'http://es:9200', 'index' = 'orders');
INSERT INTO e SELECT a FROM p;`);
  expect([program.inputs[0]?.dataset, program.outputs[0]?.dataset]).toEqual([{ namespace: 'postgres://db:5432', name: 'shop.public.orders' }, { namespace: 'elasticsearch://es:9200', name: 'orders' }]);
});

test('a topic pattern, an unmapped type and an unknown connector are unknown, and the use is partial', () => {
  const program = uses(`${table('s', 'a STRING', "'topic-pattern' = 't-.*', 'format' = 'json'")}${table('u', 'a STRING, t TIMESTAMP(9)', "'topic' = 'in', 'format' = 'avro-confluent'")}CREATE TABLE x (a STRING) WITH ('connector' = 'own');\n${SINK}INSERT INTO k SELECT s.a, u.a FROM s, u, x;`);
  expect(program.unknown.map(({ reason }) => reason)).toEqual([expect.stringContaining('every topic that matches t-.*'), expect.stringContaining("connector 'own'"), expect.stringContaining('TIMESTAMP(9)')]);
  expect(program.inputs).toMatchObject([{ dataset: { name: 'in' }, readerSchema: null, completeness: 'partial' }]);
});

test('two statements that write one topic: a field comes from what either gives it', () => {
  const program = uses(`${table('s', 'a STRING, b STRING', "'topic' = 'in', 'format' = 'json'")}${SINK}INSERT INTO k SELECT a, a FROM s; INSERT INTO k SELECT b, a FROM s;`);
  expect(program.outputs).toHaveLength(1);
  expect(program.outputs[0]?.derivations.map(({ to, from }) => [to, ...from.map(({ path }) => path)])).toEqual([['a', 'a', 'b'], ['b', 'a']]);
});

test('a topic read through two tables is one read of the deployed program', () => {
  const program = uses(`${table('s', 'a STRING', "'topic' = 'in', 'format' = 'json'")}${table('t', 'b STRING', "'topic' = 'in', 'format' = 'json'")}${SINK}INSERT INTO k SELECT a, b FROM s, t;`);
  expect(programFactOf(program).reads).toMatchObject([{ dataset: { name: 'in' }, fields: [{ path: 'a' }, { path: 'b' }], completeness: 'complete' }]);
});
