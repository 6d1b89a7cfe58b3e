import { expect, test } from 'vitest';
import type { LineageResult, SinkLineage } from '../../../../server/catalog/flink/lineage.ts';
import { lineageOfScript } from '../../../../server/catalog/flink/sql/script-lineage.ts';

const DEEP = 10_000;
const LONG = 100_000;
const TABLES = "CREATE TABLE t (a INT, r ROW<x INT>, items ARRAY<INT>) WITH ('connector' = 'kafka');\nCREATE TABLE s (a INT) WITH ('connector' = 'kafka');\n";

const inserting = (query: string): string => `${TABLES}INSERT INTO s ${query}`;
const selecting = (expression: string): string => inserting(`SELECT ${expression} FROM t`);
const chained = (item: string, between: string, count = LONG): string => Array.from({ length: count }, () => item).join(between);
const numbered = (count: number, item: (i: number) => string, between = ', '): string => Array.from({ length: count }, (_, i) => item(i)).join(between);
const around = (open: string, inside: string, close: string, depth = DEEP): string => open.repeat(depth) + inside + close.repeat(depth);

function fault(result: LineageResult): string {
  if (result.outcome !== 'invalid') return 'answered';
  const { message, line = 0, column = 0 } = result.fault;
  expect(line).toBeGreaterThan(0);
  expect(column).toBeGreaterThan(0);
  expect(message.length).toBeLessThan(2_000);
  return message;
}

function sinks(result: LineageResult): readonly SinkLineage[] {
  if (result.outcome === 'invalid') expect.fail(JSON.stringify(result.fault).slice(0, 300));
  return result.lineage.sinks;
}

const NESTED: readonly (readonly [string, string])[] = [
  ['parentheses', selecting(around('(', 'a', ')'))],
  ['parentheses that never close', selecting('('.repeat(LONG))],
  ['queries in parentheses', inserting(around('(', 'SELECT a FROM t', ')'))],
  ['queries in FROM', inserting(around('SELECT a FROM (', 'SELECT a FROM t', ')'))],
  ['scalar subqueries', inserting(around('SELECT (', 'SELECT a FROM t', ')'))],
  ['EXISTS', `${selecting('a')} WHERE ${around('EXISTS (SELECT 1 FROM t WHERE ', 'TRUE', ')')}`],
  ['common tables', inserting('WITH c AS ('.repeat(DEEP))],
  ['row types', `CREATE TABLE d (a ${around('ROW<a ', 'INT', '>')})`],
  ['array types', `CREATE TABLE d (a ${around('ARRAY<', 'INT', '>')})`],
  ['array suffixes', `CREATE TABLE d (a INT ${'ARRAY '.repeat(DEEP)})`],
  ['casts to deep types', selecting(`CAST(a AS ${around('MAP<INT, ', 'INT', '>')})`)],
  ['joins', inserting(`SELECT t.a FROM ${around('(', 't', ' JOIN s ON TRUE)')}`)],
  ['joins that never close', inserting(`SELECT t.a FROM ${'('.repeat(LONG)}`)],
  ['CASE', selecting(around('CASE WHEN TRUE THEN ', 'a', ' END'))],
  ['conditions of CASE', selecting(around('CASE WHEN ', 'a = 1', ' THEN TRUE END'))],
  ['brackets', selecting(around('items[', '1', ']'))],
  ['brackets in a row', selecting(`items${'[1]'.repeat(DEEP)}`)],
  ['brackets in a row inside brackets in a row', selecting(around('(', 'items', `${'[1]'.repeat(200)})`, 200))],
  ['array constructors', selecting(around('ARRAY[', '1', ']'))],
  ['NOT', selecting(`${'NOT '.repeat(DEEP)}TRUE`)],
  ['unary minus', selecting(`${'- '.repeat(DEEP)}a`)],
  ['calls', selecting(around('f(', 'a', ')'))],
  ['casts', selecting(around('CAST(', 'a', ' AS INT)'))],
  ['OVER', selecting(around('SUM(1) OVER (ORDER BY ', 'a', ')'))],
  ['table functions', inserting(`SELECT 1 FROM ${'TABLE(f('.repeat(DEEP)}`)],
  ['table arguments', inserting(`SELECT 1 FROM TABLE(${'f(TABLE('.repeat(DEEP)}`)],
  ['grouping sets', `${selecting('a')} GROUP BY ${around('ROLLUP(', 'a', ')')}`],
  ['comparisons in a row', selecting(chained('a', ' = '))],
  ['IS NULL in a row', selecting(`a${' IS NULL'.repeat(LONG)}`)],
  ['time zones in a row', selecting(`a${" AT TIME ZONE 'UTC'".repeat(LONG)}`)],
  ['EXECUTE in a row', 'EXECUTE '.repeat(LONG)],
];

