import type { Observation } from '../../server/catalog/changes.ts';
import { MAX_NAME_LENGTH } from '../../server/catalog/names.ts';

/** A consumer group as one look saw it. */
export interface SeenGroup {
  readonly group: string;
  /** Topics of which its members have partitions now; empty for kinds of groups that do not show them. */
  readonly assigned: readonly string[];
  /** Offsets it has committed, by topic and partition. */
  readonly committed: ReadonlyMap<string, ReadonlyMap<number, number>>;
}
/** What was known of a group and a topic before a look. */
export interface KnownReading {
  /** null: offsets were not looked at before. */
  readonly offsets: ReadonlyMap<number, number> | null;
  /** When it was last told to be reading, ms; null: never. */
  readonly toldAt: number | null;
}
export interface Look {
  /** Of the cluster: `kafka://main`. */
  readonly namespace: string;
  /** ms. */
  readonly at: number;
  /** What goes on is told again only after so many ms: nobody asks finer, and every telling is a revision. */
  readonly grainMs: number;
}
export interface GroupReadings {
  readonly observations: readonly Observation[];
  /** What the next look has to know, by topic. */
  readonly known: ReadonlyMap<string, KnownReading>;
}

/**
 * What a look says of a group: that it reads these topics, which fields is unknown. It is alive in a topic when a member
 * has a partition of it, or when its offsets have moved on since the look before. Without either only its first sight is
 * told: somebody committed offsets there, at a time that Kafka does not say, and nobody knows that they will not come back.
 */
export function readingsOf({ group, assigned, committed }: SeenGroup, before: ReadonlyMap<string, KnownReading>, { namespace, at, grainMs }: Look): GroupReadings {
  const known = new Map<string, KnownReading>();
  const observations: Observation[] = [];
  for (const topic of new Set([...assigned, ...committed.keys()])) {
    const offsets = committed.get(topic) ?? new Map<number, number>();
    const { offsets: earlier, toldAt } = before.get(topic) ?? NEVER;
    const isAlive = assigned.includes(topic) || (earlier !== null && hasMovedOn(earlier, offsets));
    const isNews = toldAt === null || (isAlive && at - toldAt >= grainMs);
    known.set(topic, { offsets, toldAt: isNews ? at : toldAt });
    if (isNews) observations.push({ change: 'observation', what: 'reads', actor: { kind: 'consumer', namespace, name: group }, dataset: { namespace, name: topic }, path: null, schemaId: null, firstSeen: at, lastSeen: at });
  }
  return { observations, known };
}

/** Why a group cannot stand in the catalog under its name; null when it can. */
export function nameFault(group: string): string | null {
  if (group === '') return 'a group without a name';
  return group.length > MAX_NAME_LENGTH ? `a group whose name has ${group.length} characters, more than ${MAX_NAME_LENGTH}` : null;
}

const NEVER: KnownReading = { offsets: null, toldAt: null };

/** Forward, or in a partition more; set back alone is what a person does, not a reader. */
function hasMovedOn(earlier: ReadonlyMap<number, number>, now: ReadonlyMap<number, number>): boolean {
  return [...now].some(([partition, offset]) => offset > (earlier.get(partition) ?? -1));
}
