import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProcessNotes, SILENT_AFTER_MS } from '../../server/status/process-notes.ts';
import { REPORT_EVERY_MS, StatusReports } from '../../server/status/status-reports.ts';
import { openSqliteStore, type SqliteStore } from '../../server/store/sqlite-store.ts';
import { type Store, StoreUnavailable } from '../../server/store/store.ts';

let store: SqliteStore;
const lines: string[] = [];
beforeEach(() => {
  store = openSqliteStore({ file: ':memory:' });
  lines.length = 0;
});
afterEach(() => store.close());

const log = { warn: (_: object, text: string) => void lines.push(`warn ${text}`), info: (_: object, text: string) => void lines.push(`info ${text}`) };
const reportsOn = (one: Pick<Store, 'notes' | 'setNote'>): StatusReports =>
  new StatusReports({ notes: new ProcessNotes({ store: one, own: { kind: 'ingest', instance: 'a/1/x', startedAt: 0 }, clock: Date.now }), log, everyMs: 5 });
const nothing = () => Promise.resolve({ parts: [], figures: [] });
/** How often what is said was written; 0 when nothing is. */
const written = async (): Promise<number> => (await store.notes('process/')).map(({ version }) => version)[0] ?? 0;
const isWritten = (times: number) => vi.waitFor(async () => expect(await written()).toBeGreaterThanOrEqual(times), { timeout: 5_000, interval: 5 });

test('says how it is again and again until it ends, and takes it back then', async () => {
  const reports = reportsOn(store);
  reports.begin(nothing);
  reports.begin(nothing);
  await isWritten(3);
  await reports.end();
  expect(await written()).toBe(0);
  await sleep(20);
  expect([await written(), lines]).toEqual([0, []]);
});

test('has several turns before it would count as silent', () => {
  expect(SILENT_AFTER_MS / REPORT_EVERY_MS).toBeGreaterThanOrEqual(5);
});

test('a store that refuses is told once in the log, tried again, and what came of it said', async () => {
  let refusals = 0;
  const full = (): Promise<never> => {
    refusals++;
    return Promise.reject(new StoreUnavailable('full', 'the disk is full'));
  };
  const reports = reportsOn({ notes: (prefix) => store.notes(prefix), setNote: (...args) => (refusals < 3 ? full() : store.setNote(...args)) });
  reports.begin(nothing);
  await isWritten(2);
  expect(lines).toEqual(['warn what this process says of itself cannot be left in the store, and is tried again', 'info what this process says of itself is in the store again']);
  await reports.end();
});

test('a process that cannot say how it is goes on all the same', async () => {
  let asked = 0;
  const reports = reportsOn(store);
  reports.begin(() => (++asked < 3 ? Promise.reject(new Error('a part broke')) : nothing()));
  await isWritten(1);
  expect(lines.length).toBe(2);
  await reports.end();
});

test('a stop is not held up by a store that does not answer', async () => {
  const reports = reportsOn({ notes: (prefix) => store.notes(prefix), setNote: () => new Promise(() => undefined) });
  reports.begin(nothing);
  await sleep(20);
  const began = performance.now();
  await reports.end();
  expect([performance.now() - began < 10_000, lines]).toEqual([true, ['warn what this process said of itself could not be taken back']]);
});

test('nothing is said where the stop came before the first turn', async () => {
  const reports = reportsOn(store);
  await reports.end();
  reports.begin(nothing);
  await sleep(20);
  expect([await written(), lines]).toEqual([0, []]);
});
