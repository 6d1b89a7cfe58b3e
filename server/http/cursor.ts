import { Problem } from '../problem.ts';

/** Cursors are opaque to callers; inside, they are the place where the page before ended. */
export function encodeCursor(place: object): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** Decodes a cursor whose place has exactly these members, of these types; null stays null. */
export function decodeCursor<T extends Record<string, 'number' | 'string'>>(
  cursor: string | undefined,
  shape: T,
): { [K in keyof T]: T[K] extends 'number' ? number : string } | null {
  if (cursor === undefined) return null;
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (typeof place === 'object' && place !== null && fits(place, shape)) return place as never;
  } catch {
    // Falls through to the one answer for every cursor that is not ours.
  }
  throw new Problem('cursor-invalid', 'use `nextCursor` of the page before, unchanged');
}

function fits(place: object, shape: Record<string, 'number' | 'string'>): boolean {
  return Object.entries(shape).every(([name, type]) => {
    const value = new Map(Object.entries(place)).get(name) as unknown;
    return typeof value === type && (type !== 'number' || (Number.isSafeInteger(value) && (value as number) >= 0));
  });
}
