import { afterEach, beforeEach, expect, test } from 'vitest';
import pino from 'pino';
import { openCatalogService } from '../../server/catalog-service.ts';
import { tokenVerifier } from '../../server/identity/token-verifier.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { type LedgerEntry, StoreUnavailable } from '../../server/store/store.ts';
import { issuerConfigOf, NOON_S, SmallIssuer } from '../identity/small-issuer.ts';
import { type Answer, control, NOON, openTestCatalog, smallPlatform, type TestCatalog, type TestPerson } from './catalog.ts';

const DAY_MS = 24 * 3_600_000;
const PEOPLE: Record<string, TestPerson> = {
  ann: { roles: ['admin'] },
  vic: { roles: ['viewer'], teams: ['team-payments'] },
};
let now: number;
let catalog: TestCatalog;
beforeEach(async () => {
  now = NOON;
  catalog = await openTestCatalog(undefined, { people: PEOPLE, clock: () => now });
  await catalog.say(...smallPlatform(), control('io.sluice.control.TeamDeclared', { name: 'team-risk', contact: '#risk', members: ['lee', 'vic'] }));
});
afterEach(() => catalog.stop());

const slug = ({ body }: Answer): string => String((body as { type?: string }).type).replace('urn:sluice:problem:', '');
const ledger = async (): Promise<readonly LedgerEntry[]> => (await catalog.store.ledger({ limit: 100 })).entries;
const DEPLOYER = { name: 'ci of checkout', roles: ['deployer'], teams: ['team-checkout'] };

test('tells callers who they are, of which teams, and what they may do', async () => {
  expect((await catalog.as('vic').get('/v1/me')).body).toEqual({ id: 'vic', name: 'vic', kind: 'person', teams: ['team-payments', 'team-risk'], scopes: ['lineage:read'] });
  const local = await openTestCatalog();
  expect((await local.get('/v1/me')).body).toMatchObject({ id: 'local', kind: 'local', scopes: expect.arrayContaining(['policy:admin', 'gate:break-glass']) as unknown });
  await local.stop();
});

test('an API token lets its machine in as what it was made for, and is shown once', async () => {
  const made = await catalog.as('ann').post('/v1/tokens', DEPLOYER);
  expect(made).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' }, body: { secret: expect.stringMatching(/^sluice_[\w-]{43}$/) as unknown, state: 'active', by: 'ann', lastUsedAt: null } });
  const { secret, id } = made.body as { secret: string; id: string };
  expect((await catalog.as(secret).get('/v1/me')).body).toEqual({ id: `token:${id}`, name: 'ci of checkout', kind: 'machine', teams: ['team-checkout'], scopes: ['gate:evaluate', 'lineage:read'] });
  expect(slug(await catalog.as(secret).get('/v1/tokens'))).toBe('scope-missing');
  const { tokens, total } = (await catalog.as('ann').get('/v1/tokens')).body as { tokens: object[]; total: number };
  expect([total, tokens]).toEqual([1, [{ ...(({ secret: _, ...rest }) => rest)(made.body as { secret: string }), lastUsedAt: new Date(NOON).toISOString() }]]);
  expect(JSON.stringify(await ledger())).not.toContain(secret.slice(7));
  expect((await ledger()).map(({ kind, outcome }) => [kind, outcome])).toEqual([['api-token', 'created']]);
});

test('a revoked token is refused at once, in every process', async () => {
  const other = await openCatalogService({ store: catalog.store, aliases: new Map(), clock: () => now, log: pino({ level: 'silent' }), snapshot: null, identity: { issued: null } });
  const { secret, id } = (await catalog.as('ann').post('/v1/tokens', DEPLOYER)).body as { secret: string; id: string };
  const there = async (): Promise<number> => (await other.app.inject({ method: 'GET', url: '/v1/policy', headers: { authorization: `Bearer ${secret}` } })).statusCode;
  expect(await there()).toBe(200);
  expect((await catalog.as('ann').delete(`/v1/tokens/${id}?reason=leaked`)).body).toMatchObject({ state: 'revoked', revokedAt: new Date(NOON).toISOString() });
  expect(await there()).toBe(401);
  expect(slug(await catalog.as(secret).get('/v1/policy'))).toBe('token-revoked');
  const before = await ledger();
  expect((await catalog.as('ann').delete(`/v1/tokens/${id}`)).status).toBe(200);
  expect(await ledger()).toEqual(before);
  expect(JSON.parse(before[0]!.body)).toEqual({ event: 'revoked', tokenId: id, by: 'ann', byName: 'ann', reason: 'leaked' });
  await other.stop();
});

