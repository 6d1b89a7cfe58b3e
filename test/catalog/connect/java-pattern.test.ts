import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJavaPattern } from '../../../server/catalog/connect/java-pattern.ts';

const piece = fc.oneof(fc.constantFrom('a', 'b', '\\.', '.', '[^.]', '[a-b]', '\\w', '\\d', '(a)', '(?:b|a)', '(a|ab)', '([^.]+)', '(.*)', '[\\w.]', '(?<n>b)'));
const pattern = fc.array(fc.tuple(piece, fc.constantFrom('', '', '*', '+', '?', '*?', '+?', '{2}', '{1,2}', '{0,}')), { maxLength: 6 })
  .map((pieces) => pieces.map(([atom, quantifier], i) => (atom.startsWith('(?<') && i > 0 ? 'b' : atom) + quantifier).join(''))
  .chain((text) => fc.constantFrom(text, `${text}|a`, `^${text}$`, `(${text})`))
  // Where a group in a loop keeps its text, Java and JavaScript differ.
  .filter((text) => !/\)(\*|\+|\?|\{)/.test(text) || /^[^(]*\((?![^)]*\().*\)$/.test(text) || !text.includes('('));

test('matches and captures as the engine of the language does, where it knows a pattern', () => {
  fc.assert(fc.property(pattern, fc.stringMatching(/^[ab.1]{0,8}$/), (source, text) => {
    const expected = new RegExp(`^(?:${source})$`).exec(text);
    const pattern = parseJavaPattern(source);
    if (pattern === null) return;
    const matched = pattern.matches(text);
    expect(matched === null).toBe(expected === null);
    if (expected !== null && !/\)(\*|\+|\?|\{)/.test(source)) expect(matched).toEqual([...expected]);
  }), { numRuns: 2_000 });
});

test.each([['(?=a)a'], ['(a)\\1'], ['a++'], ['(?i)a'], ['\\bA'], ['[a&&b]'], ['[a[b]]'], ['(a'], ['a)'], ['[a'], ['a**'], ['*a'], ['(a*)*'], ['(|a)+'], ['(.*){2}'], ['\\'], ['a{9999}{9999}'], ['(((a{99}){99}){99})'], ['('.repeat(30) + ')'.repeat(30)], ['a'.repeat(1_001)]])(
  'knows nothing of %s', (source) => expect(parseJavaPattern(source)).toBeNull());

test('is not held up by a pattern made to be slow', () => {
  for (const source of ['(a+)+', '(a|aa)*', '(a|a)+b', '(a+)+(a+)+(a+)+', '(((a+)+)+)+', '.*.*.*.*.*b']) {
    const pattern = parseJavaPattern(source);
    expect(pattern).not.toBeNull();
    expect(pattern?.matches(`${'a'.repeat(240)}!`)).toBeNull();
  }
});

test('ignores case where it is told to', () => {
  expect(parseJavaPattern('Public\\.[a-z]+', { ignoreCase: true })?.matches('public.ORDERS')).toEqual(['public.ORDERS']);
  expect(parseJavaPattern('Public')?.matches('public')).toBeNull();
});

test.each([
  ['(.*)\\.(.*)', '$2-$1', 'a.b', 'b-a'], ['(?<db>[^.]+)\\.x', '${db}_copy', 'shop.x', 'shop_copy'], ['(a)(b)?', '$1$2!', 'a', 'a!'], ['(a).*', '\\$1', 'abc', '$1'],
  ['(a)', '$12', 'a', 'a2'], ['a', '$1', 'a', null], ['a', 'x$', 'a', null], ['a', 'x\\', 'a', null], ['a', '${no}', 'a', null], ['.*', '$0.v2', 'orders', 'orders.v2'],
  // The whole matches, but what is found first is less.
  ['(a|ab)', 'x', 'ab', 'xb'], ['(.*?)', 'x-', 'orders', 'x-orders'], ['a??(b?)', '[$1]', 'a', '[]a'],
])('replaces %s by %s in %s: %s', (source, replacement, text, expected) => {
  expect(parseJavaPattern(source)?.replaced(text, replacement)).toBe(expected);
});
