import type { EntityKind, EntityRef } from '../catalog/names.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import type { Store } from '../store/store.ts';

/** Steps remembered; the oldest makes room. */
const STEPS = 100;
/** Revisions before the first question that are looked up in the store, once. */
const LOOK_BACK = 20;
/** Entities remembered of a step; its count tells of all. */
const KEPT_ENTITIES = 200;
/** Entities of a step that are named in an answer: what can be read at a glance. */
const NAMED_ENTITIES = 12;
/** What people ask about first comes first; fields are told by their datasets. */
const ORDER: readonly EntityKind[] = ['dataset', 'job', 'consumer', 'subject', 'processor', 'pipeline', 'team', 'field'];

interface Step {
  readonly after: number;
  readonly revision: number;
  /** Of the newest of them, ms. */
  readonly committedAt: number;
  /** null: more changed than is kept track of. */
  readonly ids: readonly number[] | null;
  readonly changed: number | null;
}

/** What the newest revisions said something new about: what this process saw, and before its first question one look back. */
export class RecentChanges {
  readonly #store: Pick<Store, 'delta' | 'names'>;
  readonly #index: LineageIndex;
  readonly #steps: Step[] = [];
  #lookedBack: Promise<Step | null> | null = null;

  constructor(store: Pick<Store, 'delta' | 'names'>, index: LineageIndex) {
    this.#store = store;
    this.#index = index;
    index.onChange((ids, after) => {
      const { revision, committedAt } = index.revision;
      this.#steps.unshift({ after, revision, committedAt, ids: ids === 'everything' ? null : ids.slice(0, KEPT_ENTITIES), changed: ids === 'everything' ? null : ids.length });
      this.#steps.splice(STEPS);
    });
  }

  /** Newest first. The index is to be caught up before. */
  async steps(limit: number): Promise<readonly object[]> {
    this.#lookedBack ??= this.#lookBack().catch((failure: unknown) => {
      this.#lookedBack = null;
      throw failure;
    });
    const earlier = await this.#lookedBack;
    // What came while the store was looked into may be told by both.
    const newer = this.#steps.filter(({ revision }) => revision > (earlier?.revision ?? 0));
    const steps = earlier === null || newer.length === STEPS ? newer : [...newer, earlier];
    return Promise.all(steps.slice(0, limit).map((step) => this.#document(step)));
  }

  async #lookBack(): Promise<Step | null> {
    // A delta of the store goes up to now: it is asked for only while nothing newer is remembered.
    const { revision, committedAt } = this.#index.revision;
    const after = Math.max(0, revision - LOOK_BACK);
    if (this.#steps.length > 0 || revision === after) return null;
    const delta = await this.#store.delta(after);
    if (delta === 'too-many') return { after, revision, committedAt, ids: null, changed: null };
    return { after, revision: delta.revision, committedAt, ids: delta.changed.slice(0, KEPT_ENTITIES), changed: delta.changed.length };
  }

  async #document({ after, revision, committedAt, ids, changed }: Step): Promise<object> {
    const refs = ids === null ? [] : (await this.#store.names(ids)).filter((ref): ref is EntityRef => ref !== null);
    const sorted = refs.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
    return { after, revision, committedAt: new Date(committedAt).toISOString(), changed, entities: sorted.slice(0, NAMED_ENTITIES) };
  }
}
