import { canonicalChange, type ClusterAliases } from '../server/catalog/cluster-aliases.ts';
import { lineageChanges } from '../server/actions/take-lineage.ts';
import type { GraphChange } from '../server/catalog/changes.ts';
import type { OffsetPosition, Store } from '../server/store/store.ts';
import { NO_TRACING, type SpanStart, type Tracing } from '../server/tracing/tracing.ts';
import { changesFrom } from './changes-from.ts';
import type { DeadLetter, DeadLetters } from './dead-letter.ts';
import type { Contract, Decoder, DecodeOutcome } from './decode/decoder.ts';
import { readLineageEvent } from './lineage-event.ts';
import type { BatchOutcome, Message, MessageBatch } from './message.ts';
import type { TopicContract } from './topics.ts';

export interface WorkerParts {
  readonly store: Pick<Store, 'apply' | 'offsets' | 'entity' | 'entities'>;
  readonly decoder: Decoder;
  readonly deadLetters: DeadLetters;
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
  /** Which contract the messages of a topic follow; 'openlineage': JSON as the specification has it. */
  readonly contracts: ReadonlyMap<string, TopicContract>;
  readonly tracing?: Tracing | undefined;
}
export interface WorkerStatus {
  readonly applied: number;
  readonly deadLettered: number;
  readonly retried: number;
  /** When a batch was last handled, ms; null before the first. */
  readonly lastHandledAt: number | null;
  /** Timestamp of the first message of the batch at work, which may be one that is to be tried again; null: none is. */
  readonly oldestAtWork: number | null;
}
export interface IngestWorker {
  /**
   * Applies a batch: every message is applied or put aside as a dead letter, in one transaction with the
   * offset. Rejects when the batch must be tried again; nothing of it is applied then.
   */
  handle(batch: MessageBatch): Promise<BatchOutcome>;
  status(): WorkerStatus;
}

type Judged = { readonly outcome: 'changes'; readonly changes: readonly GraphChange[] } | { readonly outcome: 'dead'; readonly letter: DeadLetter };

/** The one way events take into the store, whatever brought them: decode, changes, one transaction. */
export function createIngestWorker(parts: WorkerParts): IngestWorker {
  let [applied, deadLettered, retried] = [0, 0, 0];
  let [lastHandledAt, oldestAtWork]: [number | null, number | null] = [null, null];
  const { tracing = NO_TRACING } = parts;
  return {
    async handle(batch) {
      oldestAtWork = batch.messages[0]?.timestamp ?? null;
      try {
        const outcome = await tracing.span(`process ${batch.topic}`, async (span) => {
          const handled = await handleBatch(batch, parts);
          span.note({ 'sluice.outcome': handled.outcome, ...(handled.outcome === 'handled' ? { 'sluice.dead_letters': handled.deadLettered } : {}) });
          return handled;
        }, startOf(batch));
        oldestAtWork = null;
        if (outcome.outcome === 'handled') {
          applied += outcome.applied;
          deadLettered += outcome.deadLettered;
          lastHandledAt = parts.clock();
        }
        return outcome;
      } catch (failure) {
        retried++;
        throw failure;
      }
    },
    status: () => ({ applied, deadLettered, retried, lastHandledAt, oldestAtWork }),
  };
}

/** By OpenTelemetry's conventions for messaging: one message goes on in its own trace, a batch is linked to the traces of all. */
function startOf({ topic, partition, messages }: MessageBatch): SpanStart {
  const traces = messages.flatMap(({ headers }) => (headers.has('traceparent') ? [{ traceparent: headers.get('traceparent'), tracestate: headers.get('tracestate') }] : []));
  const [only] = messages.length === 1 ? traces : [];
  return {
    kind: 'consumer',
    facts: {
      'messaging.system': 'kafka', 'messaging.operation.type': 'process', 'messaging.operation.name': 'process',
      'messaging.destination.name': topic, 'messaging.destination.partition.id': String(partition), 'messaging.batch.message_count': messages.length,
    },
    links: traces,
    ...(only === undefined ? {} : { parent: only }),
  };
}

