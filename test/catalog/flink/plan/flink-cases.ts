import { readdirSync, readFileSync } from 'node:fs';

export interface FlinkCase {
  readonly id: string;
  readonly script: string;
  readonly plan: unknown;
  /** Sink → column → [table, column]; absent where no independent walk was made. */
  readonly planOrigins?: { readonly [sink: string]: { readonly [column: string]: readonly (readonly [string, string])[] } } | null;
  readonly expect: { readonly sinks?: readonly ExpectedSink[] };
}
interface ExpectedPlace {
  readonly table: string;
  readonly column: string;
  readonly path: readonly string[];
}
export interface ExpectedSink {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly origins: readonly (ExpectedPlace & { readonly kind: string })[] }[];
  readonly reads: readonly (ExpectedPlace & { readonly why: string })[];
}

const FIXTURES = new URL('../../../fixtures/', import.meta.url);

/** The cases of both corpora that Flink could compile to a plan. */
export const CASES_WITH_PLAN: readonly FlinkCase[] = ['handmade', 'generated']
  .flatMap((name) => readFileSync(new URL(`flink-lineage/${name}.jsonl`, FIXTURES), 'utf8').trim().split('\n'))
  .map((line) => JSON.parse(line) as FlinkCase)
  .filter(({ plan }) => plan != null);

export function caseOf(id: string): FlinkCase {
  return CASES_WITH_PLAN.find((one) => one.id === id)!;
}

/** Plans compiled on a running cluster, by name. */
export const CLUSTER_PLANS: ReadonlyMap<string, string> = new Map(
  readdirSync(new URL('compiled-plans/', FIXTURES)).map((file) => [file.replace(/^compiled-plan-|\.json$/g, ''), readFileSync(new URL(`compiled-plans/${file}`, FIXTURES), 'utf8')]),
);
