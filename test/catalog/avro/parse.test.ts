import { describe, expect, test } from 'vitest';
import { JsonDecimal } from '../../../server/catalog/avro/json.ts';
import { MAX_SCHEMA_LENGTH, parseSchema } from '../../../server/catalog/avro/parse.ts';
import type { RecordSchema } from '../../../server/catalog/avro/schema.ts';
import { record, schemaOf } from './schemas.ts';

const field = (type: unknown, more: object = {}) => JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'f', type, ...more }] });

describe('refuses what Avro Java refuses, and says where', () => {
  test.each<[string, string, string, string | null]>([
    ['an undefined name', field('Missing'), 'Undefined schema: Missing', '/fields/0/type'],
    ['a name that begins with a digit', '{"type":"fixed","name":"1A","size":1}', 'Illegal initial character: 1A', '/name'],
    ['a dash in a field name', '{"type":"record","name":"R","fields":[{"name":"a-b","type":"int"}]}', 'Illegal character in: a-b', '/fields/0/name'],
    ['a bad namespace part', '{"type":"record","name":"a..R","fields":[]}', 'Namespace part "" is invalid: Empty name', '/name'],
    ['a type named after a primitive', '{"type":"record","name":"string","fields":[]}', 'Schemas may not be named after primitives: string', '/name'],
    ['two fields of one name', '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}', 'Duplicate field a in record R', '/fields/1/name'],
    ['a default of another type', field('int', { default: 'x' }), 'Invalid default for field f', '/fields/0/default'],
    ['a default beyond int', field('int', { default: 2147483648 }), 'Invalid default for field f', '/fields/0/default'],
    ['a fraction for a long', field('long', { default: 1.5 }), 'Invalid default for field f', '/fields/0/default'],
    ['a default none of the branches takes', field(['null', 'int'], { default: 'x' }), 'Invalid default for field f', '/fields/0/default'],
    ['a default for a record within itself', field(['R'], { default: {} }), 'Schema fields not set yet', '/fields/0/default'],
    ['an enum default that is no symbol', field({ type: 'enum', name: 'E', symbols: ['A'], default: 'B' }), 'The Enum Default: B is not in the enum symbol set: [A]', '/fields/0/type/default'],
    ['a symbol twice', '{"type":"enum","name":"E","symbols":["A","A"]}', 'Duplicate enum symbol: A', '/symbols/1'],
    ['a union in a union', '["int",["null"]]', 'Nested union', '/1'],
    ['a branch twice', '["int","int"]', 'Duplicate in union:int', '/1'],
    ['a branch twice through its name', field(['R', 'R']), 'Duplicate in union:R', '/fields/0/type/1'],
    ['another definition of a name', '[{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":2}]', "Can't redefine: F", '/1/name'],
    ['a size that is no integer', '{"type":"fixed","name":"F","size":4.0}', 'Invalid or no size', '/size'],
    ['an unknown order', field('int', { order: 'up' }), 'unknown sort order: "up"', '/fields/0/order'],
    ['aliases that are no list', '{"type":"record","name":"R","aliases":"A","fields":[]}', 'aliases not an array', '/aliases'],
    ['a nested record without a name', field({ type: 'record', fields: [] }), 'No name in schema', '/fields/0/type'],
    ['a type that is an object within a schema', '{"type":{"type":"int"}}', 'No type', '/type'],
    ['nothing', '{}', 'No type', ''],
    ['a number', '1', 'Schema not yet supported: 1', ''],
    ['a field without a type', '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b"}]}', 'No field type', '/fields/1'],
    ['a field whose type is null', '{"type":"record","name":"R","fields":[{"name":"b","type":null}]}', 'Schema not yet supported: null', '/fields/0/type'],
    ['a field without a name', '{"type":"record","name":"R","fields":[{"type":"int"}]}', 'No field name', '/fields/0'],
    ['fields that are no list', '{"type":"record","name":"R","fields":{}}', 'Record has no fields', '/fields'],
    ['an undefined name in a union', field(['null', 'Missing']), 'Undefined schema: Missing', '/fields/0/type/1'],
    ['an undefined name as the type of an object', field({ type: 'Missing' }), 'Undefined schema: Missing', '/fields/0/type/type'],
    ['an undefined name as the whole', '"Missing"', 'Undefined schema: Missing', ''],
    ['an undefined name of items of values', field({ type: 'map', values: { type: 'array', items: 'Missing' } }), 'Undefined schema: Missing', '/fields/0/type/values/items'],
    ['an undefined name beside one that is defined later', '[{"type":"record","name":"A","fields":[{"name":"b","type":"B"},{"name":"c","type":["null","C"]}]},{"type":"record","name":"B","fields":[]}]', 'Undefined schema: C', '/0/fields/1/type/1'],
    ['a default that the later definition does not take', '[{"type":"record","name":"A","fields":[{"name":"a","type":"int"},{"name":"e","type":"E","default":1}]},{"type":"enum","name":"E","symbols":["X"]}]', 'Invalid default for field e', '/0/fields/1/default'],
    ['a text default that is no number', field('double', { default: 'many' }), 'For input string: "many"', '/fields/0/default'],
    ['a symbol that is no name', field(['null', { type: 'enum', name: 'E', symbols: ['A', 'B', '1'] }]), 'Illegal initial character: 1', '/fields/0/type/1/symbols/2'],
    ['a bad namespace', '{"type":"record","name":"R","namespace":"a-b","fields":[]}', 'Namespace part "a-b" is invalid', '/namespace'],
    ['an alias that is no name', '{"type":"record","name":"R","aliases":["A","b-c"],"fields":[]}', 'Illegal character in: b-c', '/aliases/1'],
    ['an alias that is no text', field('int', { aliases: ['x', 1] }), 'alias not a string: 1', '/fields/0/aliases/1'],
    ['text that is not JSON', '{"type":', 'not JSON', null],
    ['something after the schema', '"int" "int"', 'not JSON: dangling content', null],
    ['an empty text', '', 'the text is empty', null],
  ])('%s', (_, text, message, location) => {
    const parsed = parseSchema(text);
    expect(parsed).toMatchObject({ outcome: 'refused', location });
    expect(parsed.outcome === 'refused' && parsed.message).toContain(message);
  });
});

