import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sideBySide } from '../../../web/shared/side-by-side.ts';

test('puts what replaces something beside what it replaces, and nothing beside what only goes or comes', () => {
  expect(sideBySide('a\nb\nc\nd', 'a\nB\nc\nd\ne\n')).toEqual([
    { before: 'a', after: 'a', same: true },
    { before: 'b', after: 'B', same: false },
    { before: 'c', after: 'c', same: true },
    { before: 'd', after: 'd', same: true },
    { before: null, after: 'e', same: false },
  ].map((pair) => expect.objectContaining(pair) as object));
});

test('holds every line of both texts, in order', () => {
  const text = fc.array(fc.constantFrom('{', '}', '"a": 1,', '"b": 2,', ''), { minLength: 1, maxLength: 30 }).map((lines) => `${lines.join('\n')}\n`);
  fc.assert(fc.property(text, text, (before, after) => {
    const pairs = sideBySide(before, after);
    const side = (of: 'before' | 'after'): string => `${pairs.flatMap((pair) => pair[of] ?? []).join('\n')}\n`;
    expect([side('before'), side('after')]).toEqual([before, after]);
    expect(pairs.every((pair) => pair.same === (pair.before === pair.after))).toBe(true);
  }));
});
