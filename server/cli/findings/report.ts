import type { components } from '../../http/openapi-types.ts';

export type Finding = components['schemas']['Finding'];

/** What a check found, for whatever a pipeline wants to read it with. */
export interface FindingsReport {
  /** Which check: `gate`, `schema change`. */
  readonly check: string;
  /** What was checked: `flink://main/large-payments`. */
  readonly about: string;
  readonly passed: boolean;
  /** Where the record of it is found: `decision 5f…`. */
  readonly reference: string;
  readonly revision: number;
  /** The file that was checked, as it was named; null for standard input. */
  readonly file: string | null;
  readonly findings: readonly Finding[];
}

/** `payments.amount`; null where a finding is about no dataset. */
export function placeOf({ dataset, field }: Finding): string | null {
  if (dataset === null) return null;
  return field === undefined ? dataset.name : `${dataset.name}.${field}`;
}
