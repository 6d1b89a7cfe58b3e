/** How many letters apart a suggestion may be. */
const MAX_DISTANCE = 3;
const MAX_SUGGESTIONS = 3;
/** Longer names are not compared letter by letter. */
const MAX_COMPARED = 64;

/** The names most like the one given, nearest first: other case first, then few letters apart. */
export function nearestNames(wanted: string, names: Iterable<string>): string[] {
  const ranked: { name: string; distance: number }[] = [];
  for (const name of new Set(names)) {
    const distance = name.toLowerCase() === wanted.toLowerCase() ? 0 : editDistance(wanted.toLowerCase(), name.toLowerCase());
    if (distance < wanted.length && distance <= Math.min(MAX_DISTANCE, Math.max(1, Math.floor(wanted.length / 2)))) ranked.push({ name, distance });
  }
  return ranked.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1)).slice(0, MAX_SUGGESTIONS).map(({ name }) => name);
}

/** `; did you mean a or b?`, or nothing. */
export function didYouMean(wanted: string, names: Iterable<string>): string {
  const nearest = nearestNames(wanted, names);
  return nearest.length === 0 ? '' : `; did you mean ${nearest.map((name) => `'${name}'`).join(' or ')}?`;
}

function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_DISTANCE || a.length > MAX_COMPARED || b.length > MAX_COMPARED) return Infinity;
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] as number) + 1, (row[j - 1] as number) + 1));
    }
    previous = row;
  }
  return previous[b.length] as number;
}
