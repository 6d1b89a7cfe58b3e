import { setTimeout as sleep } from 'node:timers/promises';

/** What was waited for has not answered in time; it may still be at it. */
export class NotInTime extends Error {
  override readonly name = 'NotInTime';
  constructor(ms: number) {
    super(`has not answered for ${ms} ms`);
  }
}

/** The same answer or failure, unless it takes longer: then it is left to itself, and NotInTime thrown. */
export async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  const answered = new AbortController();
  try {
    return await Promise.race([work, silence(ms, answered.signal)]);
  } finally {
    answered.abort();
  }
}

async function silence(ms: number, signal: AbortSignal): Promise<never> {
  // Once it is aborted nobody listens any more.
  await sleep(ms, undefined, { signal });
  throw new NotInTime(ms);
}
