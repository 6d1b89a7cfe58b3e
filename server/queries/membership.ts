import { type Identity, isListedIn } from '../catalog/identity.ts';
import type { EntityRef } from '../catalog/names.ts';
import { entityPages, type Store } from '../store/store.ts';
import { type CatalogReader, factOf } from './catalog-reader.ts';

export function teamRef(name: string): EntityRef {
  return { kind: 'team', namespace: '', name };
}

/** Whether the caller is of a team: by the credential, or by the team's own list. */
export async function isMemberOf(team: string, identity: Identity, catalog: Pick<CatalogReader, 'entity'>): Promise<boolean> {
  if (identity.teams.includes(team)) return true;
  return isListedIn(factOf(await catalog.entity(teamRef(team)), 'team')?.members ?? [], identity);
}

/** Every team the caller is of, sorted. */
export async function teamsOf(identity: Identity, { store, catalog }: { readonly store: Pick<Store, 'entities'>; readonly catalog: Pick<CatalogReader, 'entity'> }): Promise<readonly string[]> {
  const teams = new Set(identity.teams);
  for await (const page of entityPages(store, 'team')) {
    for (const { name } of page) if (await isMemberOf(name, identity, catalog)) teams.add(name);
  }
  return [...teams].sort();
}
