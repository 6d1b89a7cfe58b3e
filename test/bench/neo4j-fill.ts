import { changesFrom } from '../../ingest/changes-from.ts';
import type { GraphChange } from '../../server/catalog/changes.ts';
import type { Store } from '../../server/store/store.ts';
import type { SizeName } from './platform-plan.ts';
import { generatePlatform } from './platform.ts';

/** Changes in a transaction, as `sluice store copy` has them. */
const CHANGES_AT_ONCE = 2_000;
/** Where the store keeps how many batches it has. */
const TOPIC = 'bench.platform';
const SEED = 1;

export interface Filled {
  /** False when time ran out before. */
  readonly whole: boolean;
  /** Of this call. */
  readonly batches: number;
  readonly fillSeconds: number;
}

/** Gives a store the platform it does not have yet, batch by batch, for so many minutes. */
export async function fillStore(store: Pick<Store, 'apply' | 'offsets'>, size: SizeName, minutes: number): Promise<Filled> {
  const started = performance.now();
  const stored = (await store.offsets(TOPIC)).get(0)?.next ?? 0;
  const seconds = (): number => Math.round((performance.now() - started) / 100) / 10;
  let [number, batches] = [0, 0];
  for (const changes of batchesOf(size)) {
    if (seconds() > minutes * 60) return { whole: false, batches, fillSeconds: seconds() };
    const from = number++;
    if (from < stored) continue;
    await store.apply({ changes, committedAt: Date.now(), offset: { topic: TOPIC, partition: 0, from, next: number, generation: 0 } });
    batches++;
  }
  return { whole: true, batches, fillSeconds: seconds() };
}

function* batchesOf(size: SizeName): Generator<readonly GraphChange[]> {
  let changes: GraphChange[] = [];
  for (const { event } of generatePlatform({ size, seed: SEED })) {
    const said = changesFrom(event);
    if (said.outcome === 'refused') throw new Error(said.reason);
    changes.push(...said.changes);
    if (changes.length < CHANGES_AT_ONCE) continue;
    yield changes;
    changes = [];
  }
  if (changes.length > 0) yield changes;
}
