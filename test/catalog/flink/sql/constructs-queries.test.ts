import { describe } from 'vitest';
import { testConstructs } from './constructs.ts';

describe('joins', () => {
  testConstructs([
    ['NATURAL JOIN merges what both sides have', 'INSERT INTO s4 SELECT k, CAST(ts AS STRING), x, y FROM l NATURAL JOIN r', ['~l.k ~r.k', '~l.ts ~r.ts', 'l.x', 'r.y'], ['JOIN l.k', 'JOIN l.ts', 'JOIN r.k', 'JOIN r.ts']],
    ['the shared columns of a NATURAL JOIN come first in *', 'INSERT INTO s4 SELECT * FROM l NATURAL JOIN r', ['~l.k ~r.k', '~l.ts ~r.ts', 'l.x', 'r.y'], ['JOIN l.k', 'JOIN l.ts', 'JOIN r.k', 'JOIN r.ts']],
    ['a qualified name reaches one side of a USING join', 'INSERT INTO s2 SELECT l.k, r.k FROM l FULL JOIN r USING (k)', ['l.k', 'r.k'], ['JOIN l.k', 'JOIN r.k']],
    ['every outer join', 'INSERT INTO s4 SELECT a.k, b.y, c.x, e.y FROM l a LEFT OUTER JOIN r b ON a.k = b.k RIGHT JOIN l c ON c.x = b.y FULL OUTER JOIN r e ON e.y > c.x', ['l.k', 'r.y', 'l.x', 'r.y'], ['JOIN l.k', 'JOIN l.x', 'JOIN r.k', 'JOIN r.y']],
    ['a comma join is decided by WHERE', 'INSERT INTO s1 SELECT x FROM l, r WHERE l.k = r.k', ['l.x'], ['FILTER l.k', 'FILTER r.k']],
    ['CROSS JOIN is decided by nothing', 'INSERT INTO s2 SELECT x, y FROM l CROSS JOIN r', ['l.x', 'r.y'], []],
    ['joins in parentheses', 'INSERT INTO s2 SELECT b.y, a.x FROM l a JOIN (r b JOIN d ON b.k = d.id) ON a.k = d.id', ['r.y', 'l.x'], ['JOIN d.id', 'JOIN l.k', 'JOIN r.k']],
    ['LEFT JOIN LATERAL TABLE(f()) ON TRUE', 'INSERT INTO s3 SELECT k, u, v FROM l LEFT JOIN LATERAL TABLE(split(x, ts)) AS t(u, v) ON TRUE', ['l.k', '~l.ts ~l.x', '~l.ts ~l.x'], ['JOIN l.ts', 'JOIN l.x']],
    ['a table function that is joined on a condition', "INSERT INTO s2 SELECT k, u FROM l JOIN LATERAL TABLE(split(x)) AS t(u) ON t.u = l.k", ['l.k', '~l.x'], ['JOIN l.k', 'JOIN l.x']],
    ['a comma and LATERAL TABLE', 'INSERT INTO s2 SELECT k, u FROM l, LATERAL TABLE(split(k)) AS t(u)', ['l.k', '~l.k'], ['JOIN l.k']],
    ['a lateral query sees the tables before it', 'INSERT INTO s2 SELECT k, n FROM l CROSS JOIN LATERAL (SELECT COUNT(*) + l.x AS n FROM r WHERE r.k = l.k)', ['l.k', '~l.x'], ['FILTER l.k', 'FILTER r.k']],
    ['LEFT JOIN LATERAL (query) ON TRUE', 'INSERT INTO s2 SELECT l.k, m FROM l LEFT JOIN LATERAL (SELECT MAX(y) AS m FROM r WHERE r.k = l.k) ON TRUE', ['l.k', '~r.y'], ['FILTER l.k', 'FILTER r.k']],
    ['CROSS JOIN UNNEST of an array of rows, a map and a multiset', 'INSERT INTO s4 SELECT i.sku, m.v, b.e, p.n FROM d CROSS JOIN UNNEST(items) AS i CROSS JOIN UNNEST(props) AS m (mk, v) CROSS JOIN UNNEST(bag) AS b (e) CROSS JOIN UNNEST(items) WITH ORDINALITY AS p (s, n, pos)', ['d.items/[]/sku', 'd.props/{value}', 'd.bag/[]', 'd.items/[]/n'], ['JOIN d.bag', 'JOIN d.items', 'JOIN d.props']],
    ['FOR SYSTEM_TIME AS OF reads its time', 'INSERT INTO s2 SELECT l.k, r.y FROM l LEFT JOIN r FOR SYSTEM_TIME AS OF l.ts ON l.k = r.k', ['l.k', 'r.y'], ['JOIN l.k', 'JOIN l.ts', 'JOIN r.k']],
    ['a view of several tables joins like a table', 'CREATE VIEW v (kk, yy) AS SELECT l.k, y FROM l JOIN r ON l.k = r.k; INSERT INTO s2 SELECT a.kk, b.y FROM v a JOIN r b ON a.yy = b.y', ['l.k', 'r.y'], ['JOIN l.k', 'JOIN r.k', 'JOIN r.y']],
    ['two tables of one name in two databases', 'CREATE DATABASE other; CREATE TABLE other.l (k STRING); INSERT INTO s2 SELECT default_database.l.x, other.l.k FROM default_database.l JOIN other.l ON default_database.l.k = other.l.k', ['l.x', 'default_catalog.other.l.k'], ['JOIN default_catalog.other.l.k', 'JOIN l.k']],
  ]);
});

