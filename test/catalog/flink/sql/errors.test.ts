import { expect, test } from 'vitest';
import { lineageOfScript } from '../../../../server/catalog/flink/sql/script-lineage.ts';

const TABLES = `CREATE TABLE orders (order_id STRING, amount INT, customer ROW<name STRING, city STRING>, ts TIMESTAMP(3));
CREATE TABLE shipments (order_id STRING, city STRING, address ROW<street STRING>);
CREATE TABLE s1 (a STRING);
CREATE TABLE s2 (first_one STRING, second_one STRING);
`;

/** `^` marks the place the error must point at. */
const FAULTS: readonly (readonly [title: string, statement: string, message: string | RegExp])[] = [
  ['an unknown column, with the nearest names', 'INSERT INTO s1 SELECT ^order_di FROM orders', "column 'order_di' is in none of the tables here; did you mean 'order_id'?"],
  ['a column in other letters', 'INSERT INTO s1 SELECT ^ORDER_ID FROM orders', "column 'ORDER_ID' is in none of the tables here; did you mean 'order_id'?"],
  ['a column that is like none', 'INSERT INTO s1 SELECT ^zzzzzzzz FROM orders', "column 'zzzzzzzz' is in none of the tables here"],
  ['an unknown column of an alias', 'INSERT INTO s1 SELECT o.^amout FROM orders o', "column 'amout' is not in 'o'; did you mean 'amount'?"],
  ['an unknown field', 'INSERT INTO s1 SELECT customer.^nme FROM orders', "column 'customer.nme' is not in 'orders'; did you mean 'name'?"],
  ['an unknown field of a qualified row', 'INSERT INTO s1 SELECT orders.customer.^nme FROM orders', "column 'customer.nme' is not in 'orders'; did you mean 'name'?"],
  ['an unknown field of an expression', 'INSERT INTO s1 SELECT (customer).^nme FROM orders', "there is no field 'nme' here"],
  ['an ambiguous column, with the candidates', 'INSERT INTO s1 SELECT ^order_id FROM orders o JOIN shipments s ON o.order_id = s.order_id', "column 'order_id' is ambiguous: o.order_id, s.order_id"],
  ['an ambiguous column of a subquery', 'INSERT INTO s1 SELECT ^order_id FROM (SELECT * FROM orders o JOIN shipments s ON o.amount > 1)', /^column 'order_id' is ambiguous/],
  ['an unknown table, with the nearest names', 'INSERT INTO s1 SELECT order_id FROM ^ordres', "table 'ordres' is neither created in the script nor known; did you mean 'orders'?"],
  ['a sink nobody created', 'INSERT INTO ^s9 SELECT order_id FROM orders', /^table 's9' is neither created in the script nor known; did you mean 's1' or 's2'/],
  ['an unknown column to write', 'INSERT INTO s2 (first_one, ^second_on) SELECT order_id, amount FROM orders', "'default_catalog.default_database.s2' has no column 'second_on' that can be written; did you mean 'second_one'?"],
  ['a column written twice', 'INSERT INTO s2 (first_one, ^first_one) SELECT order_id, amount FROM orders', "column 'first_one' is written twice"],
  ['too few columns', 'INSERT INTO s2 ^SELECT order_id FROM orders', "the query has 1 columns, 'default_catalog.default_database.s2' takes 2: first_one, second_one"],
  ['set operations of different width', 'INSERT INTO s1 SELECT order_id FROM orders UNION ALL ^SELECT order_id, city FROM shipments', 'UNION ALL needs queries of as many columns: 1 before, 2 here'],
  ['rows of VALUES of different width', "INSERT INTO s2 ^VALUES ('a', 'b'), ('c')", 'the rows of VALUES do not have the same number of values'],
  ['a reserved word as a name', 'INSERT INTO s1 SELECT order_id FROM orders AS ^value', 'expected a name for the table, found value (a reserved word: put it in back-ticks to use it as a name)'],
  ['a missing expression', 'INSERT INTO s1 SELECT order_id, ^FROM orders', /^expected an expression, found FROM/],
  ['the end of the script', 'INSERT INTO s1 SELECT order_id FROM orders WHERE^', 'expected an expression, found the end of the script'],
  ['a parenthesis that is not closed', 'INSERT INTO s1 SELECT UPPER(order_id ^FROM orders', 'expected , or ), found FROM'],
  ['a forgotten semicolon', 'INSERT INTO s1 SELECT order_id FROM orders ^INSERT INTO s1 SELECT order_id FROM orders', 'expected ; or the end of the statement, found INSERT'],
  ['an operator of other dialects', 'INSERT INTO s1 SELECT order_id FROM orders WHERE amount ^!= 1', "expected <>: Flink SQL does not know '!='"],
  ['a cast of other dialects', 'INSERT INTO s1 SELECT amount^::STRING FROM orders', "expected CAST(… AS …): Flink SQL does not know '::'"],
  ['double quotes', 'INSERT INTO s1 SELECT ^"order_id" FROM orders', 'names are quoted with back-ticks and texts with single quotes, not with "'],
  ['a column that is not grouped', 'INSERT INTO s2 SELECT ^order_id, MAX(amount) FROM orders GROUP BY ts', "column 'order_id' is neither grouped by nor aggregated"],
  ['an unknown window', 'INSERT INTO s1 SELECT SUM(amount) OVER ^w FROM orders', "window 'w' is not defined in this query"],
  ['one alias for two tables', 'INSERT INTO s1 SELECT 1 FROM orders o JOIN ^shipments o ON TRUE', "the name 'o' is given to two tables of one FROM clause"],
  ['a subquery of two columns as a value', 'INSERT INTO s1 SELECT ^(SELECT order_id, city FROM shipments) FROM orders', 'a subquery used as a value must have one column, this has 2'],
  ['* of no row', 'INSERT INTO s1 SELECT ^amount.* FROM orders', /no row column/],
  ['a view with a column twice', '^CREATE VIEW v AS SELECT order_id, order_id FROM orders', "the view has two columns named 'order_id'"],
  ['too many names for the columns of a view', 'CREATE VIEW v (^x, y) AS SELECT order_id FROM orders', '2 names for 1 columns'],
  ['a table created twice', '^CREATE TABLE orders (a INT)', "'default_catalog.default_database.orders' exists already"],
  ['a column declared twice', 'CREATE TABLE n (a INT, ^a STRING)', "column 'a' is declared twice"],
  ['a column the base of LIKE has', 'CREATE TABLE n (^amount BIGINT) LIKE orders', "column 'amount' is in the base table 'default_catalog.default_database.orders' already"],
  ['a computed column the base of LIKE has', 'CREATE TABLE b (a INT, c AS a + 1); CREATE TABLE n (^c AS a + 2) LIKE b', "column 'c' is in the base table 'default_catalog.default_database.b' already: EXCLUDING GENERATED leaves it out"],
  ['a computed column for a stored one', 'CREATE TABLE b (a INT); CREATE TABLE n (^a AS 1) LIKE b (OVERWRITING GENERATED)', "column 'a' is in the base table 'default_catalog.default_database.b' already"],
  ['a dropped table that is not there', '^DROP TABLE ordres', /cannot be dropped: it does not exist/],
  ['an ALTER of a column that is not there', 'ALTER TABLE orders DROP ^amout', "column 'amout' is not in 'default_catalog.default_database.orders'; did you mean 'amount'?"],
  ['an ALTER TABLE of a view', 'CREATE VIEW v AS SELECT amount FROM orders; ALTER TABLE ^v ADD x INT', "'default_catalog.default_database.v' is a view, not a table"],
  ['an INSERT into a view', 'CREATE VIEW v AS SELECT amount FROM orders; INSERT INTO ^v SELECT amount FROM orders', "'default_catalog.default_database.v' is a view, not a table"],
  ['a query in a computed column', 'CREATE TABLE n (a INT, b AS ^(SELECT MAX(b) FROM n))', 'a computed column cannot contain a query'],
  ['a query in a watermark', 'CREATE TABLE n (a TIMESTAMP(3), WATERMARK FOR a AS ^a - (SELECT x FROM n))', 'a watermark cannot contain a query'],
  ['a database nobody created', 'USE ^shop', "there is no database 'shop' in default_catalog"],
  ['two words where a time unit is due', 'INSERT INTO s1 SELECT EXTRACT(^DAY YEAR FROM ts) FROM orders', /^expected/],
  ['recursion', 'INSERT INTO s1 WITH ^RECURSIVE c AS (SELECT 1) SELECT * FROM c', 'Flink SQL has no recursive queries'],
  ['a name after its query', 'INSERT INTO s1 WITH a AS (SELECT x FROM ^b), b AS (SELECT amount AS x FROM orders) SELECT x FROM a', /^table 'b' is neither/],
  ['a pattern variable’s fields', 'INSERT INTO s1 SELECT n FROM orders MATCH_RECOGNIZE (ORDER BY ts MEASURES A.^customer.name AS n PATTERN (A) DEFINE A AS TRUE)', /^fields inside a column cannot be named through a pattern variable/],
];

test.each(FAULTS)('points at %s', (_, statement, message) => {
  const at = statement.indexOf('^');
  const result = lineageOfScript(`${TABLES}\n  ${statement.replace('^', '')}`);
  expect(result).toEqual({ outcome: 'invalid', fault: { message: typeof message === 'string' ? message : expect.stringMatching(message), line: 6, column: at + 3 } });
});

test('counts columns in UTF-16 units, and lines by line feeds', () => {
  expect(lineageOfScript("-- größe 🎉\r\nSELECT '🎉', nope FROM (VALUES (1)) AS v (x)")).toMatchObject({ fault: { line: 2, column: 14 } });
});
