import { once } from 'node:events';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AddressGuard, parseAllowList } from '../../server/outside/address-guard.ts';
import { guardedPost } from '../../server/outside/guarded-post.ts';
import { type SmallReceiver, startReceiver } from '../webhooks/small-receiver.ts';

let receiver: SmallReceiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const guard = (lookup: (host: string) => readonly string[] = () => ['127.0.0.1'], allow = '127.0.0.1') => new AddressGuard({
  allow: parseAllowList(allow, []), lookup: (host) => Promise.resolve(lookup(host).map((address) => ({ address, family: 4 as const }))),
});
const post = (url: string, { through = guard(), timeoutMs = 2_000, body = '{"é":1}', signal = new AbortController().signal } = {}) =>
  guardedPost(through, { url: new URL(url), headers: { 'content-type': 'application/json' }, body, timeoutMs, signal }).catch((failure: Error) => failure.message);

test('sends a body to the address that was checked, under the name that was asked for', async () => {
  expect(await post(`http://hooks.example:${receiver.port}/a/b?c=d`)).toBe(204);
  expect(receiver.received).toMatchObject([{ path: '/a/b?c=d', body: { é: 1 }, headers: { host: `hooks.example:${receiver.port}`, connection: 'close' } }]);
});

test('looks a name up once: another answer of the resolver comes too late', async () => {
  let lookups = 0;
  const rebinding = guard(() => [++lookups === 1 ? '127.0.0.1' : '127.0.0.2']);
  expect(await post(`http://rebind.example:${receiver.port}/`, { through: rebinding })).toBe(204);
  expect(lookups).toBe(1);
  expect(await post(`http://rebind.example:${receiver.port}/`, { through: rebinding })).toMatch(/127\.0\.0\.2|not https/);
  expect(receiver.received).toHaveLength(1);
});

test('follows no redirect, and answers its status', async () => {
  receiver.answer = (_, response) => void response.writeHead(307, { location: `http://127.0.0.1:${receiver.port}/other` }).end();
  expect(await post(receiver.url)).toBe(307);
  expect(receiver.received).toHaveLength(1);
});

test('asks another address of the same name only when no connection came about', async () => {
  const closed = createSocketServer().listen(0, '127.0.0.3');
  await once(closed, 'listening');
  closed.close();
  expect(await post(`http://two.example:${receiver.port}/`, { through: guard(() => ['127.0.0.9', '127.0.0.1'], '127.0.0.0/8') })).toBe(204);
  receiver.answer = (_, response) => void response.destroy();
  expect(await post(`http://two.example:${receiver.port}/`, { through: guard(() => ['127.0.0.1', '127.0.0.1'], '127.0.0.0/8') })).toMatch(/cannot be reached/);
  expect(receiver.received).toHaveLength(2);
});

test.each<readonly [string, () => Promise<unknown>, RegExp]>([
  ['a receiver that never answers', async () => {
    receiver.answer = () => undefined;
    return post(receiver.url, { timeoutMs: 100 });
  }, /no answer within 100 ms/],
  ['a name that is never resolved', () => post('https://slow.example/', { timeoutMs: 100, through: new AddressGuard({ allow: parseAllowList('', []), lookup: () => new Promise(() => undefined) }) }), /no answer within 100 ms/],
  ['nobody listening', async () => {
    const other = await startReceiver();
    await other.close();
    return post(other.url);
  }, /ECONNREFUSED/],
  ['a connection that is cut', async () => {
    receiver.answer = (_, response) => void response.destroy();
    return post(receiver.url);
  }, /cannot be reached/],
  ['a process that stops', async () => {
    const stopping = new AbortController();
    receiver.answer = () => stopping.abort();
    return post(receiver.url, { signal: stopping.signal });
  }, /cannot be reached/],
])('%s is said to be so', async (_, sending, expected) => {
  expect(await sending()).toMatch(expected);
});

test('reads nothing of an answer but its status, however long it is', async () => {
  let written = 0;
  receiver.answer = (_, response) => {
    response.writeHead(500);
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536))) written += 65_536;
    };
    response.on('drain', more);
    more();
  };
  expect(await post(receiver.url)).toBe(500);
  expect(written).toBeLessThan(50_000_000);
});

test('names the host in the TLS handshake, though it connects to an address', async () => {
  const named: string[] = [];
  // Without a certificate no handshake succeeds; the name is asked for before that.
  const server = createTlsServer({ SNICallback: (name, answer) => (named.push(name), answer(new Error('no certificate'))) });
  server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  expect(await post(`https://hooks.example:${(server.address() as AddressInfo).port}/`)).toMatch(/cannot be reached/);
  expect(named).toEqual(['hooks.example']);
  server.close();
});
