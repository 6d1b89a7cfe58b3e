import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import avro from 'avsc';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { contractText } from '../../../ingest/decode/contract-schemas.ts';
import { createDecoder, type Decoder, type DecodeOutcome, RegistryUnavailable, type RegistrySource } from '../../../ingest/decode/decoder.ts';
import { encodeEvent } from '../../../ingest/demo/encode.ts';
import { misbehave, type Misbehaviour } from '../../outside/misbehaviour.ts';
import { EVERY_KIND, EVERY_PAYLOAD, event } from '../events.ts';

const open: Decoder[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((decoder) => decoder.close()));
});

function decoder(registry: RegistrySource = { kind: 'embedded' }, more: Partial<Parameters<typeof createDecoder>[0]> = {}): Decoder {
  const made = createDecoder({ registry, ...more });
  open.push(made);
  return made;
}

const heartbeat = (seconds: number) => event('io.sluice.audit.Heartbeat', EVERY_PAYLOAD['io.sluice.audit.Heartbeat'], seconds);
const goodAt = (seconds: number): Promise<Buffer> => encodeEvent(heartbeat(seconds));
/** How an outcome reads in a table: the event's id, or the failure. */
const short = (outcomes: readonly DecodeOutcome[]): readonly string[] => outcomes.map((o) => (o.outcome === 'decoded' ? o.event.id : o.failure));
const idAt = (seconds: number): string => heartbeat(seconds).event.id;

function underId(id: number, record: Uint8Array): Buffer {
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  return Buffer.concat([header, record]);
}

describe('without a registry', () => {
  test('decodes every kind of event as it was encoded', async () => {
    const sent = EVERY_KIND.map((kind) => event(kind, EVERY_PAYLOAD[kind]));
    for (const contract of ['control', 'audit'] as const) {
      const mine = sent.filter(({ topic }) => topic === contract);
      const outcomes = await decoder().decode(contract, await Promise.all(mine.map(encodeEvent)));
      expect(outcomes).toEqual(mine.map((sample) => ({ outcome: 'decoded', event: sample.event })));
    }
  });

  test('names such as __proto__ arrive as what they are, and a name of a megabyte whole', async () => {
    const long = 'x'.repeat(1_000_000);
    const proto = event('io.sluice.audit.Heartbeat', { readerKind: 'JOB', reader: { namespace: '__proto__', name: 'constructor' }, at: 1 });
    const large = event('io.sluice.audit.Heartbeat', { readerKind: 'JOB', reader: { namespace: 'n', name: long }, at: 1 });
    expect(await decoder().decode('audit', [await encodeEvent(proto), await encodeEvent(large)])).toEqual([
      { outcome: 'decoded', event: proto.event },
      { outcome: 'decoded', event: large.event },
    ]);
  });

  const DEPTH_BOMB = underId(1, Buffer.alloc(100_000, 2));
  const ITEMS_BOMB = underId(1, Buffer.from([0, 0, 0, 0, 32, 0, 0, 0x80, 0x84, 0xaf, 0x5f, 0, 0]));
  test.each<readonly [string, Uint8Array | null | (() => Promise<Uint8Array>), string]>([
    ['a tombstone', null, 'Empty'],
    ['an empty value', Buffer.alloc(0), 'Empty'],
    ['a header that ends early', Buffer.from([0, 0, 0, 1]), 'NotConfluent'],
    ['another magic byte', Buffer.from([1, 0, 0, 0, 2, 0, 0]), 'NotConfluent'],
    ['JSON', Buffer.from('{"id": "e1"}'), 'NotConfluent'],
    ['a header with no event', Buffer.from([0, 0, 0, 0, 2]), 'Malformed'],
    ['half an event', async () => (await goodAt(1)).subarray(0, -5), 'Malformed'],
    ['an event and something behind it', async () => Buffer.concat([await goodAt(1), Buffer.from([0])]), 'Malformed'],
    ['a schema nobody has', async () => underId(77, (await goodAt(1)).subarray(5)), 'SchemaNotFound'],
    ['a negative schema id', async () => underId(-1, (await goodAt(1)).subarray(5)), 'SchemaNotFound'],
    ['an event of the other contract', () => encodeEvent(event('io.sluice.control.JobRetired', { job: { namespace: 'n', name: 'j' } })), 'SchemaUnfit'],
    ['more than a mebibyte', Buffer.alloc(1_100_000), 'TooLarge'],
    ['a hundred million items in 18 bytes', ITEMS_BOMB, 'SchemaUnfit'],
    ['depth without end', DEPTH_BOMB, 'SchemaUnfit'],
  ])('%s is undecodable, and its neighbours decode', async (_, bytes, failure) => {
    const poison = typeof bytes === 'function' ? await bytes() : bytes;
    const outcomes = await decoder().decode('audit', [await goodAt(1), poison, poison, await goodAt(2), poison]);
    expect(short(outcomes)).toEqual([idAt(1), failure, failure, idAt(2), failure]);
  });

  test.each([['claims a hundred million items', ITEMS_BOMB], ['claims depth without end', DEPTH_BOMB]])('a control message that %s is undecodable', async (_, bytes) => {
    expect(short(await decoder().decode('control', [bytes]))).toEqual(['Malformed']);
  });

  test('batches asked for at once are answered each in its order', async () => {
    const one = decoder();
    const values = await Promise.all([1, 2, 3, 4].map(goodAt));
    const answers = await Promise.all(values.map((value) => one.decode('audit', [value, null])));
    expect(answers.map(short)).toEqual([1, 2, 3, 4].map((i) => [idAt(i), 'Empty']));
  });

  test('a batch of many large events needs no more memory than a part of it', async () => {
    const fields = Array.from({ length: 60_000 }, (_, i) => String(i % 10));
    const wide = await encodeEvent(event('io.sluice.control.TagsDeclared', { entityKind: 'job', entity: { namespace: 'n', name: 'j' }, tags: fields }));
    const outcomes = await decoder().decode('control', Array.from({ length: 200 }, () => wide));
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['decoded']));
  }, 60_000);
});

