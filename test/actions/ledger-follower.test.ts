import { expect, test } from 'vitest';
import { type LedgerBook, LedgerFollower } from '../../server/actions/ledger-follower.ts';
import { LedgerWriter } from '../../server/actions/ledger-writer.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { type LedgerDraft, type LedgerEntry, type LedgerKind, LedgerMoved, type Store, StoreUnavailable } from '../../server/store/store.ts';

const draft = (id: string, kind: LedgerKind = 'permit', at = 5): LedgerDraft => ({ id, kind, at, body: `{"id":"${id}"}`, idempotencyKey: null, requestHash: null, job: null, owner: null, outcome: null });

/** A book that remembers what it was given. */
class Taken implements LedgerBook {
  readonly kinds: readonly LedgerKind[];
  readonly horizonMs: number | null;
  readonly ids: string[] = [];
  constructor(kinds: readonly LedgerKind[], horizonMs: number | null = null) {
    this.kinds = kinds;
    this.horizonMs = horizonMs;
  }
  take({ id }: LedgerEntry): void {
    this.ids.push(id);
  }
  forget(): void {
    this.ids.length = 0;
  }
}

/** One process's view of a store. */
function processOn(store: Store, now = 10) {
  const follower = new LedgerFollower(store, () => now);
  const permits = follower.add(new Taken(['permit']));
  return { follower, permits, writer: new LedgerWriter(store, follower) };
}

test('gives each book the entries of its kinds, once and in order, of all processes', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  await store.appendToLedger([draft('a'), draft('b', 'decision'), draft('c', 'policy')]);
  const follower = new LedgerFollower(store, () => 10);
  const [permits, both] = [follower.add(new Taken(['permit'])), follower.add(new Taken(['permit', 'policy']))];
  await Promise.all([follower.catchUp(), follower.catchUp()]);
  await store.appendToLedger([draft('d'), draft('e', 'policy')]);
  await follower.catchUp();
  await follower.catchUp();
  expect([permits.ids, both.ids]).toEqual([['a', 'd'], ['a', 'c', 'd', 'e']]);
});

test('reads a long ledger whole, but for what lies beyond a book’s horizon when it begins', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  await store.appendToLedger(Array.from({ length: 2_500 }, (_, i) => draft(`p${i}`, 'permit', i)));
  const follower = new LedgerFollower(store, () => 2_500);
  const [all, late] = [follower.add(new Taken(['permit'])), follower.add(new Taken(['permit'], 100))];
  await follower.catchUp();
  expect([all.ids.length, late.ids.length, late.ids[0]]).toEqual([2_500, 100, 'p2400']);
  await store.appendToLedger([draft('old', 'permit', 0)]);
  await follower.catchUp();
  expect([all.ids.length, late.ids.at(-1)]).toEqual([2_501, 'old']);
});

test('goes on where a first look failed', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  await store.appendToLedger(Array.from({ length: 1_500 }, (_, i) => draft(`p${i}`)));
  let calls = 0;
  const shaky = {
    ledger: (filter: Parameters<Store['ledger']>[0]) => store.ledger(filter),
    ledgerAfter: (tail: Parameters<Store['ledgerAfter']>[0]) => (++calls === 2 ? Promise.reject(new StoreUnavailable('down', 'gone')) : store.ledgerAfter(tail)),
  };
  const follower = new LedgerFollower(shaky, () => 10);
  const book = follower.add(new Taken(['permit']));
  await expect(follower.catchUp()).rejects.toThrow('gone');
  await follower.catchUp();
  expect([book.ids.length, new Set(book.ids).size]).toEqual([1_500, 1_500]);
});

test('what was decided on the books is not written once another process wrote what it rests on', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const [one, other] = [processOn(store), processOn(store)];
  await Promise.all([one.follower.catchUp(), other.follower.catchUp()]);
  await one.writer.appendIf(() => true, [draft('a'), draft('b')]);
  expect(one.permits.ids).toEqual(['a', 'b']);
  await expect(other.writer.appendIf(() => !other.permits.ids.includes('a'), [draft('c')])).rejects.toBeInstanceOf(LedgerMoved);
  expect(other.permits.ids).toEqual(['a', 'b']);
  expect((await store.ledger({ limit: 9 })).total).toBe(2);
});

test('what another process wrote beside it is in the books before it is asked whether it still holds', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const [one, other] = [processOn(store), processOn(store)];
  await Promise.all([one.follower.catchUp(), other.follower.catchUp()]);
  await one.writer.appendIf(() => true, [draft('a')]);
  const seen: string[][] = [];
  await other.writer.appendIf(() => seen.push([...other.permits.ids]) > 0, [draft('c')]);
  expect(seen).toEqual([[], ['a']]);
  expect(other.permits.ids).toEqual(['a', 'c']);
});

test('a process that others are always faster than gives up, and says so', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const other = processOn(store);
  let n = 0;
  const raced: Store = new Proxy(store, {
    get(target, name) {
      if (name !== 'ledgerAfter') {
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return async (tail: Parameters<Store['ledgerAfter']>[0]) => {
        const entries = await target.ledgerAfter(tail);
        await target.appendToLedger([draft(`fast-${++n}`)]);
        return entries;
      };
    },
  });
  const slow = processOn(raced);
  await other.writer.append(draft('a'));
  await slow.follower.catchUp();
  await expect(slow.writer.appendIf(() => true, [draft('c')])).rejects.toBeInstanceOf(LedgerMoved);
  expect((await store.ledger({ limit: 99 })).entries.map(({ id }) => id)).not.toContain('c');
});

test('of several decisions of one process each is written that still holds when its turn comes', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const { follower, permits, writer } = processOn(store);
  await follower.catchUp();
  const onlyFirst = (): boolean => permits.ids.length === 0;
  const settled = await Promise.allSettled([writer.appendIf(onlyFirst, [draft('a')]), writer.append(draft('d', 'decision')), writer.appendIf(() => false, [draft('b')])]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  await expect(writer.appendIf(onlyFirst, [draft('c')])).rejects.toBeInstanceOf(LedgerMoved);
  expect((await store.ledger({ limit: 9 })).entries.map(({ id }) => id)).toEqual(['d', 'a']);
});
