import { expect, test } from 'vitest';
import type { JsonValue } from '../../../server/catalog/avro/json.ts';
import { equalSchemas, sameSchema } from '../../../server/catalog/avro/same-schema.ts';
import { schemaOf } from './schemas.ts';

const BASE = { type: 'record', name: 'n.R', doc: 'd', aliases: ['A', 'B'], fields: [{ name: 'e', type: { type: 'enum', name: 'E', symbols: ['X', 'Y'], default: 'X' } }, { name: 'r', type: ['null', 'R'], default: null }] } as const;
const withField = (more: object): JsonValue => ({ ...BASE, fields: [{ ...BASE.fields[0], ...more }, BASE.fields[1]] }) as never;

test.each<[string, JsonValue, boolean, boolean]>([
  ['the same again', BASE as never, true, true],
  ['attributes and aliases in another order', { fields: BASE.fields, aliases: ['B', 'A'], doc: 'd', namespace: 'n', name: 'R', type: 'record' } as never, true, true],
  ['another doc', { ...BASE, doc: 'other' } as never, true, false],
  ['other aliases', { ...BASE, aliases: [] } as never, true, false],
  ['another enum default', withField({ type: { ...BASE.fields[0].type, default: 'Y' } }), true, false],
  ['another field alias', withField({ aliases: ['x'] }), true, false],
  ['another field default', withField({ default: 'X' }), false, false],
  ['another sort order', withField({ order: 'ignore' }), false, false],
  ['an extra attribute', { ...BASE, owner: 'us' } as never, false, false],
  ['another name', { ...BASE, name: 'm.R', fields: [] } as never, false, false],
])('%s', (_, other, equal, same) => {
  const [a, b] = [schemaOf(BASE as never), schemaOf(other)];
  expect([equalSchemas(a, b), sameSchema(a, b)]).toEqual([equal, same]);
  expect([equalSchemas(b, a), sameSchema(b, a)]).toEqual([equal, same]);
});

test('two chains of 4,500 types are compared without meeting the end of the stack', () => {
  const chain = (leaf: string) => schemaOf(Array.from({ length: 4_500 }, (_, i) => ({ type: 'record', name: `R${i}`, fields: [{ name: 'v', type: i === 0 ? leaf : `R${i - 1}` }] })));
  expect(sameSchema(chain('int'), chain('int'))).toBe(true);
  expect(sameSchema(chain('int'), chain('long'))).toBe(false);
});
