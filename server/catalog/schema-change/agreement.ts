import { type Approval, approversOf } from '../gate/approval.ts';
import type { JudgedFinding } from '../gate/decide.ts';
import { type DatasetRef, datasetKey } from '../names.ts';

/** Who must agree to a change, and who has. */
export interface Agreement {
  /** By name; a team that several findings reach is one. */
  readonly teams: readonly AskedTeam[];
  /** What keeps the change from being approved by anybody. */
  readonly blocked: readonly Blocked[];
}
export interface AskedTeam {
  readonly team: string;
  /** Ids of the findings it must agree to. */
  readonly findings: readonly string[];
  /** Those of them it has not agreed to. */
  readonly waiting: readonly string[];
}
export interface Blocked {
  readonly finding: string;
  /** What it takes to get on. */
  readonly remedy: string;
}

/**
 * What a verdict needs: the agreement of everyone who answers for what an error finding reaches. Warnings need none. An error
 * that no approval lifts, or that nobody answers for, blocks.
 */
export function agreementOn(findings: readonly JudgedFinding[], approvals: readonly Approval[], ownerOf: (dataset: DatasetRef) => string | null): Agreement {
  const byTeam = new Map<string, string[]>();
  const blocked: Blocked[] = [];
  for (const finding of findings.filter(({ severity }) => severity === 'error')) {
    const teams = finding.approvable ? approversOf(finding, finding.dataset === null ? null : ownerOf(finding.dataset)) : [];
    if (teams.length === 0) blocked.push({ finding: finding.id, remedy: remedyFor(finding) });
    for (const team of teams) byTeam.set(team, [...(byTeam.get(team) ?? []), finding.id]);
  }
  const isGiven = (team: string, id: string): boolean => approvals.some((approval) => approval.team === team && approval.findings.includes(id));
  const teams = [...byTeam].map(([team, ids]) => ({ team, findings: ids, waiting: ids.filter((id) => !isGiven(team, id)) }));
  return { teams: teams.sort((a, b) => (a.team < b.team ? -1 : 1)), blocked };
}

/** Whether nothing is left to agree to. */
export function isAgreed({ teams, blocked }: Agreement): boolean {
  return blocked.length === 0 && teams.every(({ waiting }) => waiting.length === 0);
}
export function waitingFor({ teams }: Agreement): readonly string[] {
  return teams.filter(({ waiting }) => waiting.length > 0).map(({ team }) => team);
}

function remedyFor({ rule, approvable, affected, dataset }: JudgedFinding): string {
  if (approvable) {
    const unowned = affected.filter(({ owner }) => owner === null).map(({ ref }) => `${ref.kind} \`${ref.name}\``);
    const who = unowned.length > 0 ? unowned.slice(0, NAMED).join(', ') : dataset === null ? 'what it reaches' : `\`${dataset.name}\``;
    return `nobody answers for ${who}: declare an owner, who can then agree${unowned.length > NAMED ? ` (${unowned.length - NAMED} more)` : ''}`;
  }
  if (rule === 'subject-compatibility') return 'no approval lifts it: propose a schema that the level takes, or have whoever keeps the registry change the subject’s level, or an administrator the rule’s severity';
  return 'no approval lifts it: change the schema, or have an administrator change the rule’s severity';
}

/** Readers named in one sentence. */
const NAMED = 5;

/** The owner of a dataset of these states. */
export function ownersIn(states: Iterable<{ readonly ref: DatasetRef; readonly owner: string | null }>): (dataset: DatasetRef) => string | null {
  const owners = new Map([...states].map(({ ref, owner }) => [datasetKey(ref), owner]));
  return (dataset) => owners.get(datasetKey(dataset)) ?? null;
}
