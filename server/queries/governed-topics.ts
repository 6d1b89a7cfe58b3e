import { datasetKey, type DatasetRef, entityKey, type Named } from '../catalog/names.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import type { Store } from '../store/store.ts';
import { factOf } from './catalog-reader.ts';
import { KeptEntities } from './kept-entities.ts';

/** Datasets read in one go when all are. */
const DATASETS_AT_ONCE = 1_000;

export interface Governed {
  readonly dataset: DatasetRef;
  readonly part: 'value' | 'key';
}

/**
 * Which topics a subject governs: the catalog says it of topics, this turns it round. Filled by one look at all datasets
 * when first asked, then kept by what each revision changed. The lineage index is to be caught up before.
 */
export class GovernedTopics {
  readonly #store: Pick<Store, 'entity'>;
  readonly #kept: KeptEntities;
  readonly #bySubject = new Map<string, Map<string, Governed>>();
  readonly #subjectsOf = new Map<string, readonly string[]>();

  constructor(store: Pick<Store, 'entities' | 'entity' | 'names'>, index: Pick<LineageIndex, 'onChange'>) {
    this.#store = store;
    const clear = (): void => {
      this.#bySubject.clear();
      this.#subjectsOf.clear();
    };
    this.#kept = new KeptEntities({ store, index, kind: 'dataset', atOnce: DATASETS_AT_ONCE, clear, read: (refs) => this.#read(refs) });
  }

  of(subject: Named): Promise<readonly Governed[]> {
    return this.#kept.ask(() => [...(this.#bySubject.get(keyOf(subject))?.values() ?? [])]);
  }

  async #read(datasets: readonly Named[]): Promise<void> {
    for (const { namespace, name } of datasets) {
      const dataset = { namespace, name };
      const record = await this.#store.entity({ kind: 'dataset', ...dataset });
      const key = datasetKey(dataset);
      for (const subject of this.#subjectsOf.get(key) ?? []) for (const part of PARTS) this.#bySubject.get(subject)?.delete(`${part} ${key}`);
      const governs = PARTS.flatMap((part) => {
        const subject = factOf(record, 'governed-by', part)?.subject;
        return subject === undefined ? [] : [{ subject: keyOf(subject), part }];
      });
      this.#subjectsOf.set(key, governs.map(({ subject }) => subject));
      for (const { subject, part } of governs) {
        const topics = this.#bySubject.get(subject) ?? new Map<string, Governed>();
        this.#bySubject.set(subject, topics.set(`${part} ${key}`, { dataset, part }));
      }
    }
  }
}

const PARTS = ['value', 'key'] as const;

function keyOf({ namespace, name }: Named): string {
  return entityKey({ kind: 'subject', namespace, name });
}
