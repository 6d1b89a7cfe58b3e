import type { Schemas } from '../shared/api.ts';

export const OUTCOMES: Readonly<Record<Schemas['Outcome'], { readonly tone: 'ok' | 'warn' | 'deny'; readonly title: string }>> = {
  allow: { tone: 'ok', title: 'allowed' },
  'allow-with-warnings': { tone: 'warn', title: 'allowed, with warnings' },
  deny: { tone: 'deny', title: 'denied' },
};

/** What a decision says first: the outcome, and the first thing that stands against the job. */
export function headline({ outcome, findings }: Pick<Schemas['Decision'], 'outcome' | 'findings'>): string {
  const first = findings.find((finding) => stands(finding)) ?? findings[0];
  switch (outcome) {
    case 'allow':
      return 'Allowed: nothing stands against it.';
    case 'allow-with-warnings':
      return `Allowed, with ${findings.length === 1 ? 'a warning' : `${findings.length} warnings`}.`;
    case 'deny':
      return `Denied: ${first?.message.replaceAll('`', '') ?? 'see the findings'}.`;
  }
}

/** Whether it keeps the job from starting: an error that approvals in force do not cover. */
function stands({ severity, approved }: Schemas['Finding']): boolean {
  return severity === 'error' && approved !== true;
}

/** What whoever asked can do about a denial, most direct first. */
export function nextSteps(findings: readonly Schemas['Finding'][]): string[] {
  const errors = findings.filter((finding) => stands(finding));
  const asked = [...new Set(errors.filter(({ approvable }) => approvable).flatMap(({ affected }) => affected.flatMap(({ owner }) => owner ?? [])))].sort();
  const nobody = errors.some(({ approvable, affected }) => approvable && affected.some(({ owner }) => owner === null));
  return [
    ...(errors.some(({ approvable }) => !approvable) ? ['Change the job: what is not approvable below cannot be waved through.'] : []),
    ...(asked.length > 0 ? [`Change the job, or ask ${asked.join(', ')} to approve what reaches them.`] : []),
    ...(nobody ? ['Some readers have no owner: declare one, who can then agree.'] : []),
    ...(errors.some(({ rule }) => rule.endsWith('unknown-use')) ? ['Where nobody knows which fields a reader uses, its owner can declare them; then they no longer stand in the way.'] : []),
  ];
}

/** How a job came to run that no permit covers. */
export const BYPASSES: Readonly<Record<Schemas['Bypass']['reason'], string>> = {
  'no-permit': 'no permit',
  'permit-expired': 'permit expired',
  'permit-used': 'permit used before',
  'another-artifact': 'another artifact',
};
