import { expect, test } from 'vitest';
import { type Affected, teamParts } from '../../../web/impact/impact-question.ts';

const entry = (name: string, owner: string | null, effect: Affected['effect'], distance = 1, kind: Affected['kind'] = 'job'): Affected => ({ kind, namespace: 'n', name, owner, effect, distance, certainty: 'known', steps: [] });

test('the teams it breaks come first, and in a team what it breaks; who owns nothing comes by that too', () => {
  const parts = teamParts([entry('a', 'x', 'changes'), entry('b', 'y', 'changes', 2), entry('c', 'y', 'breaks', 3), entry('d', null, 'breaks'), entry('e', 'a', 'possible'), entry('f', 'y', 'changes', 1)]);
  expect(parts.map(({ team, members }) => [team, members.map(({ name }) => name).join('')])).toEqual([['y', 'cfb'], [null, 'd'], ['x', 'a'], ['a', 'e']]);
});

test('fields, and readers that can go on, are left to the list of all', () => {
  expect(teamParts([entry('a', 'x', 'unaffected'), entry('b', 'x', 'changes', 1, 'field')])).toEqual([]);
});
