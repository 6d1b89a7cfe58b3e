import { expect, test } from 'vitest';
import { fieldPointer } from '../../../server/catalog/avro/field-pointers.ts';
import { fieldEntries } from '../../../server/catalog/avro/fields.ts';
import { parseSchema } from '../../../server/catalog/avro/parse.ts';

function pointerIn(schema: unknown, path: string, references: readonly unknown[] = []): string | null {
  const parsed = parseSchema(JSON.stringify(schema), { references: references.map((of) => JSON.stringify(of)) });
  if (parsed.outcome === 'refused') throw new Error(parsed.message);
  return fieldPointer(parsed, path);
}

const ITEM = { type: 'record', name: 'Item', fields: [{ name: 'sku', type: 'string', aliases: ['code'] }, { name: 'price', type: { type: 'map', values: 'long' } }] };
const ORDER = {
  type: 'record', name: 'Order', namespace: 'shop', doc: 'a doc before',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'items', type: { type: 'array', items: ['null', ITEM] } },
    { name: 'gift', type: ['null', 'Item'] },
    { name: 'paid', type: ['null', { type: 'record', name: 'Card', fields: [{ name: 'bin', type: 'int' }] }, 'string', 'Item'] },
    { name: 'next', type: ['null', 'Order'] },
    { name: 'later', type: ['null', 'Late'] },
    { name: 'last', type: { type: 'record', name: 'Late', fields: [{ name: 'x', type: 'int' }] } },
  ],
};

test.each<[string, string | null]>([
  ['', ''],
  ['id', '/fields/0'],
  ['items[].sku', '/fields/1/type/items/1/fields/0'],
  ['items[].code', '/fields/1/type/items/1/fields/0'],
  ['items[].price{}', '/fields/1/type/items/1/fields/1'],
  ['items[].gone', '/fields/1/type/items/1/fields'],
  ['items[].gone.deeper', '/fields/1/type/items/1/fields'],
  ['gone', '/fields'],
  ['gift.price', '/fields/1/type/items/1/fields/1'],
  ['paid<shop.Card>.bin', '/fields/3/type/1/fields/0'],
  ['paid<shop.Item>.sku', '/fields/1/type/items/1/fields/0'],
  ['paid<shop.Gone>.bin', '/fields/3'],
  ['next.next.id', '/fields/0'],
  ['later.x', '/fields/6/type/fields/0'],
  ['later.y', '/fields/6/type/fields'],
  ['id.gone', '/fields/0'],
  ['id[]', '/fields/0'],
])('%s stands at %s', (path, pointer) => {
  expect(pointerIn(ORDER, path)).toBe(pointer);
});

test('of a schema that is no record the value is the whole', () => {
  expect(pointerIn('string', '$value')).toBe('');
  expect(pointerIn({ type: 'array', items: { type: 'record', name: 'A', fields: [{ name: 'x', type: 'int' }] } }, '$value[].x')).toBe('/items/fields/0');
  expect(pointerIn('string', 'id')).toBeNull();
});

test('what is defined in another text has no place in this one', () => {
  const schema = { type: 'record', name: 'Order', fields: [{ name: 'item', type: 'Item' }] };
  expect([pointerIn(schema, 'item', [ITEM]), pointerIn(schema, 'item.sku', [ITEM]), pointerIn(schema, 'gone', [ITEM])]).toEqual(['/fields/0', null, '/fields']);
});

test('the pointer of every path of a schema leads to a field of that name', () => {
  const parsed = parseSchema(JSON.stringify(ORDER));
  if (parsed.outcome === 'refused') throw new Error(parsed.message);
  for (const { path, field } of fieldEntries(parsed.schema)) {
    const steps = (fieldPointer(parsed, path) ?? 'nowhere').split('/').slice(1);
    const found = steps.reduce<unknown>((at, step) => (at as Record<string, unknown>)[step], ORDER);
    expect(found).toMatchObject({ name: field?.name });
  }
});
