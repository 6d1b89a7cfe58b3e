import { type DatasetRef, entityKey, type EntityRef } from '../catalog/names.ts';
import { isTopicName } from '../catalog/openlineage/dataset-names.ts';
import type { Store } from '../store/store.ts';

/** Datasets read from the store at once. */
const PAGE = 1_000;

/** Every topic the catalog has heard of, in pages. */
export async function pagesOfTopics(store: Pick<Store, 'entities'>): Promise<readonly (readonly DatasetRef[])[]> {
  const pages: DatasetRef[][] = [];
  for (let after: string | null = null; ; ) {
    const page: readonly EntityRef[] = await store.entities('dataset', { after, limit: PAGE });
    pages.push(page.filter(({ namespace, name }) => namespace.startsWith('kafka://') && isTopicName(name)).map(({ namespace, name }) => ({ namespace, name })));
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return pages;
    after = entityKey(last);
  }
}
