import { describe, expect, test } from 'vitest';
import { typeText } from '../../../../server/catalog/flink/logical-type.ts';
import { lineageOfScript } from '../../../../server/catalog/flink/sql/script-lineage.ts';
import { type Construct, testConstructs } from './constructs.ts';

const of = (expression: string, origins: string, reads: readonly string[] = [], table = 'l'): Construct => [expression, `INSERT INTO s1 SELECT ${expression} FROM ${table}`, [origins], reads];

describe('functions with words among their arguments', () => {
  testConstructs([
    of('TRIM(k)', '~l.k'),
    of("TRIM(BOTH 'x' FROM k)", '~l.k'),
    of('TRIM(LEADING FROM k)', '~l.k'),
    of("TRIM(TRAILING CAST(x AS STRING) FROM k)", '~l.k ~l.x'),
    of('EXTRACT(YEAR FROM ts)', '~l.ts'),
    of('EXTRACT(EPOCH FROM ts)', '~l.ts'),
    of("OVERLAY(k PLACING 'abc' FROM x FOR x + 1)", '~l.k ~l.x'),
    of("POSITION(k IN 'abc')", '~l.k'),
    of('SUBSTRING(k FROM x FOR 2)', '~l.k ~l.x'),
    of('SUBSTRING(k FROM 2)', '~l.k'),
    of('SUBSTRING(k, x)', '~l.k ~l.x'),
    of('FLOOR(ts TO HOUR)', '~l.ts'),
    of('CEIL(ts TO DAY)', '~l.ts'),
    of('TIMESTAMPADD(DAY, x, ts)', '~l.ts ~l.x'),
    of('TIMESTAMPDIFF(SECOND, ts, CURRENT_TIMESTAMP)', '~l.ts'),
    of('YEAR(ts)', '~l.ts'),
    of('LEFT(k, x)', '~l.k ~l.x'),
    of('CAST(x AS STRING)', '~l.x'),
    of('TRY_CAST(k AS INT)', '~l.k'),
    of('IF(x > 1, k, NULL)', '~l.k ~l.x'),
    of('NULLIF(k, CAST(x AS STRING))', '~l.k ~l.x'),
    of('CURRENT_DATE', ''),
    of('PROCTIME()', ''),
    of('my_catalog.my_db.my_function(k)', '~l.k'),
    of('my_function(a => k, b => x)', '~l.k ~l.x'),
  ]);
});

describe('JSON', () => {
  testConstructs([
    of("JSON_VALUE(k, '$.a' RETURNING INT NULL ON EMPTY ERROR ON ERROR)", '~l.k'),
    of("JSON_VALUE(k, '$.a' DEFAULT x ON EMPTY DEFAULT 1 ON ERROR)", '~l.k ~l.x'),
    of("JSON_QUERY(k, '$.a' RETURNING ARRAY<STRING> WITH CONDITIONAL ARRAY WRAPPER EMPTY ARRAY ON EMPTY NULL ON ERROR)", '~l.k'),
    of("JSON_QUERY(k, '$.a' WITHOUT ARRAY WRAPPER EMPTY OBJECT ON ERROR)", '~l.k'),
    of("JSON_EXISTS(k, '$.a' TRUE ON ERROR)", '~l.k'),
    of("JSON_OBJECT(KEY 'a' VALUE x, 'b' VALUE JSON_ARRAY(ts) NULL ON NULL)", '~l.ts ~l.x'),
    of("JSON_OBJECT(k : x ABSENT ON NULL)", '~l.k ~l.x'),
    of('JSON_ARRAY(k, x NULL ON NULL)', '~l.k ~l.x'),
    of('JSON_ARRAY()', ''),
    of('JSON_OBJECTAGG(KEY k VALUE x ABSENT ON NULL)', '~l.k ~l.x'),
    of('JSON_ARRAYAGG(x NULL ON NULL)', '~l.x'),
    of('k IS JSON', '~l.k'),
    of('k IS NOT JSON OBJECT', '~l.k'),
    of('JSON_STRING(x)', '~l.x'),
  ]);
});

describe('operators', () => {
  testConstructs([
    of('x BETWEEN SYMMETRIC 1 AND x + 2', '~l.x'),
    of("k NOT LIKE 'a!%' ESCAPE '!'", '~l.k'),
    of("k SIMILAR TO 'a'", '~l.k'),
    of('x IS NOT DISTINCT FROM 1', '~l.x'),
    of('(x > 1) IS NOT TRUE', '~l.x'),
    of('x IN (1, 2, 3)', '~l.x'),
    of('(k, x) IN ((\'a\', 1), (\'b\', 2))', '~l.k ~l.x'),
    of('- x', '~l.x'),
    of('+ x', 'l.x'),
    of('x % 2 + x * 3 - x / 4', '~l.x'),
    of("k || '-' || CAST(x AS STRING)", '~l.k ~l.x'),
    of("NOT x = 1 AND k = 'a' OR ts IS NULL", '~l.k ~l.ts ~l.x'),
    of("CASE k WHEN 'a' THEN x WHEN 'b', 'c' THEN 0 ELSE NULL END", '~l.k ~l.x'),
    of("ts + INTERVAL '1 02:03' DAY TO MINUTE", '~l.ts'),
    of("ts > TIMESTAMP '2020-01-01 00:00:00' OR ts > DATE '2020-01-01'", '~l.ts'),
    of("(ts, INTERVAL '1' DAY) OVERLAPS (ts, INTERVAL '2' DAY)", '~l.ts'),
    of("U&'\\00e9' || x'ff' || e'a' || 'it''s'", ''),
    of("'a'\n'b'", ''),
  ]);
});