/** A registry of one process: what it answers to `/schemas/ids/<id>`, as status and JSON. */
async function registryThat(answer: (id: number) => { readonly status: number; readonly body: unknown } | Exclude<Misbehaviour, 'well'>): Promise<RegistrySource & { readonly asked: number[] }> {
  const asked: number[] = [];
  const listener: RequestListener = (request, response) => {
    const id = Number(request.url?.split('/').at(-1));
    asked.push(id);
    const answered = answer(id);
    if (typeof answered === 'string') return misbehave(answered, response);
    response.writeHead(answered.status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
    response.end(typeof answered.body === 'string' ? answered.body : JSON.stringify(answered.body));
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return { kind: 'http', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const known = (schema: string) => ({ status: 200, body: { schema } });
const NO_SCHEMA = { status: 404, body: { error_code: 40403, message: 'Schema 9 not found' } };
interface Field { readonly name: string; readonly type: unknown; readonly default?: unknown }
interface Contractual { readonly fields: readonly Field[] }

/** The audit contract as another version of Sluice may have it. */
function otherVersion(change: (schema: Contractual) => Contractual): { readonly text: string; readonly type: avro.Type } {
  const text = JSON.stringify(change(JSON.parse(contractText('audit')) as Contractual));
  return { text, type: avro.Type.forSchema(JSON.parse(text) as avro.Schema) };
}

/** The audit contract with one of its types in a schema of its own. */
function parted(): readonly [referring: string, referred: string] {
  let referred = '';
  const referring = JSON.stringify(JSON.parse(contractText('audit')), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('name' in value) || value.name !== 'ReaderKind' || !('symbols' in value)) return value;
    referred = JSON.stringify({ ...value, namespace: 'io.sluice.audit' });
    return 'io.sluice.audit.ReaderKind';
  });
  return [referring, referred];
}

describe('with a registry', () => {
  test('asks for a schema once, and not at all for one it has', async () => {
    const registry = await registryThat(() => known(contractText('audit')));
    const one = decoder(registry);
    const value = underId(9, (await goodAt(1)).subarray(5));
    expect(short(await one.decode('audit', [value, value]))).toEqual([idAt(1), idAt(1)]);
    expect(short(await one.decode('audit', [value]))).toEqual([idAt(1)]);
    expect(registry.asked).toEqual([9]);
  });

  test('a schema the registry does not have is asked for again with the next message', async () => {
    let there = false;
    const registry = await registryThat(() => (there ? known(contractText('audit')) : NO_SCHEMA));
    const one = decoder(registry);
    const value = underId(9, (await goodAt(1)).subarray(5));
    expect(short(await one.decode('audit', [value]))).toEqual(['SchemaNotFound']);
    there = true;
    expect(short(await one.decode('audit', [value]))).toEqual([idAt(1)]);
  });

  test.each([
    ['an error of the registry', { status: 500, body: { error_code: 50001, message: 'store' } }],
    ['a registry that is busy', { status: 429, body: {} }],
    ['a refused login', { status: 401, body: { error_code: 401, message: 'Unauthorized' } }],
    ['a 404 that is not a registry speaking', { status: 404, body: { error_code: 404, message: 'HTTP 404 Not Found' } }],
    ['a 404 page', { status: 404, body: '<html>not here</html>' }],
    ['a page where a schema should be', { status: 200, body: '<html>log in</html>' }],
  ])('%s makes no dead letters: the batch is to be tried again', async (_, answer) => {
    const one = decoder(await registryThat(() => answer));
    await expect(one.decode('audit', [await goodAt(1)])).rejects.toThrow(RegistryUnavailable);
  });

  test.each(['huge', 'redirect', 'hang-up'] as const)('a registry that answers %s neither ends the process nor makes dead letters', async (how) => {
    let isWell = false;
    const one = decoder(await registryThat(() => (isWell ? known(contractText('audit')) : how)));
    for (let tries = 0; tries < 3; tries++) await expect(one.decode('audit', [await goodAt(1), await goodAt(2)])).rejects.toThrow(RegistryUnavailable);
    // Three answers of 200 MB, had they been read.
    expect(process.memoryUsage().rss).toBeLessThan(1_000_000_000);
    isWell = true;
    expect(short(await one.decode('audit', [await goodAt(1)]))).toEqual([idAt(1)]);
  });

  test('nobody at the address makes no dead letters either, and the next batch decodes once somebody is', async () => {
    let there = false;
    const registry = await registryThat(() => (there ? known(contractText('audit')) : { status: 503, body: {} }));
    await expect(decoder({ kind: 'http', url: 'http://127.0.0.1:9' }).decode('audit', [await goodAt(1)])).rejects.toThrow(RegistryUnavailable);
    const one = decoder(registry);
    await expect(one.decode('audit', [await goodAt(1)])).rejects.toThrow(RegistryUnavailable);
    there = true;
    expect(short(await one.decode('audit', [await goodAt(1)]))).toEqual([idAt(1)]);
  });

  test('a registry that takes the question and never answers is given up on', async () => {
    let silent = true;
    const one = decoder(await registryThat(() => (silent ? 'silence' : known(contractText('audit')))), { registryDeadlineMs: 500 });
    await expect(one.decode('audit', [await goodAt(1)])).rejects.toThrow(/does not answer/);
    silent = false;
    expect(short(await one.decode('audit', [await goodAt(1)]))).toEqual([idAt(1)]);
  });

  test.each([
    ['cannot be read', '{"type": "recorb"}'],
    ['is no JSON', 'syntax = "proto3";'],
    ['is of something else', '{"type": "record", "name": "Order", "fields": []}'],
  ])('a schema that %s is undecodable, not tried for ever', async (_, text) => {
    const one = decoder(await registryThat(() => known(text)));
    expect(short(await one.decode('audit', [await goodAt(1)]))).toEqual(['SchemaUnfit']);
  });

  test('a schema that refers to others is read with them', async () => {
    const [referring, referred] = parted();
    const one = decoder(await registryThat((id) => ({ status: 200, body: Number.isNaN(id) ? { subject: 'kinds', version: 3, id: 8, schema: referred } : { schema: referring, references: [{ name: 'io.sluice.audit.ReaderKind', subject: 'kinds', version: 3 }] } })));
    expect(short(await one.decode('audit', [await goodAt(1)]))).toEqual([idAt(1)]);
  });

  test('a schema that is not Avro is undecodable', async () => {
    const one = decoder(await registryThat(() => ({ status: 200, body: { schemaType: 'PROTOBUF', schema: 'syntax = "proto3";' } })));
    expect(await one.decode('audit', [await goodAt(1)])).toMatchObject([{ failure: 'SchemaUnfit', message: expect.stringContaining('not Avro') }]);
  });

  test('reads what an older sender wrote, before a field with a default was added', async () => {
    const { text, type } = otherVersion((schema) => ({ ...schema, fields: schema.fields.filter(({ name }) => name !== 'sequence' && name !== 'actor') }));
    const { id, occurredAt, payload } = heartbeat(1).event;
    const outcomes = await decoder(await registryThat(() => known(text))).decode('audit', [underId(4, type.toBuffer({ id, occurredAt, payload }))]);
    expect(outcomes).toEqual([{ outcome: 'decoded', event: { id, occurredAt, payload, sequence: 0, actor: '' } }]);
  });

  test('reads what a newer sender wrote, and passes over the field it does not know', async () => {
    const { text, type } = otherVersion((schema) => ({ ...schema, fields: [{ name: 'trace', type: ['null', 'string'], default: null }, ...schema.fields] }));
    const written = type.toBuffer({ trace: 'abc', ...heartbeat(1).event });
    expect(await decoder(await registryThat(() => known(text))).decode('audit', [underId(4, written)])).toEqual([{ outcome: 'decoded', event: heartbeat(1).event }]);
  });

  test('events of a sender whose payloads it does not all know are undecodable until it is upgraded', async () => {
    const { text, type } = otherVersion((schema) => ({
      ...schema,
      fields: schema.fields.map((field) => (field.name === 'payload' ? { ...field, type: [...(field.type as unknown[]), { type: 'record', name: 'Rebalanced', fields: [] }] } : field)),
    }));
    const one = decoder(await registryThat(() => known(text)));
    const outcomes = await one.decode('audit', [underId(4, type.toBuffer({ ...heartbeat(1).event, payload: { 'io.sluice.audit.Rebalanced': {} } })), underId(4, type.toBuffer(heartbeat(1).event))]);
    expect(short(outcomes)).toEqual(['SchemaUnfit', 'SchemaUnfit']);
  });
});

describe('a thread that a message exhausts', () => {
  const frail = (messageDeadlineMs = 400): Decoder => decoder({ kind: 'embedded' }, { program: new URL('./frail-thread.ts', import.meta.url), messageDeadlineMs });
  const say = (...texts: readonly string[]): readonly Uint8Array[] => texts.map((text) => Buffer.from(text));

  test.each([
    ['a message that is never done', 'endless', /longer than 400 ms/],
    ['a message that needs more memory than there is', 'memory', /more than 256 MB/],
    ['a message that ends the thread', 'exit', /thread ended/],
  ])('%s is undecodable, its neighbours decode and the main thread stays awake', async (_, poison, reason) => {
    const one = frail();
    const pause = longestPause();
    const outcomes = await one.decode('audit', say('a', poison, 'b', poison, 'c'));
    expect(short(outcomes)).toEqual(['a', 'DecodeLimit', 'b', 'DecodeLimit', 'c']);
    expect(outcomes[1]).toMatchObject({ message: reason });
    expect(pause()).toBeLessThan(1_000);
    expect(short(await one.decode('audit', say('d')))).toEqual(['d']);
  });

  test('honest messages that are too many together are decoded in smaller parts', async () => {
    const many = Array.from({ length: 4 }, (_, i) => `kept ${i}`);
    // Memory is the limit here: a slow machine must not come to the deadline first.
    expect(short(await frail(15_000).decode('audit', say(...many)))).toEqual(many);
  });

  test('a thread that dies before it decodes anything makes no dead letters', async () => {
    const one = frail();
    await expect(one.decode('audit', say('idle-exit'))).rejects.toThrow(/before it came to the message/);
    expect(short(await one.decode('audit', say('a')))).toEqual(['a']);
  });

  test('a thread that died since the last batch is replaced', async () => {
    const one = frail();
    expect(short(await one.decode('audit', say('a', 'exit-later')))).toEqual(['a', 'exit-later']);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(short(await one.decode('audit', say('b')))).toEqual(['b']);
  });
});

/** Measures the longest time the event loop had no turn, ms, until asked. */
function longestPause(): () => number {
  let [longest, last] = [0, performance.now()];
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 10);
  return () => {
    clearInterval(timer);
    return longest;
  };
}
