import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDeeperThan, JsonDecimal, type JsonNode, nodeOf, readJson, renderJson, sameJson } from '../../../server/catalog/avro/json.ts';

const read = (text: string, depth?: number): JsonNode => {
  const outcome = readJson(text, depth);
  if (outcome.outcome === 'malformed') throw new Error(outcome.message);
  return outcome.node;
};

test('reads every document JSON.parse reads, to the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(JSON.parse(renderJson(read(text)))).toEqual(JSON.parse(text));
    }),
  );
});

test('takes and refuses what JSON.parse does, comments and white space aside', () => {
  const piece = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"', '1', '-', '0', '.5', '1e3', 'true', 'nul', 'null', ' ', '\\', '\\n', '\t', 'NaN', "'");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')), (text) => {
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      expect(readJson(text).outcome).toBe(valid ? 'read' : 'malformed');
    }),
    { numRuns: 2_000 },
  );
});

test('a plain value without fractions is the node its text reads as', () => {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, fc.integer(), fc.string(), fc.boolean(), fc.constant(null), fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
  }));
  fc.assert(
    fc.property(value, (drawn) => {
      const plain = JSON.parse(JSON.stringify(drawn)) as never;
      const node = nodeOf(plain);
      expect(node.outcome === 'read' && sameJson(node.node, read(JSON.stringify(plain)))).toBe(true);
    }),
  );
});

test('keeps integers, fractions and repeated keys as Java does', () => {
  expect(read('[1, 1.0, 1e2, 12345678901234567890, -0]')).toEqual([1, new JsonDecimal(1), new JsonDecimal(100), 12345678901234567890n, 0]);
  expect(read('{"a":1,"b":2,"a":3}')).toEqual(new Map([['a', 3], ['b', 2]]));
  expect(sameJson(1, new JsonDecimal(1))).toBe(false);
});

test('any depth is read as far as allowed', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  expect(readJson(deep).outcome).toBe('malformed');
  expect(isDeeperThan(read(deep, 50_000), 49_999)).toBe(true);
  expect(isDeeperThan(read(deep, 50_000), 50_000)).toBe(false);
});
