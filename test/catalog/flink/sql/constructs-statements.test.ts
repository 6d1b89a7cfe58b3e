import { describe, expect, test } from 'vitest';
import type { ProgramLineage } from '../../../../server/catalog/flink/lineage.ts';
import { lineageOfScript } from '../../../../server/catalog/flink/sql/script-lineage.ts';
import { followed, TABLES, testConstructs } from './constructs.ts';

const WITH = "WITH ('connector' = 'kafka', 'topic' = 'n')";
const BASE = `CREATE TABLE base (p INT, c AS p + 1, m STRING METADATA FROM 'headers', v INT METADATA VIRTUAL, t TIMESTAMP(3), WATERMARK FOR t AS t, PRIMARY KEY (p) NOT ENFORCED) PARTITIONED BY (p) WITH ('connector' = 'kafka', 'topic' = 'base', 'format' = 'json');`;

function resolved(statements: string): ProgramLineage {
  const result = lineageOfScript(TABLES + statements);
  if (result.outcome === 'invalid') expect.fail(JSON.stringify(result.fault));
  return result.lineage;
}

/** The columns of the one sink, by name. */
function sinkColumns(statements: string): string[] {
  return resolved(statements).sinks.flatMap(({ columns }) => columns.map(({ name }) => name));
}

describe('CREATE TABLE … LIKE', () => {
  testConstructs([
    ['puts the base’s columns first', `CREATE TABLE n (extra STRING) LIKE r; INSERT INTO n SELECT k, x, ts, 'e' FROM l`, ['l.k', 'l.x', 'l.ts', ''], []],
    ['takes computed and metadata columns over', `${BASE} CREATE TABLE n LIKE base; INSERT INTO s3 SELECT c, m, v FROM n`, ['~n.p', 'n.m', 'n.v'], []],
    ['INCLUDING ALL EXCLUDING GENERATED', `${BASE} CREATE TABLE n (c STRING) LIKE base (INCLUDING ALL EXCLUDING GENERATED); INSERT INTO s1 SELECT c FROM n`, ['n.c'], []],
    ['OVERWRITING GENERATED', `${BASE} CREATE TABLE n (c AS m) LIKE base (OVERWRITING GENERATED); INSERT INTO s1 SELECT c FROM n`, ['n.m'], []],
    ['EXCLUDING METADATA lets a column take the name', `${BASE} CREATE TABLE n (v AS UPPER(CAST(p AS STRING))) LIKE base (EXCLUDING METADATA); INSERT INTO s1 SELECT v FROM n`, ['~n.p'], []],
  ]);

  test.each([
    ['GENERATED', 'c'], ['METADATA', 'm'],
  ])('does not have what EXCLUDING %s leaves out', (feature, column) => {
    expect(lineageOfScript(`${BASE} CREATE TABLE n LIKE base (EXCLUDING ${feature}); CREATE TABLE s (a STRING); INSERT INTO s SELECT ${column} FROM n`)).toMatchObject({ outcome: 'invalid', fault: { message: expect.stringContaining(`column '${column}' is in none of the tables here`) } });
  });

  test.each([
    ['', { connector: 'kafka', topic: 'n', format: 'json' }],
    ['(OVERWRITING OPTIONS)', { connector: 'kafka', topic: 'n', format: 'json' }],
    ['(EXCLUDING OPTIONS)', { topic: 'n' }],
    ['(EXCLUDING ALL)', { topic: 'n' }],
    ['(EXCLUDING ALL INCLUDING PARTITIONS INCLUDING CONSTRAINTS EXCLUDING DISTRIBUTION OVERWRITING OPTIONS)', { connector: 'kafka', topic: 'n', format: 'json' }],
  ])('merges options as LIKE %s says', (rules, options) => {
    const { tables } = resolved(`${BASE} CREATE TABLE n WITH ('topic' = 'n') LIKE base ${rules}; INSERT INTO s1 SELECT CAST(p AS STRING) FROM n`);
    expect(tables.find(({ table }) => table.endsWith('.n'))?.options).toEqual(options);
  });

  test.each([['', 1], ['(EXCLUDING WATERMARKS)', 0]])('reads a watermark as LIKE %s says', (rules, count) => {
    const [sink] = resolved(`${BASE} CREATE TABLE n LIKE base ${rules}; INSERT INTO s1 SELECT CAST(p AS STRING) FROM n`).sinks;
    expect(sink?.reads.filter(({ why }) => why === 'WATERMARK')).toHaveLength(count);
  });
});

