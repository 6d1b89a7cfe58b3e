import { datasetKey, type DatasetRef, entityKey, type EntityRef, type Named } from '../catalog/names.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import type { Store } from '../store/store.ts';
import { factOf } from './catalog-reader.ts';

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
  readonly #store: Pick<Store, 'entities' | 'entity' | 'names'>;
  readonly #bySubject = new Map<string, Map<string, Governed>>();
  readonly #subjectsOf = new Map<string, readonly string[]>();
  #changed: number[] | 'everything' = 'everything';
  #looking: Promise<void> = Promise.resolve();

  constructor(store: Pick<Store, 'entities' | 'entity' | 'names'>, index: Pick<LineageIndex, 'onChange'>) {
    this.#store = store;
    index.onChange((ids) => {
      if (ids === 'everything' || this.#changed === 'everything') this.#changed = 'everything';
      else for (const id of ids) this.#changed.push(id);
    });
  }

  async of(subject: Named): Promise<readonly Governed[]> {
    // One look after the other: each takes what changed until then.
    this.#looking = this.#looking.catch(() => undefined).then(() => this.#look());
    await this.#looking;
    return [...(this.#bySubject.get(keyOf(subject))?.values() ?? [])];
  }

  async #look(): Promise<void> {
    const changed = this.#changed;
    this.#changed = [];
    try {
      if (changed === 'everything') await this.#readAll();
      else if (changed.length > 0) await this.#read((await this.#store.names([...new Set(changed)])).flatMap((ref) => (ref?.kind === 'dataset' ? [ref] : [])));
    } catch (failure) {
      this.#changed = 'everything';
      throw failure;
    }
  }

  async #readAll(): Promise<void> {
    this.#bySubject.clear();
    this.#subjectsOf.clear();
    for (let after: string | null = null; ; ) {
      const page: readonly EntityRef[] = await this.#store.entities('dataset', { after, limit: DATASETS_AT_ONCE });
      await this.#read(page);
      const last = page.at(-1);
      if (last === undefined || page.length < DATASETS_AT_ONCE) return;
      after = entityKey(last);
    }
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
