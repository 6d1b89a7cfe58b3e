import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffSchemas } from '../../../server/catalog/avro/diff.ts';
import type { JsonValue } from '../../../server/catalog/avro/json.ts';
import { sameSchema } from '../../../server/catalog/avro/same-schema.ts';
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
    ['order f', one({ type: enumOf(['A', 'B']) }), one({ type: enumOf(['B', 'A']) }), 'changes the order of the symbols of enum E'],
    ['doc f', one({ type: enumOf(['A'], { doc: 'old' }) }), one({ type: enumOf(['A'], { doc: 'new' }) }), 'changes the doc of enum E'],
    ['doc f', one({ type: { type: 'map', values: record({ a: 'int' }, 'I') } }), one({ type: { type: 'map', values: { ...(record({ a: 'int' }, 'I') as object), doc: 'new' } } }), 'gets the doc of record I'],
    ['aliases f', one({ type: ['null', { type: 'fixed', name: 'F', size: 4, aliases: ['G'] }] }), one({ type: ['null', { type: 'fixed', name: 'F', size: 4 }] }), 'loses the aliases of fixed F'],
    ['attributes f', one({}), one({ 'connect.name': 'x' }), 'gets the attributes connect.name'],
    ['attributes f', one({ type: { type: 'int', unit: 'EUR' } }), one({ type: { type: 'int', unit: 'USD' } }), 'changes the attributes unit'],
    ['logical-type f', one({ type: { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 } }), one({ type: { type: 'bytes', logicalType: 'decimal', precision: 6, scale: 2 } }), 'changes from bytes (decimal(4, 2)) to bytes (decimal(6, 2))'],
    ['attributes f', one({ type: { type: 'string', logicalType: 'our-own' } }), one({ type: 'string' }), 'loses the attributes logicalType'],
  ])('%s: %j to %j', (expected, before, after, message) => {
    expect(kinds(before, after)).toEqual([expected]);
    expect(diffSchemas(schemaOf(before), schemaOf(after))[0]!.message).toBe(message);
  });
});

test('the whole schema’s name is told apart from its fields', () => {
  expect(kinds(record({ a: 'int' }), record({ a: 'int' }, 'n.Q'))).toEqual(['type-name ']);
  expect(kinds('int', 'long')).toEqual(['retyped $value']);
});

test('tells of each record whose fields stand in another order, whatever came and went', () => {
  const before = record({ a: 'int', b: record({ x: 'int', y: 'int' }, 'I'), gone: 'int', c: 'int' });
  const after = record({ c: 'int', b: record({ y: 'int', x: 'int' }, 'I'), a: 'int', more: 'int' });
  const changes = diffSchemas(schemaOf(before), schemaOf(after)).filter(({ kind }) => kind === 'order');
  expect(changes.map(({ path, message, before: old, after: now }) => [path, message, old, now])).toEqual([
    ['', 'changes the order of its fields', 'a, b, c', 'c, b, a'], ['b', 'changes the order of its fields', 'x, y', 'y, x'],
  ]);
});

/** Schemas of one record, close enough to each other to be the same now and then. */
const types = fc.letrec<{ type: JsonValue }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom<JsonValue>('int', 'long', ['null', 'int'], ['int', 'null'], { type: 'int', logicalType: 'date' }, { type: 'int', unit: 'm' }, { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }),
    tie('type').map((items): JsonValue => ({ type: 'array', items })),
    tie('type').map((values): JsonValue => ({ type: 'map', values })),
  ),
})).type;
const said = { doc: fc.option(fc.constantFrom('x', 'y')), aliases: fc.subarray(['p', 'q']) };
const enums = fc.record({ ...said, symbols: fc.shuffledSubarray(['A', 'B', 'C'], { minLength: 1 }) }).map(({ doc, ...rest }): JsonValue => ({ type: 'enum', name: 'E', ...rest, ...(doc === null ? {} : { doc }) }));
const fields = fc.record({ ...said, type: fc.oneof(types, enums), order: fc.constantFrom('ascending', 'ignore'), note: fc.boolean() });
const anySchema = fc.record({ ...said, names: fc.shuffledSubarray(['a', 'b', 'c'], { minLength: 1 }), fields: fc.tuple(fields, fields, fields) }).map(({ doc, aliases, names, fields: all }): JsonValue => ({
  type: 'record', name: 'R', aliases, ...(doc === null ? {} : { doc }),
  fields: names.map((name, i) => { const { doc: its, note, ...rest } = all[i]!; return { name, ...rest, type: JSON.parse(JSON.stringify(rest.type).replace('"E"', `"E${i}"`)) as JsonValue, ...(its === null ? {} : { doc: its }), ...(note ? { note: 1 } : {}) }; }),
}));
const near = anySchema.chain((schema) => fc.tuple(fc.constant(schema), fc.oneof(fc.constant(schema), anySchema, anySchema.map((other) => ({ ...(schema as object), fields: (other as { fields: JsonValue }).fields })), fc.constant(schema).map((same) => ({ ...(same as object), doc: 'y' })))));

test('nothing differs exactly where the registry would say that it has the schema already', () => {
  fc.assert(fc.property(near, ([a, b]) => {
    const [before, after] = [schemaOf(a), schemaOf(b)];
    expect(diffSchemas(before, after).length === 0).toBe(sameSchema(before, after));
  }), { numRuns: 3_000 });
});
