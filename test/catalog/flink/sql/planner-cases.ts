import { readFileSync } from 'node:fs';

/** A place as the planner's answers write it. */
export interface ExpectedField {
  readonly table: string;
  readonly column: string;
  readonly path: readonly string[];
}
export interface ExpectedSink {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly origins: readonly (ExpectedField & { readonly kind: string })[] }[];
  readonly reads: readonly (ExpectedField & { readonly why: string })[];
}
/** A script and what Flink's own planner makes of it. */
export interface PlannerCase {
  readonly id: string;
  readonly group: string;
  readonly script: string;
  readonly expect: { readonly sinks: readonly ExpectedSink[] } | { readonly error: { readonly message: string } };
}

/** The recorded cases of one corpus, in order. */
export function plannerCases(corpus: 'handmade' | 'generated'): PlannerCase[] {
  const text = readFileSync(new URL(`../../../fixtures/flink-lineage/${corpus}.jsonl`, import.meta.url), 'utf8');
  return text.trim().split('\n').map((line) => JSON.parse(line) as PlannerCase);
}
