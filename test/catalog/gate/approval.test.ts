import { expect, test } from 'vitest';
import { type Approval, approversOf, isApproved } from '../../../server/catalog/gate/approval.ts';
import type { Affected } from '../../../server/catalog/gate/finding.ts';

const reader = (owner: string | null): Affected => ({ ref: { kind: 'job', namespace: 'flink://main', name: `of-${owner}` }, owner, path: [] });
const approval = (team: string | null, findings: readonly string[]): Approval => ({
  id: `by-${team}`, context: { kind: 'job', namespace: 'flink://main', name: 'mine' }, findings, team, by: 'ann', reason: 'agreed', at: 0, expiresAt: 10, proposal: null,
});

test.each([
  ['the owners of whoever is affected, each once', [reader('b'), reader('a'), reader('b')], 'owner', ['a', 'b']],
  ['the owner of the dataset where nobody in particular is affected', [], 'owner', ['owner']],
  ['nobody where a reader has no owner, whoever owns the others', [reader('a'), reader(null)], 'owner', []],
  ['nobody where the dataset has no owner either', [], null, []],
])('asks %s', (_, affected, owner, teams) => {
  expect(approversOf({ affected }, owner)).toEqual(teams);
});

test.each([
  ['one team of two', ['a', 'b'], [approval('a', ['f'])], false],
  ['both', ['a', 'b'], [approval('a', ['f']), approval('b', ['f', 'g'])], true],
  ['another finding', ['a'], [approval('a', ['g'])], false],
  ['a team that is not asked', ['a'], [approval('c', ['f'])], false],
  ['nobody to ask', [], [approval('a', ['f'])], false],
  ['break-glass', [], [approval(null, ['f'])], true],
])('of %s: covered %#', (_, teams, approvals, covered) => {
  expect(isApproved('f', teams, approvals)).toBe(covered);
});
