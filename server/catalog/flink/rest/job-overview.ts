import type { JobState } from '../../changes.ts';
import { MAX_NAME_LENGTH } from '../../names.ts';

/** A job as a Flink cluster lists it (`GET /jobs/overview`). */
export interface FlinkJob {
  readonly id: string;
  readonly name: string;
  readonly state: JobState;
  /** Flink's own word. */
  readonly status: string;
  /** ms. */
  readonly startTime: number;
  /** When its state last changed, ms. */
  readonly changedAt: number;
}
export type OverviewOutcome =
  | { readonly outcome: 'read'; readonly jobs: readonly FlinkJob[]; readonly left: readonly string[] }
  /** It is no list of jobs. */
  | { readonly outcome: 'malformed'; readonly reason: string };

/** Every `JobStatus` of Flink 2; a job that is on its way back counts as being deployed, one that is on its way out still runs. */
const STATES: Readonly<Record<string, JobState>> = {
  INITIALIZING: 'DEPLOYING', CREATED: 'DEPLOYING', RESTARTING: 'DEPLOYING', RUNNING: 'RUNNING', RECONCILING: 'RUNNING', CANCELLING: 'RUNNING',
  FAILING: 'FAILED', FAILED: 'FAILED', CANCELED: 'STOPPED', SUSPENDED: 'PAUSED', FINISHED: 'FINISHED',
};
const JOB_ID = /^[0-9a-f]{32}$/i;

/** Of jobs with one name the one that started last counts. `left`: why jobs were left out. */
export function jobsOfOverview(answer: unknown): OverviewOutcome {
  const list = typeof answer === 'object' && answer !== null && 'jobs' in answer ? answer.jobs : null;
  if (!Array.isArray(list)) return { outcome: 'malformed', reason: 'it has no list of jobs' };
  const byName = new Map<string, FlinkJob>();
  const left: string[] = [];
  for (const item of list as readonly unknown[]) {
    const job = jobOf(item);
    if (typeof job === 'string') left.push(job);
    else if ((byName.get(job.name)?.startTime ?? Number.NEGATIVE_INFINITY) <= job.startTime) byName.set(job.name, job);
  }
  return { outcome: 'read', jobs: [...byName.values()], left };
}

function jobOf(item: unknown): FlinkJob | string {
  const { jid, name, state, 'start-time': startTime, 'last-modification': changedAt } = (typeof item === 'object' && item !== null ? item : {}) as Readonly<Record<string, unknown>>;
  if (typeof jid !== 'string' || !JOB_ID.test(jid)) return 'a job has no id';
  if (typeof name !== 'string' || name === '' || name.length > MAX_NAME_LENGTH) return `job ${jid} has no name of 1 to ${MAX_NAME_LENGTH} characters`;
  const known = typeof state === 'string' ? STATES[state] : undefined;
  if (known === undefined) return `job ${jid} is in a state nobody knows`;
  if (!isTime(startTime) || !isTime(changedAt)) return `job ${jid} says no time`;
  return { id: jid, name, state: known, status: String(state), startTime, changedAt };
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
