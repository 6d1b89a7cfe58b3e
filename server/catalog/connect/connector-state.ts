import type { JobState } from '../changes.ts';

/** Kafka Connect's words (`AbstractStatus.State`) and the catalog's. */
const STATES: Readonly<Record<string, JobState>> = { RUNNING: 'RUNNING', PAUSED: 'PAUSED', STOPPED: 'STOPPED', FAILED: 'FAILED', UNASSIGNED: 'DEPLOYING', RESTARTING: 'DEPLOYING' };

export interface ConnectorStatus {
  /** As Connect words it. */
  readonly state: string;
  readonly tasks: readonly { readonly id: number; readonly state: string }[];
}

/** The state of a connector as a job, null where Connect's word is not known, and its tasks that failed: Connect itself calls a connector RUNNING whose tasks all failed. */
export function jobStateOf({ state, tasks }: ConnectorStatus): { readonly state: JobState | null; readonly failedTasks: readonly number[] } {
  const failedTasks = tasks.filter((task) => task.state === 'FAILED').map(({ id }) => id);
  const own = Object.hasOwn(STATES, state) ? (STATES[state] ?? null) : null;
  return { state: own === 'RUNNING' && failedTasks.length > 0 ? 'FAILED' : own, failedTasks };
}
