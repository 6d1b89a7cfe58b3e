import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Nothing but what Sluice itself serves: no inline script or style, no other host, in no frame. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "font-src 'self'", "img-src 'self' data:", "connect-src 'self'", "worker-src 'self'",
  "manifest-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
].join('; ');
const PAGE_HEADERS = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  // A new version brings a new page, which names new files.
  'cache-control': 'no-cache',
};
/** Files whose names change with their content. */
const ASSETS = 'assets';
const ASSET_MAX_AGE = '365d';

/** Addresses that are never pages. */
const NOT_PAGES = ['/v1/', '/api/', '/docs', '/.well-known/', '/assets/'];

export interface PortalPages {
  /** Answers a request for a page: every address of the portal is the same page, which reads the address itself. */
  page(request: FastifyRequest, reply: FastifyReply): FastifyReply | null;
}

export interface PortalParts {
  /** Of the built portal; without one, a page says how to build it. */
  readonly folder: string;
  /** What everybody who opens a page should know; null: nothing. */
  readonly notice: string | null;
}

/** Serves the built portal from its folder. */
export async function servePortal(app: FastifyInstance, { folder, notice }: PortalParts): Promise<PortalPages> {
  const html = notice === null ? pageIn(folder) : pageIn(folder).replace('</head>', `<meta name="sluice-notice" content="${notice}"></head>`);
  const send = (reply: FastifyReply): FastifyReply => reply.headers(PAGE_HEADERS).type('text/html; charset=utf-8').send(html);
  if (existsSync(join(folder, ASSETS))) {
    await app.register(fastifyStatic, { root: join(folder, ASSETS), prefix: `/${ASSETS}/`, wildcard: true, index: false, immutable: true, maxAge: ASSET_MAX_AGE, preCompressed: true, decorateReply: false });
  }
  app.get('/', (_, reply) => send(reply));
  app.get('/icon.svg', (_, reply) => reply.type('image/svg+xml').send(iconIn(folder)));
  return {
    page(request, reply) {
      const isPage = (request.method === 'GET' || request.method === 'HEAD') && request.headers.accept?.includes('text/html') === true && !NOT_PAGES.some((prefix) => request.url.startsWith(prefix));
      return isPage ? send(reply.code(200)) : null;
    },
  };
}

function pageIn(folder: string): string {
  const file = join(folder, 'index.html');
  return existsSync(file) ? readFileSync(file, 'utf8') : NOT_BUILT;
}
function iconIn(folder: string): string {
  const file = join(folder, 'icon.svg');
  return existsSync(file) ? readFileSync(file, 'utf8') : '<svg xmlns="http://www.w3.org/2000/svg"/>';
}

const NOT_BUILT = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sluice</title><meta name="color-scheme" content="light dark"></head>
<body><main><h1>Sluice</h1><p>The portal is not built: run <code>npm run build</code>. Everything it shows is in the API: <a href="/docs">documentation</a>, <a href="/readyz">readiness</a>.</p></main></body></html>
`;
