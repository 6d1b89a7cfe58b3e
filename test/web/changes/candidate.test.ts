import { expect, test } from 'vitest';
import { anchorOf, firstDifference, startFrom } from '../../../web/changes/candidate.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Loose = any;
const CUSTOMER = { type: 'record', name: 'Customer', fields: [{ name: 'email', type: ['null', 'string'], default: null }, { name: 'age', type: 'int' }] };
const ORDER = {
  type: 'record', name: 'Order', namespace: 'shop', doc: 'An order',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'customer', type: ['null', CUSTOMER], default: null },
    { name: 'items', type: { type: 'array', items: { type: 'record', name: 'Item', fields: [{ name: 'sku', type: 'string' }, { name: 'count', type: 'int' }] } } },
    { name: 'labels', type: { type: 'map', values: { type: 'record', name: 'Label', fields: [{ name: 'text', type: 'string' }] } } },
    { name: 'payload', type: [{ type: 'record', name: 'A', namespace: 'ns', fields: [{ name: 'x', type: 'int' }] }, { type: 'record', name: 'B', fields: [{ name: 'x', type: 'int' }] }] },
    { name: 'other', type: 'Customer' },
  ],
};
const made = (path: string, type: string | null = null) => startFrom(JSON.stringify(ORDER), { path, change: type === null ? { kind: 'remove' } : { kind: 'retype', type } });
const fieldsOf = (record: unknown): unknown[] => (record as { fields: { name: string }[] }).fields.map(({ name }) => name);

test('a field at the top goes, and nothing else changes', () => {
  const { text, why } = made('id');
  expect(why).toBeNull();
  expect(JSON.parse(text)).toEqual({ ...ORDER, fields: ORDER.fields.slice(1) });
});

test.each([
  ['customer.email', (o: Loose) => fieldsOf(o.fields[1].type[1]), ['age']],
  ['items[].sku', (o: Loose) => fieldsOf(o.fields[2].type.items), ['count']],
  ['labels{}.text', (o: Loose) => fieldsOf(o.fields[3].type.values), []],
  ['payload<ns.A>.x', (o: Loose) => [fieldsOf(o.fields[4].type[0]), fieldsOf(o.fields[4].type[1])], [[], ['x']]],
])('a field within others goes: %s', (path, left, expected) => {
  const { text, why } = made(path);
  expect([why, left(JSON.parse(text))]).toEqual([null, expected]);
});

test('a retyped field takes the type as JSON or as a name, and keeps the rest', () => {
  expect(JSON.parse(made('id', '["null","long"]').text).fields[0]).toEqual({ name: 'id', type: ['null', 'long'] });
  expect(JSON.parse(made('customer.email', 'bytes').text).fields[1].type[1].fields[0]).toEqual({ name: 'email', type: 'bytes', default: null });
});

test('a renamed field keeps its place, and its old names as aliases', () => {
  const renamed = (path: string, schema: object) => JSON.parse(startFrom(JSON.stringify(schema), { path, change: { kind: 'rename', name: 'total' } }).text).fields;
  expect(renamed('id', ORDER)[0]).toEqual({ name: 'total', type: 'string', aliases: ['id'] });
  expect(renamed('b', { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }, { name: 'b', type: 'int', aliases: ['older'], doc: 'd' }] })[1]).toEqual({ name: 'total', type: 'int', doc: 'd', aliases: ['older', 'b'] });
});

test.each(['nothing', 'id.inside', 'items[]', 'other.email', 'payload.x', ''])('what the schema does not spell out there is left, and said: "%s"', (path) => {
  const { text, why } = made(path);
  expect(why).toMatch(/no field that this schema spells out/);
  expect(JSON.parse(text)).toEqual(ORDER);
});

test('numbers that would not survive are not rewritten', () => {
  const text = '{"type":"record","name":"R","fields":[{"name":"n","type":"long","default":9223372036854775807},{"name":"m","type":"int"}]}';
  expect(startFrom(text, null)).toEqual({ text, why: null });
  expect(startFrom(text, { path: 'm', change: { kind: 'remove' } })).toEqual({ text, why: 'it holds numbers too long to be rewritten safely' });
});

test('without a schema one begins with an empty text', () => {
  expect(startFrom('', null)).toEqual({ text: '', why: null });
});

test('tells where two texts part', () => {
  expect([firstDifference('abc', 'abd'), firstDifference('ab', 'abc'), firstDifference('ab', 'ab')]).toEqual([2, 2, 0]);
});

test('tells where a problem says a schema is at fault, of that problem alone', () => {
  const problem = { type: 'urn:sluice:problem:schema-invalid', title: 't', status: 422, detail: 'no type strin', location: '/fields/0/type' } as const;
  expect(anchorOf(problem)).toEqual([{ pointer: '/fields/0/type', severity: 'error', message: 'no type strin' }]);
  expect([anchorOf(null), anchorOf({ ...problem, type: 'urn:sluice:problem:not-ready' })]).toEqual([[], []]);
});
