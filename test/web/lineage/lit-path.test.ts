import { expect, test } from 'vitest';
import { litPath, stepFrom } from '../../../web/lineage/lit-path.ts';

const edge = (from: string, fromPath: string, to: string, toPath: string, via = 'job') => ({ from, fromPath, to, toPath, via, identity: true });
const EDGES = [edge('a', 'x', 'b', 'y'), edge('b', 'y', 'c', 'z'), edge('b', 'y', 'c', 'w', 'other'), edge('a', 'q', 'b', 'r', 'apart'), edge('c', 'z', 'b', 'y', 'back')];

test('lights what a value comes from and goes to, through a cycle too, and nothing beside it', () => {
  const { fields, programs, edges } = litPath(EDGES, { key: 'b', path: 'y' });
  expect([...fields].sort()).toEqual(['a x', 'b y', 'c w', 'c z']);
  expect([...programs].sort()).toEqual(['back', 'job', 'other']);
  expect(edges).toHaveLength(4);
});

test('arrows walk along the path and between its siblings', () => {
  const at = (key: string, path: string, arrow: string) => stepFrom({ key, path }, arrow, EDGES);
  expect([at('a', 'x', 'ArrowRight'), at('b', 'y', 'ArrowLeft'), at('c', 'z', 'ArrowDown'), at('c', 'w', 'ArrowUp'), at('a', 'x', 'ArrowLeft'), at('c', 'w', 'ArrowDown'), at('a', 'x', 'q')]).toEqual([
    { key: 'b', path: 'y' }, { key: 'a', path: 'x' }, { key: 'c', path: 'w' }, { key: 'c', path: 'z' }, null, null, null,
  ]);
});
