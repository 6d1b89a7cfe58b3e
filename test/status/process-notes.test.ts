import { afterEach, beforeEach, expect, test } from 'vitest';
import { FORGOTTEN_AFTER_MS, MOST_PROCESSES, ProcessNotes, SILENT_AFTER_MS } from '../../server/status/process-notes.ts';
import { inOnePlace, type ProcessIdentity, type ProcessStatus, statusOf, thisProcess } from '../../server/status/process-status.ts';
import { openSqliteStore, type SqliteStore } from '../../server/store/sqlite-store.ts';
import { StoreUnavailable } from '../../server/store/store.ts';

let store: SqliteStore;
let now = 1_000_000;
beforeEach(() => {
  store = openSqliteStore({ file: ':memory:' });
  now = 1_000_000;
});
afterEach(() => store.close());

const statusWith = (lag: number): ProcessStatus => ({
  parts: [{ part: 'ingest', required: true, ready: lag === 0, detail: `${lag} messages behind` }],
  figures: [{ part: 'ingest', name: 'ingest_lag', help: 'Messages behind', kind: 'gauge', value: lag }],
});
const process = (instance: string, kind: ProcessIdentity['kind'] = 'ingest', startedAt = now): ProcessIdentity => ({ kind, instance, startedAt });
const notesOf = (own: ProcessIdentity): ProcessNotes => new ProcessNotes({ store, own, clock: () => now });
const watcher = (): ProcessNotes => notesOf(process('w/1/w', 'server'));
const seen = async (): Promise<string[]> => {
  const others = await watcher().others();
  return others.outcome === 'read' ? others.processes.map(({ instance, state }) => `${instance} ${state}`) : [others.reason];
};

test('a process replaces what it said before, and others read all of it', async () => {
  const one = notesOf(process('a/1/x'));
  await one.say(statusWith(7));
  now += 10_000;
  await one.say(statusWith(0));
  expect(await watcher().others()).toEqual({ outcome: 'read', processes: [{ kind: 'ingest', instance: 'a/1/x', startedAt: 1_000_000, heardAt: 1_010_000, state: 'heard', ...statusWith(0) }] });
  expect(await one.others()).toEqual({ outcome: 'read', processes: [] });
  expect(await store.notes('')).toHaveLength(1);
});

test('what is said is no change of the catalog and no entry of the ledger', async () => {
  const before = [await store.revision(), await store.ledgerHead()];
  await notesOf(process('a/1/x')).say(statusWith(1));
  expect([await store.revision(), await store.ledgerHead()]).toEqual(before);
});

test('a process that missed its turns for a minute is silent, and is heard again when it comes back', async () => {
  const one = notesOf(process('a/1/x'));
  await one.say(statusWith(1));
  now += SILENT_AFTER_MS - 1;
  expect(await seen()).toEqual(['a/1/x heard']);
  now += 1;
  expect(await seen()).toEqual(['a/1/x silent']);
  await one.say(statusWith(1));
  expect(await seen()).toEqual(['a/1/x heard']);
});

test('a process that ends in order is gone at once', async () => {
  const [one, other] = [notesOf(process('a/1/x')), notesOf(process('b/1/y'))];
  await one.say(statusWith(1));
  await other.say(statusWith(2));
  await one.leave();
  await one.leave();
  expect(await seen()).toEqual(['b/1/y heard']);
});

test('what is a day old is dropped by whoever speaks next, and a process that wakes up later begins anew', async () => {
  const sleeper = notesOf(process('a/1/x'));
  await sleeper.say(statusWith(1));
  now += FORGOTTEN_AFTER_MS - 1;
  await notesOf(process('b/1/y')).say(statusWith(2));
  expect(await seen()).toEqual(['a/1/x silent', 'b/1/y heard']);
  now += 1;
  await notesOf(process('c/1/z')).say(statusWith(3));
  expect(await seen()).toEqual(['b/1/y heard', 'c/1/z heard']);
  await sleeper.say(statusWith(4));
  expect(await seen()).toEqual(['a/1/x heard', 'b/1/y heard', 'c/1/z heard']);
});

test('a silent one is dropped by the one that followed it in its place, a heard one and one elsewhere are not', async () => {
  for (const before of [process('a/1/x'), process('a/2/x'), process('a/1/x-server', 'server')]) await notesOf(before).say(statusWith(1));
  now += 1_000;
  const next = notesOf(process('a/1/y'));
  await next.say(statusWith(1));
  expect(await seen()).toEqual(['a/1/x heard', 'a/2/x heard', 'a/1/y heard', 'a/1/x-server heard']);
  now += SILENT_AFTER_MS;
  await next.say(statusWith(1));
  expect(await seen()).toEqual(['a/2/x silent', 'a/1/y heard', 'a/1/x-server silent']);
});

test('no two processes take the same place, and places are used again', async () => {
  const all = Array.from({ length: 8 }, (_, i) => notesOf(process(`h${i}/1/x`)));
  await Promise.all(all.map((one) => one.say(statusWith(0))));
  const keys = async (): Promise<string[]> => (await store.notes('process/')).map(({ key }) => key);
  expect([(await seen()).length, await keys()]).toEqual([8, Array.from({ length: 8 }, (_, i) => `process/${i + 1}`)]);
  await all[2]?.leave();
  await notesOf(process('late/1/x')).say(statusWith(0));
  expect([(await seen()).length, (await keys()).length]).toEqual([8, 8]);
});

test('where every place is taken the longest silent one gives way, and none that is heard', async () => {
  for (let i = 0; i < MOST_PROCESSES; i++, now++) await notesOf(process(`h${i}/1/x`)).say(statusWith(0));
  const late = notesOf(process('late/1/x'));
  await expect(late.say(statusWith(0))).rejects.toThrow(`more than ${MOST_PROCESSES} processes`);
  now += SILENT_AFTER_MS;
  await late.say(statusWith(0));
  const after = await seen();
  expect([after.length, after.includes('h0/1/x silent'), after.includes('h1/1/x silent'), after.at(-1)]).toEqual([MOST_PROCESSES, false, true, 'late/1/x heard']);
});

test('what cannot be read of others is said to be unknown, and why', async () => {
  const broken = (notes: () => Promise<never>) => new ProcessNotes({ store: { notes, setNote: () => Promise.resolve(null) }, own: process('a/1/x'), clock: () => now }).others();
  expect(await broken(() => Promise.reject(new StoreUnavailable('down', 'Neo4j does not answer')))).toEqual({ outcome: 'unknown', reason: 'Neo4j does not answer' });
  expect(await broken(() => new Promise(() => undefined))).toEqual({ outcome: 'unknown', reason: 'the store has not answered for 2000 ms' });
  await expect(broken(() => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
});

test('names itself by host, process and start, and says null for what a part cannot count', async () => {
  const [one, other] = [thisProcess('ingest', () => 5), thisProcess('ingest', () => 6)];
  expect([one.startedAt, one.instance === other.instance, inOnePlace(one, other), inOnePlace(one, thisProcess('server', () => 5))]).toEqual([5, false, true, false]);
  const figure = { name: 'age', help: 'Age', kind: 'gauge' as const };
  const status = statusOf({ readiness: () => Promise.resolve([]), sources: [{ part: 'p', figures: () => [{ ...figure, value: Number.NaN }, { ...figure, value: 3 }] }] });
  expect(await status()).toEqual({ parts: [], figures: [{ part: 'p', ...figure, value: null }, { part: 'p', ...figure, value: 3 }] });
});
