import { expect, test } from 'vitest';
import { CARD, drawingOf, groupText, shortened } from '../../../web/lineage/layout.ts';
import { lineageQuestion } from '../../../web/lineage/lineage-question.ts';

const node = (key: string, kind: 'dataset' | 'job', fields: string[] = [], fieldTotal = fields.length) => ({ key, kind, namespace: 'n', name: key, owner: null, state: null, distance: 0, fields, fieldTotal });

test('draws cards, pills, and one group for each side of a node that has more', () => {
  const { boxes, lines } = drawingOf({
    focus: { kind: 'dataset', namespace: 'n', name: 'a' }, revision: 1, asOf: '', fieldEdges: [], moments: [],
    nodes: [node('a', 'dataset', ['x', 'y'], 3), node('j', 'job')],
    edges: [{ from: 'a', to: 'j', completeness: 'complete', evidence: [], fields: [] }],
    groups: [{ node: 'a', direction: 'downstream', owner: 't', count: 2 }, { node: 'a', direction: 'downstream', owner: null, count: 5 }, { node: 'a', direction: 'upstream', owner: 't', count: 1 }],
  });
  expect(boxes.map(({ id, height }) => [id, height])).toEqual([['a', CARD.head + 3 * CARD.row + CARD.foot], ['j', 30], ['downstream of a', 26], ['upstream of a', 26]]);
  expect(lines).toEqual([{ id: 'a j', from: 'a', to: 'j' }, { id: 'downstream of a', from: 'a', to: 'downstream of a' }, { id: 'upstream of a', from: 'upstream of a', to: 'a' }]);
  expect(boxes.flatMap(({ content }) => (content.kind === 'group' ? [groupText(content.group)] : []))).toEqual(['7 more of 2 teams', '1 more of t']);
});

test('cuts a long name in the middle', () => {
  expect([shortened('short', 8), shortened('abcdefghijklmnop', 8)]).toEqual(['short', 'abc…mnop'.slice(0, 2) + '…' + 'lmnop']);
});

test.each([
  ['kind=field&namespace=k&name=a&path=x&direction=upstream&depth=3', { start: { kind: 'field', namespace: 'k', name: 'a', path: 'x' }, direction: 'upstream', depth: 3 }],
  ['namespace=k&name=a', { start: { kind: 'dataset', namespace: 'k', name: 'a' }, direction: 'both', depth: 2 }],
  ['namespace=k&name=a&depth=-1&direction=sideways', { direction: 'both', depth: 2 }],
])('%s is a question', (query, question) => {
  expect(lineageQuestion(new URLSearchParams(query))).toMatchObject(question);
});

test.each(['', 'kind=field&name=a', 'kind=team&name=a'])('“%s” names no start', (query) => {
  expect(lineageQuestion(new URLSearchParams(query))).toBeNull();
});
