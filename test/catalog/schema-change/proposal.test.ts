import { describe, expect, test } from 'vitest';
import { judgedState, PROPOSAL_STATES, type ProposalEventKind, type ProposalState, stateAfter, stateAt } from '../../../server/catalog/schema-change/proposal.ts';

/** Every state by every event; '-' is refused. */
const EVENTS: readonly ProposalEventKind[] = ['proposed', 'agreed', 'approved', 'reopened', 'rejected', 'withdrawn', 'superseded', 'commented', 'registered'];
const TABLE: Readonly<Record<ProposalState, readonly (ProposalState | '-')[]>> = {
  //          proposed agreed      approved    reopened    rejected    withdrawn    superseded    commented   registered
  proposed:   ['-', 'proposed', 'approved', '-', 'rejected', 'withdrawn', 'superseded', 'proposed', 'registered'],
  approved:   ['-', '-', '-', 'proposed', 'rejected', 'withdrawn', 'superseded', 'approved', 'registered'],
  rejected:   ['-', '-', '-', '-', '-', '-', '-', '-', 'registered'],
  withdrawn:  ['-', '-', '-', '-', '-', '-', '-', '-', 'registered'],
  superseded: ['-', '-', '-', '-', '-', '-', '-', '-', 'registered'],
  expired:    ['-', '-', '-', '-', '-', '-', '-', '-', '-'],
  registered: ['-', '-', '-', '-', '-', '-', '-', '-', '-'],
};

describe('every event in every state', () => {
  test.each(PROPOSAL_STATES.flatMap((state) => EVENTS.map((event, i) => [state, event, TABLE[state][i]] as const)))('%s, %s: %s', (state, event, after) => {
    expect(stateAfter(state, event) ?? '-').toBe(after);
  });
});

test.each<[ProposalState, number, ProposalState]>([
  ['proposed', 9, 'proposed'], ['proposed', 10, 'expired'], ['approved', 11, 'expired'],
  ['rejected', 11, 'rejected'], ['withdrawn', 11, 'withdrawn'], ['superseded', 11, 'superseded'], ['registered', 11, 'registered'],
])('%s with its end at 10 is at %d %s', (state, now, expected) => {
  expect(stateAt({ state, expiresAt: 10 }, now)).toBe(expected);
});

test.each<[ProposalState, boolean, ProposalState, boolean]>([
  ['proposed', false, 'proposed', false], ['proposed', true, 'approved', false],
  ['approved', true, 'approved', false], ['approved', false, 'proposed', true],
  ['rejected', true, 'rejected', false], ['expired', true, 'expired', false], ['registered', false, 'registered', false],
])('%s, with everything agreed %s, is %s and stale %s', (state, agreed, expected, stale) => {
  expect(judgedState(state, agreed)).toEqual({ state: expected, stale });
});
