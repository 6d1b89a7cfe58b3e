import { Histogram, type Registry } from 'prom-client';
import type { Store } from '../store/store.ts';
import type { Tracing } from '../tracing/tracing.ts';

/** Seconds; one transaction takes milliseconds in a file, tens of them in Neo4j, and what takes ten seconds is trouble. */
const APPLY_BUCKETS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** What doors need of a store. */
export type WritableStore = Pick<Store, 'apply' | 'offsets' | 'entity' | 'entities'>;

/** The store as doors write to it, each batch timed by its outcome and told in the trace that brought it. */
export function watchedWrites(store: WritableStore, { metrics, tracing }: { readonly metrics: Registry; readonly tracing: Tracing }): WritableStore {
  const times = new Histogram({ name: 'sluice_store_apply_seconds', help: 'Time of a batch of changes in the store, by what became of it', labelNames: ['outcome'], buckets: APPLY_BUCKETS, registers: [metrics] });
  const apply: Store['apply'] = async (batch) => {
    const done = times.startTimer();
    try {
      const applied = await tracing.span('store.apply', async (span) => {
        const outcome = await store.apply(batch);
        span.note({ 'sluice.changes': batch.changes.length, 'sluice.outcome': outcomeOf(outcome), ...(outcome.outcome === 'applied' ? { 'sluice.revision': outcome.revision } : {}) });
        return outcome;
      });
      done({ outcome: outcomeOf(applied) });
      return applied;
    } catch (failure) {
      done({ outcome: 'failed' });
      throw failure;
    }
  };
  return { apply, offsets: (topic) => store.offsets(topic), entity: (ref, asOf) => store.entity(ref, asOf), entities: (kind, page) => store.entities(kind, page) };
}

function outcomeOf(applied: Awaited<ReturnType<Store['apply']>>): 'applied' | 'unchanged' | 'fenced' {
  if (applied.outcome === 'fenced') return 'fenced';
  return applied.changed ? 'applied' : 'unchanged';
}
