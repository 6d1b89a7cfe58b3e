import { setTimeout as sleep } from 'node:timers/promises';
import { NO_TRACING, type Tracing } from '../tracing/tracing.ts';
import { OutsideFailure } from './outside-failure.ts';

/** Longest rest between two tries of a server that fails, ms. */
const LONGEST_REST_MS = 60_000;

export interface PollLoopParts {
  /** What is looked at, in the log: `the registry`. */
  readonly what: string;
  readonly intervalMs: number;
  /** One whole look; what it gives is logged when something changed. Rejects when there is none to be had. */
  readonly poll: () => Promise<Polled>;
  /** Aborted by `stop`: whoever sends the requests of a look gives them its signal. */
  readonly stopping: AbortController;
  readonly clock: () => number;
  readonly log: PollLog;
  /** Kind of a failure that is no OutsideFailure; 'internal' unless it says otherwise. One of our store's is no reason to rest longer. */
  readonly kindOf?: (failure: unknown) => string;
  /** Each look is a span. */
  readonly tracing?: Tracing | undefined;
}
export interface PollLog {
  warn(facts: object, text: string): void;
  info(facts: object, text: string): void;
}
export interface Polled {
  /** Changes of the graph it led to. */
  readonly changes: number;
}
export interface PollCounts {
  readonly polls: number;
  readonly changes: number;
  /** By kind; those that did not happen are absent. */
  readonly failures: Readonly<Record<string, number>>;
}
export interface PollLoop {
  counts(): PollCounts;
  /** When the last complete look began, ms; null before the first. */
  completeAt(): number | null;
  /** Why the last look failed; null when it did not. */
  lastFailure(): string | null;
  /** Ends what is under way. */
  stop(): Promise<void>;
}

/** Looks again and again until it is stopped, less often while looking fails. It comes back from every failure by itself. */
export function startPollLoop({ what, intervalMs, poll, stopping, clock, log, kindOf = () => 'internal', tracing = NO_TRACING }: PollLoopParts): PollLoop {
  const failures: Record<string, number> = {};
  let [polls, changes, failedInRow] = [0, 0, 0];
  let completeAt: number | null = null;
  let lastFailure: string | null = null;

  const pollOnce = async (): Promise<void> => {
    polls++;
    const began = clock();
    try {
      const polled = await tracing.span(`look at ${what}`, poll);
      completeAt = began;
      changes += polled.changes;
      if (lastFailure !== null || polled.changes > 0) log.info(polled, `looked at ${what}`);
      [lastFailure, failedInRow] = [null, 0];
    } catch (failure) {
      if (stopping.signal.aborted) return;
      const kind = failure instanceof OutsideFailure ? failure.kind : kindOf(failure);
      failures[kind] = (failures[kind] ?? 0) + 1;
      if (kind !== 'store') failedInRow++;
      const message = failure instanceof Error ? failure.message : String(failure);
      if (message !== lastFailure) log.warn({ err: failure }, `looking at ${what} failed`);
      lastFailure = message;
    }
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await pollOnce();
      await sleep(restAfter(failedInRow, intervalMs), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = loop();
  return {
    counts: () => ({ polls, changes, failures: { ...failures } }),
    completeAt: () => completeAt,
    lastFailure: () => lastFailure,
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Longer with every failure in a row, so that a server that struggles is not pressed. */
function restAfter(failedInRow: number, interval: number): number {
  return failedInRow === 0 ? interval : Math.max(interval, Math.min(LONGEST_REST_MS, interval * 2 ** (failedInRow - 1)));
}
