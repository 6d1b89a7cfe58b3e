import { expect, test } from 'vitest';
import type { Schemas } from '../../../web/shared/api.ts';
import { headline, nextSteps } from '../../../web/gate/outcomes.ts';

const finding = (message: string, owner: string | null, more: Partial<Schemas['Finding']> = {}) => ({ id: message, rule: 'output-breaks-reader', severity: 'error', approvable: true, message, affected: [{ owner }], ...more }) as unknown as Schemas['Finding'];

test('what somebody agreed to is neither the reason of a denial nor asked for again', () => {
  const findings = [finding('job `a` breaks', 'red', { approved: true }), finding('job `b` breaks', 'blue')];
  expect(headline({ outcome: 'deny', findings })).toBe('Denied: job b breaks.');
  expect(nextSteps(findings)).toEqual(['Change the job, or ask blue to approve what reaches them.']);
});

test('warnings stand in nobody’s way', () => {
  expect(nextSteps([finding('job `a` warns', 'red', { severity: 'warning' })])).toEqual([]);
});
