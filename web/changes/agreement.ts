import type { Schemas } from '../shared/api.ts';

type Finding = Schemas['Finding'];
type Evaluation = Schemas['SchemaChangeEvaluation'];

export const STATES: Readonly<Record<Schemas['ProposalState'], { readonly tone: 'ok' | 'warn' | 'deny' | 'plain'; readonly title: string }>> = {
  proposed: { tone: 'warn', title: 'proposed' },
  approved: { tone: 'ok', title: 'approved' },
  rejected: { tone: 'deny', title: 'rejected' },
  withdrawn: { tone: 'plain', title: 'withdrawn' },
  expired: { tone: 'plain', title: 'expired' },
  superseded: { tone: 'plain', title: 'superseded' },
  registered: { tone: 'ok', title: 'registered' },
};

/** How a verdict is shown: what nobody can agree to first, then what waits, then what nobody knows. */
export function verdictTone({ agreement, completeness }: Pick<Evaluation, 'agreement' | 'completeness'>): 'deny' | 'warn' | 'unknown' | 'ok' {
  if (agreement.blocked.length > 0) return 'deny';
  if (!agreement.agreed) return 'warn';
  return completeness === 'complete' ? 'ok' : 'unknown';
}

/** Whether there is more to say than the verdict's own sentence does: who must agree is in it, and why nobody can. */
export function addsTo({ teams }: Evaluation['agreement']): boolean {
  return teams.some(({ waiting }) => waiting.length === 0);
}

/** What it takes to go on, in a sentence. */
export function whatItTakes({ agreed, teams, blocked }: Evaluation['agreement']): string {
  const waiting = teams.filter((asked) => asked.waiting.length > 0).map(({ team }) => team);
  if (blocked.length > 0) return `Nobody can agree to it as it is: ${[...new Set(blocked.map(({ remedy }) => remedy))].join('; ')}.`;
  if (agreed) return teams.length === 0 ? 'Nobody has to agree.' : `${listed(teams.map(({ team }) => team))} agreed.`;
  return `${listed(waiting)} must agree.`;
}

export interface Why {
  readonly readers: readonly Schemas['Affected'][];
  readonly findings: readonly Finding[];
}

/** Why a team is asked: the readers it answers for, or that it owns what the finding is about. */
export function whyAsked(ids: readonly string[], team: string, findings: readonly Finding[]): Why {
  const theirs = findings.filter(({ id }) => ids.includes(id));
  const readers = new Map(theirs.flatMap(({ affected }) => affected.filter(({ owner }) => owner === team).map((one) => [`${one.kind} ${one.namespace} ${one.name}`, one] as const)));
  return { readers: [...readers.values()], findings: theirs };
}

export function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** `registry://main/orders-value` as namespace and name; null where it is no such thing. */
export function subjectOf(text: string): { readonly namespace: string; readonly name: string } | null {
  const [, namespace, name] = /^(\w[\w+.-]*:\/\/[^/]+)\/(.+)$/.exec(text.trim()) ?? [];
  return namespace === undefined || name === undefined ? null : { namespace, name };
}
