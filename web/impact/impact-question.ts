import type { Schemas } from '../shared/api.ts';

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

/** Rows of one answer: a hub reaches hundreds of thousands, and a page shows them as they come. */
const PAGE = 1_000;
/** Rows shown at most; the total is always said, and the CSV of the API has them all. */
const MOST_ROWS = 20_000;

/** The impact with all of its rows, up to the most that a page can hold. */
export async function wholeImpact(ask: (query: { limit: number; cursor?: string }) => Promise<Schemas['Impact']>): Promise<Schemas['Impact']> {
  const first = await ask({ limit: PAGE });
  const affected = [...first.affected];
  for (let cursor = first.nextCursor; cursor !== null && affected.length < MOST_ROWS; ) {
    const next = await ask({ limit: PAGE, cursor });
    affected.push(...next.affected);
    cursor = next.nextCursor;
  }
  return { ...first, affected };
}
