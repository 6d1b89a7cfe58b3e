import { SeededRandom } from '../../ingest/demo/seeded-random.ts';
import type { BaseGraph } from '../../server/graph/base-graph.ts';
import { FIELD, LineageGraph, NOW } from '../../server/graph/lineage-graph.ts';
import { nodeIn, type Walk } from '../../server/graph/walk.ts';
import { Walker } from '../../server/graph/walker.ts';
import { CYPHER_FORMS, type CypherClosures, type Form } from './cypher-closures.ts';

/** Fields drawn from all, to find enough of the rare large closures. */
const DRAWN = 200_000;
/** Closures timed in a bucket, at most, and how often each. */
const TIMED = 40;
const ROUNDS = 3;
const BUCKETS = [1, 10, 100, 1_000, 10_000, 100_000, Number.POSITIVE_INFINITY];
const SEED = 7;

interface Asked {
  /** Its id in the store. */
  readonly id: number;
  readonly node: number;
  readonly size: number;
}

/**
 * By closure size: the index's walk over what is stated, and Neo4j over the same edges as seen from this process, one question at
 * a time. `whole` is the walk as answers have it, with all that unknown uses and origins add, which no Cypher here
 * looks for. Throws when the two name other fields.
 */
export async function* compareClosures(base: BaseGraph, cypher: CypherClosures): AsyncGenerator<object> {
  const [stated, whole] = [walkOver({ ...base, opaque: new Uint8Array(base.nodes) }), walkOver(base)];
  for (const form of CYPHER_FORMS) yield { form, plan: (await cypher.plan(form)).join(' < ') };
  const sized = drawn(base).map((node): Asked => ({ id: base.storeIds[node] ?? 0, node, size: fieldsOf(base, stated(node)).length })).sort((a, b) => a.size - b.size);
  for (const [i, from] of BUCKETS.slice(0, -1).entries()) {
    const asked = sized.filter(({ size }) => size >= from && size < (BUCKETS[i + 1] ?? 0)).slice(-TIMED);
    const bucket = `${from}+`;
    if (asked.length === 0) {
      yield { bucket, closures: 0 };
      continue;
    }
    await refuseOthers(base, stated, asked, cypher);
    const index = asked.flatMap((one) => timesOf(() => stated(one.node)));
    const all = asked.flatMap((one) => timesOf(() => whole(one.node)));
    const forms = Object.fromEntries(await inTurn(asked, cypher));
    yield { bucket, closures: asked.length, meanFields: Math.round(asked.reduce((sum, { size }) => sum + size, 0) / asked.length), indexUs: spread(index, 1_000), wholeUs: spread(all, 1_000), ...ratios(forms, index) };
  }
}

function drawn(base: BaseGraph): number[] {
  const random = new SeededRandom(SEED);
  const nodes = Array.from({ length: DRAWN }, () => random.whole(0, base.nodes - 1)).filter((node) => base.kinds[node] === FIELD);
  return [...new Set(nodes)];
}

function walkOver(base: BaseGraph): (node: number) => Walk {
  const walker = new Walker(new LineageGraph(base));
  return (node) => walker.walk([node], { direction: 'downstream', depth: Number.POSITIVE_INFINITY, view: NOW });
}

/** The fields a walk reached and began at, by store id, ascending. */
function fieldsOf(base: BaseGraph, walk: Walk): number[] {
  const ids: number[] = [];
  for (let entry = 0; entry < walk.size; entry++) {
    const node = nodeIn(walk, entry);
    if (base.kinds[node] === FIELD) ids.push(base.storeIds[node] ?? 0);
  }
  return ids.sort((a, b) => a - b);
}

async function refuseOthers(base: BaseGraph, stated: (node: number) => Walk, asked: readonly Asked[], cypher: CypherClosures): Promise<void> {
  for (const { id, node } of asked) {
    const [ours, theirs] = [fieldsOf(base, stated(node)), await cypher.fields(id)];
    if (ours.length !== theirs.length || ours.some((field, i) => field !== theirs[i])) throw new Error(`the closures of field ${id} differ: ${ours.length} fields by the index, ${theirs.length} by Cypher`);
  }
}

function timesOf(ask: () => unknown): number[] {
  return Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    ask();
    return performance.now() - started;
  });
}

/** Both forms by turns; counts are compared again. */
async function inTurn(asked: readonly Asked[], cypher: CypherClosures): Promise<(readonly [Form, number[]])[]> {
  const times = CYPHER_FORMS.map((form) => [form, [] as number[]] as const);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { id, size } of asked) {
      for (const [form, ms] of times) {
        const started = performance.now();
        if ((await cypher.count(form, id)) !== size) throw new Error(`the closure of field ${id} has another size in Cypher (${form})`);
        // The first round warms up.
        if (round > 0) ms.push(performance.now() - started);
      }
    }
  }
  return times;
}

function ratios(forms: Record<string, number[]>, index: readonly number[]): object {
  return Object.fromEntries(Object.entries(forms).map(([form, ms]) => [form, { ms: spread(ms, 1), timesIndex: { p50: Math.round(percentile(ms, 0.5) / percentile(index, 0.5)), p99: Math.round(percentile(ms, 0.99) / percentile(index, 0.99)) } }]));
}

/** p50 and p99 in the unit of so many in a ms. */
function spread(ms: readonly number[], inMs: number): object {
  const two = (x: number): number => Math.round(x * inMs * 100) / 100;
  return { p50: two(percentile(ms, 0.5)), p99: two(percentile(ms, 0.99)) };
}

function percentile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
}