test.each(NESTED)('refuses %s nested beyond any use, and says where', (_, script) => {
  expect(fault(lineageOfScript(script))).toMatch(/nested more than \d+ levels deep|more than \d+ steps on top of each other|expected .+, found/);
});

const DEEP_ENOUGH: readonly (readonly [string, string])[] = [
  ['parentheses', selecting(around('(', 'a', ')', 200))],
  ['queries', inserting(around('SELECT a FROM (', 'SELECT a FROM t', ')', 100))],
  ['calls', selecting(around('f(', 'a', ')', 100))],
  ['CASE', selecting(around('CASE WHEN TRUE THEN ', 'a', ' END', 200))],
  ['joins', inserting(`SELECT x.a FROM ${around('(', 't x', ' CROSS JOIN (SELECT 1) y)', 1)}`)],
  ['row types', `CREATE TABLE d (a ${around('ROW<a ', 'INT', '>', 200)}); CREATE TABLE s (a INT); INSERT INTO s SELECT d.a${'.a'.repeat(200)} FROM d`],
];

test.each(DEEP_ENOUGH)('answers %s nested deeper than people do', (_, script) => {
  expect(sinks(lineageOfScript(script))[0]?.columns[0]?.origins).toHaveLength(1);
});

const LONG_CHAINS: readonly (readonly [string, string])[] = [
  ['+', selecting(chained('a', ' + '))],
  ['AND', selecting(chained('a = 1', ' AND '))],
  ['OR', selecting(chained('a = 1', ' OR '))],
  ['IN', selecting(`a IN (${chained('a', ',')})`)],
  ['WHEN', selecting(`CASE ${'WHEN a = 1 THEN a '.repeat(20_000)}END`)],
  ['arguments', selecting(`f(${chained('a', ',')})`)],
  ['UNION ALL', inserting(chained('SELECT a FROM t', ' UNION ALL ', 50_000))],
  ['INTERSECT', inserting(chained('SELECT a FROM t', ' INTERSECT ', 50_000))],
  ['values of WHEN', selecting(`CASE a WHEN ${chained('1', ',', 200_000)} THEN a END`)],
  ['ORDER BY', `${selecting('a')} ORDER BY ${chained('a', ',')}`],
  ['joins', inserting(`SELECT t0.a FROM t t0 ${numbered(400, (i) => `JOIN t t${i + 1} ON t${i}.a = t${i + 1}.a`, ' ')}`)],
  ['USING', inserting(`SELECT a FROM t t0 ${numbered(400, (i) => `JOIN t t${i + 1} USING (a)`, ' ')}`)],
  ['common tables', inserting(`WITH c0 AS (SELECT a FROM t), ${numbered(2_000, (i) => `c${i + 1} AS (SELECT a FROM c${i})`)} SELECT a FROM c2000`)],
];

test.each(LONG_CHAINS)('answers long chains of %s', (_, script) => {
  expect(sinks(lineageOfScript(script))[0]?.columns[0]?.origins).toEqual(expect.arrayContaining([expect.objectContaining({ column: 'a', path: [] })]));
});

