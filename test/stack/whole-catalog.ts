import { entityKey } from '../../server/catalog/names.ts';
import type { Store } from '../../server/store/store.ts';
import { pictureOf } from '../store/graph-picture.ts';

const KINDS = ['dataset', 'job', 'consumer', 'processor', 'pipeline', 'subject', 'team'] as const;
const ALL = 1_000_000;

/** Everything a store says, as sorted lines without the numbers it happened to give. */
export async function wholeCatalog(store: Store): Promise<readonly string[]> {
  const { nodes, edges } = await pictureOf(store);
  const facts: string[] = [];
  for (const kind of KINDS) {
    for (const ref of await store.entities(kind, { after: null, limit: ALL })) {
      const entity = await store.entity(ref);
      const said = [...(entity?.facts ?? []), ...(entity?.observations ?? [])].map((fact) => JSON.stringify(fact)).sort();
      facts.push(...said.map((line) => `${entityKey(ref)} ${line}`));
    }
  }
  return [...nodes, ...edges, ...facts];
}
