import type { Store } from '../server/store/store.ts';
import { committedOf, endsOf, type Kafka, type PartitionEnds, withAdmin } from './kafka-client.ts';
import type { PartitionPosition } from './partition-positions.ts';
import { type PartitionFacts, resumePoint } from './resume-point.ts';

export interface ResumptionParts {
  readonly kafka: Kafka;
  readonly group: string;
  readonly store: Pick<Store, 'apply' | 'offsets'>;
  readonly clock: () => number;
  readonly log: { readonly warn: (facts: object, text: string) => void };
}
/** What could not be read, or had to be read once more, because of what became of the topics. */
export interface Gaps {
  /** Messages deleted before they were read. */
  readonly lost: number;
  /** Partitions read again from their beginning. */
  readonly startedOver: number;
}
export type Partition = Pick<PartitionPosition, 'topic' | 'partition'>;

/** Finds where to go on in partitions, and keeps count of what that means. */
export class PartitionResumption {
  readonly #parts: ResumptionParts;
  readonly #gaps = { lost: 0, startedOver: 0 };
  /** Ends of gaps that are counted, by partition, so that one is not counted twice. */
  readonly #lostUpTo = new Map<string, number>();

  constructor(parts: ResumptionParts) {
    this.#parts = parts;
  }

  gaps(): Gaps {
    return { ...this.#gaps };
  }

  /** The store says where to go on, unless the partition is no longer the one it speaks of; then its offset is set back. */
  async positionsOf(partitions: readonly Partition[]): Promise<readonly PartitionPosition[]> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    const known = await this.#ask(topics);
    const positions: PartitionPosition[] = [];
    for (const { topic, partition } of partitions) {
      const { stored, committed, ends } = known.get(topic) ?? NOTHING;
      const facts = { stored: stored.get(partition)?.next ?? null, committed: committed.get(partition) ?? null, ...(ends.get(partition) ?? { low: 0, high: 0 }) };
      positions.push({ topic, partition, next: await this.#resume({ topic, partition }, facts), end: facts.high });
    }
    return positions;
  }

  #ask(topics: readonly string[]): Promise<Map<string, Known>> {
    const { kafka, group, store } = this.#parts;
    return withAdmin(kafka, async (admin) => {
      const committed = await committedOf(admin, group, topics);
      return new Map(await Promise.all(topics.map(async (topic) => {
        const [stored, ends] = await Promise.all([store.offsets(topic), endsOf(admin, topic)]);
        return [topic, { stored, ends, committed: committed.get(topic) ?? new Map<number, number>() }] as const;
      })));
    });
  }

  async #resume(place: Partition, facts: PartitionFacts): Promise<number> {
    const point = resumePoint(facts);
    const { topic, partition } = place;
    switch (point.outcome) {
      case 'continues': break;
      case 'lost': this.#countLost(place, facts.stored ?? 0, point.next); break;
      case 'starts-over':
        await this.#setBack(place, facts.stored ?? 0, point.next);
        this.#gaps.startedOver++;
        this.#parts.log.warn({ topic, partition, ...facts, why: point.why }, 'a partition is read again from its beginning');
        break;
    }
    return point.next;
  }

  #countLost({ topic, partition }: Partition, stored: number, low: number): void {
    const place = `${topic} ${partition}`;
    const from = Math.max(stored, this.#lostUpTo.get(place) ?? 0);
    if (low <= from) return;
    this.#gaps.lost += low - from;
    this.#lostUpTo.set(place, low);
    this.#parts.log.warn({ topic, partition, from, to: low }, 'messages were deleted before they were read');
  }

  /** Whoever still writes with the offset from before is fenced. */
  async #setBack({ topic, partition }: Partition, from: number, next: number): Promise<void> {
    const { store, clock } = this.#parts;
    const outcome = await store.apply({ changes: [], committedAt: clock(), offset: { topic, partition, from, next, generation: 0 } });
    if (outcome.outcome === 'fenced') throw new Error(`${topic}[${partition}] was moved on by another worker meanwhile`);
  }
}

interface Known {
  readonly stored: ReadonlyMap<number, { readonly next: number }>;
  readonly committed: ReadonlyMap<number, number>;
  readonly ends: ReadonlyMap<number, PartitionEnds>;
}
const NOTHING: Known = { stored: new Map(), committed: new Map(), ends: new Map() };
