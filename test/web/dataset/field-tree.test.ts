import { expect, test } from 'vitest';
import { treeRows } from '../../../web/dataset/field-tree.ts';

const field = (path: string) => ({ path, type: 'string', nullable: false, since: null, readers: 0, unknownReaders: 0, writers: 0, derivesFrom: 0 });
const FIELDS = ['id', 'order', 'order.items', 'order.items[].sku', 'order.items[].attributes', 'order.items[].attributes{}.value', 'payload', 'payload<ns.A>.id', 'orders'].map(field);
const shown = (closed: readonly string[]) => treeRows(FIELDS, new Set(closed)).map(({ label, level, hasChildren }) => `${'  '.repeat(level)}${label}${hasChildren ? ' +' : ''}`);

test('shows paths as a tree, each part by what it adds to its parent', () => {
  expect(shown([])).toEqual(['id', 'order +', '  items +', '    [].sku', '    [].attributes +', '      {}.value', 'payload +', '  <ns.A>.id', 'orders']);
});

test('leaves out what lies in a closed field, however deep', () => {
  expect(shown(['order', 'order.items'])).toEqual(['id', 'order +', 'payload +', '  <ns.A>.id', 'orders']);
});
