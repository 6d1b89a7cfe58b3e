import type { ApplyOutcome, OffsetAdvance, OffsetPosition } from '../store.ts';
import { STEADY, type Transaction } from './transaction.ts';

/** Moves the stored offset on, under the catalog's lock; what stands in the way otherwise. */
export async function advanceOffset(transaction: Transaction, offset: OffsetAdvance | null, batch: string): Promise<Extract<ApplyOutcome, { outcome: 'fenced' }> | null> {
  if (offset === null) return null;
  const { topic, partition, from, next, generation } = offset;
  const [stored] = await transaction.run<[number, number]>(
    `${STEADY} MATCH (o:IngestOffset { topic: $topic, partition: $partition }) USING INDEX o:IngestOffset(topic, partition) RETURN o.next, o.generation`, { topic, partition });
  if (stored !== undefined && (stored[0] !== from || stored[1] > generation)) return { outcome: 'fenced', next: stored[0], generation: stored[1] };
  transaction.send(
    `${STEADY} MERGE (o:IngestOffset { topic: $topic, partition: $partition }) SET o.next = $next, o.generation = $generation, o.batch = $batch`,
    { topic, partition, next, generation, batch },
  );
  return null;
}

/** True when this very batch has moved the offset already: an attempt whose commit was never confirmed had come through. */
export async function hasAdvanced(transaction: Transaction, offset: OffsetAdvance | null, batch: string): Promise<boolean> {
  if (offset === null) return false;
  const { topic, partition } = offset;
  return (await transaction.one('MATCH (o:IngestOffset { topic: $topic, partition: $partition, batch: $batch }) RETURN 1', { topic, partition, batch })) !== undefined;
}

export async function readOffsets(transaction: Transaction, topic: string): Promise<Map<number, OffsetPosition>> {
  const stored = await transaction.run<[number, number, number]>('MATCH (o:IngestOffset { topic: $topic }) RETURN o.partition, o.next, o.generation', { topic });
  return new Map(stored.map(([partition, next, generation]) => [partition, { next, generation }]));
}