describe('subqueries', () => {
  testConstructs([
    ['> ALL compares both sides', 'INSERT INTO s1 SELECT k FROM l WHERE x > ALL (SELECT y FROM r WHERE ts IS NULL)', ['l.k'], ['FILTER l.x', 'FILTER r.ts', 'FILTER r.y']],
    ['= SOME and <> ANY', 'INSERT INTO s1 SELECT k FROM l WHERE x = SOME (SELECT y FROM r) OR k <> ANY (SELECT id FROM d)', ['l.k'], ['FILTER d.id', 'FILTER l.k', 'FILTER l.x', 'FILTER r.y']],
    ['NOT IN and NOT EXISTS', 'INSERT INTO s1 SELECT k FROM l WHERE k NOT IN (SELECT id FROM d) AND NOT EXISTS (SELECT 1 FROM r WHERE r.y = l.x)', ['l.k'], ['FILTER d.id', 'FILTER l.k', 'FILTER l.x', 'FILTER r.y']],
    ['several columns IN a query', 'INSERT INTO s1 SELECT x FROM l WHERE (k, x) IN (SELECT k, y FROM r)', ['l.x'], ['FILTER l.k', 'FILTER l.x', 'FILTER r.k', 'FILTER r.y']],
    ['a scalar subquery copies its column', 'INSERT INTO s2 SELECT k, (SELECT y FROM r WHERE r.k = l.k) FROM l', ['l.k', 'r.y'], ['FILTER l.k', 'FILTER r.k']],
    ['a subquery as the first operand in parentheses', 'INSERT INTO s2 SELECT ((SELECT MAX(y) FROM r) + x), (((SELECT k FROM r)) || k) FROM l WHERE ((SELECT COUNT(*) FROM d) > x) AND ((SELECT id FROM d), k) IN ((SELECT k, k FROM r) UNION ALL SELECT id, id FROM d)', ['~l.x ~r.y', '~l.k ~r.k'], ['FILTER d.id', 'FILTER l.k', 'FILTER l.x', 'FILTER r.k']],
    ['a set operation as the first operand in parentheses', 'INSERT INTO s1 SELECT k FROM l WHERE (((SELECT y FROM r) EXCEPT ALL SELECT x FROM l) IN (SELECT id FROM d))', ['l.k'], ['FILTER d.id', 'FILTER l.x', 'FILTER r.y']],
    ['queries in more parentheses than needed', 'INSERT INTO s1 ((((SELECT x FROM l)) UNION ALL (SELECT y FROM r)) EXCEPT ALL ((SELECT id FROM d)))', ['l.x r.y'], ['FILTER d.id', 'FILTER l.x', 'FILTER r.y']],
    ['subqueries as the first table of joins in parentheses', 'INSERT INTO s2 SELECT a.x, b.y FROM ((SELECT x, k FROM l) AS a JOIN ((SELECT y, k FROM r)) AS b ON a.k = b.k)', ['l.x', 'r.y'], ['JOIN l.k', 'JOIN r.k']],
    ['WITH inside a subquery, with column names', 'INSERT INTO s1 SELECT q FROM (WITH c (q) AS (SELECT x FROM l) SELECT q FROM c WHERE q > 1)', ['l.x'], ['FILTER l.x']],
    ['TABLE t as a query', 'INSERT INTO s3 TABLE l', ['l.k', 'l.x', 'l.ts'], []],
    ['set operations bind INTERSECT first', 'INSERT INTO s1 SELECT k FROM l UNION ALL SELECT k FROM r INTERSECT SELECT id FROM d', ['d.id l.k r.k'], ['FILTER d.id', 'FILTER r.k']],
    ['MINUS is EXCEPT', 'INSERT INTO s1 SELECT k FROM l MINUS SELECT id FROM d', ['l.k'], ['FILTER d.id', 'FILTER l.k']],
    ['parentheses around set operations', 'INSERT INTO s1 (SELECT k FROM l EXCEPT ALL (SELECT k FROM r UNION SELECT id FROM d))', ['l.k'], ['FILTER d.id', 'FILTER l.k', 'FILTER r.k', 'GROUP d.id', 'GROUP r.k']],
    ['ORDER BY with LIMIT, OFFSET and FETCH', 'INSERT INTO s1 SELECT k FROM (SELECT k FROM l ORDER BY ts DESC NULLS LAST, x LIMIT 3 OFFSET 1 ROWS) UNION ALL (SELECT k FROM r ORDER BY y FETCH FIRST 2 ROWS ONLY)', ['l.k r.k'], ['SORT l.ts', 'SORT l.x', 'SORT r.y']],
    ['ORDER BY sees the names of the select list', 'INSERT INTO s1 SELECT x + 1 AS n FROM l ORDER BY n LIMIT 1', ['~l.x'], ['SORT l.x']],
  ]);
});

