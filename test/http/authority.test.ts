import { afterAll, beforeAll, expect, test } from 'vitest';
import pino from 'pino';
import type { FastifyInstance } from 'fastify';
import { type Identity, ROLES, type Role, scopesOf } from '../../server/catalog/identity.ts';
import { specification } from '../../server/catalog-service.ts';
import { buildApp } from '../../server/http/app.ts';
import type { Handlers } from '../../server/http/handlers/handlers.ts';
import { Problem } from '../../server/problem.ts';

/** An app whose every operation answers with who asked; a bearer names its roles. */
let app: FastifyInstance;
beforeAll(async () => {
  const handlers = new Proxy({}, { get: () => (request: { identity: Identity }) => ({ by: request.identity.id }), has: () => true }) as Handlers;
  const authenticate = (authorization: string | undefined): Promise<Identity> => {
    if (authorization === undefined) return Promise.reject(new Problem('unauthenticated', 'send a bearer token'));
    const roles = authorization.replace('Bearer ', '').split(',') as Role[];
    return Promise.resolve({ id: 'someone', name: 'Someone', kind: 'person', teams: [], scopes: scopesOf(roles) });
  };
  app = await buildApp({ handlers, specification: specification(), portal: { folder: '', notice: null }, log: pino({ level: 'silent' }), authenticate });
});
afterAll(() => app.close());

const get = async (url: string, roles?: string) => app.inject({ method: 'GET', url, headers: roles === undefined ? {} : { authorization: `Bearer ${roles}` } });

test('asks who sends a request, and answers 401 where nobody can tell', async () => {
  const refused = await get('/v1/policy');
  expect([refused.statusCode, refused.headers['www-authenticate'], refused.json().type]).toEqual([401, 'Bearer realm="sluice"', 'urn:sluice:problem:unauthenticated']);
  expect((await get('/v1/policy', 'viewer')).json()).toEqual({ by: 'someone' });
});

test('refuses who lacks the scope of a route, and names it', async () => {
  const refused = await get('/v1/gate/decisions', 'viewer');
  expect([refused.statusCode, refused.json()]).toMatchObject([403, { type: 'urn:sluice:problem:scope-missing', scope: 'audit:read' }]);
  expect((await get('/v1/gate/decisions', 'auditor')).statusCode).toBe(200);
});

test('asks nobody for public routes, pages and addresses that are not there', async () => {
  expect([(await get('/healthz')).statusCode, (await get('/')).statusCode, (await get('/nowhere')).statusCode]).toEqual([200, 200, 404]);
});

test('no role but its own breaks glass, and none both proposes and approves', () => {
  const withScope = (scope: string) => Object.entries(ROLES).filter(([, scopes]) => (scopes as readonly string[]).includes(scope)).map(([role]) => role);
  expect(withScope('gate:break-glass')).toEqual(['break-glass']);
  expect(withScope('schema:propose').filter((role) => withScope('schema:approve').includes(role))).toEqual([]);
});
