import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type LedgerBook, LedgerFollower } from '../../server/actions/ledger-follower.ts';
import { LedgerWriter } from '../../server/actions/ledger-writer.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { LedgerConflict, type LedgerDraft, type LedgerEntry, type Store, StoreUnavailable } from '../../server/store/store.ts';

const draft = (id: string, rest: Partial<LedgerDraft> = {}): LedgerDraft => ({
  id, kind: 'decision', at: 5, body: `{"id":"${id}"}`, idempotencyKey: null, requestHash: null, job: null, owner: null, outcome: 'allow', ...rest,
});

class TakenIds implements LedgerBook {
  readonly kinds = ['approval'] as const;
  readonly horizonMs = null;
  readonly taken: string[] = [];
  take({ id }: LedgerEntry): void {
    this.taken.push(id);
  }
  forget(): void {
    this.taken.length = 0;
  }
}

/** A writer on a real store, and the sizes of the groups it wrote. */
function writerOn(store: Store): { readonly writer: LedgerWriter; readonly groups: number[] } {
  const groups: number[] = [];
  const appendToLedger: Store['appendToLedger'] = (drafts) => {
    groups.push(drafts.length);
    return store.appendToLedger(drafts);
  };
  return { writer: new LedgerWriter({ appendToLedger }, new LedgerFollower(store, () => 0)), groups };
}

test('a draft that comes alone is written and answered', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const { writer, groups } = writerOn(store);
  const entry = await writer.append(draft('a'));
  expect(await store.ledgerEntry('a')).toEqual(entry);
  expect(groups).toEqual([1]);
});

test('drafts of turns that follow each other share one transaction, in the order they came', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const { writer, groups } = writerOn(store);
  const answers = [];
  for (const id of ['a', 'b', 'c']) {
    answers.push(writer.append(draft(id)));
    await nextTurn();
  }
  expect((await Promise.all(answers)).map(({ id, sequence }) => [id, sequence])).toEqual([['a', 1], ['b', 2], ['c', 3]]);
  expect(groups).toEqual([3]);
});

test('a stream of drafts without a pause does not keep the first one waiting', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const { writer } = writerOn(store);
  let answered = false;
  const first = writer.append(draft('first')).then(() => (answered = true));
  const more = [];
  for (let i = 0; !answered; i++) {
    more.push(writer.append(draft(`m${i}`)));
    await nextTurn();
  }
  await Promise.all([first, ...more]);
  expect((await store.ledger({ limit: 1 })).total).toBe(more.length + 1);
});

test('a burst is written in groups of at most 256', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const { writer, groups } = writerOn(store);
  await Promise.all(Array.from({ length: 600 }, (_, i) => writer.append(draft(`d${i}`))));
  expect(groups).toEqual([256, 256, 88]);
});

test('a draft the store refuses fails alone', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const { writer } = writerOn(store);
  const settled = await Promise.allSettled([draft('a'), draft('a'), draft('b')].map((one) => writer.append(one)));
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(settled[1]).toMatchObject({ reason: expect.any(LedgerConflict) as unknown });
});

test('a store that is down fails the whole group, and the next one is tried', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  let down = true;
  const appendToLedger: Store['appendToLedger'] = (drafts) => (down ? Promise.reject(new StoreUnavailable('down', 'it is down')) : store.appendToLedger(drafts));
  const writer = new LedgerWriter({ appendToLedger }, new LedgerFollower(store, () => 0));
  const settled = await Promise.allSettled([writer.append(draft('a')), writer.append(draft('b'))]);
  expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  down = false;
  expect(await writer.append(draft('a'))).toMatchObject({ sequence: 1 });
});

test('of two that rest on the books the second is asked with the first in them', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const follower = new LedgerFollower(store, () => 0);
  const ids = follower.add(new TakenIds());
  const writer = new LedgerWriter(store, follower);
  const onlyFirst = (): boolean => ids.taken.length === 0;
  const settled = await Promise.allSettled([writer.append(draft('d')), writer.appendIf(onlyFirst, [draft('a', { kind: 'approval' })]), writer.append(draft('e')), writer.appendIf(onlyFirst, [draft('b', { kind: 'approval' })])]);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  expect(ids.taken).toEqual(['a']);
});

test('what was decided with each other in mind is written at once', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const { writer, groups } = writerOn(store);
  await Promise.all(['a', 'b', 'c'].map((id) => writer.appendTogether(() => true, [draft(id), draft(`${id}2`)])));
  expect(groups).toEqual([6]);
});
