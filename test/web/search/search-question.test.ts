import { expect, test } from 'vitest';
import { questionOf, toggled } from '../../../web/search/search-question.ts';

test('reads the question off the address, whatever else is in it', () => {
  expect(questionOf(new URLSearchParams('q=pay&kind=job&kind=dataset&owner=a&x=1'))).toEqual({ q: 'pay', limit: 50, kind: ['job', 'dataset'], owner: ['a'] });
  expect(questionOf(new URLSearchParams(''))).toEqual({ q: '', limit: 50 });
  expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
});
