import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { control, NOON, openTestCatalog, recordText, redeploy, PAYMENT, smallPlatform, type TestCatalog } from './catalog.ts';

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await openTestCatalog();
});
afterEach(() => catalog.stop());

const JOB = { namespace: 'flink-jobs', name: 'multi' };
const STREAMING = { jobType: { processingType: 'STREAMING', integration: 'FLINK', jobType: 'JOB' } };
const topic = (name: string): object => ({ namespace: 'kafka://broker-1:9092', name });
const event = (eventType: string, runId: string, minutes: number, io: object = {}): object => ({
  eventTime: new Date(NOON + minutes * 60_000).toISOString(), producer: 'x', schemaURL: 'x', eventType, run: { runId }, job: { ...JOB, facets: STREAMING }, inputs: [], outputs: [], ...io,
});
const send = (body: unknown): ReturnType<TestCatalog['post']> => catalog.post('/api/v1/lineage', body);
const job = async (): Promise<{ state: string; reads: { dataset: { name: string }; completeness: string }[]; writes: object[] }> => (await catalog.get('/v1/jobs/flink-jobs/multi')).body as never;
const reads = async (): Promise<string[]> => (await job()).reads.map(({ dataset, completeness }) => `${dataset.name} ${completeness}`).sort();

test('takes an event, and the next question knows of it', async () => {
  const { status, body } = await send(event('START', 'r1', 0, { inputs: [topic('orders')], outputs: [topic('totals')] }));
  expect([status, body]).toEqual([200, { revision: 1 }]);
  expect(await job()).toMatchObject({ state: 'RUNNING', reads: [{ dataset: { namespace: 'kafka://main', name: 'orders' }, completeness: 'unknown', evidence: [{ evidence: 'openlineage' }] }] });
});