describe('CREATE TABLE … AS', () => {
  testConstructs([
    ['takes the query’s columns', `CREATE TABLE n ${WITH} AS SELECT k, x + 1 AS xx FROM l`, ['l.k', '~l.x'], []],
    ['puts columns of its own first and fills those of the query by name', `CREATE TABLE n (own INT, x BIGINT, PRIMARY KEY (k) NOT ENFORCED) ${WITH} AS SELECT k, x FROM l`, ['', 'l.x', 'l.k'], []],
    ['orders by a list of names', `CREATE TABLE n (x, k) ${WITH} AS SELECT k, x FROM l`, ['l.x', 'l.k'], []],
    ['CREATE OR REPLACE', `CREATE TABLE n (a INT); CREATE OR REPLACE TABLE n ${WITH} AS SELECT k FROM l; INSERT INTO s1 SELECT k FROM n`, ['l.k', 'n.k'], []],
    ['REPLACE', `CREATE TABLE n (a INT); REPLACE TABLE n ${WITH} AS SELECT k FROM l WHERE x > 1`, ['l.k'], ['FILTER l.x']],
    ['in a statement set', `EXECUTE STATEMENT SET BEGIN CREATE TABLE n ${WITH} AS SELECT k FROM l; INSERT INTO s1 SELECT k FROM r; END`, ['l.k', 'r.k'], []],
    ['IF NOT EXISTS where there is one writes nothing', `CREATE TABLE IF NOT EXISTS s1 ${WITH} AS SELECT k FROM l`, [], []],
    ['of a query with common tables', `CREATE TABLE n ${WITH} AS WITH c AS (SELECT y FROM r) SELECT y AS z FROM c`, ['r.y'], []],
  ]);

  test('names the columns it makes', () => {
    expect(sinkColumns(`CREATE TABLE n (own INT, x BIGINT) ${WITH} AS SELECT k, x, x + 1 AS y FROM l`)).toEqual(['own', 'x', 'k', 'y']);
  });
});

