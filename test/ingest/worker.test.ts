import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeEvent } from '../../ingest/demo/encode.ts';
import { createDecoder, type Decoder, RegistryUnavailable } from '../../ingest/decode/decoder.ts';
import type { Message, MessageBatch } from '../../ingest/message.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { type Store, StoreUnavailable } from '../../server/store/store.ts';
import { replay } from '../../ingest/replay.ts';
import { decoderHere } from '../bench/decoder-here.ts';
import { KeptLetters, message, workerOn } from './event-log.ts';
import { event, job, recordSchema, START, topic } from './events.ts';

let store: Store;
let letters: KeptLetters;
beforeEach(() => {
  store = openSqliteStore({ file: ':memory:' });
  letters = new KeptLetters();
});
afterEach(() => store.close());

const declared = (name: string, seconds = 1) =>
  encodeEvent(event('io.sluice.control.DatasetDeclared', { dataset: topic(name), kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: recordSchema('id'), owner: null, description: null, tags: null }, seconds, `${name}-${seconds}`));
const batch = (...messages: readonly Message[]): MessageBatch => ({ topic: 'control', partition: 3, generation: 0, messages });
const datasets = async (): Promise<readonly string[]> => (await store.entities('dataset', { after: null, limit: 100 })).map(({ name }) => name);
const position = async (): Promise<number | undefined> => (await store.offsets('control')).get(3)?.next;

test('applies a batch and stores the offset behind its last message', async () => {
  const outcome = await workerOn(store).handle(batch(message(await declared('a'), 10), message(await declared('b'), 12)));
  expect(outcome).toEqual({ outcome: 'handled', next: 13, applied: 2, deadLettered: 0 });
  expect([await datasets(), await position()]).toEqual([['a', 'b'], 13]);
});

test('skips what lies before the stored offset, and goes on behind a gap', async () => {
  const worker = workerOn(store);
  await worker.handle(batch(message(await declared('a'), 10)));
  const again = batch(message(await declared('never-read-again'), 10), message(await declared('b'), 40));
  expect(await worker.handle(again)).toEqual({ outcome: 'handled', next: 41, applied: 1, deadLettered: 0 });
  expect(await worker.handle(again)).toEqual({ outcome: 'handled', next: 41, applied: 0, deadLettered: 0 });
  expect(await datasets()).toEqual(['a', 'b']);
});

test('puts aside what can never be applied, with its place and reason, and applies the rest', async () => {
  const decoder = createDecoder({ registry: { kind: 'embedded' } });
  const worker = workerOn(store, { deadLetters: letters, decoder });
  const refused = await encodeEvent(event('io.sluice.control.JobRetired', { job: job('') }));
  const tooLarge: Message = { ...message(null, 17), tooLarge: 'the gzip batch of offsets 15 to 17' };
  const outcome = await worker.handle(batch(message(await declared('a'), 11), message(Buffer.from('junk!!'), 12), message(refused, 13), message(null, 14), tooLarge, message(await declared('b'), 18)));
  await decoder.close();
  expect(outcome).toEqual({ outcome: 'handled', next: 19, applied: 2, deadLettered: 4 });
  expect(await datasets()).toEqual(['a', 'b']);
  expect(letters.letters.map(({ offset, stage, failure }) => ({ offset, stage, failure }))).toEqual([
    { offset: 12, stage: 'DECODE', failure: 'NotConfluent' },
    { offset: 13, stage: 'CHANGES', failure: 'Refused' },
    { offset: 14, stage: 'DECODE', failure: 'Empty' },
    { offset: 17, stage: 'DECOMPRESS', failure: 'BatchTooLarge' },
  ]);
  expect(letters.letters[1]).toEqual({ topic: 'control', partition: 3, offset: 13, stage: 'CHANGES', failure: 'Refused', message: 'job.name is empty', key: Buffer.from('key'), value: refused, at: START });
});

test('a batch of dead letters only moves the offset and adds no revision', async () => {
  const decoder = createDecoder({ registry: { kind: 'embedded' } });
  const before = await store.revision();
  await workerOn(store, { deadLetters: letters, decoder }).handle(batch(message(null, 5), message(null, 6)));
  await decoder.close();
  expect([await position(), await store.revision()]).toEqual([7, before]);
});

test('names a cluster as it is called, whichever of its addresses an event uses', async () => {
  const there = await encodeEvent(event('io.sluice.control.DatasetRetired', { dataset: { namespace: 'kafka://broker-1:9092', name: 'orders' } }));
  await workerOn(store, { aliases: new Map([['kafka://broker-1:9092', 'kafka://main']]) }).handle(batch(message(there, 0)));
  expect(await store.entities('dataset', { after: null, limit: 9 })).toEqual([{ kind: 'dataset', ...topic('orders') }]);
});

test('dead letters are durable before the offset moves past them', async () => {
  const order: string[] = [];
  const worker = workerOn(
    { ...store, offsets: (name) => store.offsets(name), apply: (changes) => (order.push('offset'), store.apply(changes)) },
    { deadLetters: { send: () => new Promise((resolve) => setTimeout(() => resolve(void order.push('dead letter')), 20)) } },
  );
  await worker.handle(batch(message(await encodeEvent(event('io.sluice.control.JobRetired', { job: job('') })), 1)));
  expect(order).toEqual(['dead letter', 'offset']);
});

