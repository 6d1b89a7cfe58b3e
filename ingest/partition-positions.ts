/** Where a partition stands, in offsets. */
export interface PartitionPosition {
  readonly topic: string;
  readonly partition: number;
  /** The next message to apply. */
  readonly next: number;
  /** One past the last message, as last heard. */
  readonly end: number;
}

/** How far each partition of a consumer has come. */
export class PartitionPositions {
  readonly #now = new Map<string, PartitionPosition>();
  /** What each partition must reach before the consumer has caught up. */
  readonly #goals = new Map<string, number>();

  /** Starts over: what lies in the partitions now is what has to be caught up with. */
  begin(positions: readonly PartitionPosition[]): void {
    this.#now.clear();
    this.#goals.clear();
    for (const position of positions) {
      this.moved(position);
      if (position.next < position.end) this.#goals.set(keyOf(position), position.end);
    }
  }

  moved(position: PartitionPosition): void {
    this.#now.set(keyOf(position), position);
    if (position.next >= (this.#goals.get(keyOf(position)) ?? Infinity)) this.#goals.delete(keyOf(position));
  }

  /** The next message to apply in a partition; undefined for one it does not have. */
  nextOf(partition: Pick<PartitionPosition, 'topic' | 'partition'>): number | undefined {
    return this.#now.get(keyOf(partition))?.next;
  }

  /** Whether everything that was there at the beginning is behind. */
  get caughtUp(): boolean {
    return this.#goals.size === 0;
  }
  /** Messages still ahead. */
  get lag(): number {
    return [...this.#now.values()].reduce((sum, { next, end }) => sum + Math.max(0, end - next), 0);
  }
}

/** Partitions in which a batch of these offsets can still lie ahead. */
export function mayHold(positions: readonly PartitionPosition[], batch: { readonly firstOffset: number; readonly lastOffset: number }): readonly PartitionPosition[] {
  return positions.filter(({ next, end }) => next <= batch.lastOffset && end > batch.firstOffset && next < end);
}

function keyOf({ topic, partition }: Pick<PartitionPosition, 'topic' | 'partition'>): string {
  return `${topic} ${partition}`;
}
