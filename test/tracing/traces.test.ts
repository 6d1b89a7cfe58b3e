import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encodeEvent } from '../../ingest/demo/encode.ts';
import { createDecoder } from '../../ingest/decode/decoder.ts';
import { watchedWrites } from '../../server/status/store-writes.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { openTracing } from '../../server/tracing/open-tracing.ts';
import { tracingConfig } from '../../server/tracing/tracing-config.ts';
import { Registry } from 'prom-client';
import { KeptLetters, message, workerOn } from '../ingest/event-log.ts';
import { event, recordSchema, topic } from '../ingest/events.ts';
import { type SluiceProcess, soon, startSluice, temporaryFolder } from '../processes.ts';
import { type SeenSpan, type SmallCollector, smallCollector } from './small-collector.ts';

// Each test starts processes, seconds apiece on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const [TRACE, CALLER] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
const SCHEMA = JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', doc: 'body-of-a-schema', fields: [{ name: 'id', type: 'string' }] });
const REQUEST = JSON.stringify({ job: { namespace: 'flink://main', name: 'orders', owner: 'team' }, program: { kind: 'declared', inputs: [], outputs: [{ dataset: { namespace: 'kafka://main', name: 'orders' }, writerSchema: JSON.parse(SCHEMA) as object }] } });
/** Tells on its output what is loaded of OpenTelemetry; its API alone is a dependency of prom-client. */
const LOADS = `--import=data:text/javascript,${encodeURIComponent("import { registerHooks } from 'node:module'; registerHooks({ resolve(name, context, next) { if (name.startsWith('@opentelemetry')) console.error('loaded ' + name); return next(name, context); } });")}`;

let collector: SmallCollector;
const folder = { path: '', remove(): void {} };
const started: SluiceProcess[] = [];
beforeEach(async () => {
  collector = await smallCollector();
  Object.assign(folder, temporaryFolder());
});
afterEach(async () => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
  await collector.close();
  folder.remove();
});

function start(role: 'server' | 'ingest', settings: Readonly<Record<string, string>>): SluiceProcess {
  const sluice = startSluice(role, { SLUICE_DATA: folder.path, NODE_OPTIONS: LOADS, ...(role === 'server' ? { SLUICE_SAMPLE: 'off' } : {}), ...settings });
  started.push(sluice);
  return sluice;
}
async function ask(url: string, headers: Readonly<Record<string, string>> = {}, path = '/v1/gate/decisions?token=in-a-query'): Promise<number> {
  const response = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: REQUEST });
  await response.arrayBuffer();
  return response.status;
}
const named = (spans: readonly SeenSpan[], name: string): SeenSpan => {
  const found = spans.find((span) => span.name === name);
  if (found === undefined) throw new Error(`no span ${name} among ${spans.map((span) => span.name).join(', ')}`);
  return found;
};

test('a gate request is told as part of its caller\'s trace, stage by stage, without what it sent', async () => {
  const server = start('server', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_EXPORTER_OTLP_HEADERS: 'x-key=for-the-collector', OTEL_RESOURCE_ATTRIBUTES: 'team=mesh' });
  const url = await server.url();
  expect(await ask(url, { traceparent: `00-${TRACE}-${CALLER}-01`, cookie: 'secret=in-a-header' })).toBe(200);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  const spans = collector.spans().filter(({ traceId }) => traceId === TRACE);
  const request = named(spans, 'POST /v1/gate/decisions');
  expect(request).toMatchObject({ parent: CALLER, kind: 'server', failed: false, resource: { 'service.name': 'sluice', team: 'mesh', 'telemetry.sdk.language': 'nodejs' } });
  expect(request.facts).toEqual({ 'http.request.method': 'POST', 'url.path': '/v1/gate/decisions', 'url.scheme': 'http', 'http.route': '/v1/gate/decisions', 'http.response.status_code': 200 });
  // Each once, and nothing else besides.
  expect(spans.map(({ name }) => name).sort()).toEqual(['POST /v1/gate/decisions', 'gate.decide', 'gate.load', 'gate.parse', 'gate.record', 'index.catch-up']);
  const store = openSqliteStore({ file: `${folder.path}/catalog.sqlite` });
  expect((await store.ledger({ kind: 'decision', limit: 10 })).total).toBe(1);
  await store.close();
  for (const stage of ['gate.parse', 'index.catch-up', 'gate.load', 'gate.decide', 'gate.record']) expect(named(spans, stage)).toMatchObject({ parent: request.spanId, kind: 'internal', failed: false });
  expect(named(spans, 'gate.decide').facts).toMatchObject({ 'sluice.gate.outcome': 'allow' });
  expect(collector.text()).toContain('"x-key":"for-the-collector"');
  expect(collector.text()).not.toMatch(/in-a-query|in-a-header|body-of-a-schema/);
  const lines = server.output().split('\n').filter((line) => line.includes('request completed'));
  expect(lines.every((line) => line.includes(`"trace_id":"${TRACE}"`) && line.includes(`"span_id":"${request.spanId}"`))).toBe(true);
  expect(lines).toHaveLength(1);
});

