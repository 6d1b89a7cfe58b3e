import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LedgerCheck, type LedgerCheckOptions } from '../../server/store/ledger-check.ts';
import { ledgerPages } from '../../server/store/ledger-pages.ts';
import type { LedgerDraft, LedgerEntry, Store } from '../../server/store/store.ts';
import { Neo4jPlatform } from './neo4j-platform.ts';
import { missingForGraph } from './servers/missing-part.ts';

const missing = missingForGraph();
const SIZE = 250;
const draft = (i: number): LedgerDraft => ({ id: `d${i}`, kind: 'permit', at: i, body: `{"n":${i}}`, idempotencyKey: null, requestHash: null, job: null, owner: null, outcome: null });
const fill = (store: Store): Promise<readonly LedgerEntry[]> => store.appendToLedger(Array.from({ length: SIZE }, (_, i) => draft(i + 1)));

async function found(store: Store, options: LedgerCheckOptions = {}): Promise<string> {
  const { sequence, counted } = await store.ledgerHead();
  const check = new LedgerCheck(options);
  for await (const entries of ledgerPages(store, { after: 0, last: sequence, kind: null })) if (!entries.every((entry) => check.take(entry))) break;
  if (check.fault === null) check.end(counted);
  return check.fault === null ? `whole, ${check.checked.entries}` : `${check.fault.fault} ${check.fault.sequence}`;
}

describe.skipIf(missing !== null)(`a ledger in Neo4j that somebody edits${missing === null ? '' : ` (needs ${missing})`}`, () => {
  let platform: Neo4jPlatform;
  beforeAll(async () => {
    platform = await Neo4jPlatform.start();
  });
  afterEach(() => platform.release());
  afterAll(() => platform?.close());

  test.each([
    ['nothing', [], 'whole, 250'],
    ['a changed body', [`MATCH (e:LedgerEntry { sequence: 101 }) SET e.body = '{}'`], 'changed 101'],
    ['a changed kind', [`MATCH (e:LedgerEntry { sequence: 7 }) SET e.kind = 'note'`], 'changed 7'],
    ['a body that is gone', ['MATCH (e:LedgerEntry { sequence: 9 }) REMOVE e.body'], 'changed 9'],
    ['an entry dropped', ['MATCH (e:LedgerEntry { sequence: 42 }) DELETE e'], 'missing 42'],
    ['two that changed places', ['MATCH (e:LedgerEntry { sequence: 20 }) SET e.sequence = -1', 'MATCH (e:LedgerEntry { sequence: 21 }) SET e.sequence = 20', 'MATCH (e:LedgerEntry { sequence: -1 }) SET e.sequence = 21'], 'changed 20'],
    ['the end cut off', ['MATCH (e:LedgerEntry) WHERE e.sequence > 200 DELETE e'], 'truncated 201'],
    ['the end cut off and the count with it', ['MATCH (e:LedgerEntry) WHERE e.sequence > 200 DELETE e', 'MATCH (h:LedgerHead) SET h.counted = 200'], 'whole, 200'],
  ])('finds %s', async (_, edits, expected) => {
    const store = await platform.openEmpty();
    await fill(store);
    for (const edit of edits) await platform.query(edit);
    expect(await found(store)).toBe(expected);
  });

  test('finds by a checkpoint an end that was cut off with its count', async () => {
    const store = await platform.openEmpty();
    const last = (await fill(store)).at(-1)!;
    await platform.query('MATCH (e:LedgerEntry) WHERE e.sequence > 200 DELETE e');
    await platform.query('MATCH (h:LedgerHead) SET h.counted = 200');
    expect(await found(store, { checkpoints: [last] })).toBe('truncated 201');
  });

  test('an end cut off is still found once more was appended', async () => {
    const store = await platform.openEmpty();
    await fill(store);
    await platform.query('MATCH (e:LedgerEntry) WHERE e.sequence > 200 DELETE e');
    await store.appendToLedger([draft(999)]);
    expect(await found(store)).toBe('truncated 202');
  });

  test('a store of before has no count, says so, and begins to count with the next entry', async () => {
    const store = await platform.openEmpty();
    await fill(store);
    await platform.query('MATCH (h:LedgerHead) REMOVE h.counted');
    expect((await store.ledgerHead()).counted).toBeNull();
    expect(await found(store)).toBe('whole, 250');
    await store.appendToLedger([draft(251)]);
    expect((await store.ledgerHead()).counted).toBe(251);
  });
});
