import type { EntityRef, FieldRef, ReaderRef } from '../catalog/names.ts';
import type { Certainty } from '../graph/closure.ts';
import { ownerOf } from './catalog-reader.ts';
import { isDeployed } from './job-state.ts';
import type { QueryParts } from './view.ts';

/** Everyone downstream of some fields, however far, by who answers for them. */
export interface ChangeReach {
  readonly fields: number;
  readonly jobs: number;
  readonly consumers: number;
  /** By name; null last: those nobody answers for. */
  readonly owners: readonly ReachedOwner[];
}
export interface ReachedOwner {
  readonly owner: string | null;
  readonly known: number;
  readonly possible: number;
  /** The nearest, known before possible. */
  readonly readers: readonly ReachedReader[];
}
export interface ReachedReader {
  readonly ref: ReaderRef;
  readonly certainty: Certainty;
  readonly distance: number;
  /** From the field that goes or changes to the reader. */
  readonly path: readonly EntityRef[];
}

/** Readers shown for one owner; the counts are whole. */
export const SHOWN_READERS = 20;

export async function changeReach(fields: readonly FieldRef[], { catalog, index }: QueryParts): Promise<ChangeReach> {
  const closure = index.closure({ from: fields.map((field) => ({ kind: 'field' as const, ...field })), direction: 'downstream', depth: null, asOf: null, evidence: null });
  const byOwner = new Map<string | null, { known: number; possible: number; readers: ReachedReader[] }>();
  const counts = { job: 0, consumer: 0 };
  for (const { ref, certainty, distance } of [...closure.readers()]) {
    if (ref.kind !== 'job' && ref.kind !== 'consumer') continue;
    const reader: ReaderRef = { kind: ref.kind, namespace: ref.namespace, name: ref.name };
    const record = await catalog.entity(reader);
    if (!isDeployed(record)) continue;
    const owner = ownerOf(record);
    const reached = byOwner.get(owner) ?? { known: 0, possible: 0, readers: [] };
    byOwner.set(owner, reached);
    reached[certainty]++;
    counts[reader.kind]++;
    if (reached.readers.length < SHOWN_READERS) reached.readers.push({ ref: reader, certainty, distance, path: closure.walkTo(ref) });
  }
  const owners = [...byOwner].map(([owner, reached]) => ({ owner, ...reached }));
  return { fields: closure.counts.field ?? 0, jobs: counts.job, consumers: counts.consumer, owners: owners.sort((a, b) => byName(a.owner, b.owner)) };
}

function byName(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return a < b ? -1 : 1;
}