const TOO_LONG: readonly (readonly [string, string, RegExp])[] = [
  ['joins', inserting(`SELECT t0.a FROM t t0 ${numbered(LONG / 10, (i) => `CROSS JOIN t t${i + 1}`, ' ')}`), /more than \d+ tables in one FROM clause/],
  ['commas', inserting(`SELECT 1 FROM ${numbered(LONG, (i) => `t t${i}`)}`), /more than \d+ tables in one FROM clause/],
  ['dots', selecting(chained('a', '.')), /a name of more than \d+ parts/],
  ['dots behind a row', selecting(`r${'.x'.repeat(LONG)}`), /a name of more than \d+ parts/],
  ['dots behind an expression', selecting(`(r)${'.x'.repeat(LONG)}`), /more than \d+ steps/],
  ['dots in a table’s name', inserting(`SELECT a FROM ${chained('a', '.')}`), /a name of more than \d+ parts/],
  ['windows', `${selecting('SUM(a) OVER w5000')} WINDOW w0 AS (ORDER BY a), ${numbered(5_000, (i) => `w${i + 1} AS (w${i})`)}`, /more than \d+ windows are based on each other/],
  ['views on views', `${TABLES}CREATE VIEW v0 AS SELECT a FROM t;${numbered(1_000, (i) => `CREATE VIEW v${i + 1} AS SELECT a FROM v${i};`, '')}ALTER TABLE t SET ('k' = 'v');INSERT INTO s SELECT a FROM v1000`, /more than \d+ views stand on each other/],
  ...([['subqueries', '(SELECT ', ' FROM t LIMIT 1)'], ['queries', '(SELECT a FROM ', ')'], ['expressions', 'CASE WHEN TRUE THEN ', ' END'], ['joins', '(', ' CROSS JOIN (VALUES (1)))']] as const).map(([what, open, close]): [string, string, RegExp] => [
    `${what} of views on views`,
    `${TABLES}CREATE VIEW v0 AS SELECT a FROM t;${numbered(199, (i) => `CREATE VIEW v${i + 1} AS ${what === 'queries' || what === 'joins' ? `SELECT 1 AS a FROM ${around(open, `v${i}`, close, 60)}` : `SELECT ${around(open, `(SELECT a FROM v${i})`, close, 60)} AS a`};`, '')}ALTER TABLE t SET ('k' = 'v');INSERT INTO s SELECT a FROM v199`,
    /stands more than \d+ levels deep/,
  ]),
  ['columns', `CREATE TABLE w (${numbered(5_000, (i) => `c${i} INT`)});CREATE TABLE s (a INT);INSERT INTO s SELECT ${chained('w.*', ',', 20_000)} FROM w`, /more than \d+ columns together/],
  ['origins', `CREATE TABLE w (${numbered(2_000, (i) => `c${i} INT`)});CREATE VIEW v AS SELECT ${numbered(2_000, (i) => `c${i}`, ' + ')} AS x FROM w;CREATE TABLE s (${numbered(2_000, (i) => `c${i} INT`)});INSERT INTO s SELECT ${chained('x', ',', 2_000)} FROM v`, /more than \d+ origins and reads together/],
  ['reads', `CREATE TABLE w (${numbered(2_000, (i) => `c${i} INT`)});CREATE VIEW v AS SELECT 1 AS x FROM w WHERE ${numbered(2_000, (i) => `c${i}`, ' + ')} > 1;CREATE TABLE s (a INT);${'INSERT INTO s SELECT x FROM v;'.repeat(2_000)}`, /more than \d+ origins and reads together/],
];

test.each(TOO_LONG)('names the limit that %s go beyond', (_, script, message) => {
  expect(fault(lineageOfScript(script))).toMatch(message);
});

test('carries 5,000 columns through 64 views of *', () => {
  const columns = numbered(5_000, (i) => `c${i} INT`);
  const script = `CREATE TABLE w (${columns}); CREATE TABLE ws (${columns}); CREATE VIEW v0 AS SELECT * FROM w;\n`
    + `${numbered(64, (i) => `CREATE VIEW v${i + 1} AS SELECT * FROM v${i};`, '\n')}\nINSERT INTO ws SELECT * FROM v64`;
  const [sink] = sinks(lineageOfScript(script));
  expect(sink?.columns).toHaveLength(5_000);
  expect(sink?.columns.every(({ name, origins }) => origins?.length === 1 && origins[0]?.column === name && origins[0].kind === 'IDENTITY')).toBe(true);
});

test.each([
  ['x + x', (i: number) => `SELECT x + x AS x FROM v${i}`],
  ['joins of a view with itself', (i: number) => `SELECT l.x + r.x AS x FROM v${i} l JOIN v${i} r ON l.x = r.x`],
  ['unions of a view with itself', (i: number) => `SELECT x + 1 AS x FROM v${i} UNION ALL SELECT x FROM v${i}`],
  ['rows of rows', (i: number) => `SELECT ROW(x, x) AS x FROM v${i}`],
])('does not grow exponentially where 64 views double %s', (_, query) => {
  const script = `${TABLES}CREATE VIEW v0 AS SELECT a AS x FROM t;\n${numbered(64, (i) => `CREATE VIEW v${i + 1} AS ${query(i)};`, '\n')}\nINSERT INTO s SELECT x FROM v64`;
  const [sink] = sinks(lineageOfScript(script));
  expect(new Set(sink?.columns[0]?.origins?.map(({ column }) => column))).toEqual(new Set(['a']));
});

