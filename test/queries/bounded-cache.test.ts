import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BoundedCache } from '../../server/queries/bounded-cache.ts';

/** The same promise, kept by moving entries to the end of a list. */
class NaiveCache {
  #entries: { key: number; value: string; weight: number }[] = [];
  readonly #capacity: number;
  constructor(capacity: number) {
    this.#capacity = capacity;
  }
  get(key: number): string | undefined {
    const entry = this.#entries.find((e) => e.key === key);
    if (entry !== undefined) this.#entries = [...this.#entries.filter((e) => e !== entry), entry];
    return entry?.value;
  }
  set(key: number, value: string, weight: number): void {
    this.delete(key);
    if (weight > this.#capacity) return;
    this.#entries.push({ key, value, weight });
    while (this.#entries.reduce((sum, e) => sum + e.weight, 0) > this.#capacity) this.#entries.shift();
  }
  delete(key: number): void {
    this.#entries = this.#entries.filter((e) => e.key !== key);
  }
  clear(): void {
    this.#entries = [];
  }
}

const KEYS = [0, 1, 2, 3, 4, 5, 6, 7];
const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: fc.constant('set' as const), key, value: fc.string({ maxLength: 2 }), weight: fc.integer({ min: 1, max: 7 }) }) },
  { weight: 5, arbitrary: fc.record({ what: fc.constant('get' as const), key }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('delete' as const), key }) },
  { weight: 1, arbitrary: fc.constant({ what: 'clear' as const }) },
);

test('holds after any steps what a plain list would hold', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 60 }), (capacity, steps) => {
      const [cache, naive] = [new BoundedCache<number, string>(capacity), new NaiveCache(capacity)];
      for (const s of steps) {
        if (s.what === 'set') for (const c of [cache, naive]) c.set(s.key, s.value, s.weight);
        else if (s.what === 'get') expect(cache.get(s.key)).toBe(naive.get(s.key));
        else if (s.what === 'delete') for (const c of [cache, naive]) c.delete(s.key);
        else for (const c of [cache, naive]) c.clear();
      }
      expect(KEYS.map((k) => cache.get(k))).toEqual(KEYS.map((k) => naive.get(k)));
    }),
  );
});

test('an entry heavier than the whole cache is not kept, and takes nothing else with it', () => {
  const cache = new BoundedCache<string, number>(3);
  cache.set('a', 1);
  cache.set('b', 2, 4);
  expect([cache.get('a'), cache.get('b')]).toEqual([1, undefined]);
});
