import { counted, listed, type Notice, type RecordedEntry, short, teamsOf } from './notice.ts';

interface TellableFinding {
  readonly id: string;
  readonly rule: string;
  readonly severity: string;
  readonly message: string;
  readonly approvable: boolean;
  readonly affected: readonly { readonly namespace: string; readonly name: string; readonly owner: string | null }[];
  readonly approvers?: readonly string[];
  readonly approved?: boolean;
}
interface TellableDecision {
  readonly decision: { readonly decisionId: string; readonly dryRun: boolean; readonly revision: number; readonly findings: readonly TellableFinding[] };
  readonly request: { readonly job: { readonly namespace: string; readonly name: string; readonly owner?: string | null } };
}

/** A start that was denied: to whoever deploys, to those whose readers it would have broken, to those who can agree to it. A dry run is told nobody. */
export function noticesOfDenial({ body }: RecordedEntry): readonly Notice[] {
  const { decision, request } = body as TellableDecision;
  if (decision.dryRun) return [];
  const errors = decision.findings.filter(({ severity, approved }) => severity === 'error' && approved !== true);
  const job = `${request.job.namespace}/${request.job.name}`;
  const owner = request.job.owner ?? null;
  const told = (event: Notice['event'], about: readonly TellableFinding[], rest: Pick<Notice, 'teams' | 'text'>): Notice => ({
    event, ...rest, page: `gate/${decision.decisionId}`,
    data: { decisionId: decision.decisionId, job: { namespace: request.job.namespace, name: request.job.name, owner }, revision: decision.revision, findings: about.map(({ id, rule, message }) => ({ id, rule, message: short(message) })) },
  });
  const messages = (findings: readonly TellableFinding[]): string => listed(findings.map(({ message }) => message));
  const breaking = errors.filter(({ affected }) => affected.length > 0);
  const readers = [...new Set(breaking.flatMap(({ affected }) => affected.map(({ namespace, name }) => `${namespace}/${name}`)))];
  const agreeable = errors.every(({ approvable }) => approvable) ? errors : [];
  return [
    told('deploy.denied', errors, { teams: teamsOf([owner]), text: `Denied: job ${job}${owner === null ? '' : ` of ${owner}`} may not start, for ${counted(errors.length, 'error')}.${messages(errors)}` }),
    ...(breaking.length === 0 ? [] : [told('reader.broken', breaking, {
      teams: teamsOf(breaking.flatMap(({ affected }) => affected.map((reader) => reader.owner))),
      text: `Job ${job} was kept from breaking ${counted(readers.length, 'reader')}: ${short(readers.join(', '))}.${messages(breaking)}`,
    })]),
    ...(agreeable.length === 0 ? [] : [told('approval.needed', agreeable, {
      teams: teamsOf(agreeable.flatMap(({ approvers, affected }): readonly (string | null)[] => approvers ?? affected.map((reader) => reader.owner))),
      text: `Job ${job} may start only if those it reaches agree to ${counted(agreeable.length, 'finding')}.${messages(agreeable)}`,
    })]),
  ];
}

/** Another policy for the gate. */
export function noticesOfPolicy({ body }: RecordedEntry): readonly Notice[] {
  const { policy, reason, byName } = body as { readonly policy: { readonly revision: number; readonly exceptions: readonly unknown[] }; readonly reason: string; readonly byName?: string };
  const text = `The policy of the gate was changed${byName === undefined ? '' : ` by ${byName}`}; it is at revision ${policy.revision}, with ${counted(policy.exceptions.length, 'exception')}. Reason: ${short(reason)}`;
  return [{ event: 'policy.changed', teams: null, text, data: { revision: policy.revision, reason }, page: 'platform' }];
}

/** Glass that was broken: told everyone who is told of it at all, whatever teams they asked for. */
export function noticesOfBreakGlass({ body }: RecordedEntry): readonly Notice[] {
  const { approval } = body as { readonly approval: { readonly id: string; readonly team: string | null; readonly context: { readonly kind: string; readonly namespace: string; readonly name: string }; readonly findings: readonly string[]; readonly by: string; readonly byName?: string; readonly reason: string; readonly expiresAt: number } };
  if (approval.team !== null) return [];
  const { id, context, findings, by, byName = by, reason, expiresAt } = approval;
  const until = new Date(expiresAt).toISOString();
  const text = `Break-glass: ${byName} passed ${counted(findings.length, 'finding')} of ${context.kind} ${context.namespace}/${context.name} without their owners, until ${until}. Reason: ${short(reason)}`;
  return [{ event: 'break-glass.used', teams: null, text, data: { approvalId: id, context, findings, by, byName, reason, expiresAt: until }, page: 'gate' }];
}

/** Why no permit covers a start, in words; a reason that is not here is told as it is. */
const BYPASSES: Readonly<Record<string, string>> = {
  'no-permit': 'none was given', 'permit-expired': 'its permit had expired', 'permit-used': 'its permit had let another start happen', 'another-artifact': 'its permit is for another artifact',
};

/** A job that runs without a permit: told everyone, for an entry does not say who owns it. */
export function noticesOfBypass({ id, body }: RecordedEntry): readonly Notice[] {
  const { job, owner = null, reason } = body as { readonly job: { readonly namespace: string; readonly name: string }; readonly owner?: string | null; readonly reason: string };
  const text = `Job ${job.namespace}/${job.name} is running, and no permit covers it: ${BYPASSES[reason] ?? short(reason)}. What it reads and writes counts as deployed.`;
  return [{ event: 'bypass.seen', teams: teamsOf([owner]), text, data: { bypassId: id, job, owner, reason }, page: `jobs/${encodeURIComponent(job.namespace)}/${encodeURIComponent(job.name)}` }];
}
