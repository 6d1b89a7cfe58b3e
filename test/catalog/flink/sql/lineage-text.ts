import type { LineageResult } from '../../../../server/catalog/flink/lineage.ts';

/** Lineage as short lines to compare: `column: IDENTITY cat.db.table.column/step, …` in declared order, and `FILTER cat.db.table.column/step`. */
export interface LineageText {
  readonly table: string;
  readonly columns: readonly string[];
  readonly reads: readonly string[];
}

interface Field {
  readonly table: string;
  readonly column: string;
  readonly path: readonly string[];
}
interface Sink {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly origins: readonly (Field & { readonly kind: string })[] | null }[];
  readonly reads: readonly (Field & { readonly why: string })[];
}

/** What the sinks are fed from and decided by; watermark reads are left out, for the planner has none. */
export function lineageText(sinks: readonly Sink[]): LineageText[] {
  return sinks.map(({ table, columns, reads }) => ({
    table,
    columns: columns.map(({ name, origins }) => `${name}: ${origins === null ? 'unknown' : distinct(origins.map((origin) => `${origin.kind} ${placeText(origin)}`)).join(', ')}`),
    reads: distinct(reads.filter(({ why }) => why !== 'WATERMARK').map((read) => `${read.why} ${placeText(read)}`)),
  }));
}

/** The same for a whole answer, unknown parts and faults included, without any position. */
export function answerText(result: LineageResult): unknown {
  if (result.outcome === 'invalid') return { message: result.fault.message };
  const { completeness, sinks, tables, unknown } = result.lineage;
  return { completeness, sinks: lineageText(sinks), tables: tables.map(({ table, roles, options }) => ({ table, roles, options })), unknown: distinct(unknown.map(({ reason }) => reason)) };
}

function placeText({ table, column, path }: Field): string {
  return [`${table}.${column}`, ...path].join('/');
}

function distinct(lines: readonly string[]): string[] {
  return [...new Set(lines)].sort();
}
