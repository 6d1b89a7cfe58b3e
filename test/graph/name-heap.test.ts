import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeName, joinName, type NameHeap, NameHeapBuilder, splitName } from '../../server/graph/name-heap.ts';

/** Names a decoder or a joint may trip over: byte order marks at every place, spaces and digits, nothing at all. */
const NAMES = ['\uFEFFmark', '\uFEFF', '\uFEFF\uFEFFtwice', 'in\uFEFFside', 'behind\uFEFF', '', ' ', '3 ab', 'größe', '🦦', '\u0000', 'x'.repeat(3_000)];

function heapOf(names: readonly string[]): NameHeap {
  const builder = new NameHeapBuilder(names.length);
  for (const name of names) builder.add(name);
  return builder.finish();
}

describe('a name heap', () => {
  test('gives every name back, a byte order mark in front included', () => {
    const heap = heapOf(NAMES);
    expect(NAMES.map((_, i) => heap.get(i))).toEqual(NAMES);
  });

  test('tells a name with a byte order mark from the same name without', () => {
    const heap = heapOf(['\uFEFFmark', 'mark']);
    expect([0, 1].map((i) => heap.is(i, encodeName('\uFEFFmark')))).toEqual([true, false]);
    expect([0, 1].map((i) => heap.is(i, encodeName('mark')))).toEqual([false, true]);
  });

  test('gives back any names there can be, and knows each', () => {
    const names = fc.array(fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'binary' })), { maxLength: 20 });
    fc.assert(
      fc.property(names, (all) => {
        const heap = heapOf(all);
        all.forEach((name, i) => expect([heap.get(i), heap.is(i, encodeName(name))]).toEqual([name, true]));
      }),
    );
  });

  test.each(NAMES.flatMap((namespace) => NAMES.map((name) => ({ namespace, name }))))('keeps a namespace and a name apart that lie in one entry: %j', (named) => {
    expect(splitName(heapOf([joinName(named.namespace, named.name)]).get(0))).toEqual(named);
  });
});
