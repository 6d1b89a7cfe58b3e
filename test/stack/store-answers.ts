import { entityKey, type EntityRef } from '../../server/catalog/names.ts';
import { type SearchQuery, SEARCH_FACETS, type Store } from '../../server/store/store.ts';
import { keyOfNode, pictureOf, scanRows } from '../store/graph-picture.ts';

const KINDS = ['dataset', 'job', 'consumer', 'processor', 'pipeline', 'subject', 'team'] as const;
const ALL = 1_000;

/** The answer to every question a store takes, without the numbers it happened to give out. */
export async function answersOf(store: Store, asked: { readonly texts: readonly string[]; readonly times: readonly number[] }): Promise<unknown> {
  const { nodes } = await scanRows(store);
  const fields = nodes.filter(({ kind }) => kind === 'field').map(({ namespace, name, path }): EntityRef => ({ kind: 'field', namespace, name, path }));
  const listed = await Promise.all(KINDS.map((kind) => store.entities(kind, { after: null, limit: ALL })));
  const refs = [...listed.flat(), ...fields.sort((a, b) => (entityKey(a) < entityKey(b) ? -1 : 1))];
  const { entities, edges, revision } = await store.statistics();
  return {
    graph: await pictureOf(store), statistics: { entities, edges, revision }, revision: await store.revision(),
    listed: listed.flat().map(entityKey),
    names: (await store.names(nodes.map(({ id }) => id))).map((ref, i) => ref !== null && entityKey(ref) === keyOfNode(nodes[i]!)),
    entities: await Promise.all([undefined, ...asked.times].map((time) => Promise.all(refs.map((ref) => entityAnswer(store, ref, time))))),
    since: await Promise.all(listed.flat().flatMap((ref) => (['owner', 'fields'] as const).map((aspect) => store.statedSince(ref, aspect)))),
    searches: await Promise.all(asked.texts.map((text) => searchAnswer(store, { text, filters: {}, limit: ALL, cursor: null }))),
    offsets: [...(await store.offsets('control'))].sort(([a], [b]) => a - b),
  };
}

async function entityAnswer(store: Store, ref: EntityRef, time: number | undefined): Promise<unknown> {
  const entity = await store.entity(ref, time);
  return { key: entityKey(ref), facts: entity?.facts, observations: entity?.observations.map((seen) => JSON.stringify(seen)).sort() };
}

/** Stores score hits each in their own way, so hits are compared as a set; where the words were, and the counts, as they are. */
export async function searchAnswer(store: Store, query: SearchQuery): Promise<unknown> {
  const { hits, total, facets } = await store.search(query);
  const countsOf = async (filters: SearchQuery['filters']): Promise<unknown> => {
    const found = await store.search({ ...query, filters, limit: 1 });
    return { filters, total: found.total, facets: found.facets };
  };
  const values = SEARCH_FACETS.flatMap((facet) => facets[facet].map(({ value }) => ({ [facet]: [value] })));
  const frequent = SEARCH_FACETS.flatMap((facet) => facets[facet].slice(0, 1).map(({ value }) => ({ [facet]: [value] })));
  const pairs = frequent.map((filter, i) => ({ ...filter, ...frequent[(i + 1) % frequent.length] }));
  const filtered = await Promise.all([...values, ...pairs].map(countsOf));
  return { text: query.text, hits: [...hits].sort((a, b) => (entityKey(a.ref) < entityKey(b.ref) ? -1 : 1)), total, facets, filtered };
}
