import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { exportLines } from '../../queries/ledger-export.ts';
import type { LedgerKind, Store } from '../../store/store.ts';

/** The record itself: its end, and parts of it to take away. */
export function ledgerHandlers({ store }: { readonly store: Store }) {
  return {
    async getLedgerHead(): Promise<object> {
      const { sequence, hash, at } = await store.ledgerHead();
      return { sequence, hash, at: at === 0 ? null : new Date(at).toISOString() };
    },

    async exportLedger(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      const { from, to, kind } = request.query as { from?: string; to?: string; kind?: LedgerKind };
      const time = (text: string | undefined): number | null => (text === undefined ? null : Date.parse(text));
      const lines = exportLines(store, { from: time(from), to: time(to), kind: kind ?? null });
      // A store that cannot answer at all is a problem document; only a failure on the way cuts the answer off.
      const first = await lines.next();
      return reply.type('application/x-ndjson').send(Readable.from(startingWith(first, lines)));
    },
  };
}

async function* startingWith(first: IteratorResult<string>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}