describe('takes what Avro Java 1.12 takes', () => {
  test.each<[string, string]>([
    ['a name used before its definition', '[{"type":"record","name":"A","fields":[{"name":"b","type":"B"}]},{"type":"record","name":"B","fields":[]}]'],
    ['a union default of a later branch', field(['null', 'int'], { default: 1 })],
    ['the same definition again', '[{"type":"array","items":{"type":"fixed","name":"F","size":1}},{"type":"map","values":{"type":"fixed","name":"F","size":1}}]'],
    ['NaN as a text default of a double', field('double', { default: 'NaN' })],
    ['the largest long', `{"type":"record","name":"R","fields":[{"name":"f","type":"long","default":9223372036854775807}]}`],
    ['comments', '/* a */ {"type": "int" // b\n}'],
    ['names in any script', '{"type":"record","name":"Größe","fields":[{"name":"名前","type":"int"}]}'],
    ['an enum default in a field outside its symbols', field({ type: 'enum', name: 'E', symbols: ['A'] }, { default: 'Z' })],
    ['an invalid logical type', field({ type: 'int', logicalType: 'decimal' })],
    ['a whole record without a name', '{"type":"record","fields":[]}'],
  ])('%s', (_, text) => {
    expect(parseSchema(text)).toMatchObject({ outcome: 'parsed' });
  });
});

test('a default of a long keeps every digit', () => {
  const parsed = parseSchema('{"type":"record","name":"R","fields":[{"name":"f","type":"long","default":9007199254740993}]}');
  expect(parsed.outcome === 'parsed' && (parsed.schema as RecordSchema).fields[0]!.default).toBe(9007199254740993n);
  const beyond = parseSchema('{"type":"record","name":"R","fields":[{"name":"f","type":"long","default":9223372036854775808}]}');
  expect(beyond.outcome).toBe('refused');
});

test('an integer and the same number with a fraction are two defaults', () => {
  const parsed = parseSchema('{"type":"record","name":"R","fields":[{"name":"f","type":"double","default":1.0}]}');
  expect(parsed.outcome === 'parsed' && (parsed.schema as RecordSchema).fields[0]!.default).toEqual(new JsonDecimal(1));
});

test('a recursive type refers to the very object that defines it', () => {
  const node = schemaOf({ type: 'record', name: 'n.Node', fields: [{ name: 'next', type: ['null', 'Node'] }] }) as RecordSchema;
  expect(node.fields[0]!.type).toMatchObject({ kind: 'union' });
  expect((node.fields[0]!.type as { branches: readonly unknown[] }).branches[1]).toBe(node);
});

