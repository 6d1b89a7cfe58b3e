import { readJson, isJsonObject, renderJson, isDeeperThan, MAX_JSON_DEPTH } from '../avro/json.ts';
import type { LineageResult, ProgramLineage } from './lineage.ts';
import { lineageOfPlan } from './plan/plan-lineage.ts';
import { lineageOfScript } from './sql/script-lineage.ts';

/** Nesting taken in a line: more than any plan has, so that one nested too deep is refused under its line's id. */
const MAX_LINE_DEPTH = 100_000;

/**
 * The answer to one line `{"id", "script"}` or `{"id", "plan"}`, as JSON text; `id` is the line's own, or
 * null where it has none that can be read.
 */
export function lineageLine(line: string): string {
  const read = readJson(line, MAX_LINE_DEPTH);
  if (read.outcome === 'malformed') return failure('null', read.message);
  if (!isJsonObject(read.node)) return failure('null', 'the line is not a JSON object');
  const id = read.node.get('id') ?? null;
  const plainId = typeof id === 'object' && id !== null && isDeeperThan(id, MAX_JSON_DEPTH) ? 'null' : renderJson(id);
  const script = read.node.get('script');
  if (typeof script === 'string') return answer(plainId, lineageOfScript(script));
  if (!read.node.has('plan')) return failure(plainId, 'the line has neither a "script" nor a "plan"');
  return answer(plainId, lineageOfPlan((JSON.parse(line) as { readonly plan: unknown }).plan));
}

function answer(id: string, result: LineageResult): string {
  if (result.outcome === 'invalid') return `{"id":${id},"error":${JSON.stringify(result.fault)}}`;
  return `{"id":${id},${JSON.stringify(lineageDocument(result.lineage)).slice(1)}`;
}

function failure(id: string, message: string): string {
  return `{"id":${id},"error":${JSON.stringify({ message })}}`;
}

/** The lineage as commands print it. A column whose origins are unknown has `null` for them. */
export function lineageDocument({ completeness, sinks, unknown }: ProgramLineage): object {
  return {
    completeness,
    sinks: sinks.map(({ table, columns, reads }) => ({
      table,
      columns,
      reads: reads.map(({ table: of, column, path, why }) => ({ table: of, column, path, why })),
    })),
    unknown,
  };
}