test('a token expires when it was told to', async () => {
  const { secret } = (await catalog.as('ann').post('/v1/tokens', { ...DEPLOYER, expiresInDays: 1 })).body as { secret: string };
  now = NOON + DAY_MS - 1;
  expect((await catalog.as(secret).get('/v1/policy')).status).toBe(200);
  now += 1;
  expect(slug(await catalog.as(secret).get('/v1/policy'))).toBe('token-expired');
});

test.each<[string, object]>([
  ['without a role', { name: 'x', roles: [] }],
  ['with a role nobody knows', { name: 'x', roles: ['king'] }],
  ['for ever', { ...DEPLOYER, expiresInDays: 10_000 }],
  ['without a name', { ...DEPLOYER, name: '' }],
  ['with a secret of its own', { ...DEPLOYER, secret: 'sluice_x' }],
])('makes no token %s, and records nothing', async (_, body) => {
  expect((await catalog.as('ann').post('/v1/tokens', body)).status).toBe(400);
  expect(await ledger()).toEqual([]);
});

test('a token that was never given out, cut or revoked by a wrong id opens nothing', async () => {
  const { secret } = (await catalog.as('ann').post('/v1/tokens', DEPLOYER)).body as { secret: string };
  expect(slug(await catalog.as(`${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`).get('/v1/policy'))).toBe('token-invalid');
  expect(slug(await catalog.as(secret.slice(0, -1)).get('/v1/policy'))).toBe('token-malformed');
  expect(slug(await catalog.as('ann').delete('/v1/tokens/nothing'))).toBe('token-not-found');
});

