import { expect, test } from 'vitest';
import { knownOnly } from '../../../web/lineage/known-only.ts';
import { instantAt, placeOf } from '../../../web/lineage/time-steps.ts';

type LineageMap = Parameters<typeof knownOnly>[0];
const node = (key: string, kind: 'dataset' | 'job' | 'consumer' = 'dataset'): LineageMap['nodes'][number] => ({ key, kind, namespace: 'n', name: key, owner: null, state: null, distance: 0, fields: [], fieldTotal: 0 });
const edge = (from: string, to: string, completeness: 'complete' | 'partial' | 'unknown'): LineageMap['edges'][number] => ({ from, to, completeness, evidence: [], fields: [] });
const map: LineageMap = {
  focus: { kind: 'dataset', namespace: 'n', name: 'a' }, revision: 1, asOf: '2026-01-01T00:00:00.000Z', moments: [],
  nodes: [node('a'), node('known', 'job'), node('guess', 'job'), node('behind')],
  edges: [edge('a', 'known', 'partial'), edge('a', 'guess', 'unknown'), edge('guess', 'behind', 'complete')],
  groups: [{ node: 'guess', direction: 'downstream', owner: null, looked: true, count: 3 }, { node: 'a', direction: 'downstream', owner: null, looked: true, count: 2 }],
  fieldEdges: [],
};

test('leaves out uses of which nobody knows the fields, and what only they lead to, and counts both', () => {
  const { map: known, hidden } = knownOnly(map);
  expect([known.nodes.map(({ key }) => key), known.edges.length, known.groups.map(({ node: at }) => at), hidden]).toEqual([['a', 'known'], 1, ['a'], 4]);
});

test('keeps the focus of which nothing is known', () => {
  expect(knownOnly({ ...map, edges: [] }).map.nodes.map(({ key }) => key)).toEqual(['a']);
});

test('places an instant at the change before it, and steps from there to now', () => {
  const moments = ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'];
  expect([placeOf(moments, '2026-01-15T00:00:00.000Z'), placeOf(moments, null), placeOf(moments, '2025-01-01T00:00:00.000Z')]).toEqual([0, 2, -1]);
  expect([instantAt(moments, 1), instantAt(moments, 2), instantAt(moments, -1)]).toEqual([moments[1], null, moments[0]]);
});
