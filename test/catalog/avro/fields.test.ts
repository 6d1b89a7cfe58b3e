import { describe, expect, test } from 'vitest';
import { fieldAt, fieldFacts, pathOfLocation } from '../../../server/catalog/avro/fields.ts';
import { checkCompatibility } from '../../../server/catalog/avro/compatibility.ts';
import { record, schemaOf } from './schemas.ts';

const item = record({ sku: 'string', tags: { type: 'array', items: 'string' } }, 'n.Item');
const ORDER = schemaOf({
  type: 'record', name: 'n.Order',
  fields: [
    { name: 'id', type: 'long', doc: 'the key', default: 0 },
    { name: 'items', type: { type: 'array', items: item } },
    { name: 'byCode', type: { type: 'map', values: ['null', 'Item'] } },
    { name: 'grid', type: { type: 'array', items: { type: 'array', items: 'Item' } } },
    { name: 'payload', type: ['null', 'Item', record({ x: 'int' }, 'Other')] },
    { name: 'maybe', type: ['null', 'Item'], default: null },
    { name: 'parent', type: ['null', 'Order'] },
    { name: '__proto__', type: 'int' },
  ],
});
const pathsOf = (schema: Parameters<typeof fieldFacts>[0], prefix?: string) => fieldFacts(schema, prefix).map(({ path }) => path);

test('lists fields by path, parents before children', () => {
  expect(pathsOf(ORDER)).toEqual([
    'id', 'items', 'items[].sku', 'items[].tags', 'byCode', 'byCode{}.sku', 'byCode{}.tags', 'grid', 'grid[][].sku', 'grid[][].tags',
    'payload', 'payload<n.Item>.sku', 'payload<n.Item>.tags', 'payload<n.Other>.x', 'maybe', 'maybe.sku', 'maybe.tags', 'parent', '__proto__',
  ]);
});

test('says type, nullability, doc, default and where recursion stops', () => {
  const facts = new Map(fieldFacts(ORDER).map((fact) => [fact.path, fact]));
  expect(facts.get('id')).toEqual({ path: 'id', type: 'long', nullable: false, doc: 'the key', default: '0' });
  expect(facts.get('maybe')).toEqual({ path: 'maybe', type: '["null", "record n.Item"]', nullable: true, default: 'null' });
  expect(facts.get('parent')).toEqual({ path: 'parent', type: '["null", "record n.Order"]', nullable: true, recursive: true });
});

test('a schema that is no record is one field, and a key schema sits under its prefix', () => {
  expect(pathsOf(schemaOf('string'))).toEqual(['$value']);
  expect(pathsOf(schemaOf('string'), '$key')).toEqual(['$key']);
  expect(pathsOf(schemaOf(record({ id: 'int' })), '$key')).toEqual(['$key.id']);
  expect(pathsOf(schemaOf({ type: 'array', items: item }))).toEqual(['$value', '$value[].sku', '$value[].tags']);
  expect(pathsOf(schemaOf([item, record({ x: 'int' }, 'Other')]))).toEqual(['$value', '$value<n.Item>.sku', '$value<n.Item>.tags', '$value<Other>.x']);
});

test('a type used over and over ends at the list’s limit, marked', () => {
  const doubling = schemaOf(Array.from({ length: 40 }, (_, i) => record(i === 0 ? { v: 'int' } : { f: `R${i - 1}`, g: `R${i - 1}` }, `R${i}`)).concat([]));
  const last = (doubling as { branches: readonly (typeof doubling)[] }).branches[39]!;
  const facts = fieldFacts(last);
  expect(facts.length).toBeLessThan(60_000);
  expect(facts.some(({ recursive }) => recursive === true)).toBe(true);
});

describe('finds the type at a path', () => {
  test.each([
    ['id', 'long'], ['items', 'array'], ['items[]', 'record'], ['items[].sku', 'string'], ['byCode{}.tags[]', 'string'], ['grid[][].sku', 'string'],
    ['payload<n.Other>.x', 'int'], ['maybe.sku', 'string'], ['parent.parent.id', 'long'], ['__proto__', 'int'],
  ])('%s is %s', (path, kind) => {
    expect(fieldAt(ORDER, path)?.kind).toBe(kind);
  });

  test.each(['nope', 'items.sku', 'payload.x', 'payload<n.Nope>.x', 'id.x', '', 'constructor', 'items[', 'toString'])('there is no %s', (path) => {
    expect(fieldAt(ORDER, path)).toBeNull();
  });

  test('every listed path is found', () => {
    expect(pathsOf(ORDER).filter((path) => fieldAt(ORDER, path) === null)).toEqual([]);
    expect(fieldAt(schemaOf('int'), '$key', '$key')?.kind).toBe('int');
    expect(fieldAt(schemaOf('int'), '$value')?.kind).toBe('int');
  });
});

test('maps an incompatibility’s location to the field it falls in', () => {
  expect(pathOfLocation(ORDER, '/')).toBeNull();
  expect(pathOfLocation(ORDER, '/name')).toBeNull();
  expect(pathOfLocation(ORDER, '/fields/1/type/items/fields/1/type/items')).toBe('items[].tags');
  expect(pathOfLocation(ORDER, '/fields/4/type/1')).toBe('payload');
  expect(pathOfLocation(ORDER, '/fields/99')).toBeNull();
  expect(pathOfLocation(schemaOf({ type: 'array', items: 'int' }), '/items')).toBe('$value');
});

test('a written union’s index in a location is no step', () => {
  const reader = schemaOf(record({ a: record({ b: 'int' }, 'A') }));
  const writer = schemaOf(record({ a: ['null', record({ b: 'string' }, 'A')] }));
  const verdict = checkCompatibility(reader, writer);
  const places = verdict.outcome === 'incompatible' ? verdict.incompatibilities.map(({ location }) => [location, pathOfLocation(reader, location)]) : [];
  expect(places).toEqual([['/fields/0/type/0', 'a'], ['/fields/0/type/1/fields/0/type', 'a.b']]);
});
