import { existsSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openSqliteStore } from '../server/store/sqlite-store.ts';
import { type SluiceProcess, soon, startSluice, temporaryFolder } from './processes.ts';

// Each test starts processes, seconds apiece on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

const BODY = JSON.stringify({ job: { namespace: 'flink://main', name: 'orders', owner: 'team' }, program: { kind: 'declared', inputs: [], outputs: [{ dataset: { namespace: 'kafka://main', name: 'orders' } }] } });
const HEAD = `POST /v1/gate/decisions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(BODY)}\r\n\r\n`;

const folder = { path: '', remove(): void {} };
const started: SluiceProcess[] = [];
beforeEach(() => void Object.assign(folder, temporaryFolder()));
afterEach(async () => {
  for (const { child } of started.splice(0)) child.kill('SIGKILL');
  folder.remove();
});

interface Told { readonly kind: string; readonly instance: string; readonly state: string; readonly parts: readonly { readonly part: string; readonly ready: boolean }[]; readonly figures: readonly { readonly name: string; readonly value: number | null }[] }

function start(role: 'server' | 'ingest', settings: Readonly<Record<string, string>> = {}): SluiceProcess {
  const sluice = startSluice(role, { SLUICE_DATA: folder.path, SLUICE_LOG_LEVEL: 'info', ...(role === 'server' ? { SLUICE_SAMPLE: 'off' } : {}), ...settings });
  started.push(sluice);
  return sluice;
}

/** A connection that is kept, and all it answered. */
async function connection(url: string): Promise<{ readonly socket: Socket; answered(): string; readonly closed: Promise<void> }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (data) => (text += String(data))).on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, answered: () => text, closed };
}

async function flinkCluster(answer: RequestListener): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

test('a gate request that was begun is decided, recorded and answered after the stop was asked for', async () => {
  const server = start('server');
  const url = await server.url();
  const [deciding, idle] = [await connection(url), await connection(url)];
  idle.socket.write('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
  deciding.socket.write(HEAD + BODY.slice(0, 20));
  await soon(() => (server.output().match(/incoming request/g)?.length === 2 && idle.answered() !== '' ? true : undefined), server.ended, server.output);
  const began = performance.now();
  server.child.kill('SIGTERM');
  await idle.closed;
  deciding.socket.write(BODY.slice(20));
  expect(await server.ended).toEqual({ code: 0, signal: null });
  expect(performance.now() - began).toBeLessThan(8_000);
  expect(deciding.answered()).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*connection: close/i);
  const { decisionId } = JSON.parse(deciding.answered().split('\r\n\r\n')[1] ?? '') as { decisionId: string };
  const store = openSqliteStore({ file: join(folder.path, 'catalog.sqlite') });
  expect((await store.ledger({ kind: 'decision', limit: 10 })).entries.map(({ id }) => id)).toEqual([decisionId]);
  await store.close();
});

test('nothing new is taken while it stops', async () => {
  const server = start('server');
  const url = await server.url();
  const deciding = await connection(url);
  deciding.socket.write(HEAD + BODY.slice(0, 20));
  await soon(() => (server.output().includes('incoming request') ? true : undefined), server.ended, server.output);
  server.child.kill('SIGTERM');
  await soon(async () => ((await fetch(`${url}/healthz`).catch(() => null)) === null ? true : undefined));
  deciding.socket.write(BODY.slice(20));
  expect(await server.ended).toEqual({ code: 0, signal: null });
});

test('a client that stopped sending is waited for, and cut off in time', async () => {
  const server = start('server');
  const stalled = await connection(await server.url());
  stalled.socket.write(HEAD + BODY.slice(0, 20));
  await soon(() => (server.output().includes('incoming request') ? true : undefined), server.ended, server.output);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  await stalled.closed;
  expect(stalled.answered()).toBe('');
});

test('a second signal ends it at once and is told apart', async () => {
  const server = start('server');
  const deciding = await connection(await server.url());
  deciding.socket.write(HEAD + BODY.slice(0, 20));
  await soon(() => (server.output().includes('incoming request') ? true : undefined), server.ended, server.output);
  server.child.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 200));
  server.child.kill('SIGINT');
  expect(await server.ended).toEqual({ code: 3, signal: null });
  expect(server.output()).toContain('sluice: stopped at once by a second signal, SIGINT');
});