test.each([
  ['columns', `CREATE TABLE w (${numbered(50_000, (i) => `c${i} INT`)}); CREATE TABLE s (a INT); INSERT INTO s SELECT c49999 FROM w`],
  ['keys', `CREATE TABLE w (${numbered(20_000, (i) => `c${i} INT`)}, PRIMARY KEY (${numbered(20_000, (i) => `c${i}`)}) NOT ENFORCED); CREATE TABLE s (a INT); INSERT INTO s SELECT c19999 FROM w`],
  ['columns that are grouped', `CREATE TABLE w (${numbered(10_000, (i) => `c${i} INT`)}); CREATE TABLE s (a INT); INSERT INTO s SELECT a FROM (SELECT c9999 AS a, ${numbered(9_999, (i) => `c${i}`)} FROM w GROUP BY ${numbered(10_000, (i) => `c${i}`)})`],
  ['columns added one by one', `CREATE TABLE w (c INT); CREATE TABLE s (a INT); ${numbered(5_000, (i) => `ALTER TABLE w ADD c${i} INT;`, '')} INSERT INTO s SELECT c4999 FROM w`],
  ['columns written by name', `CREATE TABLE s (${numbered(20_000, (i) => `c${i} INT`)}); CREATE TABLE w (a INT); INSERT INTO s (${numbered(20_000, (i) => `c${19_999 - i}`)}) SELECT ${chained('a', ',', 20_000)} FROM w`],
  ['fields of a row', `CREATE TABLE w (r ROW<${numbered(20_000, (i) => `c${i} INT`)}>); CREATE TABLE s (a INT); INSERT INTO s SELECT a FROM (SELECT ${numbered(20_000, (i) => `r.c${i}`)}, c7 AS a FROM w)`],
  ['rows that hide a field', `CREATE TABLE w (${numbered(50_000, (i) => `r${i} ROW<c${i} INT>`)}); CREATE TABLE s (a INT); INSERT INTO s SELECT c49999 FROM w`],
  ['statements', `CREATE TABLE w (a INT); CREATE TABLE s (a INT); ${'INSERT INTO s SELECT a FROM w;'.repeat(20_000)}`],
])('answers tables and statements with many %s', (_, script) => {
  expect(sinks(lineageOfScript(script))[0]?.columns[0]?.origins).toHaveLength(1);
});

test('refuses a name that 60,000 rows hide a field of', () => {
  const script = `CREATE TABLE w (r ROW<${numbered(60_000, (i) => `r${i} ROW<x INT>`)}>); CREATE TABLE s (a INT); INSERT INTO s SELECT x FROM w`;
  expect(fault(lineageOfScript(script))).toMatch(/column 'x' is ambiguous/);
});

test.each([
  ['views', `${TABLES}CREATE VIEW v AS SELECT a FROM t;\nCREATE VIEW w AS SELECT a FROM v;\nALTER VIEW v AS SELECT a FROM w;\nINSERT INTO s SELECT a FROM w`],
  ['a view', `${TABLES}CREATE VIEW v AS SELECT a FROM t;\nALTER VIEW v AS SELECT a FROM v;\nINSERT INTO s SELECT a FROM v`],
  ['windows', `${selecting('SUM(a) OVER w')} WINDOW w AS (v), v AS (w)`],
  ['a window', `${selecting('SUM(a) OVER w')} WINDOW w AS (w ORDER BY a)`],
])('refuses %s defined by themselves', (_, script) => {
  expect(fault(lineageOfScript(script))).toMatch(/is defined by itself/);
});

test.each([
  ['a text', `SELECT 'abc${"''".repeat(LONG)}`, /this text is never closed/, 8],
  ['a name', `SELECT \`abc${'``'.repeat(LONG)}`, /this name is never closed/, 8],
  ['a comment', `SELECT /* ${'x '.repeat(LONG)}`, /this comment is never closed/, 8],
])('says where %s began that is never closed', (_, script, message, column) => {
  const result = lineageOfScript(script);
  expect(fault(result)).toMatch(message);
  expect(result).toMatchObject({ fault: { line: 1, column } });
});

