import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BaseGraph } from '../../server/graph/base-graph.ts';
import { buildBase, RowColumns } from '../../server/graph/build-base.ts';
import { FIELD, LineageGraph, NOW } from '../../server/graph/lineage-graph.ts';
import { LineageIndex } from '../../server/graph/lineage-index.ts';
import { Walker } from '../../server/graph/walker.ts';
import { openSqliteStore, type SqliteStore } from '../../server/store/sqlite-store.ts';
import { SeededRandom } from '../../ingest/demo/seeded-random.ts';
import { loadPlatform } from './load-platform.ts';
import type { SizeName } from './platform-plan.ts';

/** Fields asked about, drawn from all. */
const DRAWN = 20_000;
/** Closures timed in a bucket, at most; each several times, the fastest counts. */
const TIMED = 200;
const ROUNDS = 5;
/** Nodes reached between two looks at the clock, at least: a short closure is asked for several times, since the clock is too coarse for one. */
const NODES_TIMED = 2_000;
const BUCKETS = [1, 10, 100, 1_000, 10_000, Number.POSITIVE_INFINITY];

type AnyWalk = (start: number) => number;

/** A breadth-first walk over the base's arrays and nothing else: stamps, a queue, every row true now of every field followed to its target. */
function bareWalk(base: BaseGraph): AnyWalk {
  const { kinds, outStart, outNow, to } = base;
  const [stamps, queue] = [new Int32Array(base.nodes), new Int32Array(base.nodes)];
  let stamp = 0;
  return (start) => {
    stamp++;
    let tail = 1;
    queue[0] = start;
    stamps[start] = stamp;
    for (let head = 0; head < tail; head++) {
      const node = queue[head] as number;
      if (kinds[node] !== FIELD) continue;
      const end = outNow[node] as number;
      for (let row = outStart[node] as number; row < end; row++) {
        const target = to[row] as number;
        if (stamps[target] === stamp) continue;
        stamps[target] = stamp;
        queue[tail++] = target;
      }
    }
    return tail;
  };
}

/** ms of one walk from a node that reaches so many. */
function fastest(walk: AnyWalk, { node, size }: { readonly node: number; readonly size: number }): number {
  const times = Math.ceil(NODES_TIMED / size);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    for (let i = 0; i < times; i++) walk(node);
    best = Math.min(best, (performance.now() - started) / times);
  }
  return best;
}

async function baseOf(store: SqliteStore): Promise<BaseGraph> {
  const columns = new RowColumns();
  await store.scan({ onNodes: (rows) => rows.forEach((row) => columns.addNode(row)), onEdges: (rows) => rows.forEach((row) => columns.addEdge(row)) });
  for (const steps = buildBase(columns); ; ) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/**
 * Ratios by closure size, the index's walk against the bare one; above 1 is slower. `stated`: over what is stated alone, the
 * same work as the bare walk but for jobs on the way and paths. `whole`: with everything unknown uses and origins add, which
 * the bare walk never sees, so its ratio is by node reached.
 */
function compare(base: BaseGraph): object[] {
  const [whole, stated, bare] = [walkOver(base), walkOver({ ...base, opaque: new Uint8Array(base.nodes) }), bareWalk(base)];
  const random = new SeededRandom(7);
  const fields = Array.from({ length: DRAWN }, () => random.whole(0, base.nodes - 1)).filter((node) => base.kinds[node] === FIELD);
  const sized = [...new Set(fields)].map((node) => ({ node, size: stated(node) })).sort((a, b) => a.size - b.size);
  const buckets = BUCKETS.slice(0, -1).map((from, i) => [`${from}+`, sized.filter(({ size }) => size >= from && size < (BUCKETS[i + 1] ?? 0)).slice(-TIMED)] as const);
  return [...buckets, ['worst hub', sized.slice(-1)] as const].map(([bucket, of]) => (of.length === 0 ? { bucket, closures: 0 } : { bucket, ...measured(of) }));

  function measured(of: typeof sized): object {
    const [a, b, c] = [whole, stated, bare].map((walk) => ({ reached: sum(of, ({ node }) => walk(node)), ms: sum(of, (one) => fastest(walk, one)) }));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three walks');
    const two = (x: number): number => Math.round(x * 100) / 100;
    return {
      closures: of.length, bareSize: Math.round(c.reached / of.length), bareUs: two((c.ms / of.length) * 1_000), statedUs: two((b.ms / of.length) * 1_000),
      statedRatio: two(b.ms / c.ms), wholeSize: Math.round(a.reached / of.length), wholeUs: two((a.ms / of.length) * 1_000), wholeRatioByNode: two(a.ms / a.reached / (c.ms / c.reached)),
    };
  }
}

function walkOver(base: BaseGraph): AnyWalk {
  const walker = new Walker(new LineageGraph(base));
  return (node) => walker.walk([node], { direction: 'downstream', depth: Number.POSITIVE_INFINITY, view: NOW }).size;
}
function sum<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((total, item) => total + of(item), 0);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { size: { type: 'string', default: 'S' } } });
  const folder = mkdtempSync(join(tmpdir(), 'sluice-closures-'));
  const store = openSqliteStore({ file: join(folder, 'catalog.sqlite') });
  try {
    await loadPlatform(store, values.size as SizeName);
    const snapshot = { file: join(folder, 'lineage.snapshot'), identity: store.identity };
    const seconds = async (work: () => Promise<unknown>): Promise<number> => {
      const started = performance.now();
      await work();
      return Math.round((performance.now() - started) / 10) / 100;
    };
    let index = await LineageIndex.open(store, { snapshot });
    const scanned = await seconds(async () => (index = await LineageIndex.open(store, { snapshot })));
    const written = await seconds(() => index.writeSnapshot());
    const fromSnapshot = await seconds(async () => (index = await LineageIndex.open(store, { snapshot })));
    const { nodes, edges, bytes } = index.statistics();
    console.log(JSON.stringify({ size: values.size, nodes, edges, indexMb: Math.round(bytes / 1e6), coldStart: { fromSnapshotSeconds: fromSnapshot, fromStoreSeconds: scanned, writeSnapshotSeconds: written }, maxRssMb: Math.round(process.resourceUsage().maxRSS / 1e3) }));
    for (const line of compare(await baseOf(store))) console.log(JSON.stringify(line));
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
