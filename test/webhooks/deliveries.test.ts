import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LedgerFollower } from '../../server/actions/ledger-follower.ts';
import { LedgerWriter } from '../../server/actions/ledger-writer.ts';
import { LOCAL_USER } from '../../server/catalog/identity.ts';
import { AddressGuard, parseAllowList } from '../../server/outside/address-guard.ts';
import { openSqliteStore, type SqliteStore } from '../../server/store/sqlite-store.ts';
import { type LedgerDraft, type Store, StoreUnavailable } from '../../server/store/store.ts';
import { GIVE_UP_AFTER_MS, LEASE_MS } from '../../server/webhooks/delivery-lane.ts';
import { openTelling } from '../../server/webhooks/telling.ts';
import { WebhookKeys } from '../../server/webhooks/webhook-keys.ts';
import type { AskedWebhook } from '../../server/webhooks/webhooks.ts';
import { isSigned, type SmallReceiver, startReceiver } from './small-receiver.ts';

const START = Date.UTC(2026, 5, 1, 12);
const KEYS = new WebhookKeys('a key that is long enough for this test to stand for one');
const HOUR = 3_600_000;
let now: number;
let folder: string;
let store: SqliteStore;
let receiver: SmallReceiver;
beforeEach(async () => {
  now = START;
  folder = mkdtempSync(join(tmpdir(), 'sluice-webhooks-'));
  store = openSqliteStore({ file: join(folder, 'store.db') });
  receiver = await startReceiver();
});
afterEach(async () => {
  await receiver.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

const warnings: string[] = [];
/** What one server process does with webhooks. */
function processOn(used: Store = store, { keys = KEYS, allow = '127.0.0.1' } = {}) {
  const follower = new LedgerFollower(used, () => now);
  const settings = { keys: () => keys, guard: new AddressGuard({ allow: parseAllowList(allow, []) }), publicUrl: 'https://sluice.example' };
  return openTelling({ store: used, follower, writer: new LedgerWriter(used, follower), clock: () => now, newId: randomUUID, log: { warn: (_, text) => void warnings.push(text) } }, settings);
}
type Process = ReturnType<typeof processOn>;
const register = async ({ webhooks }: Process, rest: Partial<AskedWebhook> = {}) => webhooks.register({ url: receiver.url, description: '', events: [], teams: [], ...rest }, LOCAL_USER);

let counter = 0;
function policy(revision: number): LedgerDraft {
  return { id: `policy-${++counter}`, kind: 'policy', at: now, body: JSON.stringify({ policy: { revision, exceptions: [] }, reason: `reason <${revision}> & more` }), idempotencyKey: null, requestHash: null, job: null, owner: null, outcome: null };
}
function denial(owner: string, reader = 'team-checkout'): LedgerDraft {
  const id = `denial-${++counter}`;
  const finding = { id: 'f', rule: 'r', severity: 'error', message: 'it is read', approvable: false, affected: [{ namespace: 'flink://main', name: 'enrich', owner: reader }] };
  const body = { decision: { decisionId: id, dryRun: false, revision: 1, outcome: 'deny', findings: [finding] }, request: { job: { namespace: 'flink://main', name: `job-of-${owner}`, owner } } };
  return { id, kind: 'decision', at: now, body: JSON.stringify(body), idempotencyKey: null, requestHash: null, job: `flink://main/job-of-${owner}`, owner, outcome: 'deny' };
}
const allowed = (): LedgerDraft => ({ ...denial('x'), outcome: 'allow' });
const revisions = (): number[] => receiver.received.map(({ body }) => (body as { data: { revision: number } }).data.revision);

test('tells what happens from its registration on, in order, signed, once', async () => {
  await store.appendToLedger([policy(1)]);
  const one = processOn();
  const { webhook, secret } = await register(one);
  await store.appendToLedger([policy(2), allowed(), policy(3)]);
  await one.worker.round();
  await one.worker.round();
  expect(revisions()).toEqual([2, 3]);
  const [first] = receiver.received;
  expect(first?.path).toBe('/hook?team=a');
  expect(receiver.received.map((received) => [isSigned(received, secret, now), isSigned(received, 'whsec_other', now), isSigned(received, secret, now + HOUR)])).toEqual([[true, false, false], [true, false, false]]);
  expect(first?.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'sluice-event': 'policy.changed', 'sluice-delivery': first?.body.deliveryId });
  expect(first?.body).toMatchObject({ event: 'policy.changed', teams: null, occurredAt: new Date(START).toISOString(), link: 'https://sluice.example/platform', entry: { kind: 'policy', sequence: 3 } });
  expect(first?.body.text).toContain('Reason: reason &lt;2&gt; &amp; more\n<https://sluice.example/platform>');
  const { state } = { state: await one.webhooks.deliveries(webhook.id) };
  expect(state.log.map(({ event, outcome, status, reason }) => [event, outcome, status, reason])).toEqual([['policy.changed', 'delivered', 204, null], ['policy.changed', 'delivered', 204, null]]);
});

test('tells each webhook the events and the concerns of the teams it asked for', async () => {
  const one = processOn();
  const others = [await startReceiver(), await startReceiver()];
  await register(one, { events: ['deploy.denied'] });
  await register(one, { url: others[0]!.url, teams: ['team-checkout'] });
  await register(one, { url: others[1]!.url, events: ['reader.broken', 'policy.changed'], teams: ['nobody'] });
  await store.appendToLedger([denial('payments'), denial('team-checkout', 'risk'), policy(1)]);
  await one.worker.round();
  const events = ({ received }: SmallReceiver) => received.map(({ body }) => `${(body as { event: string }).event} ${String((body as { teams: unknown }).teams)}`);
  expect([events(receiver), ...others.map(events)]).toEqual([
    ['deploy.denied payments', 'deploy.denied team-checkout'],
    ['reader.broken team-checkout', 'deploy.denied team-checkout', 'policy.changed null'],
    ['policy.changed null'],
  ]);
  await Promise.all(others.map((other) => other.close()));
});

test('tries again what was not taken, later and later, before anything that came after it, under the same id', async () => {
  const one = processOn();
  const { webhook } = await register(one);
  await store.appendToLedger([policy(1), policy(2)]);
  receiver.answer = (_, response) => void response.writeHead(500).end('an answer that nobody keeps');
  const rests: number[] = [];
  for (let i = 0; i < 4; i++) {
    await one.worker.round();
    const { retryAt, failures } = await one.webhooks.deliveries(webhook.id);
    expect([failures, receiver.received.length]).toEqual([i + 1, i + 1]);
    rests.push(retryAt - now);
    now = retryAt - 1;
    await one.worker.round();
    expect(receiver.received).toHaveLength(i + 1);
    now = retryAt;
  }
  for (const [i, rest] of rests.entries()) expect(rest >= 2_500 * 2 ** i && rest <= 5_000 * 2 ** i).toBe(true);
  expect((await one.worker.check()).detail).toContain(`${webhook.id} (http://127.0.0.1:${receiver.port}) failed 4 times: it answered 500`);
  receiver.answer = (_, response) => void response.writeHead(200).end();
  await one.worker.round();
  expect(revisions()).toEqual([1, 1, 1, 1, 1, 2]);
  expect(new Set(receiver.received.map(({ body }) => (body as { deliveryId: string }).deliveryId)).size).toBe(2);
  const { failures, log } = await one.webhooks.deliveries(webhook.id);
  expect([failures, log.filter(({ outcome }) => outcome === 'failed').map(({ status, reason }) => [status, reason])]).toEqual([0, Array.from({ length: 4 }, () => [500, 'it answered 500'])]);
  expect(JSON.stringify(log)).not.toContain('nobody keeps');
  expect(await one.worker.check()).toEqual({ ready: true, detail: '1 webhooks' });
});

test('of an entry that tells several things none is told again because another was not taken', async () => {
  const one = processOn();
  await register(one);
  await store.appendToLedger([denial('payments')]);
  receiver.answer = ({ body }, response) => void response.writeHead((body as { event: string }).event === 'reader.broken' ? 503 : 200).end();
  await one.worker.round();
  receiver.answer = (_, response) => void response.writeHead(200).end();
  now += HOUR;
  await one.worker.round();
  expect(receiver.received.map(({ headers }) => headers['sluice-event'])).toEqual(['deploy.denied', 'reader.broken', 'reader.broken']);
});

test('a receiver that is gone or silent holds up nobody else', async () => {
  const gone = await startReceiver();
  await gone.close();
  const one = processOn();
  const { webhook } = await register(one, { url: gone.url });
  await register(one);
  await store.appendToLedger([policy(1)]);
  await one.worker.round();
  expect(revisions()).toEqual([1]);
  expect((await one.webhooks.deliveries(webhook.id)).log).toMatchObject([{ outcome: 'failed', status: null, reason: 'it cannot be reached: ECONNREFUSED' }]);
});

test('goes on after a restart where it was', async () => {
  const before = processOn();
  const { secret } = await register(before);
  await store.appendToLedger([policy(1), policy(2)]);
  receiver.answer = ({ body }, response) => void response.writeHead((body as { data: { revision: number } }).data.revision === 2 ? 500 : 200).end();
  await before.worker.round();
  await before.worker.stop();
  await store.close();
  store = openSqliteStore({ file: join(folder, 'store.db') });
  await store.appendToLedger([policy(3)]);
  receiver.answer = (_, response) => void response.writeHead(200).end();
  now += HOUR;
  await processOn().worker.round();
  expect(revisions()).toEqual([1, 2, 2, 3]);
  expect(receiver.received.every((received) => isSigned(received, secret, now) || received.body.data.revision < 3)).toBe(true);
});

test('of several processes one tells, and another takes over from one that died', async () => {
  const [one, other] = [processOn(), processOn()];
  const { webhook } = await register(one);
  await store.appendToLedger(Array.from({ length: 20 }, (_, i) => policy(i)));
  await Promise.all([one.worker.round(), other.worker.round(), one.worker.round(), other.worker.round()]);
  await Promise.all([one.worker.round(), other.worker.round()]);
  expect(revisions()).toEqual(Array.from({ length: 20 }, (_, i) => i));
  // A process that died in mid-delivery has left its lease.
  const note = (await store.note(`webhook/${webhook.id}`))!;
  await store.setNote(`webhook/${webhook.id}`, JSON.stringify({ ...(JSON.parse(note.text) as object), lease: { owner: 'dead', until: now + LEASE_MS } }), note.version);
  await store.appendToLedger([policy(20)]);
  await other.worker.round();
  expect(receiver.received).toHaveLength(20);
  now += LEASE_MS;
  await other.worker.round();
  expect(revisions().at(-1)).toBe(20);
});

test('gives up, and says so, what a failing receiver was not told for a day, and goes on with what is newer', async () => {
  const one = processOn();
  const { webhook } = await register(one);
  receiver.answer = (_, response) => void response.writeHead(500).end();
  await store.appendToLedger([policy(1), policy(2)]);
  await one.worker.round();
  now += GIVE_UP_AFTER_MS + 1;
  await store.appendToLedger([policy(3)]);
  warnings.length = 0;
  await one.worker.round();
  const { log, givenUp, failures } = await one.webhooks.deliveries(webhook.id);
  expect(log.map(({ outcome, reason }) => [outcome, reason])).toEqual([['failed', 'it answered 500'], ['given-up', 'not delivered within 24 hours'], ['given-up', 'not delivered within 24 hours'], ['failed', 'it answered 500']]);
  expect([givenUp, failures, warnings]).toEqual([2, 2, ['a webhook could not be told of things in time, and they were given up']]);
  receiver.answer = (_, response) => void response.writeHead(200).end();
  now += HOUR;
  await one.worker.round();
  expect(revisions()).toEqual([1, 3, 3]);
  expect((await one.webhooks.deliveries(webhook.id)).givenUp).toBe(2);
  expect((await one.worker.check()).detail).toContain('2 notices given up');
});

test('what happened while no process was there is told however old it is', async () => {
  const one = processOn();
  await register(one);
  await store.appendToLedger([policy(1), policy(2)]);
  now += 7 * GIVE_UP_AFTER_MS;
  await one.worker.round();
  expect(revisions()).toEqual([1, 2]);
});

test('overlooks nothing in a long ledger of many decisions', async () => {
  const one = processOn();
  await register(one, { events: ['policy.changed', 'deploy.denied'] });
  const told: number[] = [];
  for (let page = 0; page < 3; page++) {
    const drafts = Array.from({ length: 400 }, (_, i) => (i % 100 === 7 ? policy(page * 400 + i) : i % 2 === 0 ? denial('payments') : allowed()));
    const entries = await store.appendToLedger(drafts);
    told.push(...entries.filter(({ kind, outcome }) => kind === 'policy' || outcome === 'deny').map(({ sequence }) => sequence));
  }
  await one.worker.round();
  expect(receiver.received.map(({ body }) => (body as { entry: { sequence: number } }).entry.sequence)).toEqual(told);
});

test('after a rotation both secrets fit for a day, then the new one alone', async () => {
  const one = processOn();
  const { webhook, secret } = await register(one);
  const { secret: next } = await one.webhooks.rotate(webhook.id, LOCAL_USER);
  expect(next).not.toBe(secret);
  await store.appendToLedger([policy(1)]);
  await one.worker.round();
  const at = now;
  now += 25 * HOUR;
  await store.appendToLedger([policy(2)]);
  await one.worker.round();
  const [during, after] = receiver.received;
  expect([isSigned(during!, secret, at), isSigned(during!, next, at), isSigned(after!, secret, now), isSigned(after!, next, now)]).toEqual([true, true, false, true]);
});

test('a process with another key sends nothing, and says why', async () => {
  const { webhook } = await register(processOn());
  const other = processOn(store, { keys: new WebhookKeys('quite another key') });
  await store.appendToLedger([policy(1)]);
  await other.worker.round();
  expect(receiver.received).toEqual([]);
  expect((await other.webhooks.deliveries(webhook.id)).log).toMatchObject([{ outcome: 'failed', reason: expect.stringContaining('another webhook key') as string }]);
  await expect(other.webhooks.rotate(webhook.id, LOCAL_USER)).rejects.toMatchObject({ slug: 'webhook-key-changed' });
});

test('an address that is no longer allowed is sent nothing', async () => {
  const { webhook } = await register(processOn());
  const strict = processOn(store, { allow: '' });
  await store.appendToLedger([policy(1)]);
  await strict.worker.round();
  expect([receiver.received.length, (await strict.webhooks.deliveries(webhook.id)).log[0]?.reason]).toEqual([0, 'nothing is sent there: it is not https, and not listed in SLUICE_WEBHOOK_ALLOW']);
});

test('tells nothing more to one that was removed', async () => {
  const one = processOn();
  const { webhook } = await register(one);
  await one.webhooks.remove(webhook.id, LOCAL_USER);
  await store.appendToLedger([policy(1)]);
  await one.worker.round();
  expect([receiver.received.length, await one.webhooks.all(), await store.note(`webhook/${webhook.id}`)]).toEqual([0, [], null]);
});

test('a store that fails holds everything up until it is back, and is said to', async () => {
  let down = false;
  const failing = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => (down ? Promise.reject(new StoreUnavailable('down', 'the store is down')) : (value as (...rest: unknown[]) => unknown).apply(target, args));
    },
  });
  const one = processOn(failing);
  await register(one);
  receiver.answer = (_, response) => {
    down = true;
    response.writeHead(200).end();
  };
  await store.appendToLedger([policy(1), policy(2)]);
  await one.worker.round();
  down = false;
  expect(await one.worker.check()).toEqual({ ready: false, detail: '1 webhooks; the store is down' });
  receiver.answer = (_, response) => void response.writeHead(200).end();
  await one.worker.round();
  // Delivered, but not written down: at least once, under the same id.
  expect(revisions()).toEqual([1, 1, 2]);
  expect(new Set(receiver.received.map(({ headers }) => headers['sluice-delivery'])).size).toBe(2);
});

test('an entry that nothing can be made of is said to be, and keeps nothing from being told', async () => {
  const one = processOn();
  await register(one);
  await store.appendToLedger([{ ...policy(1), body: 'no JSON' }, { ...policy(2), body: '{}' }, policy(3)]);
  warnings.length = 0;
  await one.worker.round();
  expect([revisions(), warnings.length]).toEqual([[3], 2]);
});