test.each<readonly [string, Error, (failure: Error) => { readonly decoder?: Decoder; readonly apply?: Store['apply']; readonly deadLetters?: KeptLetters }]>([
  ['the registry', new RegistryUnavailable('down'), (failure) => ({ decoder: { ...decoderHere(), decode: () => Promise.reject(failure) } })],
  ['the store', new StoreUnavailable('locked', 'locked'), (failure) => ({ apply: () => Promise.reject(failure) })],
  ['the dead-letter topic', new Error('no leader'), (failure) => ({ deadLetters: Object.assign(new KeptLetters(), { send: () => Promise.reject(failure) }) })],
])('without %s a batch is to be tried again, and nothing of it is applied', async (_, failure, broken) => {
  const { apply, ...parts } = broken(failure);
  const worker = workerOn({ ...store, offsets: (name) => store.offsets(name), entity: (ref) => store.entity(ref), apply: apply ?? ((changes) => store.apply(changes)) }, parts);
  const poison = await encodeEvent(event('io.sluice.control.JobRetired', { job: job('') }));
  await expect(worker.handle(batch(message(await declared('a'), 1), message(poison, 2)))).rejects.toBe(failure);
  expect([await datasets(), await position()]).toEqual([[], undefined]);
  expect(worker.status()).toEqual({ applied: 0, deadLettered: 0, retried: 1, lastHandledAt: null, oldestAtWork: START });
});

test('another worker that was faster fences this one, which applies nothing and says where to go on', async () => {
  const other = workerOn(store);
  const slow: Decoder = {
    ...decoderHere(),
    decode: async (contract, values) => {
      await other.handle(batch(message(await declared('theirs'), 1), message(await declared('also-theirs'), 2)));
      return decoderHere().decode(contract, values);
    },
  };
  const outcome = await workerOn(store, { decoder: slow }).handle(batch(message(await declared('mine'), 1)));
  expect(outcome).toEqual({ outcome: 'fenced', next: 3 });
  expect(await datasets()).toEqual(['also-theirs', 'theirs']);
});

test('counts what it applied and put aside, and when it last got on', async () => {
  const worker = workerOn(store, { deadLetters: letters });
  await worker.handle(batch(message(await declared('a'), 1), message(await encodeEvent(event('io.sluice.control.JobRetired', { job: job('') })), 2)));
  expect(worker.status()).toEqual({ applied: 1, deadLettered: 1, retried: 0, lastHandledAt: START, oldestAtWork: null });
});

test('a topic without a contract is a mistake of the caller, not a dead letter', async () => {
  await expect(workerOn(store, { deadLetters: letters }).handle({ ...batch(message(await declared('a'), 1)), topic: 'orders' })).rejects.toThrow(/no contract is known for topic orders/);
  expect(letters.letters).toEqual([]);
});

test('a topic of OpenLineage events goes through the same worker: applied, put aside with its reason, and replayed', async () => {
  const contracts = new Map([['control', 'openlineage']] as const);
  const worker = workerOn(store, { deadLetters: letters, contracts });
  const started = { eventTime: '2026-06-01T12:00:00Z', eventType: 'START', run: { runId: 'r1' }, job: { namespace: 'flink-jobs', name: 'enrich' }, inputs: [{ namespace: 'kafka://main', name: 'orders' }], outputs: [] };
  const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
  const outcome = await worker.handle(batch(message(json(started), 1), message(Buffer.from('{'), 2), message(json({ ...started, job: {} }), 3), message(null, 4)));
  expect(outcome).toEqual({ outcome: 'handled', next: 5, applied: 1, deadLettered: 3 });
  expect(letters.letters.map(({ offset, stage, message: reason }) => ({ offset, stage, reason }))).toEqual([
    { offset: 2, stage: 'DECODE', reason: 'the message is no JSON' },
    { offset: 3, stage: 'CHANGES', reason: '/job/namespace is missing, not a text' },
    { offset: 4, stage: 'DECODE', reason: 'the message has no value' },
  ]);
  const facts = (await store.entity({ kind: 'job', namespace: 'flink-jobs', name: 'enrich' }))?.facts ?? [];
  expect(facts.filter(({ aspect }) => aspect === 'program')).toMatchObject([{ evidence: 'openlineage', body: { reads: [{ dataset: { name: 'orders' }, fields: null }] } }]);
  const mended = { ...letters.letters[1]!, value: json({ ...started, job: { namespace: 'flink-jobs', name: 'mended' } }) };
  expect(await replay([mended, letters.letters[0]!], { store, decoder: decoderHere(), aliases: new Map(), clock: () => START, contracts }, { dryRun: false })).toMatchObject([{ failure: null }, { failure: 'the message is no JSON' }]);
  expect((await store.entities('job', { after: null, limit: 10 })).map(({ name }) => name)).toEqual(['enrich', 'mended']);
});
