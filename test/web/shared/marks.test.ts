import fc from 'fast-check';
import { expect, test } from 'vitest';
import { markedParts } from '../../../web/shared/marks.ts';

test.each([
  ['Payments of orders', 'pay', [['Pay', true], ['ments of orders', false]]],
  ['repayments', 'pay', [['repayments', false]]],
  ['a.b (x)', '(x', [['a.b (', false], ['x', true], [')', false]]],
  ['kafka://main/payments_v2.customerEmail', 'pay email', [['kafka://main/', false], ['pay', true], ['ments_v2.customer', false], ['Email', true]]],
  ['customer_email', 'customerEm', [['customer', true], ['_', false], ['em', true], ['ail', false]]],
  ['text', '', [['text', false]]],
  ['', 'x', [['', false]]],
])('marks in %s what begins like %s', (text, words, parts) => {
  expect(markedParts(text, words).map(({ text: part, isMatch }) => [part, isMatch])).toEqual(parts);
});

test('says the whole text, whatever is searched for', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, words) => {
    expect(markedParts(text, words).map((part) => part.text).join('')).toBe(text);
  }));
});
