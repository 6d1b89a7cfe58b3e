import { expect, test } from 'vitest';
import type { Schemas } from '../../../web/shared/api.ts';
import { type Act, mayAct } from '../../../web/changes/acts.ts';

const PROPOSAL = { id: 'p', state: 'proposed', stale: false, requester: { id: 'ann', name: 'Ann' } } as Schemas['Proposal'];
const evaluation = (teams: Record<string, string[]>, blocked: { finding: string; remedy: string }[] = []) =>
  ({ agreement: { agreed: false, blocked, teams: Object.entries(teams).map(([team, waiting]) => ({ team, findings: ['f'], waiting })) } }) as unknown as Schemas['SchemaChangeEvaluation'];
const me = (more: Partial<Schemas['Me']> = {}): Schemas['Me'] => ({ id: 'bob', name: 'Bob', kind: 'person', teams: ['red'], scopes: ['lineage:read', 'schema:approve', 'schema:propose'], ...more });
const may = (act: Act, who = me(), asked = evaluation({ red: ['f'], blue: ['f'] }), proposal = PROPOSAL) => mayAct(act, { proposal, evaluation: asked }, who);

test('a member of a team that is waited for approves for it, and for it alone', () => {
  expect(may('approve')).toEqual({ may: true, teams: ['red'] });
  expect(may('approve', me({ teams: ['blue', 'red', 'green'] }))).toEqual({ may: true, teams: ['red', 'blue'] });
});

test('others are told why not', () => {
  const why = (act: Act, ...rest: [Schemas['Me']?, Schemas['SchemaChangeEvaluation']?, Schemas['Proposal']?]) => {
    const answer = may(act, ...rest);
    return answer.may ? null : answer.why;
  };
  expect(why('approve', me({ teams: ['green'] }))).toBe('It is for red, blue to say; you are of green.');
  expect(why('approve', me({ teams: [] }))).toBe('It is for red, blue to say; you are of no team.');
  expect(why('approve', me({ id: 'ann', teams: ['red'] }))).toBe('You proposed it; somebody else must agree.');
  expect(why('approve', me({ scopes: ['lineage:read'] }))).toBe('It takes the scope schema:approve, which you do not have.');
  expect(why('approve', me(), evaluation({ red: [], blue: ['f'] }))).toBe('red has agreed already.');
  expect(why('approve', me(), evaluation({ red: ['f'] }, [{ finding: 'g', remedy: 'declare an owner' }]))).toMatch(/nobody can agree/);
  expect(why('approve', me(), evaluation({}))).toBe('No team is asked.');
  expect(why('withdraw')).toBe('Only Ann, who proposed it, takes it back.');
  expect(why('register')).toBe('It is not approved yet.');
  expect(why('register', me(), undefined, { ...PROPOSAL, state: 'approved', stale: true })).toMatch(/New findings/);
});

test('who agreed may still reject, and who proposed withdraws', () => {
  expect(may('reject', me(), evaluation({ red: [], blue: ['f'] }))).toEqual({ may: true, teams: ['red'] });
  expect(may('withdraw', me({ id: 'ann' })).may).toBe(true);
  expect(may('register', me(), undefined, { ...PROPOSAL, state: 'approved' }).may).toBe(true);
});

test.each(['approve', 'reject', 'withdraw', 'comment', 'register'] as const)('nothing is done to a change that is over: %s', (act) => {
  for (const state of ['rejected', 'withdrawn', 'expired', 'superseded', 'registered'] as const) expect(may(act, me({ id: 'ann' }), undefined, { ...PROPOSAL, state })).toEqual({ may: false, why: `The change is ${state}.` });
});

test('what cannot be judged is neither approved nor rejected, but talked about', () => {
  expect(mayAct('approve', { proposal: PROPOSAL, evaluation: null }, me()).may).toBe(false);
  expect(mayAct('reject', { proposal: PROPOSAL, evaluation: null }, me()).may).toBe(false);
  expect(mayAct('comment', { proposal: PROPOSAL, evaluation: null }, me()).may).toBe(true);
});