test('names and aliases are qualified by the namespace around them', () => {
  const schema = schemaOf({ type: 'record', name: 'R', namespace: 'n', aliases: ['A', 'm.B', '.C'], fields: [{ name: 'f', type: { type: 'fixed', name: 'F', size: 2 } }] });
  expect(schema).toMatchObject({ fullname: 'n.R', name: 'R', aliases: ['n.A', 'm.B', '.C'], fields: [{ type: { fullname: 'n.F' } }] });
});

test('references are parsed in order into one table of names', () => {
  const a = { type: 'record', name: 'n.A', fields: [] };
  const b = { type: 'record', name: 'n.B', fields: [{ name: 'a', type: 'n.A' }] };
  expect(schemaOf({ type: 'array', items: 'n.B' }, [a, b])).toMatchObject({ items: { fields: [{ type: { fullname: 'n.A' } }] } });
  const wrongOrder = parseSchema('"n.B"', { references: [JSON.stringify(b), JSON.stringify(a)] });
  expect(wrongOrder).toMatchObject({ outcome: 'refused', message: 'in reference 1: Undefined schema: n.A', location: null });
});

test('an old version may hold a default that does not fit', () => {
  expect(parseSchema(field('int', { default: 'x' }), { validateDefaults: false }).outcome).toBe('parsed');
});

test('valid logical types are known, invalid ones stay attributes', () => {
  expect(schemaOf({ type: 'bytes', logicalType: 'decimal', precision: 10, scale: 2 })).toMatchObject({ logicalType: { name: 'decimal', precision: 10, scale: 2 } });
  expect(schemaOf({ type: 'bytes', logicalType: 'decimal', precision: 1, scale: 2 })).toMatchObject({ logicalType: null });
  expect(schemaOf({ type: 'string', logicalType: 'money' })).toMatchObject({ logicalType: null, props: new Map([['logicalType', 'money']]) });
});

test('fields named like the parts of a JavaScript object are fields like any other', () => {
  const text = '{"type":"record","name":"R","fields":[{"name":"__proto__","type":"int","default":1},{"name":"constructor","type":"int"}]}';
  const parsed = parseSchema(text);
  expect(parsed.outcome === 'parsed' && (parsed.schema as RecordSchema).fields.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
});

describe('limits are refusals that name themselves', () => {
  const nested = (levels: number) => `${'{"type":"array","items":'.repeat(levels)}"int"${'}'.repeat(levels)}`;
  test.each<[string, string, string]>([
    ['3,000 levels', nested(3_000), '1000 levels'],
    ['1,001 levels', nested(1_001), '1000 levels'],
    ['a text of more than a MiB', `"${'a'.repeat(MAX_SCHEMA_LENGTH)}"`, `${MAX_SCHEMA_LENGTH} characters`],
    ['a record of 5,001 fields', JSON.stringify({ type: 'record', name: 'R', fields: Array.from({ length: 5_001 }, (_, i) => ({ name: `f${i}`, type: 'int' })) }), '5000 fields'],
    ['60,000 types', `[${Array.from({ length: 60_000 }, (_, i) => `"T${i}"`).join()}]`, '50000 types'],
    ['defaults that refer to each other exponentially', JSON.stringify(Array.from({ length: 40 }, (_, i) => ({ type: 'record', name: `R${i}`, fields: ['f', 'g'].map((name) => (i === 0 ? { name, type: 'int', default: 1 } : { name, type: `R${i - 1}`, default: {} })) }))), 'steps'],
    ['600 names each used before its definition', JSON.stringify(Array.from({ length: 600 }, (_, i) => ({ type: 'record', name: `R${i}`, fields: i === 599 ? [] : [{ name: 'f', type: `R${i + 1}` }] }))), '500 types'],
  ])('%s', (_, text, limit) => {
    const parsed = parseSchema(text);
    expect(parsed.outcome === 'refused' && parsed.message).toContain(limit);
  });

  test('1,000 levels are taken', () => {
    expect(parseSchema(nested(1_000)).outcome).toBe('parsed');
  });

  test('a plain value nested 20,000 levels deep is refused as well', () => {
    let value: object = {};
    for (let i = 0; i < 20_000; i++) value = { type: 'array', items: value };
    expect(parseSchema(value as never)).toMatchObject({ outcome: 'refused', message: expect.stringContaining('1000 levels') as string });
  });
});

test('a record of nothing is a record', () => {
  expect(schemaOf(record({}))).toMatchObject({ kind: 'record', fields: [] });
});
