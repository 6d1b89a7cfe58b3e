import { inTime } from './in-time.ts';

/** Longest a part is waited for, ms: who asks for readiness gives up soon, and a part that hangs must not keep its reason back. */
export const CHECK_DEADLINE_MS = 2_000;

/** One part that answers depend on. */
export interface PartReadiness {
  readonly part: string;
  readonly ready: boolean;
  /** Whether answers are untrue without it. */
  readonly required: boolean;
  /** What is so, fit to show. */
  readonly detail: string;
}

/** Asks every part; a part that throws is not ready, and its reason is shown. */
export type Readiness = () => Promise<readonly PartReadiness[]>;

export type PartCheck = () => Promise<{ readonly ready: boolean; readonly detail: string }>;

export interface WatchedPart {
  readonly part: string;
  readonly required: boolean;
  readonly check: PartCheck;
}

export function readinessOf(parts: readonly WatchedPart[], deadlineMs = CHECK_DEADLINE_MS): Readiness {
  return () =>
    Promise.all(
      parts.map(async ({ part, required, check }): Promise<PartReadiness> => {
        try {
          return { part, required, ...(await inTime(check(), deadlineMs)) };
        } catch (failure) {
          return { part, required, ready: false, detail: failure instanceof Error ? failure.message : 'failed' };
        }
      }),
    );
}

/** The answer to `/readyz`: not ready as soon as a required part is not. */
export function readinessAnswer(parts: readonly PartReadiness[]): { readonly status: 200 | 503; readonly body: { readonly ready: boolean; readonly parts: readonly PartReadiness[] } } {
  const ready = parts.every((part) => part.ready || !part.required);
  return { status: ready ? 200 : 503, body: { ready, parts } };
}
