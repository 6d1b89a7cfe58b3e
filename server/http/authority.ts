import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Identity, isScope, type Scope } from '../catalog/identity.ts';
import { Problem } from '../problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; of a public route nobody is asked for, and it is the local user without scopes. */
    identity: Identity;
  }
}

/** Tells who sends a request with this `authorization` header. Throws the problems `unauthenticated` and `identity-unavailable`. */
export type Authenticate = (authorization: string | undefined) => Promise<Identity>;

/** Pages for people that are no operation of the API. */
const OPEN_PAGES = ['/', '/docs', '/openapi.json'];
const NOBODY: Identity = { id: 'nobody', name: 'nobody', kind: 'machine', teams: [], scopes: new Set() };

/** Lets a request through to its handler only when its sender has the scope the route names. */
export function requireScopes(app: FastifyInstance, authenticate: Authenticate): void {
  app.decorateRequest('identity');
  app.addHook('onRoute', ({ url, schema }) => refuseWithoutScope(url, schema));
  app.addHook('onRequest', async (request) => {
    request.identity = NOBODY;
    const scope = scopeOf(request.routeOptions.schema);
    // Pages, and addresses that are not there, need none: routes without one are refused at start.
    if (scope === null || scope === 'public') return;
    request.identity = await authenticate(request.headers.authorization);
    if (!request.identity.scopes.has(scope)) throw new Problem('scope-missing', `${request.identity.name} has no scope ${scope}, which ${nameOf(request)} needs`, { scope });
  });
}

function refuseWithoutScope(url: string, schema: unknown): void {
  if (OPEN_PAGES.some((page) => url === page || url.startsWith(`${page}/`))) return;
  if (scopeOf(schema) === null) throw new Error(`route ${url} names no scope: give it an x-scope in openapi.yaml`);
}

function scopeOf(schema: unknown): Scope | null {
  const scope = (schema as { readonly 'x-scope'?: unknown } | undefined)?.['x-scope'];
  return isScope(scope) ? scope : null;
}

function nameOf({ method, routeOptions }: FastifyRequest): string {
  return `${method} ${routeOptions.url ?? ''}`;
}
