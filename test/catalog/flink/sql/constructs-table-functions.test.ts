import { describe } from 'vitest';
import { testConstructs } from './constructs.ts';

const MODEL = "CREATE MODEL m INPUT (f INT) OUTPUT (label STRING, score DOUBLE) COMMENT 'x' WITH ('provider' = 'openai');";

describe('windows of time', () => {
  testConstructs([
    ['TUMBLE with positional arguments', "INSERT INTO s3 SELECT window_start, window_end, SUM(x) FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '1' HOUR)) GROUP BY window_start, window_end", ['~l.ts', '~l.ts', '~l.x'], ['GROUP l.ts', 'WINDOW l.ts']],
    ['TUMBLE with named arguments and an offset', "INSERT INTO s2 SELECT window_time, k FROM TABLE(TUMBLE(DATA => TABLE l, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '1' HOUR, `OFFSET` => INTERVAL '5' MINUTE))", ['~l.ts', 'l.k'], ['WINDOW l.ts']],
    ['HOP without TABLE()', "INSERT INTO s2 SELECT window_start, k FROM HOP(TABLE l, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '1' HOUR)", ['~l.ts', 'l.k'], ['WINDOW l.ts']],
    ['CUMULATE with positional arguments', "INSERT INTO s2 SELECT window_end, k FROM TABLE(CUMULATE(TABLE l, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '1' HOUR))", ['~l.ts', 'l.k'], ['WINDOW l.ts']],
    ['CUMULATE with named arguments', "INSERT INTO s2 SELECT window_end, k FROM TABLE(CUMULATE(DATA => TABLE l, TIMECOL => DESCRIPTOR(ts), STEP => INTERVAL '1' MINUTE, SIZE => INTERVAL '1' HOUR))", ['~l.ts', 'l.k'], ['WINDOW l.ts']],
    ['SESSION over a partitioned table', "INSERT INTO s2 SELECT window_start, x FROM TABLE(SESSION(TABLE l PARTITION BY k, DESCRIPTOR(ts), INTERVAL '10' MINUTES))", ['~l.ts', 'l.x'], ['PARTITION l.k', 'WINDOW l.ts']],
    ['SESSION with named arguments', "INSERT INTO s2 SELECT window_start, x FROM TABLE(SESSION(DATA => TABLE l PARTITION BY (k, x), TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '10' MINUTES))", ['~l.ts', 'l.x'], ['PARTITION l.k', 'PARTITION l.x', 'WINDOW l.ts']],
    ['a window over a query', "INSERT INTO s2 SELECT window_start, n FROM TABLE(TUMBLE((SELECT x AS n, ts FROM l WHERE k = 'a'), DESCRIPTOR(ts), INTERVAL '1' HOUR))", ['~l.ts', 'l.x'], ['FILTER l.k', 'WINDOW l.ts']],
    ['a window over a common table, with an alias', "INSERT INTO s2 WITH c AS (SELECT k, ts FROM l) SELECT w.window_start, w.k FROM TABLE(TUMBLE(TABLE c, DESCRIPTOR(ts), INTERVAL '1' HOUR)) AS w", ['~l.ts', 'l.k'], ['WINDOW l.ts']],
    ['a window join', "INSERT INTO s3 SELECT a.x, b.y, a.window_start FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '1' HOUR)) a JOIN TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '1' HOUR)) b ON a.k = b.k AND a.window_start = b.window_start AND a.window_end = b.window_end", ['l.x', 'r.y', '~l.ts'], ['JOIN l.k', 'JOIN l.ts', 'JOIN r.k', 'JOIN r.ts', 'WINDOW l.ts', 'WINDOW r.ts']],
    ['a window semi join', "INSERT INTO s1 SELECT k FROM (SELECT * FROM TABLE(TUMBLE(TABLE l, DESCRIPTOR(ts), INTERVAL '1' HOUR))) a WHERE EXISTS (SELECT 1 FROM (SELECT * FROM TABLE(TUMBLE(TABLE r, DESCRIPTOR(ts), INTERVAL '1' HOUR))) b WHERE a.k = b.k AND a.window_start = b.window_start)", ['l.k'], ['FILTER l.k', 'FILTER l.ts', 'FILTER r.k', 'FILTER r.ts', 'WINDOW l.ts', 'WINDOW r.ts']],
    ['group windows of old', "INSERT INTO s3 SELECT k, HOP_START(ts, INTERVAL '1' MINUTE, INTERVAL '1' HOUR), COUNT(*) FROM l GROUP BY k, HOP(ts, INTERVAL '1' MINUTE, INTERVAL '1' HOUR)", ['l.k', '~l.ts', ''], ['GROUP l.k', 'WINDOW l.ts']],
  ]);
});

