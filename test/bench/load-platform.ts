import { changesFrom } from '../../ingest/changes-from.ts';
import type { GraphChange } from '../../server/catalog/changes.ts';
import type { Store } from '../../server/store/store.ts';
import { generatePlatform } from './platform.ts';
import type { SizeName } from './platform-plan.ts';

/** Fills a store with a generated platform, in batches as ingest makes them, without decoding. */
export async function loadPlatform(store: Pick<Store, 'apply'>, size: SizeName): Promise<void> {
  let changes: GraphChange[] = [];
  for (const { event } of generatePlatform({ size, seed: 1 })) {
    const said = changesFrom(event);
    if (said.outcome === 'refused') throw new Error(said.reason);
    changes.push(...said.changes);
    if (changes.length < 2_000) continue;
    await store.apply({ changes, committedAt: Date.now(), offset: null });
    changes = [];
  }
  await store.apply({ changes, committedAt: Date.now(), offset: null });
}
