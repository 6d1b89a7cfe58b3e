import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PolicyBook, PolicyChange } from '../../actions/policy-book.ts';
import type { Policy } from '../../catalog/gate/policy.ts';
import { RULES } from '../../catalog/gate/rules.ts';
import { type QueryParts, trueAt } from '../../queries/view.ts';
import type { Store } from '../../store/store.ts';
import { type Readiness, readinessAnswer } from '../../status/readiness.ts';

export interface OperationParts extends QueryParts {
  readonly store: Store;
  readonly policies: PolicyBook;
  readonly readiness: Readiness;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
}

/** Policy, revision, health. */
export function operationHandlers({ store, index, policies, readiness, metrics }: OperationParts) {
  return {
    async getPolicy(): Promise<object> {
      return policyDocument(await policies.current());
    },

    async putPolicy(request: FastifyRequest): Promise<object> {
      return policyDocument(await policies.change(request.body as PolicyChange, request.identity));
    },

    async getRevision(): Promise<object> {
      await index.catchUp();
      const { entities, edges } = await store.statistics();
      return { ...trueAt(index), entities, edges };
    },

    getHealth(): object {
      return { status: 'alive' };
    },

    async getReadiness(_: FastifyRequest, reply: FastifyReply): Promise<object> {
      const { status, body } = readinessAnswer(await readiness());
      reply.code(status);
      return body;
    },

    async getMetrics(_: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics());
    },
  };
}

function policyDocument({ revision, exceptions }: Policy): object {
  const rules = Object.entries(RULES).map(([rule, { severity, approvable, title }]) => ({ rule, severity, approvable, title }));
  return { revision, rules, exceptions };
}
