import { createHash } from 'node:crypto';
import type { JobKind } from '../catalog/changes.ts';
import { signatureOfFact } from '../catalog/gate/program-signature.ts';
import { entityKey, type EntityRef, type Named } from '../catalog/names.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import type { EntityRecord, Store } from '../store/store.ts';
import { factOf, factsOf, ownerOf } from './catalog-reader.ts';
import { KeptEntities } from './kept-entities.ts';
import { isDeployed, stateOfJob } from './job-state.ts';
import { Turns } from './turns.ts';

/** Names fetched in one go when all jobs are read. */
const JOBS_AT_ONCE = 200;

/** What platform questions ask of a job. */
export interface KnownJob extends Named {
  readonly owner: string | null;
  readonly state: string | null;
  readonly deployed: boolean;
  readonly kind: JobKind | null;
  readonly processor: Named | null;
  readonly pipeline: Named | null;
  /** Hash of what it computes; null where any of that is unknown. */
  readonly work: string | null;
}

/** Every job by what it does and belongs to: read once when first asked, then kept by what each revision changed. A reading ends within a turn when it is `stopping`. */
export class JobWork {
  readonly #store: Pick<Store, 'entity'>;
  readonly #kept: KeptEntities;
  readonly #stopping: AbortSignal;
  readonly #jobs = new Map<string, KnownJob>();
  #sorted: readonly KnownJob[] | null = null;

  constructor(store: Pick<Store, 'entities' | 'entity' | 'names'>, index: Pick<LineageIndex, 'onChange'>, stopping: AbortSignal) {
    this.#store = store;
    this.#stopping = stopping;
    this.#kept = new KeptEntities({ store, index, kind: 'job', atOnce: JOBS_AT_ONCE, clear: () => this.#jobs.clear(), read: (refs) => this.#read(refs) });
  }

  /** All jobs by ascending key. The index is to be caught up before. */
  jobs(): Promise<readonly KnownJob[]> {
    return this.#kept.ask(() => (this.#sorted ??= [...this.#jobs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, job]) => job)));
  }

  async #read(refs: readonly EntityRef[]): Promise<void> {
    this.#sorted = null;
    const turns = new Turns();
    for (const ref of refs) {
      this.#jobs.set(entityKey(ref), knownJob(ref, await this.#store.entity(ref)));
      if (!turns.isOver) continue;
      await turns.next();
      this.#stopping.throwIfAborted();
    }
  }
}

function knownJob({ namespace, name }: Named, record: EntityRecord | null): KnownJob {
  const fact = factOf(record, 'job');
  const work = factsOf(record, 'program').map(({ body }) => signatureOfFact(body)).find((signature) => signature !== null);
  return {
    namespace, name, owner: ownerOf(record), state: stateOfJob(record), deployed: isDeployed(record), kind: fact?.kind ?? null, processor: fact?.processor ?? null, pipeline: fact?.pipeline ?? null,
    work: work === undefined ? null : createHash('sha256').update(work).digest('base64url'),
  };
}
