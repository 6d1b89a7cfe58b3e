import { expect, test } from 'vitest';
import type { FieldOrigin, ProgramLineage, SinkLineage } from '../../../server/catalog/flink/lineage.ts';
import { unitedLineage } from '../../../server/catalog/flink/united-routes.ts';

const origin = (column: string): FieldOrigin => ({ table: 't', column, path: [], kind: 'IDENTITY' });
const sink = (table: string, origins: readonly string[] | null, reads: readonly string[] = []): SinkLineage => ({
  table,
  columns: [{ name: 'c', origins: origins?.map(origin) ?? null }],
  reads: reads.map((column) => ({ table: 't', column, path: [], why: 'FILTER' })),
});
const program = (...sinks: readonly SinkLineage[]): ProgramLineage => ({ completeness: 'complete', sinks, tables: [], unknown: [] });

test('what both say alike is said once, without a difference', () => {
  const united = unitedLineage(program(sink('k', ['a'], ['b'])), program(sink('k', ['a'], ['b'])));
  expect(united).toEqual({ lineage: program(sink('k', ['a'], ['b'])), differences: [] });
});

test('what only one says is in the union, and told', () => {
  const { lineage, differences } = unitedLineage(program(sink('k', ['a', 'b'], ['x'])), program(sink('k', ['b', 'c'])));
  expect(lineage.sinks).toEqual([sink('k', ['a', 'b', 'c'], ['x'])]);
  expect(differences).toEqual(['k.c: only the script reads t.a; only the plan reads t.c', 'rows of k: only the script reads t.x']);
});

test('what one does not know stays unknown', () => {
  expect(unitedLineage(program(sink('k', ['a'])), program(sink('k', null))).lineage.sinks[0]?.columns[0]?.origins).toBeNull();
});

test('a sink only one has is kept and told; two statements into one table are paired in order', () => {
  const { lineage, differences } = unitedLineage(program(sink('k', ['a']), sink('k', ['b'])), program(sink('k', ['a']), sink('m', ['z'])));
  expect(lineage.sinks.map(({ table }) => table)).toEqual(['k', 'k', 'm']);
  expect(differences).toEqual(['only the script writes k', 'only the plan writes m']);
});
