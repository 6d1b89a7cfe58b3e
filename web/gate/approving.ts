import type { Schemas } from '../shared/api.ts';

type Finding = Schemas['Finding'];
type Approval = Schemas['Approval'];

/** What one may agree to in a decision, by the teams one is of; `why` says why nothing is. */
export interface Approvable {
  readonly findings: readonly Finding[];
  readonly why: string | null;
}
/** How long an approval may stand, days. */
export const LIVES = [1, 7, 30, 90] as const;

/** As far as can be told here; Sluice decides anew when it is done. `given` are approvals in force. */
export function approvableBy(me: Schemas['Me'], { decision, by, byName }: Pick<Schemas['DecisionRecord'], 'decision' | 'by' | 'byName'>, given: readonly Approval[]): Approvable {
  const errors = decision.findings.filter(({ severity, approvable, approved }) => severity === 'error' && approvable && approved !== true);
  if (errors.length === 0) return none('No finding of it waits for an approval.');
  if (!me.scopes.includes('schema:approve')) return none('Approving takes the scope schema:approve, which you do not have.');
  if (by === me.id) return none(`${byName} asked for the decision; somebody else must agree.`);
  const mine = errors.filter(({ approvers = [] }) => approvers.some((team) => me.teams.includes(team)));
  const asked = [...new Set(errors.flatMap(({ approvers = [] }) => approvers))].sort();
  if (mine.length === 0) return none(asked.length === 0 ? 'Nobody answers for what it reaches.' : `It is for ${asked.join(', ')} to say; you are of ${me.teams.length === 0 ? 'no team' : me.teams.join(', ')}.`);
  const left = mine.filter(({ id, approvers = [] }) => approvers.some((team) => me.teams.includes(team) && !given.some((one) => one.team === team && one.findings.includes(id))));
  return left.length === 0 ? none(`${me.teams.filter((team) => asked.includes(team)).join(', ')} has agreed to its part.`) : { findings: left, why: null };
}
function none(why: string): Approvable {
  return { findings: [], why };
}

/** Those in force that count for the decision: of its job, or of a subject, and about one of its findings. */
export function approvalsOf({ decision, request }: Pick<Schemas['DecisionRecord'], 'decision' | 'request'>, all: readonly Approval[]): readonly Approval[] {
  const job = (request as { readonly job?: Schemas['DatasetName'] }).job;
  const ids = new Set(decision.findings.map(({ id }) => id));
  const isHere = ({ context }: Approval): boolean => context.kind === 'subject' || (context.namespace === job?.namespace && context.name === job.name);
  return all.filter((approval) => isHere(approval) && approval.findings.some((id) => ids.has(id)));
}

/** When something that stands so many days from now ends. */
export function endOf(days: number, now: number): string {
  const DAY_MS = 24 * 3_600_000;
  // The longest life there is, to the second, would be over it by the time the request arrives.
  const ON_THE_WAY_MS = 60_000;
  return new Date(now + days * DAY_MS - ON_THE_WAY_MS).toISOString();
}
