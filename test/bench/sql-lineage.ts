import { readFileSync } from 'node:fs';
import { lineageOfScript } from '../../server/catalog/flink/sql/script-lineage.ts';

/** Jobs as people write them, for the median of one small job. */
const JOBS = 400;
const WARM_UP = 200;
/** Rounds of whatever is timed as a whole; the fastest counts. */
const ROUNDS = 5;
const LONG_SCRIPT_LINES = 10_000;

/** The floor: cutting the text into words, names, texts, numbers, comments and symbols with one expression, and nothing else. */
const TOKEN = /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|`(?:[^`]|``)*`|[\p{L}_][\p{L}\p{N}_$]*|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|<>|<=|>=|\|\||=>|[^\s]/gu;

function tokens(text: string): number {
  let count = 0;
  for (const { 0: token } of text.matchAll(TOKEN)) if (token.trim() !== '') count++;
  return count;
}

function resolve(text: string): void {
  const result = lineageOfScript(text);
  if (result.outcome === 'invalid') throw new Error(`refused at ${result.fault.line}:${result.fault.column}: ${result.fault.message}`);
}

/** Two Kafka topics, enriched, aggregated by window and written: 30 lines. */
function job(i: number): string {
  return `CREATE TABLE orders_${i} (
  order_id STRING,
  customer ROW<id BIGINT, name STRING, address ROW<city STRING, zip STRING>>,
  lines ARRAY<ROW<sku STRING, qty INT, price DECIMAL(12, 2)>>,
  status STRING,
  order_time TIMESTAMP(3),
  WATERMARK FOR order_time AS order_time - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'orders.${i}', 'format' = 'avro-confluent');
CREATE TABLE payments_${i} (
  order_id STRING,
  amount DECIMAL(12, 2),
  paid_at TIMESTAMP(3),
  WATERMARK FOR paid_at AS paid_at
) WITH ('connector' = 'kafka', 'topic' = 'payments.${i}', 'format' = 'avro-confluent');
CREATE TABLE revenue_${i} (city STRING, sku STRING, window_start TIMESTAMP(3), orders BIGINT, revenue DECIMAL(38, 2), late INT)
WITH ('connector' = 'kafka', 'topic' = 'revenue.${i}', 'format' = 'avro-confluent');
CREATE VIEW paid_${i} AS
SELECT o.order_id, o.customer.address.city, l.sku, l.qty * l.price AS total, o.order_time, p.paid_at,
  CASE WHEN p.paid_at > o.order_time + INTERVAL '1' DAY THEN 1 ELSE 0 END AS late
FROM orders_${i} AS o
CROSS JOIN UNNEST(o.lines) AS l
JOIN payments_${i} AS p ON o.order_id = p.order_id
  AND p.paid_at BETWEEN o.order_time AND o.order_time + INTERVAL '2' DAY
WHERE o.status <> 'CANCELLED' AND COALESCE(p.amount, 0) > 0;
INSERT INTO revenue_${i}
SELECT city, sku, window_start, COUNT(DISTINCT order_id), SUM(total), MAX(late)
FROM TABLE(TUMBLE(TABLE paid_${i}, DESCRIPTOR(order_time), INTERVAL '10' MINUTES))
GROUP BY city, sku, window_start, window_end
HAVING SUM(total) > 100;
`;
}

function millisecondsOf(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

function fastest(work: () => void): number {
  return Math.min(...Array.from({ length: ROUNDS }, () => millisecondsOf(work)));
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)] as number;
}

function corpus(name: string): string[] {
  const file = new URL(`../fixtures/flink-lineage/${name}.jsonl`, import.meta.url);
  return readFileSync(file, 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { script: string }).script);
}

const ms = (time: number): string => `${time.toFixed(time < 10 ? 3 : 0)} ms`;
const ratio = (time: number, floor: number): string => `${(time / floor).toFixed(1)} × cutting the same text into tokens (${ms(floor)})`;

const cold = millisecondsOf(() => resolve(job(JOBS)));
const jobs = Array.from({ length: JOBS }, (_, i) => job(i));
for (const text of jobs.slice(0, WARM_UP)) {
  resolve(text);
  tokens(text);
}
const times = jobs.map((text) => millisecondsOf(() => resolve(text))).sort((a, b) => a - b);
const floors = jobs.map((text) => millisecondsOf(() => void tokens(text))).sort((a, b) => a - b);
console.log(`a job of ${job(0).trim().split('\n').length} lines: p50 ${ms(percentile(times, 0.5))}, ${ratio(percentile(times, 0.5), percentile(floors, 0.5))}; p95 ${ms(percentile(times, 0.95))}; the first of the process ${ms(cold)}`);

let long = '';
let lines = 0;
for (let i = 0; lines < LONG_SCRIPT_LINES; i++) {
  long += job(i);
  lines = long.split('\n').length - 1;
}
console.log(`a script of ${lines} lines: ${ms(fastest(() => resolve(long)))}, ${ratio(fastest(() => resolve(long)), fastest(() => void tokens(long)))}`);

const scripts = ['handmade', 'generated'].flatMap(corpus);
const size = scripts.reduce((sum, text) => sum + text.length, 0);
const whole = fastest(() => scripts.forEach((text) => lineageOfScript(text)));
const floor = fastest(() => scripts.forEach((text) => tokens(text)));
console.log(`${scripts.length} scripts of the planner's corpora: ${Math.round(scripts.length / whole * 1000)} scripts/s, ${(size / whole / 1000).toFixed(1)} MB/s, ${ratio(whole, floor)}`);
