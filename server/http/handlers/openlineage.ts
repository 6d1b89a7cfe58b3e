import type { FastifyRequest } from 'fastify';
import { lineageChanges } from '../../actions/take-lineage.ts';
import { canonicalChange, type ClusterAliases } from '../../catalog/cluster-aliases.ts';
import { Problem } from '../../problem.ts';
import type { Store } from '../../store/store.ts';

export interface LineageDoorParts {
  readonly store: Pick<Store, 'entity' | 'entities'>;
  readonly apply: Store['apply'];
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
  readonly onLineage: (taken: { readonly applied: number; readonly refused: number }) => void;
}

/** OpenLineage events over HTTP. */
export function openLineageHandlers({ store, apply, aliases, clock, onLineage }: LineageDoorParts) {
  async function take(events: readonly unknown[]): Promise<{ readonly revision: number; readonly failed: readonly { readonly index: number; readonly reason: string; readonly retriable: boolean }[] }> {
    const taken = await lineageChanges(events, { store, aliases });
    const changes = taken.flatMap((event) => (event.outcome === 'changes' ? event.changes.map((change) => canonicalChange(aliases, change)) : []));
    const applied = await apply({ changes, committedAt: clock(), offset: null });
    if (applied.outcome === 'fenced') throw new Error('a batch without an offset was fenced');
    const failed = taken.flatMap((event, index) => (event.outcome === 'refused' ? [{ index, reason: event.reason, retriable: false }] : []));
    onLineage({ applied: events.length - failed.length, refused: failed.length });
    return { revision: applied.revision, failed };
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
