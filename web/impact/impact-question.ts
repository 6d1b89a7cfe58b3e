import type { Schemas } from '../shared/api.ts';
import { byTeam } from '../shared/by-team.ts';

export type Affected = Schemas['Impact']['affected'][number];
type Effect = Affected['effect'];

/** How each effect is shown, the worst first. */
export const EFFECTS: Readonly<Record<Effect, { readonly tone: 'deny' | 'warn' | 'unknown' | 'ok'; readonly text: string }>> = {
  breaks: { tone: 'deny', text: 'breaks' },
  changes: { tone: 'warn', text: 'changes' },
  possible: { tone: 'unknown', text: 'nobody knows' },
  unaffected: { tone: 'ok', text: 'goes on' },
};
const RANKS = Object.keys(EFFECTS);

export function effectRank(effect: Effect): number {
  return RANKS.indexOf(effect);
}

export interface TeamPart {
  readonly team: string | null;
  readonly members: readonly Affected[];
}

/** Readers that a change matters to by team: the worst first, among teams and in them; fields are left to the list of all. */
export function teamParts(affected: readonly Affected[]): readonly TeamPart[] {
  const readers = affected.filter(({ kind, effect }) => kind !== 'field' && effect !== 'unaffected');
  const sorted = readers.toSorted((a, b) => effectRank(a.effect) - effectRank(b.effect) || a.distance - b.distance);
  const parts = byTeam(sorted.map((entry) => ({ ...entry, owner: entry.owner ?? null })));
  const worst = ({ members: [first] }: TeamPart): number => (first === undefined ? RANKS.length : effectRank(first.effect));
  return parts.toSorted((a, b) => worst(a) - worst(b));
}