test('a store that cannot tell whether a token was revoked lets nobody in', async () => {
  let down = false;
  const frail = await openTestCatalog((store) => new Proxy(store, {
    get(target, name) {
      if (name === 'ledgerAfter' && down) return () => Promise.reject(new StoreUnavailable('down', 'it is down'));
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  }), { people: PEOPLE });
  const { secret } = (await frail.as('ann').post('/v1/tokens', DEPLOYER)).body as { secret: string };
  expect((await frail.as(secret).get('/v1/revision')).status).toBe(200);
  down = true;
  expect(await frail.as(secret).get('/v1/revision')).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
  await frail.stop();
});

test('tokens are listed in pages', async () => {
  for (const name of ['a', 'b', 'c']) await catalog.as('ann').post('/v1/tokens', { ...DEPLOYER, name });
  const first = (await catalog.as('ann').get('/v1/tokens?limit=2')).body as { tokens: { name: string }[]; nextCursor: string };
  const second = (await catalog.as('ann').get(`/v1/tokens?limit=2&cursor=${first.nextCursor}`)).body as { tokens: { name: string }[]; nextCursor: null };
  expect([...first.tokens, ...second.tokens].map(({ name }) => name)).toEqual(['c', 'b', 'a']);
  expect(second.nextCursor).toBeNull();
});

test('a person with a token of the issuer is let in, and a wrong one is told what is wrong', async () => {
  const issuer = await SmallIssuer.start();
  const service = await openCatalogService({ store: openSqliteStore({ file: ':memory:' }), aliases: new Map(), clock: () => NOON, log: pino({ level: 'silent' }), snapshot: null, identity: { issued: tokenVerifier(issuerConfigOf(issuer), { clock: () => NOON, log: { warn: () => undefined } }) } });
  const ask = async (token: string) => service.app.inject({ method: 'GET', url: '/v1/me', headers: { authorization: `Bearer ${token}` } });
  expect((await ask(await issuer.token())).json()).toMatchObject({ name: 'ann', kind: 'person', teams: ['staff'], scopes: ['lineage:read'] });
  const expired = await ask(await issuer.token({ exp: NOON_S - 60 }));
  expect([expired.statusCode, expired.headers['www-authenticate']]).toEqual([401, 'Bearer realm="sluice", error="invalid_token", error_description="The token has expired"']);
  await service.stop();
  await issuer.close();
});

test('an issuer that cannot be reached is an outage, no wrong token', async () => {
  const issuer = await SmallIssuer.start();
  const token = await issuer.token();
  const service = await openCatalogService({ store: openSqliteStore({ file: ':memory:' }), aliases: new Map(), clock: () => NOON, log: pino({ level: 'silent' }), snapshot: null, identity: { issued: tokenVerifier(issuerConfigOf(issuer), { clock: () => NOON, log: { warn: () => undefined } }) } });
  await issuer.close();
  const answer = await service.app.inject({ method: 'GET', url: '/v1/me', headers: { authorization: `Bearer ${token}` } });
  expect([answer.statusCode, answer.headers['retry-after'], answer.headers['www-authenticate'], answer.json()]).toMatchObject([503, '5', undefined, { type: 'urn:sluice:problem:identity-unavailable' }]);
  expect(answer.body).not.toContain('127.0.0.1');
  await service.stop();
});

test('the policy names who changed it', async () => {
  await catalog.as('ann').put('/v1/policy', { revision: 0, exceptions: [], reason: 'x' });
  expect(JSON.parse((await ledger())[0]!.body)).toMatchObject({ by: 'ann', byName: 'ann', reason: 'x' });
});

test('metrics are for those who may read them, or for everybody where that is configured', async () => {
  expect((await catalog.get('/metrics')).status).toBe(401);
  expect((await catalog.as('vic').get('/metrics')).status).toBe(403);
  expect((await catalog.as('ann').get('/metrics')).text).toContain('sluice_revision');
  const open = await openCatalogService({ store: catalog.store, aliases: new Map(), clock: () => now, log: pino({ level: 'silent' }), snapshot: null, identity: { issued: null }, publicMetrics: true });
  expect([(await open.app.inject('/metrics')).statusCode, (await open.app.inject('/v1/policy')).statusCode]).toEqual([200, 401]);
  await open.stop();
});

test('without identities the portal says so, and only names of this machine are answered', async () => {
  const local = await openTestCatalog();
  expect((await local.get('/')).text).toContain('No identities are configured');
  expect((await catalog.get('/')).text).not.toContain('No identities are configured');
  const by = async (app: TestCatalog['app'], host: string): Promise<number> => (await app.inject({ method: 'GET', url: '/v1/me', headers: { host } })).statusCode;
  expect(await Promise.all(['localhost:7420', '127.0.0.1:7420', '[::1]:7420', '127.0.0.1'].map((host) => by(local.app, host)))).toEqual([200, 200, 200, 200]);
  expect(await Promise.all(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1:7420'].map((host) => by(local.app, host)))).toEqual([421, 421, 421, 421]);
  expect(await by(catalog.app, 'sluice.example')).toBe(401);
  await local.stop();
});

test('no log line holds a token', async () => {
  const written: string[] = [];
  const service = await openCatalogService({ store: catalog.store, aliases: new Map(), clock: () => now, log: pino({ level: 'trace' }, { write: (line: string) => void written.push(line) }), snapshot: null, identity: { issued: null } });
  const { secret } = (await catalog.as('ann').post('/v1/tokens', DEPLOYER)).body as { secret: string };
  for (const token of [secret, `${secret}x`, 'eyJhbGciOiJub25lIn0.e30.secret']) await service.app.inject({ method: 'GET', url: '/v1/me', headers: { authorization: `Bearer ${token}` } });
  expect(written.length).toBeGreaterThan(2);
  expect(written.join('')).not.toMatch(/sluice_|eyJ|Bearer/);
  await service.stop();
});
