import type { FastifyRequest } from 'fastify';
import { lineageChanges } from '../../actions/take-lineage.ts';
import { canonicalChange, type ClusterAliases } from '../../catalog/cluster-aliases.ts';
import { Problem } from '../../problem.ts';
import type { Store } from '../../store/store.ts';

export interface LineageDoorParts {
  readonly store: Pick<Store, 'apply' | 'entity'>;
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
}

/** OpenLineage events over HTTP. */
export function openLineageHandlers({ store, aliases, clock }: LineageDoorParts) {
  async function take(events: readonly unknown[]): Promise<{ readonly revision: number; readonly failed: readonly { readonly index: number; readonly reason: string; readonly retriable: boolean }[] }> {
    const taken = await lineageChanges(events, { store, aliases });
    const changes = taken.flatMap((event) => (event.outcome === 'changes' ? event.changes.map((change) => canonicalChange(aliases, change)) : []));
    const applied = await store.apply({ changes, committedAt: clock(), offset: null });
    if (applied.outcome === 'fenced') throw new Error('a batch without an offset was fenced');
    return { revision: applied.revision, failed: taken.flatMap((event, index) => (event.outcome === 'refused' ? [{ index, reason: event.reason, retriable: false }] : [])) };
  }

  async function takeOne(request: FastifyRequest): Promise<object> {
    const { revision, failed } = await take([request.body]);
    const [refused] = failed;
    if (refused !== undefined) throw new Problem('event-invalid', refused.reason);
    return { revision };
  }

  async function takeBatch(request: FastifyRequest): Promise<object> {
    const events = request.body as readonly unknown[];
    const { failed } = await take(events);
    const counts = { received: events.length, successful: events.length - failed.length, failed: failed.length, retriable: 0, non_retriable: failed.length };
    return { status: failed.length === 0 ? 'success' : 'partial_success', summary: counts, failed_events: failed };
  }

  return { takeLineage: takeOne, takeLineageBatch: takeBatch, takeLineageAsClientsSend: takeOne, takeLineageBatchAsClientsSend: takeBatch };
}
