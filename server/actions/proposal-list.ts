import { waitingFor } from '../catalog/schema-change/agreement.ts';
import type { ProposalState } from '../catalog/schema-change/proposal.ts';
import type { Proposal } from './proposal-book.ts';
import type { ProposalView } from './proposal-view.ts';

/** Which schema changes are asked for; what is left out matches all. */
export interface ProposalFilter {
  readonly state?: ProposalState;
  /** namespace/name */
  readonly subject?: string;
  /** One that still has to agree. */
  readonly team?: string;
  /** Id or name. */
  readonly requester?: string;
}

/** Whether a proposal may match, by what never changes about it: the others need not be judged. */
export function mayMatch({ subject, requester }: Proposal, filter: ProposalFilter): boolean {
  return (
    (filter.subject === undefined || filter.subject === `${subject.namespace}/${subject.name}`) &&
    (filter.requester === undefined || filter.requester === requester.id || filter.requester === requester.name)
  );
}

/** Whether a judged proposal matches. */
export function matches({ proposal, state, agreement }: ProposalView, filter: ProposalFilter): boolean {
  return (
    mayMatch(proposal, filter) &&
    (filter.state === undefined || filter.state === state) &&
    (filter.team === undefined || (agreement !== null && waitingFor(agreement).includes(filter.team)))
  );
}
