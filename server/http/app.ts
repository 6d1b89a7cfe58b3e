import { createGunzip } from 'node:zlib';
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import fastify, { type FastifyBaseLogger, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, type RequestPayload } from 'fastify';
import openapiGlue from 'fastify-openapi-glue';
import { IndexUnread } from '../graph/lineage-index.ts';
import { endConnectionsOnClose } from '../status/connections.ts';
import { StoreUnavailable } from '../store/store.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { type Authenticate, challengeOf, requireLoopbackNames, requireScopes } from './authority.ts';
import { type Handlers } from './handlers/handlers.ts';
import { type PortalParts, servePortal } from './portal.ts';
import { traceRequests } from './traced-requests.ts';
import { Problem, problemDocument, PROBLEMS, type ProblemSlug, retryAfterOf } from '../problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** A JSON body as it was sent. */
    bodyText: string;
    /** The problem it was answered with; null: none. */
    problem: ProblemSlug | null;
  }
}

/** Largest request body: a gate request with a few schemas of the largest size a schema may have (1 MiB). */
export const BODY_LIMIT_BYTES = 4 * 1024 * 1024;
/** A client that stops sending in mid-request gives its connection back after this. */
const REQUEST_TIMEOUT_MS = 30_000;

export interface AppParts {
  readonly handlers: Handlers;
  /** The parsed `openapi.yaml`: routes, validation and the documentation page come from it. */
  readonly specification: object;
  readonly log: FastifyBaseLogger;
  readonly authenticate: Authenticate;
  /** Answer nobody but the machine itself: who asks without a credential is let in. */
  readonly onlyLoopback?: boolean;
  /** Show metrics to whoever asks. */
  readonly publicMetrics?: boolean;
  readonly portal: PortalParts;
  readonly onAnswered?: (answered: Answered) => void;
  /** null: requests are not traced. */
  readonly tracing?: Tracing | null;
}
export interface Answered {
  /** As it is registered; 'unknown' where there is none. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly problem: ProblemSlug | null;
  readonly milliseconds: number;
}

/** The HTTP API as `openapi.yaml` describes it. Everything that is not a described answer is a problem document. */
export async function buildApp({ handlers, specification, log, portal, onAnswered, tracing = null, ...access }: AppParts): Promise<FastifyInstance> {
  const app = fastify({ loggerInstance: log, bodyLimit: BODY_LIMIT_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, return503OnClosing: false, routerOptions: { maxParamLength: 4096 } });
  endConnectionsOnClose(app);
  app.decorateRequest('problem', null);
  if (tracing !== null) traceRequests(app, tracing);
  app.removeContentTypeParser(['text/plain', 'application/json']);
  // The text is kept beside the value: the ledger records what was asked as it was sent.
  app.decorateRequest('bodyText', '');
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, text, done) => {
    request.bodyText = text;
    void parseJson(request, text, done);
  });
  app.addHook('preParsing', unpacked);
  app.setValidatorCompiler(validatorFor());
  // Answers are plain values of our own making; their shape is checked against openapi.yaml by tests.
  app.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  app.setErrorHandler(answerProblem);
  const pages = await servePortal(app, portal);
  app.setNotFoundHandler((request, reply) => {
    const page = pages.page(request, reply);
    if (page !== null) return page;
    throw new Problem('route-not-found', `${request.method} ${request.url.split('?')[0]} is not part of this API; see /docs`);
  });
  if (access.onlyLoopback === true) requireLoopbackNames(app);
  requireScopes(app, { authenticate: access.authenticate, publicMetrics: access.publicMetrics === true });
  if (onAnswered) {
    app.addHook('onResponse', (request, reply, done) => {
      onAnswered({ route: request.routeOptions.url ?? 'unknown', method: request.method, status: reply.statusCode, problem: request.problem, milliseconds: reply.elapsedTime });
      done();
    });
  }
  await app.register(fastifySwagger, { mode: 'static', specification: { document: structuredClone(specification) as never } });
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true });
  app.get('/openapi.json', () => specification);
  await app.register(openapiGlue, { specification: structuredClone(specification), serviceHandlers: handlers });
  return app;
}

/** A body sent compressed, unpacked; the limit is on what comes out of it. */
function unpacked(request: FastifyRequest, _: FastifyReply, payload: RequestPayload): Promise<RequestPayload> {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return Promise.resolve(payload);
  if (encoding !== 'gzip') throw new Problem('media-type-unsupported', `a body may be compressed with gzip, not with ${encoding.slice(0, 40)}`);
  // The length that was sent is of what came over the wire.
  delete request.headers['content-length'];
  const plain: RequestPayload = payload.pipe(createGunzip());
  payload.on('error', (failure) => plain.destroy(failure));
  return Promise.resolve(plain);
}

/** Queries and paths arrive as text and are converted; bodies are taken as they are, nothing added or dropped. */
function validatorFor(): Parameters<FastifyInstance['setValidatorCompiler']>[0] {
  const options = { allErrors: false, strict: false, useDefaults: true, removeAdditional: false } as const;
  const forText = ajvFormats.default(new Ajv({ ...options, coerceTypes: 'array' }));
  const forBodies = ajvFormats.default(new Ajv({ ...options, coerceTypes: false }));
  return ({ schema, httpPart }) => (httpPart === 'body' ? forBodies : forText).compile(schema as object);
}

function answerProblem(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error);
  request.problem = problem.slug;
  if (PROBLEMS[problem.slug].status >= 500) request.log.error({ err: error }, problem.message);
  const retryAfter = retryAfterOf(problem.slug);
  if (retryAfter !== null) reply.header('retry-after', retryAfter);
  const challenge = challengeOf(problem);
  if (challenge !== null) reply.header('www-authenticate', challenge);
  const document = problemDocument(problem);
  return reply.code(document.status).type('application/problem+json').send(JSON.stringify(document));
}

function problemOf(error: FastifyError | Error): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreUnavailable) return new Problem('store-unavailable', error.message, { reason: error.reason }, { cause: error });
  if (error instanceof IndexUnread) return new Problem('not-ready', error.message);
  const code = 'code' in error ? error.code : '';
  if ('validation' in error && error.validation !== undefined) return new Problem('request-invalid', error.message);
  if (typeof code === 'string' && code.startsWith('Z_')) return new Problem('request-invalid', 'the body is not what its content-encoding says');
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('body-too-large', `the body is larger than ${BODY_LIMIT_BYTES} bytes`, { limit: BODY_LIMIT_BYTES });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new Problem('media-type-unsupported', 'send the body as application/json');
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new Problem('request-invalid', error.message);
    default:
      return error instanceof SyntaxError && 'statusCode' in error && error.statusCode === 400
        ? new Problem('request-invalid', `the body is not JSON: ${error.message}`)
        : new Problem('internal-error', 'an error of Sluice itself; its log has the cause', {}, { cause: error });
  }
}