test('a stop in the middle of a start is one, and leaves a store that opens', async () => {
  const server = start('server', { SLUICE_SAMPLE: 'on' });
  await soon(() => (existsSync(join(folder.path, 'catalog.sqlite')) ? true : undefined), server.ended, server.output);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  expect(server.output()).not.toContain('http://');
  await openSqliteStore({ file: join(folder.path, 'catalog.sqlite') }).close();
});

test('what only ingests ends a look that is under way, and its own connections', async () => {
  let asked = 0;
  const flink = await flinkCluster(() => void asked++);
  const ingest = start('ingest', { SLUICE_FLINK_CLUSTERS: `main=${flink.url}` });
  const scraping = await connection(await ingest.url());
  scraping.socket.write('GET /metrics HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
  await soon(() => (scraping.answered().includes('sluice_flink_polls_total') && asked > 0 ? true : undefined), ingest.ended, ingest.output);
  const began = performance.now();
  expect(await ingest.stop()).toEqual({ code: 0, signal: null });
  expect(performance.now() - began).toBeLessThan(5_000);
  flink.close();
});

test('a port that is taken is said in both roles, without a stack', async () => {
  const flink = await flinkCluster((_, response) => response.end('{"jobs":[]}'));
  const port = new URL(flink.url).port;
  const [server, ingest] = [start('server', { PORT: port, SLUICE_DATA: join(folder.path, 'a') }), start('ingest', { SLUICE_INGEST_PORT: port, SLUICE_FLINK_CLUSTERS: `main=${flink.url}`, SLUICE_DATA: join(folder.path, 'b') })];
  expect([await server.ended, await ingest.ended]).toEqual([{ code: 3, signal: null }, { code: 3, signal: null }]);
  for (const { output } of [server, ingest]) expect(output()).toMatch(/^sluice(-ingest)?: listen EADDRINUSE[^\n]*$/m);
  flink.close();
});

test('a server and an ingest of their own share one store, and each tells of its parts', async () => {
  const jobs = [{ jid: 'a'.repeat(32), name: 'enrich', state: 'RUNNING', 'start-time': 1_790_000_000_000, 'last-modification': 1_790_000_000_000 }];
  const flink = await flinkCluster((request, response) => void (request.url === '/jobs/overview' ? response.end(JSON.stringify({ jobs })) : response.writeHead(404).end('{}')));
  const store = { SLUICE_STORE: join(folder.path, 'shared.sqlite') };
  const server = start('server', { ...store, SLUICE_ROLES: 'server', SLUICE_DATA: join(folder.path, 'server') });
  const url = await server.url();
  const ingest = start('ingest', { ...store, SLUICE_FLINK_CLUSTERS: `main=${flink.url}`, SLUICE_DATA: join(folder.path, 'ingest') });
  const ingestUrl = await ingest.url();
  await soon(async () => ((await fetch(`${url}/v1/jobs/flink%3A%2F%2Fmain/enrich`)).status === 200 ? true : undefined), server.ended, server.output);
  const partsOf = async (address: string) => ((await (await fetch(`${address}/readyz`)).json()) as { parts: { part: string }[] }).parts.map(({ part }) => part);
  expect([await partsOf(url), await partsOf(ingestUrl)]).toEqual([['store', 'index', 'gate', 'webhooks'], ['store', 'flink main']]);
  const told = async (): Promise<Told[]> => ((await (await fetch(`${url}/v1/platform`)).json()) as { processes: Told[] }).processes;
  const other = await soon(async () => (await told()).find(({ figures }) => figures.some(({ name, value }) => name === 'flink_jobs' && value === 1)), server.ended, server.output);
  expect([other.kind, other.state, other.parts.map(({ part, ready }) => [part, ready])]).toEqual(['ingest', 'heard', [['store', true], ['flink main', true]]]);
  expect(other.instance.split('/').slice(-2, -1)).toEqual([String(ingest.child.pid)]);
  expect(await ingest.stop()).toEqual({ code: 0, signal: null });
  expect((await told()).map(({ kind, state }) => [kind, state])).toEqual([['server', 'here']]);
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  const left = openSqliteStore({ file: store.SLUICE_STORE });
  expect(await left.notes('process/')).toEqual([]);
  await left.close();
  flink.close();
});