test.each([
  ['nothing', ''], ['spaces', ' '.repeat(1_000_000)], ['semicolons', ';'.repeat(LONG)], ['comments', '/**/-- x\n'.repeat(LONG)], ['hints', "/*+ OPTIONS('a'='b') */".repeat(20_000)],
])('finds nothing in a script of %s', (_, script) => {
  expect(lineageOfScript(script)).toEqual({ outcome: 'resolved', lineage: { completeness: 'complete', sinks: [], tables: [], unknown: [] } });
});

test.each([['a NUL', 'SELECT a\u0000'], ['a lone surrogate', 'SELECT a\ud800'], ['a double quote', 'SELECT a"']])('refuses %s outside quotes, and points at it', (_, script) => {
  expect(lineageOfScript(script)).toMatchObject({ outcome: 'invalid', fault: { line: 1, column: 9 } });
});

test('keeps NUL and lone surrogates inside quotes as they are', () => {
  const [sink] = sinks(lineageOfScript("CREATE TABLE t (`a\u0000` INT, `\udc00b` STRING);CREATE TABLE s (`\ud800` INT, b STRING);INSERT INTO s SELECT `a\u0000`, `\udc00b` || '\u0000\ud800' FROM t"));
  expect(sink?.columns.map(({ name, origins }) => [name, origins?.[0]?.column])).toEqual([['\ud800', 'a\u0000'], ['b', '\udc00b']]);
});

const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

test.each(INHERITED)('takes %s for a name like any other', (name) => {
  const script = `CREATE TABLE \`${name}\` (\`${name}\` INT, r ROW<\`${name}\` INT>) WITH ('connector' = 'kafka', '${name}' = 'x', 'topic' = 'y');
    CREATE TABLE s (\`${name}\` INT, b INT, c INT) WITH ('${name}' = 'x');
    CREATE VIEW v AS WITH w AS (SELECT \`${name}\`.\`${name}\` AS \`${name}\`, r FROM \`${name}\` /*+ OPTIONS('${name}' = 'z') */) SELECT * FROM w;
    INSERT INTO s SELECT \`${name}\`.\`${name}\`, \`${name}\`.r.\`${name}\`, \`${name}\`(\`${name}\`.r) FROM v AS \`${name}\``;
  const [sink] = sinks(lineageOfScript(script));
  const table = `default_catalog.default_database.${name}`;
  expect(sink?.columns).toEqual([
    { name, origins: [{ table, column: name, path: [], kind: 'IDENTITY' }] },
    { name: 'b', origins: [{ table, column: 'r', path: [name], kind: 'IDENTITY' }] },
    { name: 'c', origins: [{ table, column: 'r', path: [], kind: 'TRANSFORM' }] },
  ]);
});

test.each(INHERITED)('does not find a column or table named %s where there is none', (name) => {
  expect(fault(lineageOfScript(selecting(`\`${name}\``)))).toContain(`column '${name}' is in none of the tables here`);
  expect(fault(lineageOfScript(inserting(`SELECT 1 FROM \`${name}\``)))).toContain(`table '${name}' is neither created in the script nor known`);
  expect(fault(lineageOfScript(name))).toContain('expected a statement');
  expect(sinks(lineageOfScript(selecting(`CAST(a AS \`${name}\`)`)))).toHaveLength(1);
});

test('holds as many unknown parts as a long script has', () => {
  const result = lineageOfScript(inserting(chained('SELECT a FROM c.d.t', ' UNION ALL ', 100_000)));
  expect(result.outcome === 'resolved' && result.lineage.unknown.length).toBe(100_000);
});

test('shortens what it found in an error', () => {
  expect(fault(lineageOfScript(selecting(`a ${'x'.repeat(1_000_000)} y`)))).toBeTruthy();
  expect(fault(lineageOfScript(selecting('x'.repeat(1_000_000))))).toBeTruthy();
  expect(fault(lineageOfScript(inserting(`SELECT a FROM ${'x'.repeat(1_000_000)}`)))).toBeTruthy();
});

test('refuses a script longer than it takes, and names the limit', () => {
  const result = lineageOfScript(' '.repeat(4 * 1_048_576 + 1));
  expect(result.outcome === 'invalid' && result.fault.message).toMatch(/longer than \d+ characters/);
});
