/** Where an instant stands among ascending moments: the last one at or before it; -1 before the first, their count for now. */
export function placeOf(moments: readonly string[], asOf: string | null): number {
  if (asOf === null) return moments.length;
  const then = Date.parse(asOf);
  return moments.findLastIndex((moment) => Date.parse(moment) <= then);
}

/** The instant of a place; null is now. */
export function instantAt(moments: readonly string[], place: number): string | null {
  return moments[Math.max(0, place)] ?? null;
}
