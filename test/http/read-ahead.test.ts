import { setImmediate as nextTurn } from 'node:timers/promises';
import pino from 'pino';
import { expect, test } from 'vitest';
import type { EntityRef } from '../../server/catalog/names.ts';
import type { Store } from '../../server/store/store.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { control, openTestCatalog } from './catalog.ts';

const MANY = 200;
const deployed = (i: number) => control('io.sluice.control.JobDeployed', {
  job: { namespace: 'flink://main', name: `job-${i}` }, kind: 'FLINK_SQL', processor: null, pipeline: null, owner: null, artifactDigest: null, description: null, writes: [], reads: [],
});

/** A store that takes a millisecond for a job, and counts them. */
function slowStore() {
  const store = openSqliteStore({ file: ':memory:' });
  let jobs = 0;
  const entity = (ref: EntityRef, asOf?: number) => {
    if (ref.kind === 'job') {
      jobs++;
      for (const end = performance.now() + 1; performance.now() < end; );
    }
    return store.entity(ref, asOf);
  };
  const slow = new Proxy<Store>(store, { get: (_, name) => (name === 'entity' ? entity : typeof store[name as keyof Store] === 'function' ? store[name as keyof Store].bind(store) : store[name as keyof Store]) });
  return { store, slow, jobs: () => jobs };
}

async function withJobs() {
  const [{ store, slow, jobs }, lines] = [slowStore(), [] as string[]];
  const catalog = await openTestCatalog(() => slow, { store, log: pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) }) });
  await catalog.say(...Array.from({ length: MANY }, (_, i) => deployed(i)));
  await catalog.index.catchUp();
  // What building the service warned of is another matter.
  lines.length = 0;
  return { catalog, store, jobs, lines };
}

test('whoever asks for repeated jobs first finds all jobs read', async () => {
  const { catalog, store, jobs } = await withJobs();
  catalog.readAhead();
  while (jobs() < MANY) await nextTurn();
  expect((await catalog.get('/v1/platform/repeated-jobs')).status).toBe(200);
  expect(jobs()).toBe(MANY);
  await catalog.stop();
  await store.close();
});

test('a stop ends the reading ahead, and nobody is told that it failed', async () => {
  const { catalog, store, jobs, lines } = await withJobs();
  catalog.readAhead();
  while (jobs() === 0) await nextTurn();
  await catalog.stop();
  await store.close();
  expect([jobs() < MANY, lines]).toEqual([true, []]);
});
