import type { FastifyReply, FastifyRequest } from 'fastify';
import { decisionOf, statedOwner } from '../../actions/decision-record.ts';
import type { Gate } from '../../actions/gate.ts';
import type { GateDocument } from '../../actions/gate-request.ts';
import { Problem } from '../../problem.ts';
import type { LedgerEntry, Store } from '../../store/store.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';

/** `POST /v1/gate/decisions` and the record of what was decided. */
export function gateHandlers({ gate, store, onDecision }: { readonly gate: Gate; readonly store: Store; readonly onDecision: (outcome: string, milliseconds: number) => void }) {
  return {
    async createDecision(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      const key = request.headers['idempotency-key'];
      const started = performance.now();
      const { text, outcome } = await gate.decide({ document: request.body as GateDocument, text: request.bodyText, by: request.identity }, typeof key === 'string' ? key : null).catch((failure: unknown) => {
        onDecision('error', performance.now() - started);
        throw failure;
      });
      onDecision(outcome, performance.now() - started);
      return reply.type('application/json; charset=utf-8').send(text);
    },

    async listDecisions(request: FastifyRequest): Promise<object> {
      const { job, team, outcome, limit, cursor } = request.query as { job?: string; team?: string[]; outcome?: string; limit: number; cursor?: string };
      const place = decodeCursor(cursor, { before: 'number' });
      const filter = { kind: 'decision' as const, limit, ...(job === undefined ? {} : { job }), ...(team === undefined ? {} : { owners: team }), ...(outcome === undefined ? {} : { outcome }), ...place };
      const { entries, total } = await store.ledger(filter);
      const last = entries.at(-1);
      return {
        decisions: entries.map(summaryOf),
        total,
        nextCursor: last !== undefined && entries.length === limit && last.sequence > 1 ? encodeCursor({ before: last.sequence }) : null,
      };
    },

    async getDecision(request: FastifyRequest): Promise<object> {
      const { decisionId } = request.params as { decisionId: string };
      const entry = await store.ledgerEntry(decisionId);
      if (entry === null || entry.kind !== 'decision') throw new Problem('decision-not-found', `no decision has the id ${decisionId}`);
      const { sequence, previous, hash } = entry;
      return { ...decisionOf(entry), recordedAt: new Date(entry.at).toISOString(), sequence, previous, hash };
    },
  };
}

function summaryOf(entry: LedgerEntry): object {
  const { decision, request } = decisionOf(entry);
  return {
    decisionId: decision.decisionId,
    job: { namespace: request.job.namespace, name: request.job.name },
    owner: statedOwner(request),
    outcome: decision.outcome,
    recordedAt: new Date(entry.at).toISOString(),
    findings: decision.findings.length,
    revision: decision.revision,
    dryRun: decision.dryRun,
  };
}
