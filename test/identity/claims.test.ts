import { expect, test } from 'vitest';
import type { Role } from '../../server/catalog/identity.ts';
import { identityFrom } from '../../server/identity/claims.ts';
import type { ClaimRules } from '../../server/identity/identity-config.ts';

const rules = (more: Partial<ClaimRules> = {}): ClaimRules => ({
  rolesClaim: 'groups', teamsClaim: 'groups', nameClaim: 'sub',
  roles: new Map<string, readonly Role[]>([['platform-admins', ['admin', 'break-glass']], ['engineers', ['proposer', 'approver']]]),
  ...more,
});
const token = (claims: object) => ({ iss: 'https://id', sub: '42', ...claims });
const scopes = (claims: object, more: Partial<ClaimRules> = {}): string[] => [...identityFrom(token(claims), rules(more)).scopes].sort();

test('groups give the roles they are mapped to, and no others: a group called admin is no administrator', () => {
  expect(scopes({ groups: ['engineers'] })).toEqual(['lineage:read', 'ownership:write', 'schema:approve', 'schema:propose']);
  expect(scopes({ groups: ['admin', 'break-glass', '*'] })).toEqual([]);
  expect(scopes({ groups: ['admin'] }, { roles: new Map([['*', ['viewer']]]) })).toEqual(['lineage:read']);
  expect(scopes({})).toEqual([]);
});

test('a token that names scopes of Sluice has these of its scopes, and never one more', () => {
  expect(scopes({ groups: ['engineers'], scope: 'openid lineage:read policy:admin' })).toEqual(['lineage:read']);
  expect(scopes({ groups: ['engineers'], scp: ['schema:propose'] })).toEqual(['schema:propose']);
  expect(scopes({ groups: ['engineers'], scope: 'policy:admin' })).toEqual([]);
  expect(scopes({ scope: 'policy:admin' })).toEqual([]);
  expect(scopes({ groups: ['engineers'], scope: 'public' })).toEqual([]);
  expect(scopes({ groups: ['engineers'], scope: 'openid profile' })).toHaveLength(4);
});

test('claims are found by their whole name or by a path', () => {
  expect(scopes({ realm_access: { roles: ['engineers'] } }, { rolesClaim: 'realm_access.roles' })).toHaveLength(4);
  expect(scopes({ 'https://sluice/roles': 'engineers' }, { rolesClaim: 'https://sluice/roles' })).toHaveLength(4);
  expect(scopes({ 'a.b': ['engineers'], a: { b: ['platform-admins'] } }, { rolesClaim: 'a.b' })).toHaveLength(4);
  expect(scopes({}, { rolesClaim: 'constructor.name' })).toEqual([]);
});

test('teams and name are those of the configured claims; without a name the subject is one', () => {
  const said = token({ groups: ['engineers', 'team-risk', 'team-risk'], preferred_username: 'ann' });
  expect(identityFrom(said, rules({ nameClaim: 'preferred_username' }))).toMatchObject({ id: 'https://id#42', name: 'ann', teams: ['engineers', 'team-risk'], kind: 'person' });
  expect(identityFrom(token({ preferred_username: '' }), rules({ nameClaim: 'preferred_username' })).name).toBe('42');
  expect(identityFrom(said, rules({ teamsClaim: 'teams' })).teams).toEqual([]);
});

test('a client that asked for itself is a machine', () => {
  expect(identityFrom(token({ client_id: '42' }), rules()).kind).toBe('machine');
  expect(identityFrom(token({ client_id: 'portal' }), rules()).kind).toBe('person');
});

test.each([{ groups: [1] }, { groups: { a: 1 } }, { scope: 7 }, { scp: [''] }, { sub: 7 }, { sub: 'x'.repeat(513) }])('refuses claims that do not tell: %j', (claims) => {
  expect(() => identityFrom(token(claims) as never, rules())).toThrow(expect.objectContaining({ slug: 'token-invalid' }));
});
