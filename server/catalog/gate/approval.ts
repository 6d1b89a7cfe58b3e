import type { Named } from '../names.ts';
import type { Finding } from './finding.ts';

/** What an approval is for: one job's start, or whatever writes the topics a subject governs. */
export interface ApprovalContext extends Named {
  readonly kind: 'job' | 'subject';
}

/** Findings accepted in one context, until it expires. */
export interface Approval {
  readonly id: string;
  readonly context: ApprovalContext;
  /** Ids of exactly the findings it covers. */
  readonly findings: readonly string[];
  /** The team it was given for; null for break-glass, which stands for every team. */
  readonly team: string | null;
  /** Id of the identity that gave it. */
  readonly by: string;
  readonly byName?: string;
  /** Ids of whoever else may stand behind that identity. */
  readonly behind?: readonly string[];
  readonly reason: string;
  /** ms since epoch. */
  readonly at: number;
  readonly expiresAt: number;
  /** The schema change it was given to; null for one given to a decision. */
  readonly proposal: string | null;
}

/**
 * The teams that must all agree to a finding: the owners of whoever it affects, else the owner of its dataset. An empty
 * list means that nobody answers for what it reaches: only breaking glass passes it.
 */
export function approversOf(finding: Pick<Finding, 'affected'>, datasetOwner: string | null): readonly string[] {
  const owners = new Set(finding.affected.map(({ owner }) => owner));
  // One reader nobody answers for cannot be spoken for by the others.
  if (owners.has(null)) return [];
  const teams = [...owners].flatMap((owner) => owner ?? []).sort();
  return teams.length > 0 ? teams : datasetOwner === null ? [] : [datasetOwner];
}

/** Whether unexpired approvals of these, all of them for the context at hand, cover a finding for every team that must agree. */
export function isApproved(findingId: string, teams: readonly string[], approvals: readonly Approval[]): boolean {
  const covering = approvals.filter(({ findings }) => findings.includes(findingId));
  if (covering.some(({ team }) => team === null)) return true;
  return teams.length > 0 && teams.every((team) => covering.some((approval) => approval.team === team));
}

/** The approvals, of those for the context at hand, that count for a finding. */
export function approvalsOf(findingId: string, teams: readonly string[], approvals: readonly Approval[]): readonly Approval[] {
  return approvals.filter(({ findings, team }) => findings.includes(findingId) && (team === null || teams.includes(team)));
}