describe('rows and collections', () => {
  testConstructs([
    of('o.b.c', 'd.o/b/c', [], 'd'),
    of('d.o.a', 'd.o/a', [], 'd'),
    of('(o).b.e', 'd.o/b/e', [], 'd'),
    of('(o.b).e', 'd.o/b/e', [], 'd'),
    of('c', 'd.o/b/c', [], 'd'),
    of('items[1].sku', 'd.items/[]/sku', [], 'd'),
    of('items[CARDINALITY(tags)].n', 'd.items/[]/n ~d.tags', [], 'd'),
    of("props['a']", 'd.props/{value}', [], 'd'),
    of('props[id]', 'd.props/{value} ~d.id', [], 'd'),
    of("ARRAY[id, 'x'][1]", '~d.id', [], 'd'),
    of("MAP['a', id, 'b', o.a]", '~d.id ~d.o/a', [], 'd'),
    of('ROW(id, o.a)', '~d.id ~d.o/a', [], 'd'),
    of('CAST(ROW(id, o.a) AS ROW<p STRING, q INT>).q', 'd.o/a', [], 'd'),
    of('ARRAY(SELECT x FROM l)', '~l.x', [], 'd'),
    of('CARDINALITY(bag)', '~d.bag', [], 'd'),
    ['o.* and a qualified row', 'INSERT INTO s4 SELECT o.*, d.o.b.* FROM d', ['d.o/a', 'd.o/b', 'd.o/b/c', 'd.o/b/e'], []],
    ['fields of a built row come back one by one', 'INSERT INTO s2 SELECT q.f, q.g FROM (SELECT CAST(ROW(k, x + 1) AS ROW<f STRING, g INT>) AS q FROM l)', ['l.k', '~l.x'], []],
  ]);
});

const TYPES: readonly (readonly [string, string])[] = [
  ['CHAR', 'CHAR(1)'], ['CHARACTER VARYING(5)', 'VARCHAR(5)'], ['VARCHAR', 'VARCHAR(1)'], ['STRING NOT NULL', 'STRING NOT NULL'], ['BINARY(3)', 'BINARY(3)'], ['BYTES', 'BYTES'], ['BINARY VARYING(3)', 'VARBINARY(3)'],
  ['DECIMAL', 'DECIMAL(10, 0)'], ['DEC(4)', 'DECIMAL(4, 0)'], ['NUMERIC(4, 2)', 'DECIMAL(4, 2)'], ['DOUBLE PRECISION', 'DOUBLE'], ['REAL', 'FLOAT'], ['INT', 'INTEGER'],
  ['TIME', 'TIME(0)'], ['TIME(3) WITHOUT TIME ZONE', 'TIME(3)'], ['TIMESTAMP', 'TIMESTAMP(6)'], ['TIMESTAMP(3) WITH LOCAL TIME ZONE', 'TIMESTAMP_LTZ(3)'], ['TIMESTAMP_LTZ(9)', 'TIMESTAMP_LTZ(9)'], ['TIMESTAMP(3) WITH TIME ZONE', 'TIMESTAMP_TZ(3)'],
  ['INTERVAL YEAR(4) TO MONTH', 'INTERVAL'], ['INTERVAL DAY(3) TO SECOND(6)', 'INTERVAL'], ['INTERVAL MINUTE', 'INTERVAL'], ["RAW('java.lang.Object', 'AAAA')", 'RAW'], ['BOOLEAN NULL', 'BOOLEAN'],
  ['ARRAY<INT NOT NULL> NOT NULL', 'ARRAY<INTEGER NOT NULL> NOT NULL'], ['INT ARRAY', 'ARRAY<INTEGER>'], ['INT NOT NULL ARRAY NOT NULL MULTISET', 'MULTISET<ARRAY<INTEGER NOT NULL> NOT NULL>'], ['MULTISET<STRING>', 'MULTISET<STRING>'],
  ['MAP<STRING, ROW<a INT, `b c` ARRAY<MAP<INT, BYTES>>>>', 'MAP<STRING, ROW<`a` INTEGER, `b c` ARRAY<MAP<INTEGER, BYTES>>>>'],
  ["ROW<a INT NOT NULL 'x', b STRING 'y'>", 'ROW<`a` INTEGER NOT NULL, `b` STRING>'], ['ROW(a INT, b ROW<c STRING>)', 'ROW<`a` INTEGER, `b` ROW<`c` STRING>>'], ['ROW<>', 'ROW<>'],
  ["STRUCTURED<'com.example.P', name STRING NOT NULL, place ROW<x INT>>", 'ROW<`name` STRING NOT NULL, `place` ROW<`x` INTEGER>>'],
];

test.each(TYPES)('reads the type %s', (written, expected) => {
  const result = lineageOfScript(`CREATE TABLE t (a ${written}, b INT); CREATE TABLE s (b INT); INSERT INTO s SELECT b FROM t WHERE CAST(NULL AS ${written}) IS NULL`);
  if (result.outcome === 'invalid') expect.fail(JSON.stringify(result.fault));
  const type = result.lineage.tables.find(({ table }) => table.endsWith('.t'))?.columns[0]?.type;
  expect(type && typeText(type)).toBe(expected);
});
