import type { EntityKind } from '../catalog/names.ts';
import { Problem } from '../problem.ts';
import type { Store } from '../store/store.ts';
import { type CatalogReader, factOf } from './catalog-reader.ts';
import { teamRef } from './membership.ts';

/** What a team answers for; a field is its dataset's. */
export const OWNED_KINDS = ['dataset', 'job', 'consumer', 'processor', 'pipeline'] as const satisfies readonly EntityKind[];

interface Parts {
  readonly store: Pick<Store, 'search'>;
  readonly catalog: Pick<CatalogReader, 'entity'>;
}

/** A team and a page of what it owns. Contact and members are null where nobody declared the team. */
export async function teamView(name: string, page: { readonly limit: number; readonly cursor: string | null }, { store, catalog }: Parts): Promise<object> {
  const fact = factOf(await catalog.entity(teamRef(name)), 'team');
  const { hits, total, nextCursor, revision } = await store.search({ text: '', filters: { owner: [name], kind: OWNED_KINDS }, ...page });
  if (fact === null && total === 0) throw new Problem('entity-not-found', `the catalog knows no team ${name}`, { entity: teamRef(name) });
  return { name, contact: fact?.contact ?? null, members: fact?.members ?? null, owns: hits.map(({ ref, doc }) => ({ ...ref, doc })), total, nextCursor, revision };
}
