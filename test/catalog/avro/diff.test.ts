import { describe, expect, test } from 'vitest';
import { diffSchemas } from '../../../server/catalog/avro/diff.ts';
import type { JsonValue } from '../../../server/catalog/avro/json.ts';
import { record, schemaOf } from './schemas.ts';

const kinds = (before: JsonValue, after: JsonValue) => diffSchemas(schemaOf(before), schemaOf(after)).map(({ kind, path }) => `${kind} ${path}`);
const one = (field: { readonly [key: string]: JsonValue }): JsonValue => ({ type: 'record', name: 'R', fields: [{ name: 'f', type: 'int', ...field }] });
const enumOf = (symbols: readonly string[], more: object = {}): JsonValue => ({ type: 'enum', name: 'E', symbols, ...more });

test('a schema does not differ from itself', () => {
  expect(kinds(record({ a: 'int', r: ['null', 'R'] }), record({ a: 'int', r: ['null', 'R'] }))).toEqual([]);
});

test('a field that goes takes those inside it along, and a new one brings them', () => {
  const nested = record({ a: 'int', b: { type: 'array', items: record({ c: 'int' }, 'I') } });
  expect(kinds(nested, record({ a: 'int' }))).toEqual(['removed b', 'removed b[].c']);
  expect(kinds(record({ a: 'int' }), nested)).toEqual(['added b', 'added b[].c']);
});

test('a field renamed by an alias is one field, and so are those inside it', () => {
  const before = record({ address: record({ street: 'string', gone: 'int' }, 'A') });
  const after = { type: 'record', name: 'R', fields: [{ name: 'home', aliases: ['address'], type: record({ street: 'string', zip: 'int' }, 'A') }] };
  expect(kinds(before, after)).toEqual(['renamed address', 'aliases address', 'removed address.gone', 'added home.zip']);
  expect(diffSchemas(schemaOf(before), schemaOf(after))[0]).toMatchObject({ message: 'is now called `home`', before: 'address', after: 'home' });
});

test('an alias of a field that is still there is no rename', () => {
  const after = { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }, { name: 'b', type: 'int', aliases: ['a'] }] };
  expect(kinds(record({ a: 'int' }), after)).toEqual(['added b']);
});

describe('says what changed at a field', () => {
  test.each<[string, JsonValue, JsonValue, string]>([
    ['retyped f', one({}), one({ type: 'long' }), 'changes from int to long'],
    ['retyped f', one({}), one({ type: ['null', 'int'] }), 'changes from int to ["null", "int"]'],
    ['nullability f', one({ type: ['null', 'int'] }), one({}), 'cannot be null any more'],
    ['logical-type f', one({}), one({ type: { type: 'int', logicalType: 'date' } }), 'changes from int to int (date)'],
    ['symbols f', one({ type: enumOf(['A', 'B']) }), one({ type: enumOf(['B', 'C']) }), 'gains C and loses A'],
    ['symbols f', one({ type: { type: 'array', items: enumOf(['A']) } }), one({ type: { type: 'array', items: enumOf(['A', 'C']) } }), 'gains C'],
    ['enum-default f', one({ type: enumOf(['A']) }), one({ type: enumOf(['A'], { default: 'A' }) }), 'gets the enum default A'],
    ['default f', one({ default: 1 }), one({ default: 2 }), 'changes its default from 1 to 2'],
    ['default f', one({ default: 1 }), one({}), 'loses its default 1'],
    ['doc f', one({}), one({ doc: 'new' }), 'gets the doc new'],
    ['order f', one({}), one({ order: 'ignore' }), 'changes its sort order from ascending to ignore'],
    ['aliases f', one({}), one({ aliases: ['g'] }), 'gets the aliases g'],
  ])('%s: %j to %j', (expected, before, after, message) => {
    expect(kinds(before, after)).toEqual([expected]);
    expect(diffSchemas(schemaOf(before), schemaOf(after))[0]!.message).toBe(message);
  });
});

test('the whole schema’s name is told apart from its fields', () => {
  expect(kinds(record({ a: 'int' }), record({ a: 'int' }, 'n.Q'))).toEqual(['type-name ']);
  expect(kinds('int', 'long')).toEqual(['retyped $value']);
});
