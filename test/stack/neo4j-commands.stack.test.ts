import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DeadLetterFile } from '../../ingest/dead-letter-file.ts';
import { createDecoder } from '../../ingest/decode/decoder.ts';
import { feed, SAMPLE_CONTRACTS } from '../../ingest/demo/feed.ts';
import { samplePlatform } from '../../ingest/demo/sample-platform.ts';
import { createIngestWorker } from '../../ingest/worker.ts';
import { run } from '../../server/cli/sluice.ts';
import { snapshotFile } from '../../server/config.ts';
import { LineageIndex } from '../../server/graph/lineage-index.ts';
import { NEO4J_MIGRATIONS } from '../../server/store/neo4j/schema.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { Store } from '../../server/store/store.ts';
import { Neo4jPlatform } from './neo4j-platform.ts';
import { missingForGraph } from './servers/missing-part.ts';
import { searchAnswer } from './store-answers.ts';
import { wholeCatalog } from './whole-catalog.ts';

const missing = missingForGraph();
/** Each example of the README's section on Neo4j. */
const EXAMPLE = /```cypher\n([\s\S]*?)```/g;
const EXAMPLES = 10;

describe.skipIf(missing !== null)(`the sample platform in Neo4j${missing === null ? '' : ` (needs ${missing})`}`, () => {
  let platform: Neo4jPlatform;
  let folder: string;
  let embedded: string;
  beforeAll(async () => {
    platform = await Neo4jPlatform.start();
    folder = mkdtempSync(join(tmpdir(), 'sluice-copy-'));
    embedded = join(folder, 'catalog.sqlite');
    const store = openSqliteStore({ file: embedded });
    await ingestSample(store, folder);
    await store.appendToLedger(['a', 'b', 'c'].map((id) => ({ id, kind: 'decision', at: 1, body: `{"id":"${id}"}`, idempotencyKey: `key-${id}`, requestHash: null, job: null, owner: null, outcome: 'allow' })));
    await store.apply({ changes: [], committedAt: 1, offset: { topic: 'control', partition: 3, from: 0, next: 42, generation: 2 } });
    await store.close();
  });
  afterEach(() => platform.release());
  afterAll(async () => {
    await platform?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const sluice = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => {
    const written = { out: '', err: '' };
    const env = { SLUICE_NEO4J_PASSWORD: platform.server.password, SLUICE_STORE: platform.server.url, SLUICE_DATA: folder };
    const code = await run(args, { stdin: Readable.from([]), env, write: (text) => void (written.out += text), writeError: (text) => void (written.err += text) });
    return { code, ...written };
  };

  test('is copied there and back, and every question is answered alike', async () => {
    await platform.clear();
    expect(await sluice('store', 'migrate')).toMatchObject({ code: 0, out: expect.stringContaining(`from version 0 to ${NEO4J_MIGRATIONS.at(-1)?.version}`) });
    expect(await sluice('store', 'copy', '--from', embedded, '--to', platform.server.url)).toMatchObject({ code: 0, err: '' });
    const back = join(folder, 'back.sqlite');
    expect(await sluice('store', 'copy', '--from', platform.server.url, '--to', back, '--json')).toMatchObject({ code: 0, err: '' });
    const stores = [await platform.open(), ...[embedded, back].map((file) => openSqliteStore({ file }))];
    const [inGraph, original, copy] = await Promise.all(stores.map((store) => wholeCatalog(store)));
    expect(inGraph).toEqual(original);
    expect(copy).toEqual(original);
    for (const text of ['', 'customer email']) {
      const asked = { text, filters: {}, limit: 1_000, cursor: null };
      expect(await searchAnswer(stores[0]!, asked)).toEqual(await searchAnswer(stores[1]!, asked));
    }
    for (const store of stores) {
      expect(await store.offsets('control')).toEqual(new Map([[3, { next: 42, generation: 2 }]]));
      expect(await store.ledger({ limit: 9 })).toEqual(await stores[0]!.ledger({ limit: 9 }));
    }
    await Promise.all(stores.slice(1).map((store) => store.close()));
  });

  test('is not copied over another store, nor from nowhere', async () => {
    expect(await sluice('store', 'copy', '--from', embedded, '--to', platform.server.url)).toMatchObject({ code: 2, err: expect.stringContaining('not empty') });
    expect(await sluice('store', 'copy', '--from', join(folder, 'none'), '--to', join(folder, 'other'))).toMatchObject({ code: 2 });
    expect(await sluice('store', 'migrate', '--store', 'neo4j://127.0.0.1:1')).toMatchObject({ code: 3 });
  });

  test.each(Array.from({ length: EXAMPLES }, (_, i) => i))('answers example %i of the README', async (i) => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const examples = [...readme.matchAll(EXAMPLE)].map(([, cypher]) => cypher ?? '');
    expect(examples).toHaveLength(EXAMPLES);
    expect((await platform.query(examples[i] ?? '')).length).toBeGreaterThan(0);
  });

  test('is verified, and a graph that somebody changed by hand is found out', async () => {
    const store = await platform.open();
    const index = await LineageIndex.open(store, { snapshot: { file: snapshotFile(folder), identity: store.identity } });
    await index.writeSnapshot();
    expect(await sluice('store', 'verify')).toMatchObject({ code: 0, out: expect.stringMatching(/as all that was said makes it, and so has it the lineage index from its snapshot/) });
    await platform.query('MATCH ()-[r:DERIVES]->() WITH r LIMIT 1 DELETE r');
    expect(await sluice('store', 'verify')).toMatchObject({ code: 1, out: expect.stringMatching(/but what was said makes .*, but the lineage index from its snapshot has/) });
  });
});

async function ingestSample(store: Store, folder: string): Promise<void> {
  const decoder = createDecoder({ registry: { kind: 'embedded' } });
  const deadLetters = new DeadLetterFile(join(folder, 'dead-letters.jsonl'));
  await feed(samplePlatform(Date.UTC(2026, 5, 1)), createIngestWorker({ store, decoder, deadLetters, aliases: new Map(), clock: Date.now, contracts: SAMPLE_CONTRACTS }));
  await decoder.close();
}
