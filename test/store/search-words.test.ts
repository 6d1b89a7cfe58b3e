import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pathWords, words } from '../../server/store/sqlite/search-words.ts';

test.each([
  ['customerEmail', ['customer', 'email']],
  ['HTTPServer', ['http', 'server']],
  ['SHA256sum', ['sha256sum']],
  ['v2Orders', ['v2', 'orders']],
  ['a_b-c.d e', ['a', 'b', 'c', 'd', 'e']],
  ['Crème Brûlée', ['creme', 'brulee']],
  ['items[].sku', ['items', 'sku']],
  ['🦩', ['🦩']],
  ['"*^(', []],
])('splits %s', (text, expected) => {
  expect(words(text)).toEqual(expected);
});

test('the quick way for ASCII finds the words that the general way finds', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '1', '_', '.', ' ', '\0', '"') });
  // A character that is no word puts the same text on the general way.
  fc.assert(fc.property(letters, (text) => { expect(words(`${text} ¿`)).toEqual(words(text)); }), { numRuns: 2_000 });
});

test('words hold nothing that FTS5 could take for syntax', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => { expect(words(text).join('')).not.toMatch(/["*^():+{}\s-]/); }));
});

test('a path is known by its last step as one word', () => {
  expect(pathWords('order.lineItems[].skuCode')).toEqual({ whole: 'skucode', words: 'order line items sku code lineitems' });
  expect(pathWords('__proto__')).toEqual({ whole: 'proto', words: 'proto' });
});
