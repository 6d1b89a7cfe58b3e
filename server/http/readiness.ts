/** One part that a true answer depends on. */
export interface PartReadiness {
  readonly part: string;
  readonly ready: boolean;
  /** What is so, fit to show. */
  readonly detail: string;
}

/** Asks every part; a part that throws is not ready, and its reason is shown. */
export type Readiness = () => Promise<readonly PartReadiness[]>;

export type PartCheck = () => Promise<{ readonly ready: boolean; readonly detail: string }>;

export function readinessOf(checks: Readonly<Record<string, PartCheck>>): Readiness {
  return () =>
    Promise.all(
      Object.entries(checks).map(async ([part, check]): Promise<PartReadiness> => {
        try {
          return { part, ...(await check()) };
        } catch (failure) {
          return { part, ready: false, detail: failure instanceof Error ? failure.message : 'failed' };
        }
      }),
    );
}
