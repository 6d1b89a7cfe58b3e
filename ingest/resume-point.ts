/** What is known of a partition when its reading begins, in offsets. */
export interface PartitionFacts {
  /** The next to apply, as the store has it; null: nothing of the partition was applied yet. */
  readonly stored: number | null;
  /** The next to read, as Kafka remembers it of the group; null: it remembers none. */
  readonly committed: number | null;
  /** The first that can be read. */
  readonly low: number;
  /** One past the last. */
  readonly high: number;
}
export type ResumePoint =
  | { readonly outcome: 'continues'; readonly next: number }
  /** `lost` messages were deleted before they were read. */
  | { readonly outcome: 'lost'; readonly next: number; readonly lost: number }
  /** The stored offset says nothing of what lies in the partition now: all of it is read again. */
  | { readonly outcome: 'starts-over'; readonly next: number; readonly why: string };

/**
 * Where to go on in a partition. The store's offset counts, for only what is in the store is applied; but it may be of
 * a topic that was deleted and made anew under the same name. Kafka does not say so, except that a group's offsets are
 * deleted with the topic. Where Kafka remembers none of ours, everything is read again: events carry their own order, so
 * one that was applied before changes nothing.
 */
export function resumePoint({ stored, committed, low, high }: PartitionFacts): ResumePoint {
  if (stored === null) return { outcome: 'continues', next: low };
  if (stored < low) return { outcome: 'lost', next: low, lost: low - stored };
  if (stored > high) return { outcome: 'starts-over', next: low, why: `it ends at ${high}, before offset ${stored} that was reached` };
  if (committed === null && stored > low) return { outcome: 'starts-over', next: low, why: 'Kafka no longer remembers the group in it, as after a topic is deleted and made anew' };
  return { outcome: 'continues', next: stored };
}
