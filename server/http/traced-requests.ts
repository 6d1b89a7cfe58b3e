import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { NO_SPAN, type OpenSpan, type Tracing } from '../tracing/tracing.ts';

/** Methods that are told by name; what else a client may call a method is no name of ours. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

/**
 * A server span for every request, by OpenTelemetry's conventions for HTTP: it continues the trace its caller began, and all
 * that happens while the request is answered is part of it. Queries and bodies are not told.
 */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, OpenSpan>();
  app.addHook('onRequest', (request, reply, done) => {
    const span = tracing.open(nameOf(request), { kind: 'server', parent: headersOf(request), facts: factsOf(request) });
    spans.set(request, span);
    // A client that goes away leaves a request without an answer.
    reply.raw.once('close', () => finish(span, request, reply));
    span.within(done);
  });
  // A body arrives in turns that are the socket's, and belong to no request.
  app.addHook('preValidation', (request, _, done) => (spans.get(request) ?? NO_SPAN).within(done));
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    if (span !== undefined) finish(span, request, reply);
    done();
  });
}

function finish(span: OpenSpan, { problem }: FastifyRequest, reply: FastifyReply): void {
  const isAnswered = reply.raw.writableFinished;
  if (isAnswered) span.note({ 'http.response.status_code': reply.statusCode });
  if (problem !== null) span.note({ 'sluice.problem': problem });
  if (isAnswered) span.end(reply.statusCode >= 500 ? (problem ?? String(reply.statusCode)) : null);
  else span.end('client-gone');
}

function nameOf(request: FastifyRequest): string {
  const method = METHODS.includes(request.method) ? request.method : 'HTTP';
  return request.routeOptions.url === undefined ? method : `${method} ${routeOf(request.routeOptions.url)}`;
}

/** A route as `openapi.yaml` writes it. */
function routeOf(url: string): string {
  return url.replaceAll(/:([A-Za-z]+)/g, '{$1}');
}

function factsOf(request: FastifyRequest): Record<string, string | number> {
  const { method, protocol, routeOptions: { url: route }, url } = request;
  return {
    'http.request.method': METHODS.includes(method) ? method : '_OTHER',
    'url.path': url.split('?')[0] ?? url,
    'url.scheme': protocol,
    ...(route === undefined ? {} : { 'http.route': routeOf(route) }),
  };
}

function headersOf({ headers: { traceparent, tracestate } }: FastifyRequest): { traceparent: string | undefined; tracestate: string | undefined } {
  return { traceparent: String(traceparent ?? ''), tracestate: tracestate === undefined ? undefined : String(tracestate) };
}
