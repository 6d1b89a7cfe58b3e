import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Credentials, JsonReader } from '../../server/outside/json-reader.ts';
import { OutsideFailure } from '../../server/outside/outside-failure.ts';

let server: Server;
let answer: RequestListener;
let asked: { readonly path: string; readonly authorization: string | undefined }[];
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', authorization: request.headers.authorization });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const LIMITS = { bytes: 1_000, milliseconds: 200 };
const readerWith = (credentials: Credentials = null, signal?: AbortSignal): JsonReader => new JsonReader({ server: 'small server', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, credentials, signal });
const failureOf = async (reader: JsonReader): Promise<string> => reader.get('/x', LIMITS).then(() => 'answered', (failure: unknown) => (failure instanceof OutsideFailure ? failure.kind : String(failure)));

test('gives the JSON of an answer, and of one that says there is no such thing', async () => {
  answer = (_, response) => void response.writeHead(404).end('{"error_code":404}');
  expect(await readerWith().get('/x', LIMITS)).toEqual({ status: 404, body: { error_code: 404 } });
  answer = (_, response) => void response.end('[1]');
  expect(await readerWith().get('/x?y=1', LIMITS)).toEqual({ status: 200, body: [1] });
  expect(asked.map(({ path }) => path)).toEqual(['/x', '/x?y=1']);
});

test.each<[string, RequestListener, string]>([
  ['an error', (_, response) => void response.writeHead(500).end('{}'), 'server-error'],
  ['a refusal', (_, response) => void response.writeHead(401).end('{}'), 'refused'],
  ['a redirect, which is not followed', (_, response) => void response.writeHead(302, { location: '/y' }).end(), 'redirected'],
  ['HTML', (_, response) => void response.end('<!doctype html>'), 'not-json'],
  ['JSON cut off', (_, response) => void response.end('{"a":'), 'not-json'],
  ['nothing', (_, response) => void response.end(), 'not-json'],
  ['a connection that breaks', (request) => request.socket.destroy(), 'unreachable'],
  ['an answer that breaks off', (request, response) => void response.writeHead(200, { 'content-length': '100' }).write('{', () => request.socket.destroy()), 'unreachable'],
  ['more than the limit, as it says itself', (_, response) => void response.writeHead(200, { 'content-length': '1001' }).end('x'), 'too-large'],
  ['more than the limit without saying so', (_, response) => void response.end(Buffer.concat([Buffer.from('"'), Buffer.alloc(2_000, 97), Buffer.from('"')])), 'too-large'],
  ['little that unpacks to more than the limit', (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(`"${'a'.repeat(1_000_000)}"`)), 'too-large'],
  ['no answer', () => undefined, 'timed-out'],
  ['an answer without an end', (_, response) => void response.writeHead(200).write('['), 'timed-out'],
])('%s is no answer', async (_, given, kind) => {
  answer = given;
  expect(await failureOf(readerWith())).toBe(kind);
});

test('an answer that comes a byte at a time is waited for as long as any other', async () => {
  let dripping: NodeJS.Timeout | undefined;
  answer = (_, response) => {
    response.writeHead(200);
    dripping = setInterval(() => response.write(' '), 10);
    response.on('close', () => clearInterval(dripping));
  };
  expect(await failureOf(readerWith())).toBe('timed-out');
});

test('sends the credentials it was given, and stops when it is told to', async () => {
  answer = (_, response) => void response.end('{}');
  await readerWith({ username: 'u', password: 'p' }).get('/x', LIMITS);
  await readerWith({ token: 't' }).get('/x', LIMITS);
  expect(asked.map(({ authorization }) => authorization)).toEqual([`Basic ${Buffer.from('u:p').toString('base64')}`, 'Bearer t']);
  answer = () => undefined;
  const stopping = new AbortController();
  const failed = failureOf(readerWith(null, stopping.signal));
  stopping.abort();
  expect(await failed).toBe('unreachable');
});
