import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GroupAnswer, ListedGroup } from '../../../ingest/kafka-groups/group-answer.ts';
import type { GroupReader } from '../../../ingest/kafka-groups/group-reader.ts';
import { GroupsWatch } from '../../../ingest/kafka-groups/groups-watch.ts';
import { openSqliteStore, type SqliteStore } from '../../../server/store/sqlite-store.ts';
import type { Store } from '../../../server/store/store.ts';

const NOW = Date.UTC(2026, 0, 1);
const KAFKA = { brokers: ['one:9092'], group: 'sluice-ingest', topics: { control: 'c', audit: 'a', deadLetter: 'd', openLineage: null }, sasl: null, tls: null };
const CONFIG = { kafka: KAFKA, namespace: 'kafka://main', intervalMs: 1_000, except: ['left-*'] };

let store: SqliteStore;
beforeEach(() => void (store = openSqliteStore({ file: ':memory:' })));
afterEach(() => store.close());

/** Groups that have each committed one offset in a topic; null: it does not tell. */
type Groups = Readonly<Record<string, number | null>>;

function watching(groups: () => Groups, parts: { readonly store?: Pick<Store, 'apply' | 'entity'>; readonly signal?: AbortSignal } = {}) {
  let asked = 0;
  const read = async ({ group }: ListedGroup): Promise<GroupAnswer> => {
    asked++;
    const offset = groups()[group];
    return offset == null ? { outcome: 'unknown', group, reason: 'it may not be described' } : { outcome: 'seen', seen: { group, assigned: [], committed: new Map([['orders', new Map([[0, offset]])]]) } };
  };
  const reader: GroupReader = { list: async () => Object.keys(groups()).map((group) => ({ group, protocolType: '' })), read };
  const watch = new GroupsWatch({ config: CONFIG, store, clock: () => NOW, signal: new AbortController().signal, ask: (question) => question(reader), ...parts });
  return { watch, asked: () => asked };
}
const isKnown = async (group: string) => (await store.entity({ kind: 'consumer', namespace: 'kafka://main', name: group })) !== null;

test('tells each group once, and nothing while nothing is new', async () => {
  const { watch } = watching(() => ({ one: 1, two: 2 }));
  expect(await watch.look()).toEqual({ changes: 2 });
  expect(await watch.look()).toEqual({ changes: 0 });
  expect(watch.seen).toMatchObject({ groups: 2, readings: 2, leftOut: 0 });
});

test('leaves out its own groups and those it is told to', async () => {
  const { watch, asked } = watching(() => ({ 'sluice-ingest': 1, 'sluice-replay-12-34': 1, 'left-behind': 1, other: 1 }));
  await watch.look();
  expect(asked()).toBe(1);
  expect(watch.seen).toMatchObject({ groups: 1, leftOut: 1 });
  expect(await isKnown('left-behind')).toBe(false);
});

test('says of which groups nothing is known, and goes on with the others', async () => {
  const { watch } = watching(() => ({ closed: null, '': 1, ['x'.repeat(600)]: 1, open: 1 }));
  await watch.look();
  expect([...watch.seen.unknown]).toEqual([
    ['closed', 'it may not be described'], ['', 'a group without a name cannot stand in the catalog'],
    ['x'.repeat(40), 'a group whose name has 600 characters, more than 512 cannot stand in the catalog'],
  ]);
  expect(await isKnown('open')).toBe(true);
});

test('tells again what the store did not take', async () => {
  let isDown = true;
  const { watch } = watching(() => ({ one: 1 }), { store: { entity: (ref) => store.entity(ref), apply: (batch) => (isDown ? Promise.reject(new Error('the disk is full')) : store.apply(batch)) } });
  await expect(watch.look()).rejects.toThrow('the disk is full');
  isDown = false;
  expect(await watch.look()).toEqual({ changes: 1 });
  expect(await isKnown('one')).toBe(true);
});

test('refuses a cluster with more groups than it looks at, and names the limit', async () => {
  const many = Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [`group-${i}`, 1]));
  await expect(watching(() => many).watch.look()).rejects.toThrow('more than the 20000');
});

test('asks no further once it is to stop', async () => {
  const stopping = new AbortController();
  stopping.abort();
  const { watch, asked } = watching(() => ({ one: 1 }), { signal: stopping.signal });
  await expect(watch.look()).rejects.toThrow();
  expect(asked()).toBe(0);
});
