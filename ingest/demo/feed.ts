import type { Contract } from '../decode/decoder.ts';
import type { IngestWorker } from '../worker.ts';
import { encodeEvent, type SampleEvent } from './encode.ts';

/** The sample's own topics, so that its offsets never meet those of a real platform. */
export const SAMPLE_CONTRACTS: ReadonlyMap<string, Contract> = new Map([['sample.control', 'control'], ['sample.audit', 'audit']]);
/** Events in a transaction: small enough for readiness and requests to get their turn in between. */
const BATCH = 200;

/**
 * Sends events through an ingest worker as if they lay in two one-partition topics. What was applied
 * before is skipped by its offset, so doing it again changes nothing.
 */
export async function feed(events: readonly SampleEvent[], worker: IngestWorker): Promise<{ readonly applied: number; readonly deadLettered: number }> {
  const total = { applied: 0, deadLettered: 0 };
  for (const [topic, contract] of SAMPLE_CONTRACTS) {
    const messages = await Promise.all(
      events.filter((event) => event.topic === contract).map(async (event, offset) => ({
        offset, key: Buffer.from(event.key), value: await encodeEvent(event), headers: new Map<string, string>(), tooLarge: null, timestamp: event.event.occurredAt,
      })),
    );
    for (let start = 0; start < messages.length; start += BATCH) {
      const outcome = await worker.handle({ topic, partition: 0, generation: 0, messages: messages.slice(start, start + BATCH) });
      if (outcome.outcome === 'fenced') throw new Error(`another process is feeding the sample into this store (it stands at ${outcome.next})`);
      total.applied += outcome.applied;
      total.deadLettered += outcome.deadLettered;
    }
  }
  return total;
}
