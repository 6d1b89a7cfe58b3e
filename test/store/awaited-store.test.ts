import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { AwaitedStore } from '../../server/store/awaited-store.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { StoreIncompatible, StoreUnavailable } from '../../server/store/store.ts';
import { mayOpenLater } from '../../server/store/store-address.ts';
import { describeStore } from './store-contract.ts';

const GRAPH = { kind: 'neo4j', options: { url: 'neo4j://graph:7687', user: 'neo4j', password: 'x' } } as const;
const DOWN = new StoreUnavailable('down', 'Neo4j does not answer');

/** Opens a store in memory after these failures, one for each try. */
function awaited(failures: readonly Error[], last: Error | null = null) {
  const [left, warnings] = [[...failures], [] as string[]];
  const open = async () => {
    const failure = left.shift() ?? last;
    if (failure !== null) throw failure;
    return openSqliteStore({ file: ':memory:' });
  };
  const store = new AwaitedStore({ open, mayPass: (failure) => mayOpenLater(GRAPH, failure), name: 'graph', log: { warn: (_, text) => void warnings.push(text), info: () => undefined } });
  return { store, warnings };
}

describeStore('a store that was waited for', async () => {
  const { store } = awaited([DOWN]);
  await store.opened;
  return store;
});

test('refuses everything with the reason until it is open, and says once what it waits for', async () => {
  const { store, warnings } = awaited([DOWN, DOWN, new StoreUnavailable('full', 'Neo4j has no memory left')]);
  const seen = new Set<string>();
  let open = false;
  void store.opened.then(() => (open = true));
  while (!open) {
    await store.revision().catch((failure: StoreUnavailable) => seen.add(`${failure.reason}: ${failure.message}`));
    await sleep(5);
  }
  seen.delete('down: the store is not open yet');
  expect([...seen]).toEqual(['down: not open yet: Neo4j does not answer', 'full: not open yet: Neo4j has no memory left']);
  expect(warnings).toHaveLength(2);
  expect(await store.revision()).toMatchObject({ revision: 0 });
  await store.close();
});

test.each([
  ['a wrong password', new StoreUnavailable('refused', 'Neo4j refuses the user or password it is given')],
  ['a newer store', new StoreIncompatible('use a newer Sluice')],
  ['a fault of our own', new TypeError('x is not a function')],
])('does not wait for what only people can mend: %s, also when it shows later', async (_, failure) => {
  for (const before of [[], [DOWN]]) {
    const { store } = awaited(before, failure);
    await expect(store.opened).rejects.toBe(failure);
  }
});

test('ends its waiting when it is closed', async () => {
  const { store, warnings } = awaited([], DOWN);
  await vi.waitFor(() => expect(warnings).toHaveLength(1));
  await store.close();
  await expect(store.opened).rejects.toThrow();
});

test('is closed at once while a try hangs, and what that opens after all is closed too', async () => {
  const { promise, resolve } = Promise.withResolvers<ReturnType<typeof openSqliteStore>>();
  const store = new AwaitedStore({ open: () => promise, mayPass: () => true, name: 'graph', log: { warn: () => undefined, info: () => undefined } });
  await store.close();
  const late = openSqliteStore({ file: ':memory:' });
  resolve(late);
  await store.opened;
  await expect(late.revision()).rejects.toMatchObject({ reason: 'closed' });
  await expect(store.revision()).rejects.toMatchObject({ reason: 'down' });
});

test.each([
  ['embedded', 'locked', true], ['embedded', 'down', false], ['embedded', 'full', false], ['embedded', 'corrupt', false],
  ['neo4j', 'locked', true], ['neo4j', 'down', true], ['neo4j', 'full', true], ['neo4j', 'corrupt', false], ['neo4j', 'refused', false], ['neo4j', 'closed', false],
] as const)('a store of kind %s that is %s may open later: %s', (kind, reason, may) => {
  expect(mayOpenLater(kind === 'neo4j' ? GRAPH : { kind, file: 'x' }, new StoreUnavailable(reason, ''))).toBe(may);
});