describe('what an ALTER changes for the statements after it', () => {
  testConstructs([
    ['ADD … FIRST and AFTER', "ALTER TABLE s2 ADD (z STRING FIRST, y STRING COMMENT 'y' AFTER a); INSERT INTO s2 SELECT 'z', k, x, ts FROM l", ['', 'l.k', 'l.x', 'l.ts'], []],
    ['ADD a computed column', 'ALTER TABLE l ADD up AS UPPER(k); INSERT INTO s1 SELECT up FROM l', ['~l.k'], []],
    ['MODIFY keeps the place, or takes the one given', 'ALTER TABLE s2 MODIFY a INT; ALTER TABLE s2 MODIFY b INT FIRST; INSERT INTO s2 SELECT k, x FROM l', ['l.k', 'l.x'], []],
    ['DROP', 'ALTER TABLE s3 DROP (a, c); INSERT INTO s3 SELECT k FROM l', ['l.k'], []],
    ['DROP of one column, of keys and watermarks', 'ALTER TABLE s2 DROP a; ALTER TABLE l DROP WATERMARK; ALTER TABLE s2 DROP PRIMARY KEY; INSERT INTO s2 SELECT k FROM l', ['l.k'], []],
    ['RENAME of a column', 'ALTER TABLE l RENAME k TO kk; INSERT INTO s1 SELECT kk FROM l', ['l.kk'], []],
    ['RENAME of a table', 'ALTER TABLE l RENAME TO ll; INSERT INTO s1 SELECT ll.k FROM ll', ['ll.k'], []],
    ['IF EXISTS of a table that is not there', "ALTER TABLE IF EXISTS gone ADD x INT; INSERT INTO s1 SELECT k FROM l", ['l.k'], []],
    ['ALTER VIEW … AS', 'CREATE VIEW v AS SELECT k FROM l; ALTER VIEW v AS SELECT x FROM l; INSERT INTO s1 SELECT x FROM v', ['l.x'], []],
    ['ALTER VIEW … RENAME TO', 'CREATE VIEW v AS SELECT k FROM l; ALTER VIEW v RENAME TO w; INSERT INTO s1 SELECT k FROM w', ['l.k'], []],
    ['a view on a view sees the changed one', 'CREATE VIEW v AS SELECT k AS q FROM l; CREATE VIEW w AS SELECT q FROM v; ALTER VIEW v AS SELECT y AS q FROM r; INSERT INTO s1 SELECT q FROM w', ['r.y'], []],
    ['DROP and CREATE again', 'DROP TABLE IF EXISTS l; CREATE TABLE l (z INT); INSERT INTO s1 SELECT z FROM l', ['l.z'], []],
    ['a temporary table hides the permanent one until it is dropped', 'CREATE TEMPORARY TABLE l (z INT); INSERT INTO s1 SELECT z FROM l; DROP TEMPORARY TABLE l; INSERT INTO s1 SELECT k FROM l', ['l.z', 'l.k'], []],
  ]);

  test('SET and RESET change the options later statements use', () => {
    const { tables } = resolved("ALTER TABLE l SET ('topic' = 'other', 'format' = 'json'); ALTER TABLE l RESET ('connector'); INSERT INTO s1 SELECT k FROM l");
    expect(tables.find(({ roles }) => roles.includes('source'))?.options).toEqual({ topic: 'other', format: 'json' });
  });
});

describe('catalogs and databases', () => {
  testConstructs([
    ['names without a database mean the current one', 'CREATE DATABASE other; USE other; CREATE TABLE l (q INT); INSERT INTO default_database.s1 SELECT q FROM l', ['default_catalog.other.l.q'], []],
    ['a view means what it meant where it was created', 'CREATE VIEW v AS SELECT k FROM l; CREATE DATABASE other; USE other; INSERT INTO default_catalog.default_database.s1 SELECT k FROM default_database.v', ['l.k'], []],
    ['tables the script creates in a catalog of its own', `CREATE CATALOG c WITH ('type' = 'generic_in_memory', 'default-database' = 'd'); USE CATALOG c; CREATE TABLE t (q INT) ${WITH}; INSERT INTO default_catalog.default_database.s1 SELECT q FROM t`, ['c.d.t.q'], []],
    ['USE MODULES, LOAD and UNLOAD MODULE change nothing', 'LOAD MODULE hive; USE MODULES hive, core; UNLOAD MODULE hive; INSERT INTO s1 SELECT k FROM l', ['l.k'], []],
  ]);

  test.each([
    ["CREATE CATALOG lake WITH ('type' = 'iceberg');\nINSERT INTO s2\nSELECT t.a, o.b.c FROM lake.db.t JOIN l ON t.a = l.k", ['lake.db.t.a', 'lake.db.t.o/b/c'], ['JOIN l.k', 'JOIN lake.db.t.a'], { line: 11, column: 24 }],
    ['USE CATALOG lake;\nUSE db;\nINSERT INTO default_catalog.default_database.s2\nSELECT a, UPPER(b) FROM t WHERE c > 1', ['lake.db.t.a', '~lake.db.t.b'], ['FILTER lake.db.t.c'], { line: 12, column: 25 }],
    ['INSERT INTO lake.db.t SELECT k, x FROM l', ['l.k', 'l.x'], [], { line: 9, column: 1 }],
    ['INSERT INTO lake.db.t (q, p) SELECT k, x FROM l', ['l.k', 'l.x'], [], { line: 9, column: 1 }],
    ['INSERT INTO s2 SELECT * FROM lake.db.t', ['?', '?'], [], { line: 9, column: 30 }],
  ])('says what it does not know of a catalog’s table: %s', (statements, columns, reads, position) => {
    const result = lineageOfScript(TABLES + statements);
    expect(followed(result)).toEqual({ columns, reads });
    expect(result.outcome === 'resolved' && result.lineage).toMatchObject({
      completeness: 'partial',
      unknown: [{ reason: expect.stringMatching(/^the columns of table 'lake\.db\.t' are not known: catalog 'lake' /), ...position }],
    });
  });

  test('asks whoever knows tables that the script does not create', () => {
    const known = ({ catalog, database, table }: { catalog: string; database: string; table: string }) =>
      table === 'outside' ? { kind: 'table' as const, name: `${catalog}.${database}.${table}`, columns: [{ name: 'q', source: 'physical' as const, type: null, expression: null }], watermarks: [], options: {}, temporary: false } : null;
    const result = lineageOfScript('INSERT INTO outside SELECT q FROM lake.db.outside', known);
    expect(result.outcome === 'resolved' && result.lineage.completeness).toBe('complete');
    expect(followed(result).columns).toEqual(['lake.db.outside.q']);
  });
});

