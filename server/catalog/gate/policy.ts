import type { DatasetRef } from '../names.ts';
import { RULES, type RuleId, type Severity } from './rules.ts';

/** The severities in force: the defaults of `RULES`, and exceptions by place. */
export interface Policy {
  /** 0 for the defaults; one more with every change. */
  readonly revision: number;
  readonly exceptions: readonly PolicyException[];
}
/** `dataset` is a name within `namespace`; a place that is left out matches all. */
export interface PolicyException {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly cluster?: string;
  readonly namespace?: string;
  readonly dataset?: string;
}

export const DEFAULT_POLICY: Policy = { revision: 0, exceptions: [] };

/** The severity at a place: the most specific exception wins, of two equally specific ones the later. */
export function severityAt(policy: Policy, rule: RuleId, place: { readonly dataset: DatasetRef | null; readonly cluster: string | null }): Severity {
  let chosen: Severity = RULES[rule].severity;
  let best = -1;
  for (const exception of policy.exceptions) {
    if (exception.rule !== rule || !covers(exception, place)) continue;
    const specificity = specificityOf(exception);
    if (specificity >= best) [best, chosen] = [specificity, exception.severity];
  }
  return chosen;
}

function covers(exception: PolicyException, place: { readonly dataset: DatasetRef | null; readonly cluster: string | null }): boolean {
  return (
    (exception.cluster === undefined || exception.cluster === place.cluster) &&
    (exception.namespace === undefined || exception.namespace === place.dataset?.namespace) &&
    (exception.dataset === undefined || exception.dataset === place.dataset?.name)
  );
}

function specificityOf(exception: PolicyException): number {
  return (exception.dataset === undefined ? 0 : 4) + (exception.namespace === undefined ? 0 : 2) + (exception.cluster === undefined ? 0 : 1);
}
