import type { Agreement, AskedTeam } from '../catalog/schema-change/agreement.ts';
import { isOpen, type ProposalEventKind, stateAfter } from '../catalog/schema-change/proposal.ts';
import { Problem } from '../problem.ts';
import type { Proposal } from './proposal-book.ts';
import type { ProposalView } from './proposal-view.ts';

/** Ends the request unless this may happen to a proposal in its state. */
export function requireEvent(seen: Pick<ProposalView, 'proposal' | 'state'>, kind: ProposalEventKind): void {
  // What was approved and is stale is agreed to again.
  const may = kind === 'registered' ? isOpen(seen.state) : stateAfter(seen.state, kind) !== null || (kind === 'agreed' && seen.state === 'approved');
  if (!may) throw stateProblem(seen);
}

export function stateProblem({ proposal, state }: Pick<ProposalView, 'proposal' | 'state'>): Problem {
  if (state === 'superseded') return new Problem('proposal-superseded', `proposal ${proposal.successor} took its place`, { state, successor: proposal.successor });
  return new Problem('proposal-state', `the proposal is ${state}`, { state });
}

export function staleProblem({ teams }: Agreement): Problem {
  const waiting = teams.filter((asked) => asked.waiting.length > 0);
  const whom = waiting.map(({ team, waiting: ids }) => `${team} (${ids.join(', ')})`).join('; ');
  return new Problem('proposal-stale', `since it was approved the catalog has moved on, and new findings need: ${whom}`, { waitingFor: waiting.map(({ team }) => team), findings: [...new Set(waiting.flatMap((asked) => asked.waiting))] });
}

export function requireUnblocked({ id }: Proposal, { blocked }: Agreement): void {
  if (blocked.length === 0) return;
  const remedies = [...new Set(blocked.map(({ remedy }) => remedy))];
  throw new Problem('proposal-blocked', `nobody can agree to proposal ${id} as it is: ${remedies.join('; ')}`, { blocked });
}

/** The findings a team agrees to now: only what it is asked about, and nothing twice. */
export function agreedFindings({ team, findings, waiting }: AskedTeam, asked: readonly string[] | null): readonly string[] {
  const unknown = (asked ?? []).filter((id) => !findings.includes(id));
  if (unknown.length > 0) throw new Problem('proposal-stale', `${team} is not asked about ${unknown.join(', ')} any more: look at the proposal again`, { findings: waiting });
  const agreed = asked === null ? waiting : [...new Set(asked)].filter((id) => waiting.includes(id));
  if (agreed.length === 0) throw new Problem('approval-repeated', `${team} has agreed to ${asked === null ? 'all it is asked about' : 'these'} already`, { team });
  return agreed;
}