describe('INSERT', () => {
  testConstructs([
    ['goes by position, not by name', 'INSERT INTO s2 SELECT x AS b, k AS a FROM l', ['l.x', 'l.k'], []],
    ['goes by the column list', 'INSERT INTO s3 (c, a) SELECT k, x FROM l', ['l.x', '', 'l.k'], []],
    ['OVERWRITE with static partitions', "INSERT OVERWRITE s3 PARTITION (b = '2020', c = 'x') SELECT k FROM l", ['l.k', '', ''], []],
    ['a static and a dynamic partition', "INSERT INTO s3 PARTITION (b = 'x') SELECT k, x FROM l", ['l.k', '', 'l.x'], []],
    ['static partitions and a column list', "INSERT INTO s3 PARTITION (c = 'x') (b) SELECT k FROM l", ['', 'l.k', ''], []],
    ['ON CONFLICT', ['ERROR', 'NOTHING', 'DEDUPLICATE'].map((what) => `INSERT INTO s1 SELECT k FROM l ON CONFLICT DO ${what}`).join(';'), ['l.k', 'l.k', 'l.k'], []],
    ['with common tables before the query', 'INSERT INTO s1 WITH c AS (SELECT k FROM l) SELECT k FROM c', ['l.k'], []],
    ['metadata columns are written unless virtual', `${BASE} INSERT INTO base SELECT x, k, ts FROM l`, ['l.x', 'l.k', 'l.ts'], []],
    ['EXECUTE INSERT', 'EXECUTE INSERT INTO s1 SELECT k FROM l', ['l.k'], []],
    ['EXECUTE STATEMENT SET', 'EXECUTE STATEMENT SET BEGIN INSERT INTO s1 SELECT k FROM l; INSERT INTO s1 SELECT y FROM r; END', ['l.k', 'r.y'], []],
    ['BEGIN STATEMENT SET', 'BEGIN STATEMENT SET; INSERT INTO s1 SELECT k FROM l; INSERT INTO s1 SELECT y FROM r; END', ['l.k', 'r.y'], []],
    ['COMPILE PLAN', "COMPILE PLAN 'file:///p.json' IF NOT EXISTS FOR INSERT INTO s1 SELECT k FROM l", ['l.k'], []],
    ['COMPILE AND EXECUTE PLAN of a statement set', "COMPILE AND EXECUTE PLAN '/p' FOR STATEMENT SET BEGIN INSERT INTO s1 SELECT k FROM l; END", ['l.k'], []],
    ['EXPLAIN and DESCRIBE write nothing', 'EXPLAIN INSERT INTO s1 SELECT k FROM l; EXPLAIN PLAN FOR SELECT 1; DESCRIBE l', [], []],
  ]);

  test.each([
    ["EXECUTE PLAN '/p.json'", 'EXECUTE PLAN'], ["DELETE FROM s1 WHERE a = 'x'", 'DELETE'], ["UPDATE s1 SET a = 'x'", 'UPDATE'],
  ])('does not call %s known', (statement, named) => {
    const lineage = resolved(`INSERT INTO s1 SELECT k FROM l;\n  ${statement}`);
    expect(lineage).toMatchObject({ completeness: 'partial', unknown: [{ reason: expect.stringContaining(named), line: 10, column: 3 }] });
    expect(lineage.sinks).toHaveLength(1);
  });
});

