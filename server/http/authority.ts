import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Identity, isScope, type Scope } from '../catalog/identity.ts';
import { Problem, PROBLEMS } from '../problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; of a public route nobody is asked for, and it is the local user without scopes. */
    identity: Identity;
  }
}

/** Tells who sends a request with this `authorization` header. Throws the problems `unauthenticated` and `identity-unavailable`. */
export type Authenticate = (authorization: string | undefined) => Promise<Identity>;

/** Pages for people that are no operation of the API. */
const OPEN_PAGES = ['/', '/assets', '/icon.svg', '/docs', '/openapi.json'];
const NOBODY: Identity = { id: 'nobody', name: 'nobody', kind: 'machine', teams: [], scopes: new Set() };

/** Names of the machine itself. */
const LOOPBACK_NAME = /^(localhost|([^.]+\.)*localhost|127(\.\d+){3}|\[::1\])$/i;

/**
 * Answers only requests that were sent to a name of this machine. Where no credential is asked for, a page in a browser
 * on it could else ask under a name of its own that it made point here.
 */
export function requireLoopbackNames(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _, done) => {
    if (LOOPBACK_NAME.test(request.hostname)) done();
    else done(new Problem('host-refused', 'no identities are configured: ask by a name of this machine, as in http://127.0.0.1'));
  });
}

/** Lets a request through to its handler only when its sender has the scope the route names. */
export function requireScopes(app: FastifyInstance, { authenticate, publicMetrics }: { readonly authenticate: Authenticate; readonly publicMetrics: boolean }): void {
  app.decorateRequest('identity');
  app.addHook('onRoute', ({ url, schema }) => refuseWithoutScope(url, schema));
  app.addHook('onRequest', async (request) => {
    request.identity = NOBODY;
    const scope = scopeOf(request.routeOptions.schema);
    // Pages, and addresses that are not there, need none: routes without one are refused at start.
    if (scope === null || scope === 'public' || (publicMetrics && scope === 'metrics:read')) return;
    request.identity = await authenticate(request.headers.authorization);
    if (scope !== 'identified' && !request.identity.scopes.has(scope)) throw new Problem('scope-missing', `${request.identity.name} has no scope ${scope}, which ${nameOf(request)} needs`, { scope });
  });
}

/** What `www-authenticate` says of a refusal, RFC 6750; null where the credential is not what is wrong. */
export function challengeOf({ slug, facts }: Problem): string | null {
  const { status, title } = PROBLEMS[slug];
  const scope = facts['scope'];
  if (slug === 'unauthenticated') return 'Bearer realm="sluice"';
  if (slug === 'scope-missing' && isScope(scope)) return `Bearer realm="sluice", error="insufficient_scope", scope="${scope}"`;
  return status === 401 ? `Bearer realm="sluice", error="invalid_token", error_description="${title}"` : null;
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
