import type { DatasetRef } from '../catalog/names.ts';
import { isTopicName } from '../catalog/openlineage/dataset-names.ts';
import { entityPages, type Store } from '../store/store.ts';

/** Every topic the catalog has heard of, in pages. */
export async function pagesOfTopics(store: Pick<Store, 'entities'>): Promise<readonly (readonly DatasetRef[])[]> {
  const pages: DatasetRef[][] = [];
  for await (const page of entityPages(store, 'dataset')) {
    pages.push(page.filter(({ namespace, name }) => namespace.startsWith('kafka://') && isTopicName(name)).map(({ namespace, name }) => ({ namespace, name })));
  }
  return pages;
}