test('takes a body that was compressed, and bounds what comes out of it', async () => {
  const pack = (text: string) => catalog.app.inject({ method: 'POST', url: '/v1/lineage', headers: { 'content-type': 'application/json; charset=UTF-8', 'content-encoding': 'gzip' }, payload: gzipSync(text) });
  expect((await pack(JSON.stringify(event('START', 'r1', 0)))).statusCode).toBe(200);
  const bomb = await pack(JSON.stringify({ x: ' '.repeat(8 * 1024 * 1024) }));
  expect([bomb.statusCode, bomb.json<{ type: string }>().type]).toEqual([413, 'urn:sluice:problem:body-too-large']);
  const broken = await catalog.app.inject({ method: 'POST', url: '/v1/lineage', headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' }, payload: Buffer.from('no gzip') });
  expect(broken.statusCode).toBe(400);
  const other = await catalog.app.inject({ method: 'POST', url: '/v1/lineage', headers: { 'content-type': 'application/json', 'content-encoding': 'br' }, payload: Buffer.from('x') });
  expect(other.statusCode).toBe(415);
});

test('refuses what is no event, naming the place, and changes nothing', async () => {
  const { status, body } = await send({ ...event('START', 'r1', 0), job: { namespace: 'x' } });
  expect([status, body.type, body.detail]).toEqual([422, 'urn:sluice:problem:event-invalid', '/job/name is missing, not a text']);
  expect((await catalog.get('/v1/revision')).body.revision).toBe(0);
});

test('of a batch takes what it can, and names the rest', async () => {
  const { status, body } = await catalog.post('/v1/lineage/batch', [event('START', 'r1', 0, { inputs: [topic('orders')] }), { nothing: true }, event('RUNNING', 'r1', 1)]);
  expect([status, body]).toEqual([200, { status: 'partial_success', summary: { received: 3, successful: 2, failed: 1, retriable: 0, non_retriable: 1 }, failed_events: [{ index: 1, reason: '/eventTime is missing, not a text', retriable: false }] }]);
  expect(await reads()).toEqual(['orders unknown']);
});

test('terminal events, which name no datasets, leave the lineage where it is', async () => {
  await send(event('START', 'r1', 0, { inputs: [topic('orders')], outputs: [topic('totals')] }));
  await send(event('RUNNING', 'r1', 1));
  await send(event('ABORT', 'r1', 2));
  expect(await job()).toMatchObject({ state: 'STOPPED', reads: [{ dataset: { name: 'orders' } }] });
});

test('the late end of an old run does not stop the job that runs anew, whatever comes first', async () => {
  await send(event('START', 'r1', 0, { inputs: [topic('orders')] }));
  await send(event('START', 'r2', 5, { inputs: [topic('orders')] }));
  await send(event('ABORT', 'r1', 6));
  expect((await job()).state).toBe('RUNNING');
  await send(event('ABORT', 'r2', 7));
  expect((await job()).state).toBe('STOPPED');
  // Began before, arrives late, and nobody said it ended.
  await send(event('START', 'r3', 3, { inputs: [topic('orders')] }));
  expect((await job()).state).toBe('RUNNING');
});

test('a streaming job that starts anew reads what it says now, and no longer what it read before', async () => {
  await send(event('START', 'r1', 0, { inputs: [topic('orders'), topic('customers')] }));
  await send(event('START', 'r2', 5, { inputs: [topic('orders')] }));
  expect(await reads()).toEqual(['orders unknown']);
});

test('the reports of a running job are no history', async () => {
  await send(event('START', 'r1', 0, { inputs: [topic('orders')] }));
  const { revision } = (await send(event('RUNNING', 'r1', 1))).body as { revision: number };
  expect((await send(event('RUNNING', 'r1', 2))).body.revision).toBe(revision);
});

test('inputs × outputs add nothing to what the SQL of the job says of fields', async () => {
  await catalog.say(...smallPlatform());
  const ask = async (): Promise<unknown[]> => [
    (await catalog.get('/v1/lineage?kind=field&namespace=kafka%3A%2F%2Fmain&name=payments&path=note')).body.entries,
    (await catalog.get('/v1/lineage?kind=field&namespace=kafka%3A%2F%2Fmain&name=payments&path=id')).body.entries,
    (await catalog.post('/v1/gate/decisions', redeploy(PAYMENT))).body.outcome,
  ];
  const before = await ask();
  const enrich = { namespace: 'flink://main', name: 'orders-enrich', facets: STREAMING };
  expect((await send({ ...event('START', 'r9', 1, { inputs: [topic('payments')], outputs: [topic('enriched')] }), job: enrich })).status).toBe(200);
  expect(await ask()).toEqual(before);
});

test('a deployer that says the job is stopped is believed until it reports again', async () => {
  await send(event('START', 'r1', 0, { inputs: [topic('orders')] }));
  await catalog.say(control('io.sluice.control.JobStateChanged', { job: JOB, state: 'STOPPED' }, 5));
  expect((await job()).state).toBe('STOPPED');
  await send(event('RUNNING', 'r1', 20));
  expect((await job()).state).toBe('RUNNING');
});

test('jobs that only read are consumers: what they read nobody knows, and the gate asks about them', async () => {
  await catalog.say(...smallPlatform());
  await send({ ...event('START', 'r1', 0, { inputs: [topic('payments')] }), job: { namespace: 'flink-jobs', name: 'reader' } });
  const { readers } = (await catalog.get('/v1/datasets/kafka%3A%2F%2Fmain/payments')).body as { readers: { name: string; kind: string; completeness: string }[] };
  expect(readers).toContainEqual(expect.objectContaining({ kind: 'job', name: 'reader', completeness: 'unknown' }));
  const { findings } = (await catalog.post('/v1/gate/decisions', redeploy(recordText({ id: 'string', amount: 'long' })))).body as { findings: { rule: string; affected: { name: string }[] }[] };
  expect(findings.filter(({ rule, affected }) => rule === 'output-unknown-use' && affected.some(({ name }) => name === 'reader'))).not.toEqual([]);
});

test('a batch says of each event that failed which it was and why, and of none when none did', async () => {
  const good = event('START', 'r1', 0);
  const reply = async (events: unknown[]): Promise<unknown[]> => {
    const { status, body } = await catalog.post('/v1/lineage/batch', events);
    return [status, body.status, ...Object.values(body.summary as object), ...(body.failed_events as { index: number; reason: string; retriable: boolean }[]).map(({ index, reason, retriable }) => `${index} ${reason} ${retriable}`)];
  };
  expect(await reply([good, good])).toEqual([200, 'success', 2, 2, 0, 0, 0]);
  expect(await reply([])).toEqual([200, 'success', 0, 0, 0, 0, 0]);
  expect(await reply([7, good, null, [good], { ...good, eventTime: 'soon' }])).toEqual([200, 'partial_success', 5, 1, 4, 0, 4,
    '0 the event is a number, not an object false', '2 the event is null, not an object false', '3 the event is a list, not an object false', '4 /eventTime is "soon", no time between the years 2000 and 2200 false']);
  expect((await catalog.post('/v1/lineage/batch', { events: [good] })).status).toBe(400);
});

test.each([
  ['cut off', '{"eventTime":"2026-06-01T12:00:00Z","job":{"name', 400],
  ['no JSON', '<event/>', 400],
  ['nothing', '', 400],
  ['a key of every object', '{"__proto__":{"job":{"namespace":"n","name":"j"}},"eventTime":"2026-06-01T12:00:00Z"}', 400],
  ['deep beyond reason', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 422],
  ['large beyond the limit', JSON.stringify({ x: ' '.repeat(5 * 1024 * 1024) }), 413],
])('a body that is %s is refused, and changes nothing', async (_, payload, status) => {
  const answer = await catalog.app.inject({ method: 'POST', url: '/v1/lineage', headers: { 'content-type': 'application/json' }, payload });
  expect(answer.statusCode).toBe(status);
  expect((await catalog.get('/v1/revision')).body.revision).toBe(0);
});

test('of a key that comes twice the last counts, and of facets that nobody knows nothing', async () => {
  const text = JSON.stringify(event('START', 'r1', 0, { inputs: [topic('orders')] })).replace('"eventType":"START"', '"eventType":"FAIL","eventType":"START","unheardOf":{"a":[1]}');
  const answer = await catalog.app.inject({ method: 'POST', url: '/v1/lineage', headers: { 'content-type': 'application/json' }, payload: text });
  expect([answer.statusCode, (await job()).state]).toEqual([200, 'RUNNING']);
});

test.each([
  ['nanoseconds', '2026-06-01T12:00:00.000000002Z', '2026-06-01T12:00:00.000000001Z'],
  ['offsets', '2026-06-01T12:00:00-05:00', '2026-06-01T16:59:59.999999999Z'],
  ['offsets without a colon', '2026-06-01T10:00:00.5+0530', '2026-06-01T04:30:00.49Z'],
  ['no zone, which is UTC', '2026-06-01T12:00:00', '2026-06-01T11:59:59Z'],
  ['small letters', '2026-06-01t12:00:00z', '2026-06-01T11:59:59Z'],
])('the time of an event orders it, whatever comes first: %s', async (_, later, earlier) => {
  await send({ ...event('FAIL', 'r1', 0), eventTime: later });
  await send({ ...event('START', 'r1', 0), eventTime: earlier });
  expect((await job()).state).toBe('FAILED');
});

test('a pattern of topics is read with every topic that it matches, of which the gate asks then', async () => {
  await catalog.say(...smallPlatform());
  await send(event('START', 'r1', 0, { inputs: [topic('pay(ments|outs).*')] }));
  expect(await reads()).toEqual(['pay(ments|outs).* unknown', 'payments unknown']);
  await send(event('START', 'r2', 5, { inputs: [topic('enr.*')] }));
  expect(await reads()).toEqual(['enr.* unknown', 'enriched unknown']);
  await send(event('START', 'r3', 10, { inputs: [topic('(?=x).*'), topic('payments')] }));
  expect(await reads()).toEqual(['(?=x).* unknown', 'payments unknown']);
});
