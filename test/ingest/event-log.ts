import fc from 'fast-check';
import { encodeEvent, type SampleEvent } from '../../ingest/demo/encode.ts';
import type { DeadLetter, DeadLetters } from '../../ingest/dead-letter.ts';
import type { Contract } from '../../ingest/decode/decoder.ts';
import type { Message } from '../../ingest/message.ts';
import { createIngestWorker, type IngestWorker, type WorkerParts } from '../../ingest/worker.ts';
import type { Store } from '../../server/store/store.ts';
import { decoderHere } from '../bench/decoder-here.ts';
import { event, job, recordSchema, START, subject, topic } from './events.ts';

export const CONTRACTS: ReadonlyMap<string, Contract> = new Map([['control', 'control'], ['audit', 'audit']]);

/** What lies in the partitions of a Kafka topic: messages with offsets that may have gaps. */
export function message(value: Uint8Array | null, offset: number): Message {
  return { offset, key: Buffer.from('key'), value, headers: new Map(), tooLarge: null, timestamp: START };
}
export async function logOf(events: readonly SampleEvent[], contract: Contract): Promise<readonly Message[]> {
  const mine = events.filter((sample) => sample.topic === contract);
  return Promise.all(mine.map(async (sample, i) => message(await encodeEvent(sample), 2 * i + 5)));
}

export function workerOn(store: WorkerParts['store'], more: Partial<WorkerParts> = {}): IngestWorker {
  return createIngestWorker({ store, decoder: decoderHere(), deadLetters: new KeptLetters(), aliases: new Map(), clock: () => START, contracts: CONTRACTS, ...more });
}

/** Dead letters in memory. */
export class KeptLetters implements DeadLetters {
  readonly letters: DeadLetter[] = [];
  send(letters: readonly DeadLetter[]): Promise<void> {
    this.letters.push(...letters);
    return Promise.resolve();
  }
}

/** Reads a log to its end as a consumer does: from where the store stands, in batches of these sizes, each until it is done. */
export async function drain(log: readonly Message[], contract: Contract, { store, worker }: { readonly store: Pick<Store, 'offsets'>; readonly worker: IngestWorker }, sizes: readonly number[]): Promise<void> {
  for (let turn = 0; ; turn++) {
    const next = (await store.offsets(contract)).get(0)?.next ?? 0;
    const rest = log.filter(({ offset }) => offset >= next);
    if (rest.length === 0) return;
    // Kafka may hand out what lies before the position again; so does this, now and then.
    const behind = log.filter(({ offset }) => offset < next).slice(turn % 3 === 0 ? -1 : log.length);
    await worker.handle({ topic: contract, partition: 0, generation: 0, messages: [...behind, ...rest.slice(0, sizes[turn % sizes.length] ?? 1)] }).catch(() => undefined);
  }
}

const FIELDS = ['id', 'amount', '__proto__', 'constructor'];
const paths = fc.uniqueArray(fc.constantFrom(...FIELDS));
const topics = fc.constantFrom('orders', 'payments', 'lake').map(topic);
const jobs = fc.constantFrom('enrich', 'bill').map(job);
const groups = fc.constantFrom('ledger', 'audit').map(topic);
const use = fc.record({
  dataset: topics, readerSchema: fc.constant(null), whole: fc.boolean(), evolution: fc.constantFrom('OPT_IN' as const, null),
  fields: fc.option(fc.array(fc.record({ path: fc.constantFrom(...FIELDS), why: fc.subarray(['VALUE', 'JOIN']) }), { maxLength: 3 })),
});
const origin = fc.record({ read: fc.constant(0), path: fc.constantFrom(...FIELDS), identity: fc.boolean() });
const write = fc.record({
  dataset: topics, writerSchema: fc.constant(null),
  derivations: fc.option(fc.array(fc.record({ to: fc.constantFrom(...FIELDS), from: fc.array(origin, { maxLength: 2 }) }), { maxLength: 3 })),
});

type Say = (seconds: number, id: string) => SampleEvent;
/** Several things said of few entities, at few times, so that they meet: retired and deployed again at one instant too. */
const said: fc.Arbitrary<Say> = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(jobs, fc.array(use, { minLength: 1, maxLength: 2 }), fc.array(write, { maxLength: 2 }), fc.option(fc.constantFrom('checkout', 'risk'))).map(([about, reads, writes, owner]): Say => (s, id) =>
    event('io.sluice.control.JobDeployed', { job: about, kind: 'FLINK_SQL', processor: null, pipeline: null, owner, artifactDigest: id, description: null, reads, writes }, s, id)) },
  { weight: 2, arbitrary: jobs.map((about): Say => (s, id) => event('io.sluice.control.JobRetired', { job: about }, s, id)) },
  fc.tuple(jobs, fc.constantFrom('RUNNING' as const, 'STOPPED' as const)).map(([about, state]): Say => (s, id) => event('io.sluice.control.JobStateChanged', { job: about, state }, s, id)),
  { weight: 2, arbitrary: fc.tuple(topics, fc.option(paths), fc.option(fc.constant(['pii']))).map(([dataset, fields, tags]): Say => (s, id) =>
    event('io.sluice.control.DatasetDeclared', { dataset, kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: fields && recordSchema(...fields), owner: null, description: id, tags }, s, id)) },
  topics.map((dataset): Say => (s, id) => event('io.sluice.control.DatasetRetired', { dataset }, s, id)),
  fc.tuple(topics, fc.integer({ min: 1, max: 2 }), paths, fc.boolean()).map(([dataset, version, fields, deleted]): Say => (s, id) =>
    event('io.sluice.control.SchemaRegistered', { subject: subject(`${dataset.name}-value`), version, schemaId: version, schemaType: 'AVRO', schema: recordSchema(...fields), references: [], deleted, dataset, part: 'VALUE' }, s, id)),
  fc.tuple(groups, fc.array(use, { maxLength: 2 })).map(([consumer, reads]): Say => (s, id) =>
    event('io.sluice.control.ConsumerDeclared', { consumer, kind: 'CONSUMER_GROUP', owner: null, contact: null, description: null, reads }, s, id)),
  groups.map((consumer): Say => (s, id) => event('io.sluice.control.ConsumerRetired', { consumer }, s, id)),
  fc.tuple(topics, fc.option(fc.constantFrom('checkout', 'risk'))).map(([entity, owner]): Say => (s, id) => event('io.sluice.control.OwnershipDeclared', { entityKind: 'dataset', entity, owner }, s, id)),
  fc.tuple(groups, topics, fc.option(paths), fc.nat(3)).map(([reader, dataset, fields, length]): Say => (s, id) =>
    event('io.sluice.audit.ConsumptionObserved', { readerKind: 'CONSUMER', reader, dataset, readerSchemaId: null, fields, windowStart: START + s * 1_000, windowEnd: START + (s + length) * 1_000 }, s, id)),
  // One that is refused: it ends as a dead letter wherever it comes.
  fc.constant<Say>((s, id) => event('io.sluice.control.JobRetired', { job: { namespace: 'flink://main', name: '' } }, s, id)),
);

/** A history of events, with ids of their own, in the order they were sent. */
export const histories: fc.Arbitrary<readonly SampleEvent[]> = fc
  .array(fc.tuple(said, fc.integer({ min: 0, max: 6 })), { minLength: 1, maxLength: 16 })
  .map((all) => all.map(([say, seconds], i) => say(seconds, `event-${i}`)));
export const isRefused = ({ event: { payload } }: SampleEvent): boolean => JSON.stringify(payload).includes('"name":""');
