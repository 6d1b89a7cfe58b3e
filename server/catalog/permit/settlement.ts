import type { Evidence, ProgramFact, Statement } from '../changes.ts';
import { CLOCK_SKEW_MS, type JobStart } from './job-start.ts';
import type { Permit } from './permit.ts';
import { unitedProgram } from './united-program.ts';

/** What the catalog says of a job's program and owner already. */
export interface SaidOfJob {
  readonly programs: readonly { readonly evidence: Evidence; readonly part: string; readonly at: { readonly time: number }; readonly body: ProgramFact }[];
  readonly hasOwner: boolean;
}

/** What a deployment says of its program; a new one takes the place of all of it. */
const DEPLOYMENT_EVIDENCES: readonly Evidence[] = ['declared', 'flink-sql', 'compiled-plan'];
/** Of two statements of one instant this one counts: it holds the other. */
const LAST = 2 ** 31 - 1;

/**
 * What follows from a permitted job's start: its program is deployed, together with what the deployment says of itself, and
 * what an earlier one said is over. What is said later stands.
 */
export function settlementOf({ permitId, job, owner, at, evidence }: Permit, program: ProgramFact, start: JobStart, said: SaidOfJob): readonly Statement[] {
  const about = { kind: 'job' as const, namespace: job.namespace, name: job.name };
  const base = { change: 'statement' as const, about, part: '' };
  const now = { time: start.time, sequence: LAST, event: permitId };
  const over = said.programs.filter((one) => one.part === '' && one.evidence !== evidence && DEPLOYMENT_EVIDENCES.includes(one.evidence) && one.at.time < at - CLOCK_SKEW_MS);
  const own = said.programs.find((one) => one.part === '' && one.evidence === evidence && one.at.time >= at - CLOCK_SKEW_MS && one.at.time <= start.time);
  return [
    { ...base, aspect: 'program', evidence, at: now, body: own === undefined ? program : unitedProgram(own.body, program) },
    ...over.map((one): Statement => ({ ...base, aspect: 'program', evidence: one.evidence, at: { time: Math.min(at, start.time), sequence: LAST, event: permitId }, body: null })),
    ...(said.hasOwner || owner === null ? [] : [{ ...base, aspect: 'owner' as const, evidence: 'declared' as const, at: now, body: { team: owner } }]),
  ];
}
