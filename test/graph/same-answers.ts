import { expect } from 'vitest';
import { entityKey } from '../../server/catalog/names.ts';
import { LineageIndex, type View } from '../../server/graph/lineage-index.ts';
import type { RandomWorld } from './random-world.ts';

const VIEWS: readonly View[] = [{ asOf: null, evidence: null }, { asOf: 7, evidence: null }, { asOf: null, evidence: ['declared'] }];

/** Holds an index to one that has just read the world whole: every answer about every entity is the same. */
export async function expectSameAnswers(index: LineageIndex, world: RandomWorld): Promise<void> {
  const fresh = await LineageIndex.open(world.source);
  expect(index.revision).toEqual(fresh.revision);
  for (const view of VIEWS) expect(answers(index, world, view)).toEqual(answers(fresh, world, view));
}

function answers(index: LineageIndex, world: RandomWorld, view: View): unknown[] {
  return world.refs.map((ref) => {
    const closures = (['downstream', 'upstream'] as const).map((direction) => [...index.closure({ from: [ref], direction, depth: null, ...view }).entries()].map((entry) => `${entityKey(entry.ref)} ${entry.distance} ${entry.certainty}`).sort());
    if (ref.kind === 'field') return [ref, closures, unordered(index.fieldUse(ref, view))];
    if (ref.kind === 'dataset') return [ref, closures, unordered([index.readersOf(ref, view), index.writersOf(ref, view), index.fieldsOf(ref, view)])];
    if (ref.kind === 'job' || ref.kind === 'consumer') return [ref, closures, unordered(index.programOf({ ...ref, kind: ref.kind }, view))];
    return [ref, closures];
  });
}

/** Lists in a graph have no promised order: sorted here by what they say. */
function unordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unordered).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unordered(inner)]));
}
