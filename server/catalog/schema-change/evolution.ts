import type { SchemaChange } from '../avro/diff.ts';
import { isWithin } from '../avro/within.ts';
import type { Evolution } from '../changes.ts';
import { type DatasetRef, datasetKey, entityKey, type EntityRef, type Named, type ReaderRef } from '../names.ts';

/** A deployed job between the topic it reads and what it writes. */
export interface PassingJob {
  readonly ref: ReaderRef;
  readonly owner: string | null;
  /** Of this input, or else of its processor; null: nobody said. */
  readonly evolution: Evolution | null;
  readonly processor: Named | null;
  /** Fields of the input it is known to read. */
  readonly reads: readonly string[];
  readonly writes: readonly DatasetRef[];
}
/** What a job does with the changes of one of its inputs. */
export interface Passage {
  readonly job: ReaderRef;
  readonly owner: string | null;
  readonly processor: Named | null;
  readonly input: DatasetRef;
  readonly evolution: Evolution | null;
  /** Datasets the changes it passes on arrive in. */
  readonly outputs: readonly DatasetRef[];
  readonly passesOn: readonly PassedChange[];
  readonly withholds: readonly PassedChange[];
  /** Nobody said whether it passes these on. */
  readonly unknown: readonly PassedChange[];
  /** From the changed topic to the job. */
  readonly path: readonly EntityRef[];
}
export type PassedChange = Pick<SchemaChange, 'kind' | 'path'>;

/** Changes that nobody behind a processor would notice. */
const STAY_BEHIND: readonly SchemaChange['kind'][] = ['doc', 'aliases', 'attributes', 'order', 'type-name'];

/**
 * Follows changes of a topic through the jobs behind it: an opt-in job passes every change on, and so to those behind its
 * outputs; an opt-out job only what happens to the fields it takes. Jobs come nearest first; each input of a job once.
 */
export function passages(topic: DatasetRef, changes: readonly SchemaChange[], jobsBehind: (dataset: DatasetRef) => readonly PassingJob[]): readonly Passage[] {
  const seen = new Set<string>();
  const found: Passage[] = [];
  const open: { readonly dataset: DatasetRef; readonly changes: readonly PassedChange[]; readonly path: readonly EntityRef[] }[] = [
    { dataset: topic, changes: changes.filter(({ kind }) => !STAY_BEHIND.includes(kind)).map(({ kind, path }) => ({ kind, path })), path: [{ kind: 'dataset', ...topic }] },
  ];
  for (let at = open.shift(); at !== undefined; at = open.shift()) {
    if (at.changes.length === 0) continue;
    for (const job of jobsBehind(at.dataset)) {
      const key = `${entityKey(job.ref)} ${datasetKey(at.dataset)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const passage = passageOf(job, at);
      found.push(passage);
      if (job.evolution !== 'opt-in') continue;
      for (const output of job.writes) open.push({ dataset: output, changes: passage.passesOn, path: [...passage.path, { kind: 'dataset', ...output }] });
    }
  }
  return found;
}

function passageOf({ ref, owner, processor, evolution, reads, writes }: PassingJob, { dataset, changes, path }: { readonly dataset: DatasetRef; readonly changes: readonly PassedChange[]; readonly path: readonly EntityRef[] }): Passage {
  const taken = (change: PassedChange): boolean => change.kind !== 'added' && reads.some((read) => isWithin(change.path, read) || isWithin(read, change.path));
  const [passesOn, withholds, unknown] = evolution === 'opt-in' ? [changes, [], []]
    : evolution === 'opt-out' ? [changes.filter(taken), changes.filter((change) => !taken(change)), []]
    : [changes.filter(taken), [], changes.filter((change) => !taken(change))];
  return { job: ref, owner, processor, input: dataset, evolution, outputs: writes, passesOn, withholds, unknown, path: [...path, ref] };
}
