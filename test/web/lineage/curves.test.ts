import { expect, test } from 'vitest';
import { curve, fieldLines, lineBetween, type Places } from '../../../web/lineage/curves.ts';
import { CARD, type MapNode, PILL, type Placed } from '../../../web/lineage/layout.ts';

const node = (kind: MapNode['kind'], key: string, fields: string[]): MapNode => ({ key, kind, namespace: 'n', name: key, owner: null, state: null, distance: 0, fields, fieldTotal: fields.length });
const card = (id: string, x: number, fields: string[]): Placed => ({ id, x, y: 0, width: CARD.width, height: CARD.head + fields.length * CARD.row, content: { kind: 'node', node: node('dataset', id, fields) } });
const pill = (id: string, x: number): Placed => ({ id, x, y: 100, ...PILL, content: { kind: 'node', node: node('job', id, []) } });
const edge = (fromPath: string, toPath: string, via: string | null) => ({ from: 'a', fromPath, to: 'b', toPath, via, identity: true });
const places: Places = new Map([card('a', 0, ['x', 'y']), pill('j', 400), card('b', 800, ['u', 'v'])].map((box) => [box.id, box]));

test('leads a value through the program that moves it, every value on a track of its own', () => {
  const [first, second] = fieldLines([edge('x', 'u', 'j'), edge('y', 'v', 'j')], places);
  expect([first?.d, second?.d].map((d) => /400,(\d+) H608 M608,(\d+)/.exec(d ?? '')?.slice(1))).toEqual([['110', '110'], ['120', '120']]);
  expect(first?.d).toMatch(/^M248,54 C.* 800,54$/);
});

test('leads a value straight to where it goes when nobody said what moves it', () => {
  expect(fieldLines([edge('x', 'u', null)], places)[0]?.d).toBe(curve({ x: 248, y: 54 }, { x: 800, y: 54 }));
});

test('draws no line to what is not drawn', () => {
  expect(fieldLines([edge('x', 'gone', 'j')], places)).toEqual([]);
  expect([lineBetween('a', 'nowhere', places), lineBetween('a', 'j', places)]).toEqual([null, curve({ x: 248, y: 22 }, { x: 400, y: 115 })]);
});
