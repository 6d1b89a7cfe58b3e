import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVIDENCES } from '../../server/catalog/changes.ts';
import { entityKey } from '../../server/catalog/names.ts';
import type { Closure } from '../../server/graph/closure.ts';
import { type ClosureRequest, LineageIndex } from '../../server/graph/lineage-index.ts';
import { lengthsOf, type NaiveClosure, naiveClosure } from './naive-closure.ts';
import { commits, RandomWorld, refOfNode, TIMES } from './random-world.ts';

const questions = fc.record({
  starts: fc.array(fc.nat(40), { minLength: 1, maxLength: 3 }),
  direction: fc.constantFrom('downstream' as const, 'upstream' as const),
  depth: fc.constantFrom(null, null, 0, 1, 2, 3),
  asOf: fc.constantFrom(null, null, ...TIMES),
  evidence: fc.option(fc.subarray(EVIDENCES.slice(0, 3)), { nil: null, freq: 2 }),
});
type Question = typeof questions extends fc.Arbitrary<infer T> ? T : never;

describe('a closure', () => {
  test('reaches what its definition reaches, as surely and as far, whatever the graph', async () => {
    await fc.assert(
      fc.asyncProperty(commits(40), fc.array(questions, { minLength: 1, maxLength: 8 }), async (happened, asked) => {
        const world = new RandomWorld(happened);
        const index = await LineageIndex.open(world.source);
        for (const question of asked) compare(world, index, question);
      }),
      { numRuns: 600 },
    );
  });

  test('is the same whatever of the graph came with later deltas', async () => {
    await fc.assert(
      fc.asyncProperty(commits(25), fc.array(commits(8), { minLength: 1, maxLength: 5 }), fc.array(questions, { minLength: 1, maxLength: 6 }), async (first, later, asked) => {
        const world = new RandomWorld(first);
        const index = await LineageIndex.open(world.source);
        for (const happened of later) {
          world.commit(happened);
          await index.catchUp();
          for (const question of asked) compare(world, index, question);
        }
      }),
      { numRuns: 300 },
    );
  });
});

function compare(world: RandomWorld, index: LineageIndex, { starts, ...rest }: Question): void {
  const refs = world.refs;
  const request: ClosureRequest = { ...rest, from: starts.map((start) => refs[start % refs.length] ?? refs[0]!) };
  const expected = naiveClosure(world.source, request);
  const closure = index.closure(request);
  const entries = [...closure.entries()];
  expect(new Map(entries.map(({ ref, distance, certainty }) => [entityKey(ref), { distance, certainty }]))).toEqual(expected.reached);
  expect(entries).toHaveLength(expected.reached.size);
  expect(closure.size).toBe(expected.reached.size);
  expect(Object.values(closure.counts).reduce((sum, count) => sum + count, 0)).toBe(closure.size);
  expect(entries.map(({ distance }) => distance)).toEqual(entries.map(({ distance }) => distance).sort((a, b) => a - b));
  expect(closure.completeness).toBe(entries.some(({ certainty }) => certainty === 'possible') ? 'unknown' : 'complete');
  for (const entry of entries) checkPath(world, closure, expected, entry);
}

function checkPath(world: RandomWorld, closure: Closure, { starts, arcs }: NaiveClosure, { ref, distance, certainty }: { ref: Parameters<Closure['walkTo']>[0]; distance: number; certainty: string }): void {
  const ids = new Map(world.source.nodes.map((node) => [entityKey(refOfNode(node)), node.id]));
  const path = closure.walkTo(ref).map((step) => ids.get(entityKey(step)) ?? -1);
  expect(starts).toContain(path[0]);
  expect(path.at(-1)).toBe(ids.get(entityKey(ref)));
  expect(lengthsOf(path, certainty === 'known' ? arcs.filter(({ certain }) => certain) : arcs)).toContain(distance);
}
