import { entityKey, type Named } from '../catalog/names.ts';
import type { BypassReason, JobStart } from '../catalog/permit/job-start.ts';
import type { LedgerEntry } from '../store/store.ts';
import type { LedgerBook } from './ledger-follower.ts';

/** A job seen running that no permit covers: what an entry of kind 'bypass' records. */
export interface Bypass {
  readonly bypassId: string;
  readonly job: Named;
  /** Who answered for the job when it was seen. */
  readonly owner: string | null;
  readonly reason: BypassReason;
  readonly start: JobStart;
  /** Of the artifact that runs; null where nobody said. */
  readonly digest: string | null;
  /** ms since epoch. */
  readonly at: number;
}

/** Bypasses of one job that are shown with it. */
const SHOWN_OF_A_JOB = 10;

/** Every bypass there was. */
export class BypassBook implements LedgerBook {
  readonly kinds = ['bypass'] as const;
  readonly horizonMs = null;
  readonly #byJob = new Map<string, Bypass[]>();
  #count = 0;

  take(entry: LedgerEntry): void {
    const bypass = bypassOf(entry);
    const key = keyOf(bypass.job);
    this.#count++;
    this.#byJob.set(key, [bypass, ...(this.#byJob.get(key) ?? [])].slice(0, SHOWN_OF_A_JOB));
  }

  forget(): void {
    this.#byJob.clear();
    this.#count = 0;
  }

  /** The newest of a job, newest first. */
  of(job: Named): readonly Bypass[] {
    return this.#byJob.get(keyOf(job)) ?? [];
  }
  get count(): number {
    return this.#count;
  }
}

export function bypassOf(entry: LedgerEntry): Bypass {
  return JSON.parse(entry.body) as Bypass;
}

function keyOf({ namespace, name }: Named): string {
  return entityKey({ kind: 'job', namespace, name });
}
