import { expect, test } from 'vitest';
import { checkCompatibility } from '../../../server/catalog/avro/compatibility.ts';
import { fieldEntries } from '../../../server/catalog/avro/fields.ts';
import { type FieldEdit, replaceField, siblingsOf } from '../../../server/catalog/avro/replace-field.ts';
import type { AvroSchema } from '../../../server/catalog/avro/schema.ts';
import { schemaOf } from './schemas.ts';

const ITEM = { type: 'record', name: 'Item', fields: [{ name: 'sku', type: 'string', aliases: ['code'] }, { name: 'price', type: 'int' }] };
const ORDER = schemaOf({ type: 'record', name: 'Order', fields: [
  { name: 'id', type: 'string' }, { name: 'items', type: { type: 'array', items: ['null', ITEM] } }, { name: 'first', type: ['null', 'Item'] }, { name: 'next', type: ['null', 'Order'] },
] });
const paths = (schema: AvroSchema | null): string => (schema === null ? 'none' : fieldEntries(schema).map(({ path }) => path).join(' '));

test.each<[string, FieldEdit, string]>([
  ['id', { kind: 'remove' }, 'items items[].sku items[].price first first.sku first.price next'],
  ['items[].sku', { kind: 'remove' }, 'id items items[].price first first.price next'],
  ['items[].sku', { kind: 'rename', name: 'ean' }, 'id items items[].ean items[].price first first.ean first.price next'],
  ['items', { kind: 'retype', type: schemaOf('int') }, 'id items first first.sku first.price next'],
  ['nothing', { kind: 'rename', name: 'x' }, 'none'],
])('%s, %o', (path, edit, expected) => {
  expect(paths(replaceField(ORDER, path, edit))).toBe(expected);
});

test('a renamed field keeps its old name as an alias, beside those it has', () => {
  const renamed = replaceField(ORDER, 'first.sku', { kind: 'rename', name: 'ean' });
  expect(fieldEntries(renamed!).find(({ path }) => path === 'first.ean')?.field?.aliases).toEqual(['code', 'sku']);
});

test('whoever has renamed reads old records, and a reader of before misses the field', () => {
  const renamed = replaceField(ORDER, 'id', { kind: 'rename', name: 'key' })!;
  expect(checkCompatibility(renamed, ORDER).outcome).toBe('compatible');
  expect(checkCompatibility(ORDER, renamed)).toMatchObject({ outcome: 'incompatible', incompatibilities: [{ type: 'READER_FIELD_MISSING_DEFAULT_VALUE', message: 'id' }] });
});

test('the fields beside one are those of its record', () => {
  expect(siblingsOf(ORDER, 'items[].price')?.map(({ name }) => name)).toEqual(['sku', 'price']);
  expect(siblingsOf(ORDER, 'nothing')).toBeNull();
});
