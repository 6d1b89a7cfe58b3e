import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LedgerEntry } from '../../server/store/store.ts';
import { type Answer, control, openTestCatalog, smallPlatform, type TestCatalog, type TestPerson } from './catalog.ts';

const PEOPLE: Record<string, TestPerson> = {
  ann: { roles: ['admin'] },
  pat: { roles: ['approver'], teams: ['team-payments'] },
  chris: { roles: ['approver'], teams: ['team-checkout'] },
  vic: { roles: ['viewer'], teams: ['team-payments'] },
};
let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await openTestCatalog(undefined, { people: PEOPLE });
  await catalog.say(...smallPlatform(), control('io.sluice.control.TeamDeclared', { name: 'team-risk', contact: '#risk', members: ['lee', 'vic'] }));
});
afterEach(() => catalog.stop());

const slug = ({ body }: Answer): string => String((body as { type?: string }).type).replace('urn:sluice:problem:', '');
const ledger = async (): Promise<readonly LedgerEntry[]> => (await catalog.store.ledger({ limit: 100 })).entries;
const OWNER = '/v1/owners/dataset/kafka%3A%2F%2Fmain/payments';
const ownerOf = async (): Promise<unknown> => ((await catalog.as('ann').get('/v1/datasets/kafka%3A%2F%2Fmain/payments')).body as { owner: unknown }).owner;

test('an administrator says who owns what; the catalog knows it at once, and the ledger who said so', async () => {
  const said = await catalog.as('ann').put(OWNER, { owner: 'team-risk', reason: 'reorganised' });
  expect(said).toMatchObject({ status: 200, body: { entity: { kind: 'dataset', name: 'payments' }, owner: 'team-risk', revision: 2 } });
  expect(await ownerOf()).toBe('team-risk');
  const [entry] = await ledger();
  expect([entry?.kind, JSON.parse(entry?.body ?? '')]).toEqual(['administration', { event: 'owner-set', entity: { kind: 'dataset', namespace: 'kafka://main', name: 'payments' }, from: 'team-payments', to: 'team-risk', reason: 'reorganised', by: 'ann', byName: 'ann' }]);
  const facts = (await catalog.store.entity({ kind: 'dataset', namespace: 'kafka://main', name: 'payments' }))?.facts.filter(({ aspect }) => aspect === 'owner');
  expect(facts).toMatchObject([{ evidence: 'declared', body: { team: 'team-risk' } }]);
});

test('what is owned already by that team is no change, and not recorded', async () => {
  expect((await catalog.as('ann').put(OWNER, { owner: 'team-payments', reason: 'x' })).status).toBe(200);
  expect(await ledger()).toEqual([]);
});

test('a member of the owning team hands it on, and then may no longer', async () => {
  expect((await catalog.as('pat').put(OWNER, { owner: 'team-checkout', reason: 'theirs now' })).status).toBe(200);
  expect(await ownerOf()).toBe('team-checkout');
  expect(slug(await catalog.as('pat').put(OWNER, { owner: 'team-payments', reason: 'back' }))).toBe('not-owner');
  expect((await catalog.as('chris').put(OWNER, { owner: 'team-payments', reason: 'back' })).status).toBe(200);
});

test.each<[string, string, string, object, string]>([
  ['somebody of another team', 'chris', OWNER, { owner: 'team-checkout', reason: 'mine' }, 'not-owner'],
  ['a member who may only look', 'vic', OWNER, { owner: 'team-risk', reason: 'x' }, 'scope-missing'],
  ['a member who leaves it to nobody', 'pat', OWNER, { owner: null, reason: 'x' }, 'not-owner'],
  ['a team nobody knows', 'ann', OWNER, { owner: 'team-paymnets', reason: 'x' }, 'team-unknown'],
  ['something nobody heard of', 'ann', '/v1/owners/dataset/kafka%3A%2F%2Fmain/nothing', { owner: 'team-risk', reason: 'x' }, 'entity-not-found'],
  ['something of a kind that has no owner', 'ann', '/v1/owners/field/kafka%3A%2F%2Fmain/payments', { owner: 'team-risk', reason: 'x' }, 'request-invalid'],
  ['no reason', 'ann', OWNER, { owner: 'team-risk' }, 'request-invalid'],
  ['a team without authority', 'pat', '/v1/teams/team-payments', { contact: '#x', members: ['pat'], reason: 'x' }, 'scope-missing'],
])('refuses a change of ownership by %s, and changes nothing', async (_, who, url, body, expected) => {
  const revision = (await catalog.store.revision()).revision;
  expect(slug(await catalog.as(who).put(url, body))).toBe(expected);
  expect([await ledger(), (await catalog.store.revision()).revision, await ownerOf()]).toEqual([[], revision, 'team-payments']);
});

test('an administrator may leave something to nobody', async () => {
  expect((await catalog.as('ann').put(OWNER, { owner: null, reason: 'team is gone' })).body).toMatchObject({ owner: null });
  expect(await ownerOf()).toBeNull();
});

test('an owner declared with a clock that is ahead does not have the last word', async () => {
  await catalog.say(control('io.sluice.control.OwnershipDeclared', { entityKind: 'dataset', entity: { namespace: 'kafka://main', name: 'payments' }, owner: 'team-checkout' }, 60));
  await catalog.as('ann').put(OWNER, { owner: 'team-risk', reason: 'x' });
  expect(await ownerOf()).toBe('team-risk');
});

test('a team has a contact, members, and what it owns', async () => {
  expect((await catalog.as('vic').get('/v1/teams/team-payments')).body).toMatchObject({
    name: 'team-payments', contact: null, members: null, total: 2,
    owns: expect.arrayContaining([{ kind: 'dataset', namespace: 'kafka://main', name: 'payments', doc: 'Every payment' }, { kind: 'job', namespace: 'flink://main', name: 'payments-cdc', doc: null }]) as unknown,
  });
  expect(slug(await catalog.as('vic').get('/v1/teams/team-nothing'))).toBe('entity-not-found');
  expect(slug(await catalog.as('vic').get('/v1/teams/team-payments?cursor=x'))).toBe('request-invalid');
});

test('a declared team is known, and its members are of it', async () => {
  expect((await catalog.as('chris').get('/v1/me')).body).toMatchObject({ teams: ['team-checkout'] });
  expect((await catalog.as('ann').put('/v1/teams/team-new', { contact: '#new', members: ['chris', 'chris'], reason: 'new team' })).body).toMatchObject({ name: 'team-new', members: ['chris'] });
  expect((await catalog.as('chris').get('/v1/me')).body).toMatchObject({ teams: ['team-checkout', 'team-new'] });
  expect((await catalog.as('vic').get('/v1/teams/team-new')).body).toMatchObject({ contact: '#new', members: ['chris'], owns: [], total: 0 });
  await catalog.as('ann').put(OWNER, { owner: 'team-new', reason: 'x' });
  expect((await catalog.as('chris').put(OWNER, { owner: 'team-payments', reason: 'x' })).status).toBe(200);
  expect((await ledger()).map(({ outcome }) => outcome)).toEqual(['owner-set', 'owner-set', 'team-set']);
});
