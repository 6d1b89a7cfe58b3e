import { diffArrays } from 'diff';

/** A line of two texts beside each other; null where the other one has more. */
export interface LinePair {
  readonly before: string | null;
  readonly after: string | null;
  readonly same: boolean;
}

/** Two texts line by line, what replaces something beside what it replaces. */
export function sideBySide(before: string, after: string): readonly LinePair[] {
  const pairs: LinePair[] = [];
  let gone: readonly string[] = [];
  for (const { value, added, removed } of diffArrays(linesOf(before), linesOf(after))) {
    if (removed) {
      gone = value;
      continue;
    }
    pairs.push(...(added ? paired(gone, value) : [...paired(gone, []), ...paired(value, value)]));
    gone = [];
  }
  return [...pairs, ...paired(gone, [])];
}

function paired(before: readonly string[], after: readonly string[]): LinePair[] {
  return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => ({ before: before[i] ?? null, after: after[i] ?? null, same: before[i] === after[i] }));
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}
