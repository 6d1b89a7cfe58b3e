import { expect, test } from 'vitest';
import type { DeadLetter } from '../../../ingest/dead-letter.ts';
import { feed, SAMPLE_CONTRACTS } from '../../../ingest/demo/feed.ts';
import { samplePlatform } from '../../../ingest/demo/sample-platform.ts';
import { createIngestWorker } from '../../../ingest/worker.ts';
import { openSqliteStore } from '../../../server/store/sqlite-store.ts';
import { decoderHere } from '../../bench/decoder-here.ts';

test('the sample goes through the ingest worker whole, and again without a change', async () => {
  const store = openSqliteStore({ file: ':memory:' });
  const letters: DeadLetter[] = [];
  const deadLetters = { send: (sent: readonly DeadLetter[]) => Promise.resolve(void letters.push(...sent)) };
  const worker = createIngestWorker({ store, decoder: decoderHere(), deadLetters, aliases: new Map(), clock: () => 0, contracts: SAMPLE_CONTRACTS });
  const sample = samplePlatform(Date.UTC(2026, 5, 1));
  expect(await feed(sample, worker)).toEqual({ applied: sample.length, deadLettered: 0 });
  const { revision } = await store.revision();
  // A day later it has other times and the same offsets: what is in the store stays.
  expect(await feed(samplePlatform(Date.UTC(2026, 5, 2)), worker)).toEqual({ applied: 0, deadLettered: 0 });
  expect([(await store.revision()).revision, letters]).toEqual([revision, []]);
  await store.close();
});
