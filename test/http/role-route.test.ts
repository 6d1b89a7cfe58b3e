import { afterAll, beforeAll, expect, test } from 'vitest';
import { isGranted, type Role, ROLES, type Scope, SCOPES } from '../../server/catalog/identity.ts';
import { specification } from '../../server/catalog-service.ts';
import { openTestCatalog, type TestCatalog, type TestPerson } from './catalog.ts';

interface Operation {
  readonly operationId: string;
  readonly 'x-scope': Scope;
  readonly security?: readonly unknown[];
  readonly responses: Readonly<Record<string, unknown>>;
}
const api = specification() as { readonly paths: Record<string, Record<string, Operation>>; readonly security: unknown; readonly components: { readonly schemas: Record<string, { readonly enum: readonly string[] }> } };
const operations = Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase() as 'GET', ...operation })));
const guarded = operations.filter((operation) => operation['x-scope'] !== 'public');
const granted = SCOPES.filter(isGranted);

let catalog: TestCatalog;
beforeAll(async () => {
  const people: Record<string, TestPerson> = { nobody: { roles: [] } };
  for (const role of Object.keys(ROLES) as Role[]) people[role] = { roles: [role] };
  for (const [i, scope] of granted.entries()) {
    people[`only-${i}`] = { roles: [], scopes: [scope] };
    people[`without-${i}`] = { roles: [], scopes: granted.filter((other) => other !== scope) };
  }
  catalog = await openTestCatalog(undefined, { people });
});
afterAll(() => catalog.stop());

async function ask({ path, method }: { readonly path: string; readonly method: 'GET' }, caller: string | null): Promise<{ status: number; slug: string; challenge: unknown }> {
  const url = path.replace('{kind}', 'dataset').replaceAll(/{\w+}/g, 'x');
  const response = await catalog.app.inject({ method, url, headers: { ...(caller === null ? {} : { authorization: `Bearer ${caller}` }), ...(method === 'GET' || method === ('DELETE' as string) ? {} : { 'content-type': 'application/json' }) }, ...(method === 'GET' || method === ('DELETE' as string) ? {} : { payload: '{}' }) });
  const isProblem = String(response.headers['content-type']).startsWith('application/problem+json');
  return { status: response.statusCode, slug: isProblem ? String((response.json() as { type: string }).type).replace('urn:sluice:problem:', '') : '', challenge: response.headers['www-authenticate'] };
}

test.each(guarded)('$method $path lets through whoever has its scope, and nobody else', async (operation) => {
  const scope = operation['x-scope'];
  expect(await ask(operation, null)).toMatchObject({ status: 401, slug: 'unauthenticated', challenge: 'Bearer realm="sluice"' });
  expect(await ask(operation, 'stranger')).toMatchObject({ status: 401, slug: 'token-invalid', challenge: expect.stringContaining('error="invalid_token"') as unknown });
  if (scope === 'identified') return expect([401, 403]).not.toContain((await ask(operation, 'nobody')).status);
  const i = granted.indexOf(scope);
  expect(await ask(operation, `without-${i}`)).toMatchObject({ status: 403, slug: 'scope-missing', challenge: `Bearer realm="sluice", error="insufficient_scope", scope="${scope}"` });
  expect(['scope-missing', 'unauthenticated']).not.toContain((await ask(operation, `only-${i}`)).slug);
});

test.each(Object.entries(ROLES) as [Role, readonly Scope[]][])('%s may ask for what its scopes are for, and nothing more', async (role, scopes) => {
  const expected = guarded.filter((operation) => operation['x-scope'] === 'identified' || scopes.includes(operation['x-scope'])).map(({ operationId }) => operationId);
  const let_through: string[] = [];
  for (const operation of guarded) if ((await ask(operation, role)).slug !== 'scope-missing') let_through.push(operation.operationId);
  expect(let_through).toEqual(expected);
});

test('HEAD is guarded as GET is', async () => {
  expect((await catalog.app.inject({ method: 'HEAD', url: '/v1/policy' })).statusCode).toBe(401);
});

test('what is open to everybody is this and nothing else', async () => {
  expect(operations.filter((operation) => operation['x-scope'] === 'public').map(({ operationId }) => operationId)).toEqual(['getPermitKeys', 'getHealth', 'getReadiness']);
  for (const url of ['/', '/docs/', '/openapi.json', '/healthz', '/readyz', '/.well-known/jwks.json']) expect((await catalog.get(url)).status, url).toBe(200);
});

test('every operation describes the refusals it may meet, and the public ones that they need no credential', () => {
  expect(api.security).toEqual([{ bearer: [] }]);
  for (const { operationId, security, responses, ...operation } of operations) {
    if (operation['x-scope'] === 'public') expect(security, operationId).toEqual([]);
    else expect([security, ['401', '403', '503'].filter((status) => !(status in responses))], operationId).toEqual([undefined, []]);
  }
});

test('the description has the roles and scopes of the code', () => {
  expect(api.components.schemas['Role']?.enum).toEqual(Object.keys(ROLES));
  expect(api.components.schemas['Scope']?.enum).toEqual(granted);
});
