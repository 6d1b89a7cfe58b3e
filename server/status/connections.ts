import type { FastifyInstance } from 'fastify';

/** How long requests that are open when the server closes may take, ms: longer than any answer, shorter than the deadline of a stop. */
const DRAIN_MS = 10_000;

/**
 * Lets a closing server end: what was begun on open connections is answered, tells its client that the connection ends with it, and none
 * is kept for another. Connections that are still open after DRAIN_MS, e.g. of a client that stopped sending, are cut.
 */
export function endConnectionsOnClose(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    setTimeout(() => app.server.closeAllConnections(), DRAIN_MS).unref();
    done();
  });
  app.addHook('onSend', (_, reply, payload, done) => {
    if (closing) reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('onResponse', (_, __, done) => {
    // The head of this answer may have been sent before the server was closing.
    if (closing) setImmediate(() => app.server.closeIdleConnections());
    done();
  });
}
