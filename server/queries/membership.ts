import { type Identity, isListedIn } from '../catalog/identity.ts';
import { entityKey, type EntityRef } from '../catalog/names.ts';
import type { Store } from '../store/store.ts';
import { type CatalogReader, factOf } from './catalog-reader.ts';

/** Teams read in one go. */
const TEAMS_AT_ONCE = 1_000;

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
  for (let after: string | null = null; ; ) {
    const page: readonly EntityRef[] = await store.entities('team', { after, limit: TEAMS_AT_ONCE });
    for (const { name } of page) if (await isMemberOf(name, identity, catalog)) teams.add(name);
    const last = page.at(-1);
    if (last === undefined || page.length < TEAMS_AT_ONCE) return [...teams].sort();
    after = entityKey(last);
  }
}
