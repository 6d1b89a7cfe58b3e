import type { Aspect, FactBodies, JobKind, JobState, ProgramFact, Statement } from '../../changes.ts';
import type { DatasetRef, Named } from '../../names.ts';

/** What is known of a running job from a cluster. */
export interface SeenJob {
  readonly job: Named;
  readonly id: string;
  readonly state: JobState;
  /** When its state changed, ms. */
  readonly at: number;
  /** null: not looked at. */
  readonly kind: Extract<JobKind, 'flink-sql' | 'flink-jar'> | null;
  /** Topics its sources read; null: nobody could tell. */
  readonly topics: readonly DatasetRef[] | null;
  /** What it is made of and how often it came back, for people; null: not looked at. */
  readonly outline: string | null;
}
/** What the catalog has from this evidence. */
export interface KnownJob {
  readonly state: JobState | null;
  /** Flink's id of the run its state is of, and since when, ms. */
  readonly run: { readonly id: string; readonly since: number } | null;
  readonly kind: JobKind | null;
  readonly program: ProgramFact | null;
  readonly outline: string | null;
}

/**
 * What is new about a job, evidence 'flink-rest': its state, and the topics it reads, of which it tells no fields. What it
 * writes cannot be seen, and nothing is said of it.
 */
export function statementsOfJob({ job, id, state, at, kind, topics, outline }: SeenJob, known: KnownJob): readonly Statement[] {
  const program: ProgramFact | null = topics === null ? null : { reads: topics.map((dataset) => ({ dataset, readerSchema: null, fields: null, completeness: 'unknown', evolution: null })), writes: [] };
  const said = <A extends Aspect>(aspect: A, body: FactBodies[A]): Statement =>
    ({ change: 'statement', about: { kind: 'job', ...job }, aspect, part: '', evidence: 'flink-rest', at: { time: at, sequence: 0, event: id }, body }) as Statement;
  return [
    ...(known.state === state && !isAnotherRun({ id, state, at }, known) ? [] : [said('state', { state })]),
    ...(kind === null || known.kind !== null ? [] : [said('job', { kind, processor: null, pipeline: null, artifactDigest: null })]),
    ...(program === null || JSON.stringify(program) === JSON.stringify(known.program) ? [] : [said('program', program)]),
    ...(outline === null || outline === known.outline ? [] : [said('doc', { text: outline })]),
  ];
}

/** A job that was replaced between two looks is in the state it was in, and has started all the same. */
function isAnotherRun({ id, state, at }: Pick<SeenJob, 'id' | 'state' | 'at'>, { run }: KnownJob): boolean {
  return run !== null && run.id !== id && run.since < at && (state === 'RUNNING' || state === 'DEPLOYING');
}
