import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { GraphChange } from '../../server/catalog/changes.ts';
import type { Store } from '../../server/store/store.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { anyChange } from '../store/arbitrary-changes.ts';
import { GraphMirror, pictureOf } from '../store/graph-picture.ts';
import { Neo4jPlatform } from './neo4j-platform.ts';
import { missingForGraph } from './servers/missing-part.ts';
import { answersOf } from './store-answers.ts';

const missing = missingForGraph();
/** Histories compared: about a second each. */
const RUNS = Number(process.env['SLUICE_DIFFERENTIAL_RUNS'] ?? 25);
const ASKED = { texts: ['', 'email', 'id', 'customeremail', 'red', 'pii', 'data', 'orders', 'sk'], times: [0, 1, 3, 5, 7] };

/** Changes cut into batches, with what arrives twice or late among them. */
const history = fc.array(anyChange, { minLength: 1, maxLength: 16 }).chain((changes) =>
  fc.record({ changes: fc.constant(changes), again: fc.subarray(changes), cuts: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 40, maxLength: 40 }) }));

function batchesOf({ changes, again, cuts }: { readonly changes: readonly GraphChange[]; readonly again: readonly GraphChange[]; readonly cuts: readonly number[] }): GraphChange[][] {
  const all = [...changes, ...again];
  const batches: GraphChange[][] = [];
  for (let from = 0, i = 0; from < all.length; i++) {
    const size = cuts[i % cuts.length] ?? 1;
    batches.push(all.slice(from, from + size));
    from += size;
  }
  return batches;
}

describe.skipIf(missing !== null)(`both stores${missing === null ? '' : ` (needs ${missing})`}`, () => {
  let platform: Neo4jPlatform;
  beforeAll(async () => {
    platform = await Neo4jPlatform.start();
  });
  afterEach(() => platform.release());
  afterAll(() => platform?.close());

  test('answer every question alike after every history, batch for batch', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (given) => {
        const [graph, embedded] = [await platform.openEmpty(), openSqliteStore({ file: ':memory:' })];
        const mirror = new GraphMirror();
        for (const [i, changes] of batchesOf(given).entries()) {
          const batch = { changes, committedAt: i + 1, offset: { topic: 'control', partition: i % 2, from: i >> 1, next: (i >> 1) + 1, generation: 1 } };
          expect(await graph.apply(batch)).toEqual(await embedded.apply(batch));
          await followed(mirror, graph, embedded);
        }
        expect(await answersOf(graph, ASKED)).toEqual(await answersOf(embedded, ASKED));
        await Promise.all([platform.release(), embedded.close()]);
      }),
      { numRuns: RUNS },
    );
  }, 240_000);
});

/** Deltas name the same entities, and a copy kept up by them stays whole. */
async function followed(mirror: GraphMirror, graph: Store, embedded: Store): Promise<void> {
  const [ours, theirs] = [await graph.delta(mirror.revision), await embedded.delta(mirror.revision)];
  if (ours === 'too-many' || theirs === 'too-many') throw new Error('so few changes are not too many');
  const named = async (store: Store, ids: readonly number[]) => (await store.names(ids)).map((ref) => JSON.stringify(ref)).sort();
  expect(await named(graph, ours.changed)).toEqual(await named(embedded, theirs.changed));
  // A lifetime that a batch changes and changes back is named by the embedded store alone.
  expect(await named(embedded, theirs.nodes.map(({ id }) => id))).toEqual(expect.arrayContaining(await named(graph, ours.nodes.map(({ id }) => id))));
  expect(await named(graph, ours.slots.map(({ about }) => about))).toEqual(await named(embedded, theirs.slots.map(({ about }) => about)));
  mirror.take(ours);
  expect(mirror.picture()).toEqual(await pictureOf(embedded));
}
