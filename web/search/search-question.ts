import type { Schemas } from '../shared/api.ts';
import { nameOf } from '../shared/addresses.ts';
import type { Column } from '../shared/table.ts';

/** What the result can be narrowed by, in the order shown. */
export const FACETS = [
  { name: 'kind', title: 'Kind' }, { name: 'platform', title: 'Platform' }, { name: 'cluster', title: 'Cluster' }, { name: 'owner', title: 'Owner' }, { name: 'tag', title: 'Tag' }, { name: 'schema', title: 'Schema' },
] as const;
export type FacetName = (typeof FACETS)[number]['name'];
/** Hits of a page. */
const PAGE = 50;

export interface SearchQuestion extends Partial<Record<Exclude<FacetName, 'kind'>, string[]>> {
  readonly kind?: Schemas['EntityKind'][];
  readonly q: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** The question an address stands for. */
export function questionOf(query: URLSearchParams): SearchQuestion {
  const facets = FACETS.flatMap(({ name }) => (query.has(name) ? [[name, query.getAll(name)] as const] : []));
  const cursor = query.get('cursor');
  return { q: query.get('q') ?? '', limit: PAGE, ...Object.fromEntries(facets), ...(cursor === null ? {} : { cursor }) };
}

export function toggled(values: readonly string[], value: string): string[] {
  return values.includes(value) ? values.filter((other) => other !== value) : [...values, value];
}

export type Hit = Schemas['SearchResult']['hits'][number];

/** A hit as a row of what is saved. */
export const HIT_COLUMNS: readonly Column<Hit>[] = [
  { id: 'kind', title: 'Kind', value: ({ kind }) => kind },
  { id: 'namespace', title: 'Namespace', value: ({ namespace }) => namespace },
  { id: 'name', title: 'Name', value: (hit) => (hit.kind === 'field' ? nameOf(hit) : hit.name) },
  { id: 'owner', title: 'Owner', value: ({ owner }) => owner },
  { id: 'tags', title: 'Tags', value: ({ tags }) => tags.join(' ') },
  { id: 'doc', title: 'Doc', value: ({ doc }) => doc },
];
