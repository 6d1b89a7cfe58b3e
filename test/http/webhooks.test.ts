import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type CatalogService, openCatalogService } from '../../server/catalog-service.ts';
import { AddressGuard, parseAllowList } from '../../server/outside/address-guard.ts';
import { openSqliteStore, type SqliteStore } from '../../server/store/sqlite-store.ts';
import { keyInFile } from '../../server/webhooks/webhook-keys.ts';
import { isSigned, type SmallReceiver, startReceiver } from '../webhooks/small-receiver.ts';

let folder: string;
let store: SqliteStore;
let service: CatalogService;
let receiver: SmallReceiver;
let logged: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-webhooks-'));
  store = openSqliteStore({ file: join(folder, 'store.db') });
  receiver = await startReceiver();
  logged = '';
  service = await openCatalogService({
    store, aliases: new Map(), clock: Date.now, log: pino({ level: 'trace' }, { write: (text: string) => void (logged += text) }), snapshot: null,
    webhooks: { keys: () => keyInFile(join(folder, 'webhook.key')), guard: new AddressGuard({ allow: parseAllowList('127.0.0.1', []) }), publicUrl: null },
  });
});
afterEach(async () => {
  await service.stop();
  await receiver.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

// Tests look into answers freely.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: object): Promise<{ status: number; body: any; text: string }> {
  const response = await service.app.inject({ method, url, ...(body === undefined ? {} : { payload: body }) });
  return { status: response.statusCode, body: response.json(), text: response.body };
}
const until = async (condition: () => boolean): Promise<void> => {
  for (let i = 0; i < 200 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 25));
};

test('a registered webhook is pinged, told of a change of policy, and shows how it went', async () => {
  const { status, body: webhook } = await call('POST', '/v1/webhooks', { url: receiver.url, description: 'our chat', events: ['policy.changed'] });
  expect([status, webhook]).toEqual([200, { webhookId: expect.any(String), origin: `http://127.0.0.1:${receiver.port}`, description: 'our chat', events: ['policy.changed'], teams: [], registeredAt: expect.any(String), secretGeneration: 1, secretMadeAt: expect.any(String), secret: expect.stringMatching(/^whsec_[\w-]{43}$/) }]);
  expect((await call('POST', `/v1/webhooks/${webhook.webhookId}/ping`)).body).toMatchObject({ event: 'ping', outcome: 'delivered', status: 204 });
  expect((await call('PUT', '/v1/policy', { revision: 0, exceptions: [], reason: 'tested' })).status).toBe(200);
  await until(() => receiver.received.length === 2);
  expect(receiver.received.map((received) => [received.body.event, typeof received.body.text, isSigned(received, webhook.secret, Date.now())])).toEqual([['ping', 'string', true], ['policy.changed', 'string', true]]);
  const { attempts, ...state } = (await call('GET', `/v1/webhooks/${webhook.webhookId}/deliveries?limit=1`)).body;
  expect(attempts).toHaveLength(1);
  expect(state).toMatchObject({ failuresInRow: 0, nextAttemptAt: null, givenUp: 0 });
  expect((await call('GET', '/readyz')).body.parts).toContainEqual({ part: 'webhooks', required: false, ready: true, detail: '1 webhooks' });
});

test('neither the secret nor the path of the address is found anywhere after registration', async () => {
  const path = '/services/T0SECRET/B0SECRET';
  const { webhookId, secret } = (await call('POST', '/v1/webhooks', { url: `http://127.0.0.1:${receiver.port}${path}` })).body;
  const rotated = (await call('POST', `/v1/webhooks/${webhookId}/secret`)).body;
  expect([rotated.secretGeneration, rotated.secret === secret]).toEqual([2, false]);
  receiver.answer = (_, response) => void response.writeHead(500).end(secret);
  await call('POST', `/v1/webhooks/${webhookId}/ping`);
  expect(receiver.received.map((received) => received.path)).toEqual([path]);
  const answers = [await call('GET', '/v1/webhooks'), await call('GET', `/v1/webhooks/${webhookId}/deliveries`), await call('GET', '/readyz')].map(({ text }) => text);
  const record = (await store.ledger({ limit: 9 })).entries.map(({ body }) => body);
  const notes = (await store.note(`webhook/${webhookId}`))!.text;
  expect(record).toHaveLength(2);
  for (const text of [...answers, ...record, notes, logged, readFileSync(join(folder, 'store.db'), 'latin1'), readFileSync(join(folder, 'store.db-wal'), 'latin1')]) {
    for (const hidden of [secret, rotated.secret, 'T0SECRET']) expect(text.includes(hidden as string)).toBe(false);
  }
  expect(record.join()).toContain('"byName":"local user"');
  expect(statSync(join(folder, 'webhook.key')).mode & 0o777).toBe(0o600);
});

test.each([
  ['an address that is not allowed', { url: 'https://10.0.0.1/hook' }, 422, 'webhook-address-refused'],
  ['one without TLS', { url: 'http://8.8.8.8/hook' }, 422, 'webhook-address-refused'],
  ['an address of this machine', { url: 'https://127.0.0.2/hook' }, 422, 'webhook-address-refused'],
  ['no address at all', { url: 'chat' }, 422, 'webhook-address-refused'],
  ['an event nobody knows', { url: 'https://example.com/', events: ['gossip'] }, 400, 'request-invalid'],
  ['a member nobody knows', { url: 'https://example.com/', secret: 'mine' }, 400, 'request-invalid'],
] as const)('refuses %s and records nothing', async (_, asked, status, slug) => {
  const refused = await call('POST', '/v1/webhooks', asked);
  expect([refused.status, refused.body.type]).toEqual([status, `urn:sluice:problem:${slug}`]);
  expect((await store.ledgerHead()).sequence).toBe(0);
});

test('a webhook that is not there is said not to be, also once it was removed', async () => {
  const { webhookId } = (await call('POST', '/v1/webhooks', { url: receiver.url })).body;
  const removals = await Promise.all([call('DELETE', `/v1/webhooks/${webhookId}`), call('DELETE', `/v1/webhooks/${webhookId}`)]);
  expect(removals.map(({ status }) => status).sort()).toEqual([200, 409]);
  for (const [method, url] of [['DELETE', ''], ['POST', '/ping'], ['POST', '/secret'], ['GET', '/deliveries']] as const) {
    expect((await call(method, `/v1/webhooks/${webhookId}${url}`)).body.type).toBe('urn:sluice:problem:webhook-not-found');
  }
  expect((await call('GET', '/v1/webhooks')).body).toEqual({ webhooks: [] });
  expect((await store.ledger({ limit: 9 })).entries.map(({ outcome }) => outcome)).toEqual(['removed', 'registered']);
});

test('only so many webhooks are told', async () => {
  for (let i = 0; i < 100; i++) await call('POST', '/v1/webhooks', { url: receiver.url });
  expect((await call('POST', '/v1/webhooks', { url: receiver.url })).body.type).toBe('urn:sluice:problem:webhook-limit');
});
