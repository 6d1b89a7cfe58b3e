import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type EntityRef, entityKey } from '../../server/catalog/names.ts';
import { JobWork } from '../../server/queries/job-work.ts';

const MANY = 300;
const JOBS: readonly EntityRef[] = Array.from({ length: MANY }, (_, i): EntityRef => ({ kind: 'job', namespace: 'flink://main', name: `job-${String(i).padStart(4, '0')}` }));

/** A store of jobs that take a millisecond each, and an index nothing changes in. */
function slowJobs() {
  let reads = 0;
  const entity = async (ref: EntityRef) => {
    reads++;
    for (const end = performance.now() + 1; performance.now() < end; );
    return { ref, id: 1, facts: [], observations: [] };
  };
  const entities = async (_: string, { after, limit }: { readonly after: string | null; readonly limit: number }) => JOBS.filter((ref) => after === null || entityKey(ref) > after).slice(0, limit);
  return { store: { entity, entities, names: async () => [] }, index: { onChange: () => undefined }, reads: () => reads };
}

test('reads every job once, however often and by how many it is asked meanwhile', async () => {
  const { store, index, reads } = slowJobs();
  const work = new JobWork(store, index, new AbortController().signal);
  const [ahead, asked] = await Promise.all([work.jobs(), work.jobs()]);
  expect([ahead.length, asked.length, (await work.jobs()).length, reads()]).toEqual([MANY, MANY, MANY, MANY]);
});

test('ends a reading within a turn when it is stopped', async () => {
  const [{ store, index, reads }, stopping] = [slowJobs(), new AbortController()];
  const reading = new JobWork(store, index, stopping.signal).jobs().then(() => 'read', () => 'stopped');
  await nextTurn();
  await nextTurn();
  const before = reads();
  stopping.abort();
  expect([await reading, before > 0, before < MANY, reads() - before < 50]).toEqual(['stopped', true, true, true]);
});