describe('around the statements', () => {
  testConstructs([
    ['SET and RESET', "SET 'a' = 'b'; SET; SET execution.runtime-mode = streaming; RESET 'a'; RESET; INSERT INTO s1 SELECT k FROM l", ['l.k'], []],
    ['comments of every kind, in any place', 'INSERT /* a ; b */ INTO -- c ; "\ns1 // d `\nSELECT k/**/FROM l --', ['l.k'], []],
    ['names in back-ticks, with back-ticks in them', 'CREATE TABLE `a``b.c` (`select` INT, `x``y` INT); INSERT INTO s2 SELECT `select`, `a``b.c`.`x``y` FROM `a``b.c`', ['a`b.c.select', 'a`b.c.x`y'], []],
    ['keywords in any case', 'insert into s1 Select k From l wHere x > 1', ['l.k'], ['FILTER l.x']],
    ['names with letters of any script', 'CREATE TABLE größe (名前 INT); INSERT INTO s1 SELECT 名前 FROM größe', ['größe.名前'], []],
    ['functions, jars, shows', "CREATE TEMPORARY SYSTEM FUNCTION IF NOT EXISTS f AS 'a.B' LANGUAGE JAVA USING JAR 'x.jar'; CREATE FUNCTION g AS 'a.C' LANGUAGE PYTHON; ADD JAR 'x.jar'; SHOW TABLES; DROP FUNCTION g; INSERT INTO s1 SELECT f(k) FROM l", ['~l.k'], []],
    ['hints of queries', "INSERT INTO s2 SELECT /*+ BROADCAST(r), STATE_TTL('l' = '1d') */ l.k, y FROM l /*+ OPTIONS('scan.startup.mode' = 'latest-offset') */ JOIN r ON l.k = r.k", ['l.k', 'r.y'], ['JOIN l.k', 'JOIN r.k']],
    ['a hint before an alias', "INSERT INTO s1 SELECT a.k FROM l /*+ OPTIONS('topic' = 'x') */ AS a", ['l.k'], []],
    ['ways to declare a table', "CREATE TABLE n (a INT PRIMARY KEY NOT ENFORCED COMMENT 'c', b STRING COMMENT 'it''s', CONSTRAINT pk UNIQUE (b) NOT ENFORCED) COMMENT 't' DISTRIBUTED BY HASH(a) INTO 4 BUCKETS PARTITIONED BY (b) WITH ('a' = 'b'); INSERT INTO s1 SELECT b FROM n", ['n.b'], []],
    ['a computed column of a computed row', 'CREATE TABLE n (o ROW<a INT>, b AS o.a, c AS o.a + 1); INSERT INTO s2 SELECT b, c FROM n', ['n.o/a', '~n.o/a'], []],
  ]);

  test('the options of a hint win for the table it stands behind', () => {
    const { tables } = resolved("INSERT INTO s1 /*+ OPTIONS('topic' = 'out') */ SELECT a.k FROM l /*+ OPTIONS('topic' = 'it''s') */ a JOIN l b ON a.k = b.k");
    expect(tables.map(({ roles, options }) => `${roles.join()} ${options['topic']}`).sort()).toEqual(['sink out', "source it's", 'source l']);
  });
});
