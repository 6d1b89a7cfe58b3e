import type { Evidence, JobKind, JobState } from '../changes.ts';
import type { Permit } from './permit.ts';

/** A job that was seen starting: by which evidence, under which name of its own, and when as that evidence has it, ms. */
export interface JobStart {
  readonly evidence: Evidence;
  readonly id: string;
  readonly time: number;
}

/** A statement of a job's state; `part` names a run where the evidence tells runs apart by it. */
export interface StateSaid {
  readonly part: string;
  readonly evidence: Evidence;
  readonly at: { readonly time: number; readonly event: string };
  readonly body: { readonly state: JobState };
}

/** Evidence whose statements are under the name of the run they tell of, as Flink's are under its job id. */
const NAMES_RUNS: readonly Evidence[] = ['flink-rest'];
/** Evidence that tells of starts which need a permit; connectors are watched, and what merely consumes is no start. */
const TELLS_BYPASSES: readonly Evidence[] = ['flink-rest', 'openlineage', 'declared'];
/** Clocks of the doors and of this process differ by so much at most, ms. */
export const CLOCK_SKEW_MS = 30_000;
/** Two doors tell of one start that no permit covers within this time, ms. */
const SAME_START_MS = 300_000;

export function hasEnded({ body }: Pick<StateSaid, 'body'>): boolean {
  return body.state === 'STOPPED' || body.state === 'FINISHED';
}
/** Whether a statement says that the job runs or is on its way to. */
export function isRunning({ body }: Pick<StateSaid, 'body'>): boolean {
  return body.state === 'RUNNING' || body.state === 'DEPLOYING';
}

export function namesRuns({ part, evidence }: Pick<StateSaid, 'part' | 'evidence'>): boolean {
  return part !== '' || NAMES_RUNS.includes(evidence);
}

/** Whether a job that runs by the second of two statements of one evidence ran on since the first, rather than started. */
export function goesOn(before: StateSaid | null, now: StateSaid): boolean {
  if (before === null) return false;
  if (namesRuns(now)) return startOf(before).id === startOf(now).id;
  // Deployed is a start of its own, whatever ran before.
  return now.body.state !== 'DEPLOYING' && !hasEnded(before);
}

/** How a statement names the run it tells of. */
export function startOf({ evidence, part, at }: StateSaid): JobStart {
  return { evidence, id: part === '' ? at.event : part, time: at.time };
}

export function isRecorded(start: JobStart, recorded: readonly JobStart[]): boolean {
  return recorded.some(({ evidence, id }) => evidence === start.evidence && id === start.id);
}
/** Whether another door has told of the same start: no permit covers it, and it is recorded once. */
export function isToldElsewhere(start: JobStart, bypasses: readonly JobStart[]): boolean {
  return bypasses.some(({ evidence, time }) => evidence !== start.evidence && Math.abs(time - start.time) <= SAME_START_MS);
}

/** OpenLineage tells of every run of every batch too; of it, only Flink's jobs ask the gate. */
export function needsPermit({ evidence }: JobStart, kinds: readonly JobKind[]): boolean {
  return TELLS_BYPASSES.includes(evidence) && (evidence !== 'openlineage' || kinds.some((kind) => kind === 'flink-sql' || kind === 'flink-jar'));
}

export type BypassReason = 'no-permit' | 'permit-expired' | 'permit-used' | 'another-artifact';
export interface GivenPermit {
  readonly permit: Permit;
  /** Starts it has covered. */
  readonly starts: readonly JobStart[];
}
export type Coverage =
  | { readonly outcome: 'covered'; readonly given: GivenPermit }
  | { readonly outcome: 'bypass'; readonly reason: BypassReason };

/**
 * The permit that lets a job start, if one does. Each lets one start happen, which several doors may tell of, each once.
 * `digest`: of what started, null where nobody said; `seenWithin`: how late a door may tell, ms.
 */
export function coverageOf(start: JobStart, given: readonly GivenPermit[], { digest, seenWithin }: { readonly digest: { readonly text: string; readonly since: number } | null; readonly seenWithin: number }): Coverage {
  const before = given.filter(({ permit }) => start.time > permit.at - CLOCK_SKEW_MS).sort((a, b) => b.permit.at - a.permit.at);
  if (before.length === 0) return { outcome: 'bypass', reason: 'no-permit' };
  const inTime = before.filter(({ permit }) => start.time <= permit.expiresAt + seenWithin);
  if (inTime.length === 0) return { outcome: 'bypass', reason: 'permit-expired' };
  const fits = inTime.filter(({ permit }) => permit.digest === null || digest === null || digest.since < permit.at - CLOCK_SKEW_MS || digest.text === permit.digest);
  if (fits.length === 0) return { outcome: 'bypass', reason: 'another-artifact' };
  const free = fits.find(({ starts }) => !starts.some(({ evidence }) => evidence === start.evidence));
  return free === undefined ? { outcome: 'bypass', reason: 'permit-used' } : { outcome: 'covered', given: free };
}
