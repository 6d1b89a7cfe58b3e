import { expect, test } from 'vitest';
import type { LineageResult, SourceField } from '../../../../server/catalog/flink/lineage.ts';
import { lineageOfScript } from '../../../../server/catalog/flink/sql/script-lineage.ts';
import { StatementGrammar } from '../../../../server/catalog/flink/sql/statement-grammar.ts';
import { printSql } from './print-sql.ts';

/** Tables every case may use; `s1` … `s4` are written to by position. */
export const TABLES = `
CREATE TABLE l (k STRING, x INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) WITH ('connector' = 'kafka', 'topic' = 'l');
CREATE TABLE r (k STRING, y INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'kafka', 'topic' = 'r');
CREATE TABLE d (id STRING, o ROW<a INT, b ROW<c STRING, e INT>>, items ARRAY<ROW<sku STRING, n INT>>, tags ARRAY<STRING>, props MAP<STRING, STRING>, bag MULTISET<STRING>) WITH ('connector' = 'kafka', 'topic' = 'd');
CREATE TABLE s1 (a STRING) WITH ('connector' = 'kafka', 'topic' = 's1');
CREATE TABLE s2 (a STRING, b STRING) WITH ('connector' = 'kafka', 'topic' = 's2');
CREATE TABLE s3 (a STRING, b STRING, c STRING) WITH ('connector' = 'kafka', 'topic' = 's3');
CREATE TABLE s4 (a STRING, b STRING, c STRING, d STRING) WITH ('connector' = 'kafka', 'topic' = 's4');
`;

/**
 * What it shows; the statements; for every sink column in order where it comes from, `l.k` copied and `~l.k`
 * computed, `o/a` a field of a row; what decides the rows, watermarks left out. Tables without a catalog are
 * in the default one. What is parsed and printed again must say the same.
 */
export type Construct = readonly [title: string, statements: string, columns: readonly string[], reads: readonly string[]];

export function testConstructs(constructs: readonly Construct[]): void {
  test.each(constructs)('%s', (_, statements, columns, reads) => {
    const result = lineageOfScript(TABLES + statements);
    if (result.outcome === 'invalid') expect.fail(JSON.stringify(result.fault));
    expect(result.lineage.unknown).toEqual([]);
    expect(followed(result)).toEqual({ columns, reads });
    expect(followed(lineageOfScript(printSql(new StatementGrammar(TABLES + statements).statements())))).toEqual({ columns, reads });
  });
}

export function followed(result: LineageResult): { columns: string[]; reads: string[] } {
  if (result.outcome === 'invalid') expect.fail(JSON.stringify(result.fault));
  const { sinks } = result.lineage;
  const columns = sinks.flatMap((sink) => sink.columns.map(({ origins }) => origins?.map((origin) => `${origin.kind === 'IDENTITY' ? '' : '~'}${placeText(origin)}`).sort().join(' ') ?? '?'));
  const reads = sinks.flatMap((sink) => sink.reads.filter(({ why }) => why !== 'WATERMARK').map((read) => `${read.why} ${placeText(read)}`));
  return { columns, reads: [...new Set(reads)].sort() };
}

function placeText({ table, column, path }: SourceField): string {
  return [`${table.replace(/^default_catalog\.default_database\./, '')}.${column}`, ...path].join('/');
}
