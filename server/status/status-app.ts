import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { endConnectionsOnClose } from './connections.ts';
import { type Readiness, readinessAnswer } from './readiness.ts';

/** What a process that answers no questions tells of itself: `/healthz`, `/readyz`, and `/metrics` unless null. */
export function buildStatusApp({ readiness, metrics, log }: { readonly readiness: Readiness; readonly metrics: Registry | null; readonly log: FastifyBaseLogger }): FastifyInstance {
  const app = fastify({ loggerInstance: log, disableRequestLogging: true, return503OnClosing: false });
  endConnectionsOnClose(app);
  app.get('/healthz', () => ({ status: 'alive' }));
  app.get('/readyz', async (_, reply) => {
    const { status, body } = readinessAnswer(await readiness());
    reply.code(status);
    return body;
  });
  if (metrics !== null) app.get('/metrics', async (_, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics.metrics()));
  return app;
}