describe('VALUES', () => {
  testConstructs([
    ['rows and single values', "INSERT INTO s2 VALUES ('a', 'b'), ROW('c', UPPER('d'))", ['', ''], []],
    ['as a table', "INSERT INTO s2 SELECT v.b, l.k FROM (VALUES (1, 'a'), (2, 'b')) AS v (a, b) JOIN l ON l.x = v.a", ['', 'l.k'], ['JOIN l.x']],
    ['with a subquery in it', 'INSERT INTO s1 VALUES ((SELECT MAX(x) FROM l))', ['~l.x'], []],
  ]);
});

describe('aggregates', () => {
  testConstructs([
    ['CUBE', 'INSERT INTO s3 SELECT k, x, COUNT(*) FROM l GROUP BY CUBE (k, x)', ['l.k', 'l.x', ''], ['GROUP l.k', 'GROUP l.x']],
    ['ROLLUP beside a plain key', 'INSERT INTO s3 SELECT k, x, GROUPING_ID(k, x) FROM l GROUP BY k, ROLLUP (x)', ['l.k', 'l.x', '~l.k ~l.x'], ['GROUP l.k', 'GROUP l.x']],
    ['GROUPING SETS with an empty set', 'INSERT INTO s3 SELECT k, GROUPING(k), MAX(x) FROM l GROUP BY GROUPING SETS ((k), ())', ['l.k', '~l.k', '~l.x'], ['GROUP l.k']],
    ['sets of several columns, nested', 'INSERT INTO s2 SELECT k, x FROM l GROUP BY GROUPING SETS ((k, x), ROLLUP (k))', ['l.k', 'l.x'], ['GROUP l.k', 'GROUP l.x']],
    ['FILTER and DISTINCT', 'INSERT INTO s2 SELECT COUNT(DISTINCT k) FILTER (WHERE x > 1), SUM(x) FROM l', ['~l.k', '~l.x'], ['CONDITION l.x']],
    ['SELECT DISTINCT groups by everything', 'INSERT INTO s2 SELECT DISTINCT k, x + 1 FROM l', ['l.k', '~l.x'], ['GROUP l.k', 'GROUP l.x']],
    ['HAVING filters', 'INSERT INTO s1 SELECT k FROM l GROUP BY k HAVING MAX(x) > 1', ['l.k'], ['FILTER l.x', 'GROUP l.k']],
    ['LISTAGG with an order', "INSERT INTO s1 SELECT LISTAGG(k, ',') FROM l GROUP BY x", ['~l.k'], ['GROUP l.x']],
    ['grouping by an expression', "INSERT INTO s1 SELECT DATE_FORMAT(ts, 'yyyy') FROM l GROUP BY DATE_FORMAT(ts, 'yyyy')", ['~l.ts'], ['GROUP l.ts']],
    ['ARRAY_AGG and COLLECT', 'INSERT INTO s2 SELECT ARRAY_AGG(DISTINCT k), COLLECT(x) FROM l', ['~l.k', '~l.x'], []],
  ]);
});

describe('windows of rows', () => {
  testConstructs([
    ['QUALIFY', 'INSERT INTO s1 SELECT k FROM l QUALIFY ROW_NUMBER() OVER (PARTITION BY x ORDER BY ts DESC) = 1', ['l.k'], ['PARTITION l.x', 'SORT l.ts']],
    ['QUALIFY sees the names of the select list', 'INSERT INTO s2 SELECT k, SUM(x) OVER (PARTITION BY k ORDER BY ts) AS n FROM l QUALIFY n > 5', ['l.k', '~l.x'], ['FILTER l.x', 'PARTITION l.k', 'SORT l.ts']],
    ['a named window', 'INSERT INTO s1 SELECT SUM(x) OVER w FROM l WINDOW w AS (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL \'1\' HOUR PRECEDING AND CURRENT ROW)', ['~l.x'], ['PARTITION l.k', 'SORT l.ts']],
    ['named windows based on each other', 'INSERT INTO s2 SELECT SUM(x) OVER (w2 ROWS BETWEEN 3 PRECEDING AND CURRENT ROW), LAG(k, 1, k) OVER w2 FROM l WINDOW w AS (PARTITION BY k), w2 AS (w ORDER BY ts)', ['~l.x', '~l.k'], ['PARTITION l.k', 'SORT l.ts']],
    ['frames of every form', 'INSERT INTO s3 SELECT SUM(x) OVER (ORDER BY ts ROWS 2 PRECEDING), SUM(x) OVER (ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), FIRST_VALUE(x) OVER (ORDER BY ts RANGE UNBOUNDED PRECEDING) FROM l', ['~l.x', '~l.x', '~l.x'], ['SORT l.ts']],
    ['an aggregate inside OVER', 'INSERT INTO s2 SELECT k, RANK() OVER (ORDER BY SUM(x) DESC) FROM l GROUP BY k', ['l.k', ''], ['GROUP l.k', 'SORT l.x']],
  ]);
});
