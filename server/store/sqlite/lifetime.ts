import { compareInstants, type Evidence, type Instant } from '../../catalog/changes.ts';
import type { StatedSince } from '../store.ts';

/** When something was true; `from: null` is "never stated", `to: null` is "still". Half open. */
export interface Lifetime {
  readonly from: number | null;
  readonly to: number | null;
}
export const NEVER: Lifetime = { from: null, to: null };

/** From `time` on, one slot says so (`stated`) or does not. */
export interface Step {
  readonly time: number;
  readonly stated: boolean;
}

/** The statements that count, in order: of several at one time the last replaces the others. */
export function effective<T extends Instant>(statements: readonly T[]): T[] {
  const ordered = [...statements].sort(compareInstants);
  return ordered.filter((statement, i) => ordered[i + 1]?.time !== statement.time);
}

/** The statements of one aspect, of any slots of it. */
interface Said extends Instant {
  readonly part: string;
  readonly evidence: Evidence;
  readonly stated: boolean;
}

/** Since when each slot that says so now has done without a break. */
export function statedSince(said: readonly Said[]): StatedSince[] {
  const slots = Map.groupBy(said, ({ part, evidence }) => `${evidence} ${part}`);
  return [...slots.values()].flatMap((statements) => {
    const [first] = statements;
    const { from, to } = latestLifetime([effective(statements)]);
    return first === undefined || from === null || to !== null ? [] : [{ part: first.part, evidence: first.evidence, time: from }];
  });
}

/**
 * The last stretch of time during which at least one of several slots said so. Each slot's steps are in
 * order, one for each time. Stretches that touch are one.
 */
export function latestLifetime(slots: readonly (readonly Step[])[]): Lifetime {
  const turns = new Map<number, number>();
  for (const steps of slots) {
    let before = false;
    for (const { time, stated } of steps) {
      if (stated !== before) turns.set(time, (turns.get(time) ?? 0) + (stated ? 1 : -1));
      before = stated;
    }
  }
  let lifetime = NEVER;
  let saying = 0;
  for (const [time, turn] of [...turns].sort(([a], [b]) => a - b)) {
    if (saying === 0 && turn > 0) lifetime = { from: time, to: null };
    if (saying > 0 && saying + turn === 0) lifetime = { from: lifetime.from, to: time };
    saying += turn;
  }
  return lifetime;
}

/** `latestLifetime` after one more step that is later than every step before. */
export function advance(lifetime: Lifetime, time: number, stated: boolean): Lifetime {
  const open = lifetime.from !== null && lifetime.to === null;
  if (stated === open) return lifetime;
  return stated ? { from: time, to: null } : lifetime.from === null ? lifetime : { from: lifetime.from, to: time };
}
