import { expect, test } from 'vitest';
import type { Schemas } from '../../../web/shared/api.ts';
import { approvableBy, approvalsOf, endOf } from '../../../web/gate/approving.ts';

const finding = (id: string, approvers: string[], more: Partial<Schemas['Finding']> = {}) => ({ id, severity: 'error', approvable: true, approvers, affected: [], ...more }) as unknown as Schemas['Finding'];
const record = (...findings: Schemas['Finding'][]) => ({ decision: { findings }, by: 'ann', byName: 'Ann', request: { job: { namespace: 'flink://main', name: 'j' } } }) as unknown as Schemas['DecisionRecord'];
const approval = (team: string, findings: string[], context: Partial<Schemas['ContextName']> = {}) => ({ team, findings, context: { kind: 'job', namespace: 'flink://main', name: 'j', ...context } }) as unknown as Schemas['Approval'];
const me = (more: Partial<Schemas['Me']> = {}): Schemas['Me'] => ({ id: 'bob', name: 'Bob', kind: 'person', teams: ['red'], scopes: ['schema:approve'], ...more });
const ids = (...args: Parameters<typeof approvableBy>) => approvableBy(...args).findings.map(({ id }) => id);

test('one agrees to what one’s teams are asked about and did not agree to', () => {
  const all = record(finding('a', ['red']), finding('b', ['blue']), finding('c', ['red', 'blue']), finding('w', ['red'], { severity: 'warning' }), finding('x', ['red'], { approvable: false }), finding('y', ['red'], { approved: true }));
  expect(ids(me(), all, [])).toEqual(['a', 'c']);
  expect(ids(me(), all, [approval('red', ['a']), approval('blue', ['c'])])).toEqual(['c']);
  expect(approvableBy(me(), all, [approval('red', ['a', 'c'])]).why).toBe('red has agreed to its part.');
});

test('says why nothing is one’s to agree to', () => {
  const asked = record(finding('a', ['red']));
  const why = (who: Schemas['Me'], about = asked) => approvableBy(who, about, []).why;
  expect(why(me({ teams: [] }))).toBe('It is for red to say; you are of no team.');
  expect(why(me({ id: 'ann' }))).toBe('Ann asked for the decision; somebody else must agree.');
  expect(why(me({ scopes: [] }))).toMatch(/schema:approve/);
  expect(why(me(), record(finding('a', [])))).toBe('Nobody answers for what it reaches.');
  expect(why(me(), record())).toBe('No finding of it waits for an approval.');
});

test('counts approvals of the job and of subjects, about its findings only', () => {
  const all = [approval('red', ['a']), approval('blue', ['z']), approval('green', ['a'], { name: 'another' }), approval('grey', ['a'], { kind: 'subject', namespace: 'registry://main', name: 's' })];
  expect(approvalsOf(record(finding('a', [])), all).map(({ team }) => team)).toEqual(['red', 'grey']);
});

test('the longest life is not beyond the limit when it arrives', () => {
  expect(Date.parse(endOf(90, 0))).toBeLessThan(90 * 24 * 3_600_000);
});