async function handleBatch(batch: MessageBatch, parts: WorkerParts): Promise<BatchOutcome> {
  const contract = parts.contracts.get(batch.topic);
  if (contract === undefined) throw new Error(`no contract is known for topic ${batch.topic}`);
  const stored = (await parts.store.offsets(batch.topic)).get(batch.partition);
  const fresh = batch.messages.filter(({ offset }) => stored === undefined || offset >= stored.next);
  const last = fresh.at(-1);
  if (last === undefined) return { outcome: 'handled', next: stored?.next ?? 0, applied: 0, deadLettered: 0 };
  const judged = contract === 'openlineage' ? await judgeLineage(fresh, batch, parts) : await judgeEvents(contract, fresh, batch, parts);
  return apply(judged, { batch, next: last.offset + 1, stored: stored ?? null }, parts);
}

async function judgeEvents(contract: Contract, messages: readonly Message[], batch: MessageBatch, parts: WorkerParts): Promise<readonly Judged[]> {
  const outcomes = await parts.decoder.decode(contract, messages.map(({ value }) => value));
  return messages.map((message, i) => judge(message, outcomes[i], batch, parts));
}

function judge(message: Message, outcome: DecodeOutcome | undefined, batch: MessageBatch, { aliases, clock }: WorkerParts): Judged {
  if (message.tooLarge !== null) return tooLarge(message, batch, clock());
  if (outcome === undefined) throw new Error('the decoder answered fewer messages than it was given');
  if (outcome.outcome === 'undecodable') return dead(message, batch, { stage: 'DECODE', failure: outcome.failure, message: outcome.message, at: clock() });
  const said = changesFrom(outcome.event);
  if (said.outcome === 'refused') return dead(message, batch, { stage: 'CHANGES', failure: 'Refused', message: said.reason, at: clock() });
  return { outcome: 'changes', changes: said.changes.map((change) => canonicalChange(aliases, change)) };
}

async function judgeLineage(messages: readonly Message[], batch: MessageBatch, { store, aliases, clock }: WorkerParts): Promise<readonly Judged[]> {
  const read = messages.map((message) => (message.tooLarge === null ? readLineageEvent(message.value) : null));
  const taken = await lineageChanges(read.map((event) => (event?.outcome === 'read' ? event.event : null)), { store, aliases });
  return messages.map((message, i): Judged => {
    const [event, outcome] = [read[i], taken[i]];
    if (event === null || event === undefined || outcome === undefined) return tooLarge(message, batch, clock());
    if (event.outcome === 'unreadable') return dead(message, batch, { stage: 'DECODE', failure: event.failure, message: event.reason, at: clock() });
    if (outcome.outcome === 'refused') return dead(message, batch, { stage: 'CHANGES', failure: 'Refused', message: outcome.reason, at: clock() });
    return { outcome: 'changes', changes: outcome.changes.map((change) => canonicalChange(aliases, change)) };
  });
}

function tooLarge(message: Message, batch: MessageBatch, at: number): Judged {
  return dead(message, batch, { stage: 'DECOMPRESS', failure: 'BatchTooLarge', message: `${message.tooLarge} unpacks to more than the limit; what it holds is still in the topic`, at });
}

function dead({ offset, key, value }: Message, { topic, partition }: MessageBatch, why: Pick<DeadLetter, 'stage' | 'failure' | 'message' | 'at'>): Judged {
  return { outcome: 'dead', letter: { topic, partition, offset, key, value, ...why } };
}

/**
 * Dead letters first, then changes with the offset. A crash in between writes the same dead letters again
 * when the batch comes again; it never loses one.
 */
async function apply(judged: readonly Judged[], place: { readonly batch: MessageBatch; readonly next: number; readonly stored: OffsetPosition | null }, { store, deadLetters, clock }: WorkerParts): Promise<BatchOutcome> {
  const { batch, next, stored } = place;
  const letters = judged.flatMap((j) => (j.outcome === 'dead' ? [j.letter] : []));
  if (letters.length > 0) await deadLetters.send(letters);
  const outcome = await store.apply({
    changes: judged.flatMap((j) => (j.outcome === 'changes' ? j.changes : [])),
    committedAt: clock(),
    // Offsets of a compacted or transactional topic have gaps: the batch begins where the stored one ended.
    offset: { topic: batch.topic, partition: batch.partition, from: stored?.next ?? batch.messages[0]?.offset ?? 0, next, generation: batch.generation },
  });
  if (outcome.outcome === 'fenced') return { outcome: 'fenced', next: outcome.next };
  return { outcome: 'handled', next, applied: judged.length - letters.length, deadLettered: letters.length };
}
