const MINUTE = 60_000;
const UNITS = [['year', 365 * 24 * 60], ['month', 30 * 24 * 60], ['day', 24 * 60], ['hour', 60], ['minute', 1]] as const;

/** `2 hours ago`, `just now`, `in 3 days`; `now` and `then` in ms. */
export function ago(then: number, now: number): string {
  const minutes = (now - then) / MINUTE;
  for (const [unit, size] of UNITS) {
    const count = Math.floor(Math.abs(minutes) / size);
    if (count < 1) continue;
    const text = `${count} ${unit}${count === 1 ? '' : 's'}`;
    return minutes > 0 ? `${text} ago` : `in ${text}`;
  }
  return 'just now';
}

/** Evidence older than this is shown faded, ms: two weeks, a release cycle. */
export const OLD_MS = 14 * 24 * 60 * MINUTE;

/** An ISO instant as a `datetime-local` input holds it, in the viewer's own time. */
export function toLocalInput(iso: string): string {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? '' : new Date(at.getTime() - at.getTimezoneOffset() * MINUTE).toISOString().slice(0, 16);
}
/** The instant of such an input; null for an empty one. */
export function fromLocalInput(text: string): string | null {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? null : at.toISOString();
}
