import type { ProgramFact } from '../catalog/changes.ts';
import type { Named } from '../catalog/names.ts';
import type { GivenPermit, JobStart } from '../catalog/permit/job-start.ts';
import type { Store } from '../store/store.ts';
import { bypassOf } from './bypass-book.ts';
import type { PermitEvent } from './permit-book.ts';

/** Entries about one job that are looked at; older permits have long expired. */
const ENTRIES_LOOKED_AT = 100;

/** What the ledger tells of a job's permits and starts. */
export interface PermitHistory {
  /** Newest first. */
  readonly given: readonly (GivenPermit & { readonly program: ProgramFact })[];
  readonly bypasses: readonly JobStart[];
}

export async function permitHistory({ namespace, name }: Named, store: Pick<Store, 'ledger'>): Promise<PermitHistory> {
  const job = `${namespace}/${name}`;
  const [permits, bypasses] = await Promise.all([store.ledger({ kind: 'permit', job, limit: ENTRIES_LOOKED_AT }), store.ledger({ kind: 'bypass', job, limit: ENTRIES_LOOKED_AT })]);
  const starts = new Map<string, JobStart[]>();
  const events = permits.entries.map(({ body }) => JSON.parse(body) as PermitEvent);
  for (const event of events) if (event.event !== 'given') starts.set(event.permitId, [...(starts.get(event.permitId) ?? []), event.start]);
  const given = events.flatMap((event) => (event.event === 'given' ? [{ permit: event.permit, program: event.program, starts: starts.get(event.permit.permitId) ?? [] }] : []));
  return { given, bypasses: bypasses.entries.map((entry) => bypassOf(entry).start) };
}
