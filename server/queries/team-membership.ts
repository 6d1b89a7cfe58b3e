import { type Identity, isListedIn } from '../catalog/identity.ts';
import { type CatalogReader, factOf } from './catalog-reader.ts';

/** Those of some teams that a caller belongs to: by its credential, or because the team lists it. */
export async function teamsAmong(teams: readonly string[], who: Identity, catalog: CatalogReader): Promise<readonly string[]> {
  const belongs = await Promise.all(teams.map(async (team) => who.teams.includes(team) || isListedIn(await membersOf(team, catalog), who)));
  return teams.filter((_, i) => belongs[i]);
}

async function membersOf(team: string, catalog: CatalogReader): Promise<readonly string[]> {
  return factOf(await catalog.entity({ kind: 'team', namespace: '', name: team }), 'team')?.members ?? [];
}
