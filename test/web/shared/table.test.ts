import { expect, test } from 'vitest';
import { arranged, asCsv, type Column, windowOf } from '../../../web/shared/table.ts';

interface Row {
  readonly name: string;
  readonly owner: string | null;
  readonly fields: number;
}
const rows: Row[] = [{ name: 'job10', owner: 'b', fields: 2 }, { name: 'job9', owner: null, fields: 30 }, { name: 'Alerts', owner: 'a', fields: 2 }];
const columns: Column<Row>[] = [
  { id: 'name', title: 'Name', value: ({ name }) => name },
  { id: 'owner', title: 'Owner', value: ({ owner }) => owner },
  { id: 'fields', title: 'Fields', value: ({ fields }) => fields, numeric: true },
];
const names = (filter: string, column?: string, descending = false): string[] => arranged(rows, columns, { filter, order: column === undefined ? null : { column, descending } }).map(({ name }) => name);

test('sorts numbers by size, names as people count, and nothing last', () => {
  expect([names('', 'name'), names('', 'fields', true), names('', 'owner')]).toEqual([['Alerts', 'job9', 'job10'], ['job9', 'job10', 'Alerts'], ['Alerts', 'job10', 'job9']]);
});

test('keeps rows in which every word occurs somewhere', () => {
  expect([names('JOB'), names('10 b'), names('job z'), names('')]).toEqual([['job10', 'job9'], ['job10'], [], ['job10', 'job9', 'Alerts']]);
});

test('writes CSV that keeps quotes, commas and lines, and is no formula', () => {
  const odd: Row[] = [{ name: 'a,"b"\n', owner: '=1+1', fields: -1 }];
  expect(asCsv(odd, columns)).toBe('Name,Owner,Fields\r\n"a,""b""\n",\'=1+1,-1\r\n');
});

test('draws of a long list what is in view, and keeps its height', () => {
  const { from, to, above, below } = windowOf(10_000, { top: 29_000, height: 580, rowHeight: 29 });
  expect([from, to, above + (to - from) * 29 + below]).toEqual([988, 1_032, 290_000]);
  expect(windowOf(5, { top: 0, height: 580, rowHeight: 29 })).toEqual({ from: 0, to: 5, above: 0, below: 0 });
});
