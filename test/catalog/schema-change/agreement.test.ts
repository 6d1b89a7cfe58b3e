import { describe, expect, test } from 'vitest';
import type { Approval } from '../../../server/catalog/gate/approval.ts';
import type { JudgedFinding } from '../../../server/catalog/gate/decide.ts';
import { finding } from '../../../server/catalog/gate/finding.ts';
import type { RuleId } from '../../../server/catalog/gate/rules.ts';
import type { Identity } from '../../../server/catalog/identity.ts';
import { agreementOn, isAgreed, waitingFor } from '../../../server/catalog/schema-change/agreement.ts';
import { actingTeam } from '../../../server/catalog/schema-change/approver.ts';
import { PAYMENTS } from '../gate/worlds.ts';

function found(id: string, owners: readonly (string | null)[], more: Partial<JudgedFinding> = {}, rule: RuleId = 'output-breaks-reader'): JudgedFinding {
  const affected = owners.map((owner, i) => ({ ref: { kind: 'job' as const, namespace: 'flink://main', name: `${owner}-${i}` }, owner, path: [] }));
  return { ...finding(rule, '', { dataset: PAYMENTS, affected }), id, severity: 'error', approvable: true, approvers: [], approvals: [], approved: false, ...more };
}
const given = (team: string | null, ...findings: string[]): Approval => ({ id: `${team}`, context: { kind: 'subject', namespace: '', name: '' }, findings, team, by: 'x', reason: '', at: 0, expiresAt: 1, proposal: 'p' });
const owned = () => 'team-payments';
const unowned = () => null;

describe('asks whoever answers for what errors reach', () => {
  test.each<[string, readonly JudgedFinding[], readonly Approval[], readonly [string, readonly string[]][], number]>([
    ['nobody for nothing', [], [], [], 0],
    ['each owner once, however many findings reach it', [found('1', ['b']), found('2', ['a', 'b'])], [], [['a', ['2']], ['b', ['1', '2']]], 0],
    ['the owner of the dataset where nobody is affected', [found('1', [])], [], [['team-payments', ['1']]], 0],
    ['nobody for a warning', [found('1', ['a'], { severity: 'warning' })], [], [], 0],
    ['those who have not agreed', [found('1', ['a', 'b'])], [given('a', '1')], [['b', ['1']]], 0],
    ['again for a finding that was not there before', [found('1', ['a']), found('2', ['a'])], [given('a', '1')], [['a', ['2']]], 0],
    ['nobody where one reader has no owner: that blocks', [found('1', ['a', null])], [], [], 1],
    ['nobody about what no approval lifts: that blocks', [found('1', [], { approvable: false }, 'subject-compatibility')], [], [], 1],
  ])('%s', (_, findings, approvals, waiting, blocked) => {
    const agreement = agreementOn(findings, approvals, owned);
    expect(agreement.teams.filter((team) => team.waiting.length > 0).map((team) => [team.team, team.waiting])).toEqual(waiting);
    expect(agreement.blocked).toHaveLength(blocked);
    expect([isAgreed(agreement), waitingFor(agreement)]).toEqual([waiting.length + blocked === 0, waiting.map(([team]) => team)]);
  });

  test.each<[JudgedFinding, string]>([
    [found('1', [null]), 'nobody answers for job `null-0`: declare an owner'],
    [found('1', []), 'nobody answers for `payments`: declare an owner'],
    [found('1', [], { approvable: false }, 'subject-compatibility'), 'change the subject’s level'],
    [found('1', [], { approvable: false }, 'owner-missing'), 'change the rule’s severity'],
  ])('and says how to get on where nobody can agree (%#)', (one, remedy) => {
    expect(agreementOn([one], [], unowned).blocked[0]?.remedy).toContain(remedy);
  });
});

describe('who acts for a team', () => {
  const asked = [{ team: 'a', findings: ['1'], waiting: ['1'] }, { team: 'b', findings: ['1'], waiting: [] }, { team: 'c', findings: ['2'], waiting: ['2'] }];
  const who = (id: string, teams: readonly string[], more: Partial<Identity> = {}): Identity => ({ id, name: `name of ${id}`, kind: 'person', teams, scopes: new Set(), ...more });
  const act = (identity: Identity, team: string | null = null, members: ReadonlyMap<string, readonly string[]> = new Map()) => {
    const acting = actingTeam({ who: identity, requester: { id: 'requester', name: 'r', behind: ['maker'] }, asked, members, team });
    return acting.outcome === 'acts' ? acting.team.team : acting.outcome;
  };

  test.each<[string, string, string]>([
    ['the team of the credential', act(who('x', ['a'])), 'a'],
    ['a team that lists the id', act(who('x', []), null, new Map([['c', ['x']]])), 'c'],
    ['a team that lists the name of a person', act(who('x', []), null, new Map([['c', ['name of x']]])), 'c'],
    ['no team that lists the name of a machine', act(who('x', [], { kind: 'machine' }), null, new Map([['c', ['name of x']]])), 'not-asked'],
    ['no team that is not asked', act(who('x', ['z'])), 'not-asked'],
    ['no team of somebody else', act(who('x', ['a']), 'c'), 'not-asked'],
    ['the team that is still waited for, of two', act(who('x', ['a', 'b'])), 'a'],
    ['the team that is named', act(who('x', ['a', 'c']), 'c'), 'c'],
    ['none, before it is said which of two is meant', act(who('x', ['a', 'c'])), 'several'],
    ['none as the requester', act(who('requester', ['a'])), 'is-requester'],
    ['none as who made the requester’s credential', act(who('maker', ['a'])), 'is-requester'],
    ['none with a credential the requester made', act(who('x', ['a'], { behind: ['requester'] })), 'is-requester'],
  ])('%s', (_, acted, expected) => expect(acted).toBe(expected));
});
