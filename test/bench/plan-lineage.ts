import { readdirSync, readFileSync } from 'node:fs';
import { lineageOfPlan } from '../../server/catalog/flink/plan/plan-lineage.ts';

/** Runs of each side, in turn, after as many to warm up. */
const RUNS = 300;
const FIXTURES = new URL('../fixtures/', import.meta.url);

interface Sample {
  readonly name: string;
  readonly text: string;
}

/** The plans of a running cluster and of both corpora, the largest first. */
function samples(): readonly Sample[] {
  const cluster = readdirSync(new URL('compiled-plans/', FIXTURES)).map((name) => ({ name, text: JSON.stringify(JSON.parse(readFileSync(new URL(`compiled-plans/${name}`, FIXTURES), 'utf8'))) }));
  const corpora = ['handmade', 'generated'].flatMap((name) => readFileSync(new URL(`flink-lineage/${name}.jsonl`, FIXTURES), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as { readonly id: string; readonly plan: unknown })
    .filter(({ plan }) => plan != null)
    .map(({ id, plan }) => ({ name: id, text: JSON.stringify(plan) }));
  return [...cluster, ...corpora].sort((a, b) => b.text.length - a.text.length);
}

function p50(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}

function milliseconds(run: () => unknown): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const all = samples();
const [largest] = all;
if (largest === undefined) throw new Error('no sample plans');
const times: { readonly parse: number[]; readonly lineage: number[]; readonly first: number[] } = { parse: [], lineage: [], first: [] };
times.first.push(milliseconds(() => lineageOfPlan(JSON.parse(largest.text))));
for (let i = 0; i < 2 * RUNS; i++) {
  let plan: unknown;
  const parse = milliseconds(() => { plan = JSON.parse(largest.text); });
  const lineage = milliseconds(() => lineageOfPlan(plan));
  if (i >= RUNS) {
    times.parse.push(parse);
    times.lineage.push(lineage);
  }
}
const [parse, lineage] = [p50(times.parse), p50(times.lineage)];
console.log(`largest of ${all.length} sample plans: ${largest.name}, ${largest.text.length} characters`);
console.log(`JSON.parse p50 ${parse.toFixed(3)} ms (baseline), lineage p50 ${lineage.toFixed(3)} ms, ratio ${(lineage / parse).toFixed(1)}; first run of the process, both, ${(times.first[0] ?? NaN).toFixed(1)} ms`);
