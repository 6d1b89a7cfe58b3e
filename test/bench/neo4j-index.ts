import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { LineageIndex } from '../../server/graph/lineage-index.ts';
import { readSnapshot } from '../../server/graph/snapshot.ts';
import { type Neo4jStore, openNeo4jStore } from '../../server/store/neo4j-store.ts';
import { LASTING, missingForNeo4j, startNeo4j } from '../stack/servers/neo4j-server.ts';
import { CypherClosures } from './cypher-closures.ts';
import { compareClosures } from './index-against-cypher.ts';
import { fillStore } from './neo4j-fill.ts';
import type { SizeName } from './platform-plan.ts';

/** MiB of a server of our own: a platform of size M takes some 3 GB on disk. */
const SERVER = { heap: 2_048, pageCache: 3_072, java: LASTING };
/** Longest batch while filling, ms: a busy machine takes long for the largest. */
const TRANSACTION_MS = 120_000;

interface Place {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  close(): Promise<void>;
}

async function placeOf({ store, password }: { readonly store?: string | undefined; readonly password?: string | undefined }): Promise<Place> {
  return store === undefined ? startNeo4j(SERVER) : { url: store, user: 'neo4j', password: password ?? '', close: () => Promise.resolve() };
}

async function seconds<T>(work: () => Promise<T>): Promise<readonly [number, T]> {
  const started = performance.now();
  const result = await work();
  return [Math.round((performance.now() - started) / 10) / 100, result];
}

/** The index as a process opens it: from the graph alone, then from the snapshot it left. */
async function coldStart(store: Neo4jStore, snapshot: { readonly file: string; readonly identity: string }): Promise<object> {
  const [fromStoreSeconds, index] = await seconds(() => LineageIndex.open(store, { snapshot }));
  const [writeSnapshotSeconds] = await seconds(() => index.writeSnapshot());
  const [fromSnapshotSeconds] = await seconds(() => LineageIndex.open(store, { snapshot }));
  const { nodes, edges, bytes } = index.statistics();
  return { nodes, edges, indexMb: Math.round(bytes / 1e6), coldStart: { fromStoreSeconds, writeSnapshotSeconds, fromSnapshotSeconds }, maxRssMb: Math.round(process.resourceUsage().maxRSS / 1e3) };
}

interface Fill {
  readonly size: SizeName;
  readonly minutes: number;
  /** Measure what is filled even if it is not the whole. */
  readonly part: boolean;
}

async function measure(place: Place, { size, minutes, part }: Fill): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-neo4j-index-'));
  const store = await openNeo4jStore({ ...place, transactionMs: TRANSACTION_MS });
  const cypher = new CypherClosures(place);
  try {
    const filled = await fillStore(store, size, minutes);
    console.log(JSON.stringify({ size, ...filled }));
    if (!filled.whole && !part) return;
    const snapshot = { file: join(folder, 'lineage.snapshot'), identity: store.identity };
    console.log(JSON.stringify({ size, ...(await coldStart(store, snapshot)) }));
    const read = readSnapshot(snapshot.file, snapshot.identity);
    if (read.outcome === 'unusable') throw new Error(read.reason);
    for await (const bucket of compareClosures(read.snapshot.base, cypher)) console.log(JSON.stringify(bucket));
  } finally {
    await Promise.all([cypher.close(), store.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Fills a Neo4j with a platform through the store, opens the index from it, and asks both for the same closures. With
 * `--store neo4j://… --password …` the database stays, and what is filled of it is not filled again; `--minutes`
 * ends a call after so many of filling, and the next goes on, unless `--part` says to measure what there is.
 */
if (import.meta.main) {
  const { values } = parseArgs({ options: { size: { type: 'string', default: 'S' }, store: { type: 'string' }, password: { type: 'string' }, minutes: { type: 'string', default: '1000' }, part: { type: 'boolean', default: false } } });
  const missing = missingForNeo4j();
  if (missing !== null && values.store === undefined) {
    console.log(`skipped: this machine lacks ${missing}`);
  } else {
    const place = await placeOf(values);
    await measure(place, { size: values.size === 'M' ? 'M' : 'S', minutes: Number(values.minutes), part: values.part }).finally(() => place.close());
  }
}
