import { expect, test, vi } from 'vitest';
import { OutsideFailure } from '../../server/outside/outside-failure.ts';
import { startPollLoop } from '../../server/outside/poll-loop.ts';

const INTERVAL_MS = 20;
/** Rests of 20, 40, 80, … ms after failures of the server that is looked at let it look 5 times or so in this time. */
const WATCHED_MS = 600;

async function looksWhile(failure: Error): Promise<{ readonly polls: number; readonly failures: Readonly<Record<string, number>> }> {
  const loop = startPollLoop({
    what: 'it', intervalMs: INTERVAL_MS, stopping: new AbortController(), clock: Date.now, log: { warn: () => undefined, info: () => undefined },
    poll: () => Promise.reject(failure),
    kindOf: (reason) => (reason instanceof RangeError ? 'store' : 'internal'),
  });
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
  const { polls, failures } = loop.counts();
  await loop.stop();
  return { polls, failures };
}

test('rests longer and longer while the server fails, and no longer while our own store does', async () => {
  const [pressed, waiting] = await Promise.all([looksWhile(new OutsideFailure('server-error', 'it answered 500')), looksWhile(new RangeError('the store is down'))]);
  expect([Object.keys(pressed.failures), Object.keys(waiting.failures)]).toEqual([['server-error'], ['store']]);
  expect(waiting.polls).toBeGreaterThan(pressed.polls * 1.5);
});

test('looks again by itself after a failure, and tells of the last one only until then', async () => {
  let down = true;
  const loop = startPollLoop({
    what: 'it', intervalMs: INTERVAL_MS, stopping: new AbortController(), clock: Date.now, log: { warn: () => undefined, info: () => undefined },
    poll: () => (down ? Promise.reject(new Error('gone')) : Promise.resolve({ changes: 1 })),
  });
  await vi.waitFor(() => expect(loop.lastFailure()).toBe('gone'));
  expect(loop.completeAt()).toBeNull();
  down = false;
  await vi.waitFor(() => expect(loop.counts().changes).toBeGreaterThan(0));
  expect(loop.lastFailure()).toBeNull();
  await loop.stop();
});
