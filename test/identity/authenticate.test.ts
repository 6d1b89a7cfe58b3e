import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestCatalog, type TestCatalog } from '../http/catalog.ts';

const TYPE = 'urn:sluice:problem:';
let local: TestCatalog;
let guarded: TestCatalog;
beforeAll(async () => {
  local = await openTestCatalog();
  guarded = await openTestCatalog(undefined, { people: { ann: { roles: ['viewer'] } } });
});
afterAll(() => Promise.all([local.stop(), guarded.stop()]));

test('without configured identities who asks is the local user, but a credential is never overlooked', async () => {
  expect((await local.get('/v1/policy')).status).toBe(200);
  expect(await local.as('whatever').get('/v1/policy')).toMatchObject({ status: 401, body: { type: `${TYPE}token-issuer-unknown` } });
  expect(await local.as(`sluice_${'a'.repeat(43)}`).get('/v1/policy')).toMatchObject({ status: 401, body: { type: `${TYPE}token-invalid` } });
  expect(await local.as('sluice_cut').get('/v1/policy')).toMatchObject({ status: 401, body: { type: `${TYPE}token-malformed` } });
});

test('with configured identities nobody asks without a credential', async () => {
  expect(await guarded.get('/v1/policy')).toMatchObject({ status: 401, body: { type: `${TYPE}unauthenticated` } });
  expect((await guarded.as('ann').get('/v1/policy')).status).toBe(200);
  expect((await guarded.as('ben').get('/v1/policy')).status).toBe(401);
});

test.each(['Basic YW5uOmFubg==', 'Bearer', 'Bearer ', 'Bearer ann ben', 'ann', 'Bearer ann,ben', ''])('takes %j for no credential', async (authorization) => {
  for (const { app } of [local, guarded]) {
    const { statusCode, headers } = await app.inject({ method: 'GET', url: '/v1/policy', headers: { authorization } });
    expect([statusCode, headers['www-authenticate']]).toEqual([401, 'Bearer realm="sluice"']);
  }
});

test('believes no header but authorization', async () => {
  const headers = { 'x-forwarded-user': 'ann', 'x-remote-user': 'ann', 'x-auth-request-user': 'ann', 'x-forwarded-access-token': 'ann', cookie: 'token=ann' };
  expect((await guarded.app.inject({ method: 'GET', url: '/v1/policy', headers })).statusCode).toBe(401);
});
