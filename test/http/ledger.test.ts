import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LedgerDraft, Store } from '../../server/store/store.ts';
import { StoreUnavailable } from '../../server/store/store.ts';
import { openTestCatalog, type TestCatalog } from './catalog.ts';

const draft = (i: number): LedgerDraft => ({ id: `p${i}`, kind: 'permit', at: 1_000 + i, body: `{"n":${i}}`, idempotencyKey: null, requestHash: null, job: null, owner: null, outcome: null });

/** A catalog whose store fails from a page of the ledger on. */
let failsFrom = Number.POSITIVE_INFINITY;
const failing = (store: Store): Store => {
  const ledgerAfter: Store['ledgerAfter'] = (tail) => (tail.after >= failsFrom ? Promise.reject(new StoreUnavailable('down', 'the store is down')) : store.ledgerAfter(tail));
  return new Proxy(store, {
    get(target, name) {
      if (name === 'ledgerAfter') return ledgerAfter;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
};
let catalog: TestCatalog;
let url: string;
beforeAll(async () => {
  catalog = await openTestCatalog(failing);
  await catalog.store.appendToLedger(Array.from({ length: 1_000 }, (_, i) => draft(i + 1)));
  url = await catalog.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => catalog.stop());

test('exports the ledger as lines with a head and an end, and leaves out what is appended meanwhile', async () => {
  const response = await fetch(`${url}/v1/ledger`);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson']);
  const reader = response.body!.getReader();
  const first = await reader.read();
  await catalog.store.appendToLedger([draft(1_001)]);
  let text = new TextDecoder().decode(first.value);
  for (let next = await reader.read(); !next.done; next = await reader.read()) text += new TextDecoder().decode(next.value);
  const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toHaveLength(1_002);
  expect(lines[0]).toEqual({ ledger: { from: null, to: null, after: 0, last: 1_000, kind: null } });
  expect(lines[1]).toEqual(await catalog.store.ledgerEntry('p1'));
  expect(lines.at(-1)).toEqual({ end: { entries: 1_000, sequence: 1_000, hash: (await catalog.store.ledgerEntry('p1000'))!.hash } });
});

test('an export that breaks off is neither ended nor delivered whole', async () => {
  failsFrom = 500;
  try {
    const response = await fetch(`${url}/v1/ledger`);
    let text = '';
    const read = (async () => {
      for await (const chunk of response.body!) text += Buffer.from(chunk).toString();
    })();
    await expect(read).rejects.toThrow();
    expect(text).not.toContain('"end"');
    failsFrom = 0;
    const refused = await catalog.get('/v1/ledger?from=2026-01-01T00:00:00Z');
    expect([refused.status, refused.body.type]).toEqual([503, 'urn:sluice:problem:store-unavailable']);
  } finally {
    failsFrom = Number.POSITIVE_INFINITY;
  }
});

test('tells the end of the ledger', async () => {
  const newest = (await catalog.store.ledger({ limit: 1 })).entries[0]!;
  expect((await catalog.get('/v1/ledger/head')).body).toEqual({ sequence: newest.sequence, hash: newest.hash, at: new Date(newest.at).toISOString() });
  expect((await catalog.get('/v1/ledger?from=yesterday')).status).toBe(400);
  expect((await catalog.get('/v1/ledger?kind=gossip')).status).toBe(400);
});
