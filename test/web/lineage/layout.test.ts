import { expect, test } from 'vitest';
import { CARD, drawingOf, groupLines, groupText, type HiddenGroup, shortened } from '../../../web/lineage/layout.ts';
import { lineageQuestion } from '../../../web/lineage/lineage-question.ts';

const node = (key: string, kind: 'dataset' | 'job', fields: string[] = [], fieldTotal = fields.length) => ({ key, kind, namespace: 'n', name: key, owner: null, state: null, distance: 0, fields, fieldTotal });

test('draws cards, pills, and one group for each side of a node that has more', () => {
  const { boxes, lines } = drawingOf({
    focus: { kind: 'dataset', namespace: 'n', name: 'a' }, revision: 1, asOf: '', fieldEdges: [], moments: [],
    nodes: [node('a', 'dataset', ['x', 'y'], 3), node('j', 'job')],
    edges: [{ from: 'a', to: 'j', completeness: 'complete', evidence: [], fields: [] }],
    groups: [{ node: 'a', direction: 'downstream', owner: 't', looked: true, count: 2 }, { node: 'a', direction: 'downstream', owner: null, looked: true, count: 5 }, { node: 'a', direction: 'upstream', owner: 't', looked: true, count: 1 }],
  });
  expect(boxes.map(({ id, height }) => [id, height])).toEqual([['a', CARD.head + 3 * CARD.row + CARD.foot], ['j', 30], ['downstream of a', 26], ['upstream of a', 26]]);
  expect(lines).toEqual([{ id: 'a j', from: 'a', to: 'j' }, { id: 'downstream of a', from: 'a', to: 'downstream of a' }, { id: 'upstream of a', from: 'upstream of a', to: 'a' }]);
  expect(boxes.flatMap(({ content }) => (content.kind === 'group' ? [groupText(content.group)] : []))).toEqual(['7 more of t or no owner', '1 more of t']);
});

test('says of a group what nobody looked at, and gives it the room for that', () => {
  const side = { node: 'a', direction: 'downstream' } as const;
  const { boxes } = drawingOf({
    focus: { kind: 'dataset', namespace: 'n', name: 'a' }, revision: 1, asOf: '', fieldEdges: [], moments: [], nodes: [], edges: [],
    groups: [{ ...side, owner: null, looked: false, count: 4_232 }, { ...side, owner: 't', looked: true, count: 990 }, { ...side, owner: null, looked: true, count: 10 }],
  });
  const groups = boxes.flatMap(({ content }) => (content.kind === 'group' ? [content.group] : []));
  expect(groups.map(groupText)).toEqual(['5,232 more, owners of 4,232 not looked up']);
  expect(groups.map(groupLines)).toEqual([['990 of t', '10 of no owner', '4,232 whose owners were not looked up']]);
  expect(boxes.map(({ width }) => width)).toEqual([308]);
});

test.each<[text: string, owners: HiddenGroup['owners']]>([
  ['3 more of no owner', [{ owner: null, count: 3 }]],
  ['3 more of t', [{ owner: 't', count: 3 }]],
  ['3 more of t or no owner', [{ owner: 't', count: 2 }, { owner: null, count: 1 }]],
  ['3 more of 2 teams', [{ owner: 't', count: 2 }, { owner: 'u', count: 1 }]],
  ['3 more of 2 teams or no owner', [{ owner: 't', count: 1 }, { owner: 'u', count: 1 }, { owner: null, count: 1 }]],
])('“%s” says whose they are', (text, owners) => {
  expect(groupText({ node: 'a', direction: 'upstream', count: 3, owners, unlooked: 0 })).toBe(text);
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
