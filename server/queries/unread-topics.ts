import { datasetKey, type DatasetRef } from '../catalog/names.ts';
import type { KnownUse } from '../graph/known-use.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import { aboutOf, writerDocument } from './dataset-view.ts';
import { type QueryParts, trueAt } from './view.ts';

/** Namespaces of Kafka clusters: what a topic is called begins so. */
const KAFKA = 'kafka://';

interface Sorted {
  readonly revision: number;
  readonly use: KnownUse;
  readonly topics: readonly { readonly key: string; readonly ref: DatasetRef }[];
}

/** The topics that nobody is known to read, looked for once a revision. */
export class UnreadTopics {
  readonly #index: LineageIndex;
  #sorted: Sorted | null = null;

  constructor(index: LineageIndex) {
    this.#index = index;
  }

  /** A page of them behind a key. The index is to be caught up before. */
  async page({ after, limit }: { readonly after: string | null; readonly limit: number }, parts: QueryParts): Promise<{ readonly body: object; readonly next: string | null }> {
    const { use, topics } = this.#now();
    const from = after === null ? 0 : topics.findIndex(({ key }) => key > after);
    const page = from < 0 ? [] : topics.slice(from, from + limit);
    const head = trueAt(this.#index);
    const documents = await Promise.all(page.map(({ ref }) => unreadDocument(ref, use.observed.has(ref.namespace), parts)));
    const last = from >= 0 && from + limit < topics.length ? page.at(-1) : undefined;
    return { body: { topics: documents, total: topics.length, unobserved: topics.filter(({ ref }) => !use.observed.has(ref.namespace)).length, blankPrograms: use.blankPrograms, ...head }, next: last?.key ?? null };
  }

  #now(): Sorted {
    const { revision } = this.#index.revision;
    if (this.#sorted?.revision === revision) return this.#sorted;
    const use = this.#index.uses();
    const topics = use.unread.filter(({ namespace }) => namespace.startsWith(KAFKA)).map((ref) => ({ key: datasetKey(ref), ref }));
    topics.sort((a, b) => (a.key < b.key ? -1 : 1));
    this.#sorted = { revision, use, topics };
    return this.#sorted;
  }
}

async function unreadDocument(ref: DatasetRef, isObserved: boolean, parts: QueryParts): Promise<object> {
  const about = aboutOf(await parts.catalog.entity({ kind: 'dataset', ...ref }));
  const writers = await Promise.all(parts.index.writersOf(ref).map((writer) => writerDocument(writer, parts)));
  return { ...ref, owner: about.owner, doc: about.doc, writers, looked: isObserved ? 'observed' : 'declared-only' };
}
