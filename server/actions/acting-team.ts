import type { AskedTeam } from '../catalog/schema-change/agreement.ts';
import { type Acting, actingTeam } from '../catalog/schema-change/approver.ts';
import { Problem } from '../problem.ts';
import { type CatalogReader, factOf } from '../queries/catalog-reader.ts';

/** The team somebody acts for, by credential or by the list of members the catalog has of it. Whoever acts for none is told why. */
export async function requireActingTeam(act: Omit<Acting, 'members'>, catalog: CatalogReader): Promise<AskedTeam> {
  const members = new Map<string, readonly string[]>();
  for (const { team } of act.asked) members.set(team, factOf(await catalog.entity({ kind: 'team', namespace: '', name: team }), 'team')?.members ?? []);
  const acting = actingTeam({ ...act, members });
  switch (acting.outcome) {
    case 'acts':
      return acting.team;
    case 'is-requester':
      throw new Problem('approver-is-requester', `${act.requester.name} proposed the change, and the same person may stand behind ${act.who.name}`);
    case 'not-asked':
      throw new Problem('approver-not-asked', acting.message, { asked: act.asked.map(({ team }) => team) });
    case 'several':
      throw new Problem('request-invalid', `say for which team: ${acting.teams.join(', ')}`, { teams: acting.teams });
  }
}
