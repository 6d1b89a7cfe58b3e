import { expect, test } from 'vitest';
import { type Identity, isListedIn, LOCAL_USER, mayBeSamePerson } from '../../server/catalog/identity.ts';

const who = (id: string, more: Partial<Identity> = {}): Identity => ({ id, name: id, kind: 'person', teams: [], scopes: new Set(), ...more });

test.each<[string, boolean, Identity, Identity]>([
  ['one identity', true, who('ann'), who('ann', { scopes: new Set(['schema:approve']) })],
  ['a person and the token she made', true, who('ann'), who('token:1', { behind: ['ann'] })],
  ['a person and a token made with a token of hers', true, who('token:2', { behind: ['token:1', 'ann'] }), who('ann')],
  ['a token and the one made with it', true, who('token:1', { behind: ['ann'] }), who('token:2', { behind: ['token:1', 'ann'] })],
  ['two people', false, who('ann'), who('ben')],
  ['two tokens that one administrator made for two others', false, who('token:1', { behind: ['ann'] }), who('token:2', { behind: ['ann'] })],
])('%s: may be the same person is %s', (_, expected, a, b) => {
  expect([mayBeSamePerson(a, b), mayBeSamePerson(b, a)]).toEqual([expected, expected]);
});

test('a list of members names anyone by id, and only people by name', () => {
  expect(isListedIn(['ann'], who('https://id#42', { name: 'ann' }))).toBe(true);
  expect(isListedIn(['https://id#42'], who('https://id#42', { name: 'ann' }))).toBe(true);
  expect(isListedIn(['ann'], who('token:1', { name: 'ann', kind: 'machine' }))).toBe(false);
  expect(isListedIn(['token:1'], who('token:1', { name: 'ann', kind: 'machine' }))).toBe(true);
  expect(isListedIn(['local user'], LOCAL_USER)).toBe(false);
});