test('a route is told as it is described, a problem by its slug, an answer nobody waited for as that', async () => {
  const server = start('server', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/own/path` });
  const url = await server.url();
  expect((await fetch(`${url}/v1/datasets/kafka%3A%2F%2Fmain/nothing`)).status).toBe(404);
  expect((await fetch(`${url}/nowhere/in/particular`)).status).toBe(404);
  const leaving = connect(Number(new URL(url).port), '127.0.0.1', () => leaving.write('POST /v1/impact HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{'));
  await soon(() => (server.output().includes('"url":"/v1/impact"') ? true : undefined), server.ended, server.output);
  leaving.destroy();
  await new Promise((resolve) => setTimeout(resolve, 200));
  await server.stop();
  const spans = collector.spans();
  expect(named(spans, 'GET /v1/datasets/{namespace}/{name}')).toMatchObject({ parent: null, failed: false, facts: { 'http.response.status_code': 404, 'sluice.problem': 'entity-not-found' } });
  expect(named(spans, 'GET').facts).toEqual({ 'http.request.method': 'GET', 'url.path': '/nowhere/in/particular', 'url.scheme': 'http', 'http.response.status_code': 404, 'sluice.problem': 'route-not-found' });
  expect(named(spans, 'POST /v1/impact')).toMatchObject({ failed: true, facts: { 'error.type': 'client-gone' } });
  expect(collector.text()).toContain('POST /own/path');
});

test('without an endpoint, or switched off, nothing is sent and nothing of it is loaded', async () => {
  const [unset, off] = [start('server', { SLUICE_DATA: `${folder.path}/a` }), start('server', { SLUICE_DATA: `${folder.path}/b`, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: 'true' })];
  for (const server of [unset, off]) {
    expect(await ask(await server.url(), { traceparent: `00-${TRACE}-${CALLER}-01` })).toBe(200);
    await server.stop();
    expect(server.output()).not.toMatch(/loaded @opentelemetry\/(?!api$)|trace_id/m);
  }
  expect(collector.text()).toBe('');
  const on = start('server', { SLUICE_DATA: `${folder.path}/c`, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  await on.url();
  await on.stop();
  expect(on.output()).toContain('loaded @opentelemetry/sdk-trace');
});

test.each(['refused', 'never', 'gone'] as const)('a collector that is %s hurts no request, and is told once', async (how) => {
  if (how === 'gone') await collector.close();
  else collector.answer(how);
  const server = start('server', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_EXPORTER_OTLP_TIMEOUT: '500' });
  const url = await server.url();
  expect(await Promise.all(Array.from({ length: 20 }, () => ask(url)))).toEqual(Array(20).fill(200));
  await soon(async () => (/sluice_trace_spans_total\{outcome="failed"\} [1-9]/.test(await (await fetch(`${url}/metrics`)).text()) ? true : undefined), server.ended, server.output);
  expect(server.output().match(/traces cannot be sent/g)).toHaveLength(1);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  if (how === 'gone') collector = await smallCollector();
});

test('a stop does not wait for a collector as long as the exporter would', async () => {
  collector.answer('never');
  const server = start('server', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  expect(await ask(await server.url())).toBe(200);
  const began = performance.now();
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  // The exporter's own time-out is 10 s.
  expect(performance.now() - began).toBeLessThan(9_000);
});

test('what a caller leaves out is left out, and what it records is recorded, whatever the ratio', async () => {
  const server = start('server', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
  const url = await server.url();
  await ask(url);
  await ask(url, { traceparent: `00-${'a'.repeat(32)}-${CALLER}-00` });
  await ask(url, { traceparent: `00-${TRACE}-${CALLER}-01` });
  await server.stop();
  expect([...new Set(collector.spans().map(({ traceId }) => traceId))]).toEqual([TRACE]);
});

test('a look at a Flink cluster is told with what it writes, and the other process by its own name', async () => {
  const jobs = [{ jid: 'a'.repeat(32), name: 'enrich', state: 'RUNNING', 'start-time': 1_790_000_000_000, 'last-modification': 1_790_000_000_000 }];
  const flink = createServer((request, response) => void (request.url === '/jobs/overview' ? response.end(JSON.stringify({ jobs })) : response.writeHead(404).end('{}')));
  await new Promise<void>((resolve) => flink.listen(0, '127.0.0.1', resolve));
  const ingest = start('ingest', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '50', SLUICE_FLINK_CLUSTERS: `main=http://127.0.0.1:${(flink.address() as AddressInfo).port}` });
  await soon(() => (collector.spans().some(({ name }) => name === 'store.apply') ? true : undefined), ingest.ended, ingest.output);
  expect(await ingest.stop()).toEqual({ code: 0, signal: null });
  flink.closeAllConnections();
  flink.close();
  const apply = named(collector.spans(), 'store.apply');
  const look = collector.spans().find(({ spanId }) => spanId === apply.parent);
  expect(look).toMatchObject({ name: 'look at the Flink cluster main', parent: null, resource: { 'service.name': 'sluice-ingest' } });
  expect(apply.facts).toMatchObject({ 'sluice.outcome': 'applied' });
});

test('a batch of messages is linked to the traces that sent them, a single one goes on in its own', async () => {
  const { tracing, stop } = await openTracing(tracingConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, []), { serviceName: 'test', note: () => undefined });
  const [store, decoder] = [openSqliteStore({ file: ':memory:' }), createDecoder({ registry: { kind: 'embedded' } })];
  const worker = workerOn(watchedWrites(store, { metrics: new Registry(), tracing }), { deadLetters: new KeptLetters(), decoder, tracing });
  const declared = async (name: string, offset: number, traceparent: string) => ({
    ...message(await encodeEvent(event('io.sluice.control.DatasetDeclared', { dataset: topic(name), kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: recordSchema('id'), owner: null, description: null, tags: null }, offset, name)), offset),
    headers: new Map([['traceparent', traceparent]]),
  });
  const junk = { ...message(Buffer.from('junk!!'), 3), headers: new Map([['traceparent', 'junk']]) };
  const batch = { topic: 'control', partition: 3, generation: 0 };
  await worker.handle({ ...batch, messages: [await declared('a', 1, `00-${TRACE}-${CALLER}-01`), await declared('b', 2, `00-${TRACE}-${CALLER}-01`), junk, await declared('c', 4, `00-${'b'.repeat(32)}-${CALLER}-01`)] });
  await worker.handle({ ...batch, messages: [await declared('d', 5, `00-${TRACE}-${CALLER}-01`)] });
  await Promise.all([stop(), decoder.close(), store.close()]);
  const [batched, single] = collector.spans().filter(({ name }) => name === 'process control');
  expect(batched).toMatchObject({ parent: null, kind: 'consumer', links: [`${TRACE} ${CALLER}`, `${'b'.repeat(32)} ${CALLER}`], facts: { 'messaging.system': 'kafka', 'messaging.destination.name': 'control', 'messaging.destination.partition.id': '3', 'messaging.batch.message_count': 4, 'sluice.dead_letters': 1 } });
  expect(single).toMatchObject({ traceId: TRACE, parent: CALLER, facts: { 'messaging.batch.message_count': 1 } });
  expect(collector.spans().filter(({ name }) => name === 'store.apply').map(({ parent }) => parent)).toEqual([batched?.spanId, single?.spanId]);
});
