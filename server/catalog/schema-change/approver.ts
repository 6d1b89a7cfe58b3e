import { type Identity, isListedIn, mayBeSamePerson } from '../identity.ts';
import type { AskedTeam } from './agreement.ts';
import type { Requester } from './proposal.ts';

/** Who acts on a proposal, and for whom. */
export interface Acting {
  readonly who: Identity;
  readonly requester: Requester;
  readonly asked: readonly AskedTeam[];
  /** Members by team, as teams themselves list them. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  /** The team to act for; null: the one there is. */
  readonly team: string | null;
}
export type ActingTeam =
  | { readonly outcome: 'acts'; readonly team: AskedTeam }
  | { readonly outcome: 'is-requester' }
  | { readonly outcome: 'not-asked'; readonly message: string }
  /** Of several teams, and has to say for which. */
  | { readonly outcome: 'several'; readonly teams: readonly string[] };

/** The team somebody acts for: one that is asked, and that is theirs. Whoever may be the requester acts for none. */
export function actingTeam({ who, requester, asked, members, team }: Acting): ActingTeam {
  if (mayBeSamePerson(who, requester)) return { outcome: 'is-requester' };
  const theirs = asked.filter((a) => who.teams.includes(a.team) || isListedIn(members.get(a.team) ?? [], who));
  if (team !== null) {
    const [chosen] = theirs.filter((a) => a.team === team);
    if (chosen !== undefined) return { outcome: 'acts', team: chosen };
    return { outcome: 'not-asked', message: asked.some((a) => a.team === team) ? `${who.name} is no member of ${team}` : `${team} is not asked` };
  }
  const [only, another] = theirs;
  if (only === undefined) return { outcome: 'not-asked', message: `${who.name} is in none of the teams that are asked${asked.length === 0 ? ', for none is' : `: ${asked.map((a) => a.team).join(', ')}`}` };
  // Of several teams the one that is still waited for is meant.
  const waiting = theirs.filter((a) => a.waiting.length > 0);
  const [first, second] = waiting;
  if (another === undefined) return { outcome: 'acts', team: only };
  if (first !== undefined && second === undefined) return { outcome: 'acts', team: first };
  return { outcome: 'several', teams: theirs.map((a) => a.team) };
}
