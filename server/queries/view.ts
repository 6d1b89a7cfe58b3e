import type { Evidence } from '../catalog/changes.ts';
import type { EntityRef } from '../catalog/names.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import { Problem } from '../problem.ts';
import type { EntityRecord } from '../store/store.ts';
import { type CatalogReader, ownerOf } from './catalog-reader.ts';
import { stateOfJob } from './job-state.ts';

/** What a question is asked of: now or an event time, all evidence or some. */
export interface View {
  readonly asOf: number | null;
  readonly evidence: readonly Evidence[] | null;
}

/** What every query needs. */
export interface QueryParts {
  readonly catalog: CatalogReader;
  readonly index: LineageIndex;
}

/** What every answer says about the moment it is true of. */
export interface TrueAt {
  readonly revision: number;
  /** Commit time of the revision, or the instant asked about; ISO 8601. */
  readonly asOf: string;
}
export function trueAt(index: LineageIndex, view: Pick<View, 'asOf'> = { asOf: null }): TrueAt {
  const { revision, committedAt } = index.revision;
  return { revision, asOf: new Date(view.asOf ?? committedAt).toISOString() };
}

/** The record of an entity the caller named; that the catalog never heard of it is the caller's to know. */
export async function requireEntity(ref: EntityRef, catalog: CatalogReader, asOf: number | null): Promise<EntityRecord> {
  const record = await catalog.entity(ref, asOf);
  if (record === null) throw new Problem('entity-not-found', `the catalog knows no ${ref.kind} ${ref.namespace}/${ref.name}${ref.kind === 'field' ? ` ${ref.path}` : ''}`, { entity: ref });
  return record;
}

/** Owner, state, tags and doc of an entity, as far as anyone said. */
export interface Bearings {
  readonly owner: string | null;
  readonly state: string | null;
}
export async function bearingsOf(ref: EntityRef, catalog: CatalogReader): Promise<Bearings> {
  const record = await catalog.entity(ref);
  return { owner: ownerOf(record), state: stateOfJob(record) };
}

/** When and on what evidence something was stated or seen, for answers. */
export function evidenceDocument(seen: readonly { readonly evidence: Evidence; readonly firstSeen: number; readonly lastSeen: number }[]): object[] {
  return seen.map(({ evidence, firstSeen, lastSeen }) => ({ evidence, firstSeen: new Date(firstSeen).toISOString(), lastSeen: new Date(lastSeen).toISOString() }));
}
