import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkCompatibility } from '../../../server/catalog/avro/compatibility.ts';
import { fieldFacts } from '../../../server/catalog/avro/fields.ts';
import { projectSchema } from '../../../server/catalog/avro/projection.ts';
import type { AvroSchema } from '../../../server/catalog/avro/schema.ts';
import { record, schemaOf } from './schemas.ts';

const item = record({ sku: 'string', qty: 'int', price: record({ amount: 'long', currency: 'string' }, 'Money') }, 'Item');
const ORDER = schemaOf(record({
  id: 'long', note: ['null', 'string'], items: { type: 'array', items: item }, spare: { type: 'map', values: ['null', 'Item'] },
  event: ['null', record({ at: 'long', by: 'string' }, 'Placed'), record({ why: 'string' }, 'Cancelled')], parent: ['null', 'Order'],
}, 'Order'));
const pathsOf = (schema: AvroSchema) => fieldFacts(schema).map(({ path }) => path);

test('keeps the fields named and the way to them', () => {
  const { schema, unknownPaths } = projectSchema(ORDER, ['items[].sku', 'event<Placed>.at', 'spare{}.price.amount']);
  expect(unknownPaths).toEqual([]);
  expect(pathsOf(schema)).toEqual(['items', 'items[].sku', 'spare', 'spare{}.price', 'spare{}.price.amount', 'event', 'event<Placed>.at']);
});

test('a path that ends at a record takes all of it', () => {
  expect(pathsOf(projectSchema(ORDER, ['items[].price']).schema)).toEqual(['items', 'items[].price', 'items[].price.amount', 'items[].price.currency']);
});

test('a recursive type is followed as far as it is named, then kept whole', () => {
  expect(pathsOf(projectSchema(ORDER, ['parent.parent.id']).schema)).toEqual(['parent', 'parent.parent', 'parent.parent.id']);
  expect(pathsOf(projectSchema(ORDER, ['parent']).schema)).toContain('parent.items[].sku');
});

test('unknown paths are reported', () => {
  expect(projectSchema(ORDER, ['nope', 'id', 'items.sku', 'event.at', '__proto__']).unknownPaths).toEqual(['nope', 'items.sku', 'event.at', '__proto__']);
});

test('a field nobody reads may go, one that is read may not', () => {
  const reader = projectSchema(ORDER, ['id']).schema;
  expect(checkCompatibility(reader, schemaOf(record({ id: 'long' }, 'Order'))).outcome).toBe('compatible');
  expect(checkCompatibility(projectSchema(ORDER, ['note']).schema, schemaOf(record({ id: 'long' }, 'Order'))).outcome).toBe('incompatible');
});

test('a schema that is no record is projected through $value', () => {
  const list = schemaOf({ type: 'array', items: item });
  expect(pathsOf(projectSchema(list, ['$value[].sku']).schema)).toEqual(['$value', '$value[].sku']);
  expect(projectSchema(schemaOf('int'), ['$value']).schema).toEqual(schemaOf('int'));
});

test('whatever is chosen, the result has exactly the paths on the way there and below, and reads what the whole writes', () => {
  const all = pathsOf(ORDER);
  fc.assert(
    fc.property(fc.subarray(all.filter((path) => !path.startsWith('parent'))), (chosen) => {
      const kept = all.filter((path) => chosen.some((c) => within(path, c) || within(c, path)));
      const { schema } = projectSchema(ORDER, chosen);
      expect(pathsOf(schema)).toEqual(kept);
      expect(checkCompatibility(schema, ORDER).outcome).toBe('compatible');
    }),
  );
});

function within(path: string, outer: string): boolean {
  return path === outer || (path.startsWith(outer) && /^[.[{<]/.test(path.slice(outer.length)));
}
