import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Bypass, type BypassBook, bypassOf } from '../../actions/bypass-book.ts';
import type { LedgerFollower } from '../../actions/ledger-follower.ts';
import type { PermitBook } from '../../actions/permit-book.ts';
import type { Named } from '../../catalog/names.ts';
import type { Permit } from '../../catalog/permit/permit.ts';
import { Problem } from '../../problem.ts';
import type { Store } from '../../store/store.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';

export interface PermitHandlerParts {
  readonly store: Store;
  readonly follower: LedgerFollower;
  readonly permits: PermitBook;
  readonly bypasses: BypassBook;
  /** The public keys of permits; null: nothing signs. */
  readonly publishedKeys: (() => Promise<readonly object[]>) | null;
  readonly clock: () => number;
}

/** What may start, what started without, and the keys to check permits with. */
export function permitHandlers({ store, follower, permits, publishedKeys, clock }: PermitHandlerParts) {
  return {
    async listPermits(): Promise<object> {
      await follower.catchUp();
      return { permits: permits.open(clock()).toReversed().map(permitDocument) };
    },

    async listBypasses(request: FastifyRequest): Promise<object> {
      const { job, limit, cursor } = request.query as { job?: string; limit: number; cursor?: string };
      const place = decodeCursor(cursor, { before: 'number' });
      const { entries, total } = await store.ledger({ kind: 'bypass', limit, ...(job === undefined ? {} : { job }), ...place });
      const last = entries.at(-1);
      return { bypasses: entries.map((entry) => bypassDocument(bypassOf(entry))), total, nextCursor: last !== undefined && entries.length === limit && last.sequence > 1 ? encodeCursor({ before: last.sequence }) : null };
    },

    async getPermitKeys(_: FastifyRequest, reply: FastifyReply): Promise<object> {
      try {
        // No cache keeps them longer than a rotation may wait.
        void reply.header('cache-control', 'public, max-age=30');
        return { keys: (await publishedKeys?.()) ?? [] };
      } catch (cause) {
        throw new Problem('permit-unavailable', 'the keys that sign permits cannot be read', {}, { cause });
      }
    },
  };
}

/** What is to be told of a job beside what it reads and writes. */
export async function permitsOfJob(job: Named, { follower, permits, bypasses }: Pick<PermitHandlerParts, 'follower' | 'permits' | 'bypasses'>): Promise<object> {
  await follower.catchUp();
  return { permits: permits.openOf(job).map(permitDocument), bypasses: bypasses.of(job).map(bypassDocument) };
}

function permitDocument({ at, expiresAt, evidence: _, job: { namespace, name }, ...permit }: Permit): object {
  return { ...permit, job: { namespace, name }, givenAt: new Date(at).toISOString(), expiresAt: new Date(expiresAt).toISOString() };
}

function bypassDocument({ at, start: { evidence, id, time }, job: { namespace, name }, ...bypass }: Bypass): object {
  return { ...bypass, job: { namespace, name }, start: { evidence, id, at: new Date(time).toISOString() }, recordedAt: new Date(at).toISOString() };
}
