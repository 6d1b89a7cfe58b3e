/** Those of one team together, teams in order, those without an owner last. */
export function byTeam<T extends { readonly owner: string | null }>(all: readonly T[]): { readonly team: string | null; readonly members: readonly T[] }[] {
  const teams = Map.groupBy(all, ({ owner }) => owner);
  return [...teams].map(([team, members]) => ({ team, members })).sort((a, b) => Number(a.team === null) - Number(b.team === null) || (a.team ?? '').localeCompare(b.team ?? ''));
}
