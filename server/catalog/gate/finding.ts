import { type DatasetRef, datasetKey, entityKey, type EntityRef, type ReaderRef } from '../names.ts';
import type { Clause } from '../flink/program-uses.ts';
import type { RuleId } from './rules.ts';

/** One reason in a verdict, as a check states it; policy then gives it a severity. */
export interface Finding {
  readonly rule: RuleId;
  readonly message: string;
  readonly dataset: DatasetRef | null;
  readonly field: string | null;
  /** The schema version it was found against. */
  readonly version: number | null;
  /** JSON pointer into the reader schema. */
  readonly location: string | null;
  /** The clause of the script that reads the field. */
  readonly clause: Clause | null;
  /** What else tells it from other findings of its rule. */
  readonly about: string | null;
  readonly affected: readonly Affected[];
}
export interface Affected {
  readonly ref: ReaderRef;
  readonly owner: string | null;
  /** From the changed field to the reader, both included. */
  readonly path: readonly EntityRef[];
}

export function finding(rule: RuleId, message: string, facts: Partial<Omit<Finding, 'rule' | 'message'>>): Finding {
  return { rule, message, dataset: null, field: null, version: null, location: null, clause: null, about: null, affected: [], ...facts };
}

/**
 * What a finding's id is a hash of: rule and subject matter. Wording, severity and order are not in it,
 * the readers are: an approval covers exactly the readers it was given for.
 */
export function subjectMatter(of: Finding): string {
  const readers = of.affected.map(({ ref }) => entityKey(ref)).sort();
  return JSON.stringify([of.rule, of.dataset && datasetKey(of.dataset), of.field, of.version, of.location, readers, ...(of.about === null ? [] : [of.about])]);
}

/** How a field is written for people: `orders.customer.email`. */
export function fieldName(dataset: DatasetRef, path: string | null): string {
  return path === null ? `\`${dataset.name}\`` : `\`${dataset.name}.${path}\``;
}