describe('process table functions', () => {
  testConstructs([
    ['TO_CHANGELOG hands columns on', 'INSERT INTO s4 SELECT op, k, x, ts FROM TO_CHANGELOG(input => TABLE l)', ['', 'l.k', 'l.x', 'l.ts'], []],
    ['TO_CHANGELOG names the column of the operation', "INSERT INTO s2 SELECT change, x FROM TABLE(TO_CHANGELOG(input => TABLE l PARTITION BY k, op => DESCRIPTOR(change), op_mapping => MAP['INSERT', 'I']))", ['', 'l.x'], ['PARTITION l.k']],
    ['FROM_CHANGELOG takes the column of the operation away', 'INSERT INTO s2 SELECT * FROM FROM_CHANGELOG(input => TABLE l, op => DESCRIPTOR(x))', ['l.k', 'l.ts'], []],
    ['ML_PREDICT adds what the model gives', `${MODEL} INSERT INTO s3 SELECT k, label, score FROM ML_PREDICT(TABLE l, MODEL m, DESCRIPTOR(x))`, ['l.k', '~l.x', '~l.x'], []],
    ['ML_PREDICT with named arguments', `${MODEL} INSERT INTO s2 SELECT k, label FROM TABLE(ML_PREDICT(INPUT => TABLE l, MODEL => MODEL m, ARGS => DESCRIPTOR(x), CONFIG => MAP['async', 'true']))`, ['l.k', '~l.x'], []],
    ['a function over a table: keys are copied, the rest is computed from all columns', "INSERT INTO s2 SELECT k, total FROM running_total(input => TABLE l PARTITION BY k ORDER BY ts, uid => 'u')", ['l.k', '~l.k ~l.ts ~l.x'], ['PARTITION l.k', 'SORT l.ts']],
    ['a function over a query', 'INSERT INTO s1 SELECT total FROM TABLE(running_total((SELECT x FROM l WHERE k IS NOT NULL)))', ['~l.x'], ['FILTER l.k']],
  ]);
});

const matching = (clauses: string, select = '*'): string => `INSERT INTO s2 SELECT ${select} FROM l MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts ${clauses})`;

describe('MATCH_RECOGNIZE', () => {
  testConstructs([
    ['quantifiers, greedy or not', matching('MEASURES LAST(B.x) AS n PATTERN (A{2} B*? C{1,3}? D+ E? F{,4} G{2,}) DEFINE B AS B.x > 1'), ['l.k', 'l.x'], ['MATCH l.x', 'PARTITION l.k', 'SORT l.ts']],
    ['alternation and groups', matching('MEASURES FIRST(A.x, 1) AS n ONE ROW PER MATCH PATTERN ((A | B) (C D)+) DEFINE A AS x > 1, C AS C.ts > A.ts'), ['l.k', 'l.x'], ['MATCH l.ts', 'MATCH l.x', 'PARTITION l.k', 'SORT l.ts']],
    ['subsets', matching('MEASURES SUM(S.x) AS n PATTERN (A B) SUBSET S = (A, B), T = (B) DEFINE B AS T.x > LAST(A.x)'), ['l.k', '~l.x'], ['MATCH l.x', 'PARTITION l.k', 'SORT l.ts']],
    ['WITHIN', matching("MEASURES A.x AS n AFTER MATCH SKIP PAST LAST ROW PATTERN (A B) WITHIN INTERVAL '1' HOUR DEFINE A AS A.x = 1"), ['l.k', 'l.x'], ['MATCH l.x', 'PARTITION l.k', 'SORT l.ts']],
    ['every way to go on after a match', ['SKIP TO NEXT ROW', 'SKIP TO FIRST A', 'SKIP TO LAST A', 'SKIP TO A'].map((skip) => matching(`MEASURES A.x AS n AFTER MATCH ${skip} PATTERN (A B) DEFINE B AS TRUE`)).join(';'), ['l.k', 'l.x', 'l.k', 'l.x', 'l.k', 'l.x', 'l.k', 'l.x'], ['PARTITION l.k', 'SORT l.ts']],
    ['PERMUTE and excluded rows', matching('MEASURES A.x AS n PATTERN (PERMUTE(A, B) {- C -}) DEFINE C AS C.x = 2'), ['l.k', 'l.x'], ['MATCH l.x', 'PARTITION l.k', 'SORT l.ts']],
    ['PREV in DEFINE, computed measures, aliases', 'INSERT INTO s2 SELECT m.n, m.t FROM l AS i MATCH_RECOGNIZE (ORDER BY ts MEASURES A.x - B.x AS n, MATCH_ROWTIME() AS t PATTERN (A B) DEFINE B AS B.x > PREV(B.x, 2)) AS m', ['~l.x', ''], ['MATCH l.x', 'SORT l.ts']],
    ['over a query, joined', "INSERT INTO s2 SELECT m.n, r.y FROM (SELECT ts, x FROM l WHERE k = 'a') MATCH_RECOGNIZE (ORDER BY ts MEASURES LAST(A.x) AS n PATTERN (A+) DEFINE A AS A.x > 0) AS m JOIN r ON r.y = m.n", ['l.x', 'r.y'], ['FILTER l.k', 'JOIN l.x', 'JOIN r.y', 'MATCH l.x', 'SORT l.ts']],
  ]);
});
