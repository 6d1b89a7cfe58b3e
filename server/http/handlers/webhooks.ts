import type { FastifyRequest } from 'fastify';
import type { Attempt } from '../../webhooks/delivery-note.ts';
import type { RegisteredWebhook } from '../../webhooks/webhook-book.ts';
import type { AskedWebhook, Webhooks } from '../../webhooks/webhooks.ts';

/** Who is told of what happens, and how telling them went. */
export function webhookHandlers({ webhooks }: { readonly webhooks: Webhooks }) {
  const idOf = (request: FastifyRequest): string => (request.params as { webhookId: string }).webhookId;
  return {
    async listWebhooks(): Promise<object> {
      return { webhooks: (await webhooks.all()).map(documentOf) };
    },

    async registerWebhook(request: FastifyRequest): Promise<object> {
      const { url, description = '', events = [], teams = [] } = request.body as Partial<AskedWebhook> & { url: string };
      const { webhook, secret } = await webhooks.register({ url, description, events, teams }, request.identity);
      return { ...documentOf(webhook), secret };
    },

    async removeWebhook(request: FastifyRequest): Promise<object> {
      await webhooks.remove(idOf(request), request.identity);
      return { removed: idOf(request) };
    },

    async rotateWebhookSecret(request: FastifyRequest): Promise<object> {
      const { webhook, secret } = await webhooks.rotate(idOf(request), request.identity);
      return { ...documentOf(webhook), secret };
    },

    async pingWebhook(request: FastifyRequest): Promise<object> {
      return attemptDocument(await webhooks.ping(idOf(request), request.signal));
    },

    async listDeliveries(request: FastifyRequest): Promise<object> {
      const { limit } = request.query as { limit: number };
      const { sequence, failures, retryAt, givenUp, log } = await webhooks.deliveries(idOf(request));
      return { toldThrough: sequence, failuresInRow: failures, nextAttemptAt: failures === 0 ? null : instant(retryAt), givenUp, attempts: log.slice(-limit).reverse().map(attemptDocument) };
    },
  };
}

/** The address below its host is often a secret, and the signing secret always is: neither is told. */
function documentOf({ id, origin, description, events, teams, registeredAt, secretAt, generation }: RegisteredWebhook): object {
  return { webhookId: id, origin, description, events, teams, registeredAt: instant(registeredAt), secretGeneration: generation, secretMadeAt: instant(secretAt) };
}

function attemptDocument({ at, ...attempt }: Attempt): object {
  return { ...attempt, at: instant(at) };
}

function instant(time: number): string {
  return new Date(time).toISOString();
}
