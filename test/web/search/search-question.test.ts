import { expect, test } from 'vitest';
import { markedParts, questionOf, toggled } from '../../../web/search/search-question.ts';

test('reads the question off the address, whatever else is in it', () => {
  expect(questionOf(new URLSearchParams('q=pay&kind=job&kind=dataset&owner=a&x=1'))).toEqual({ q: 'pay', limit: 50, kind: ['job', 'dataset'], owner: ['a'] });
  expect(questionOf(new URLSearchParams(''))).toEqual({ q: '', limit: 50 });
  expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
});

test.each([
  ['Payments of orders', 'pay', [['Pay', true], ['ments of orders', false]]],
  ['repayments', 'pay', [['repayments', false]]],
  ['a.b (x)', '(x', [['a.b (', false], ['x', true], [')', false]]],
  ['text', '', [['text', false]]],
])('marks in %s what begins like %s', (text, words, parts) => {
  expect(markedParts(text, words).map(({ text: part, isMatch }) => [part, isMatch])).toEqual(parts);
});
