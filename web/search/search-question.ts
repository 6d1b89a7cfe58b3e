import type { Schemas } from '../shared/api.ts';

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

export interface Part {
  readonly text: string;
  readonly isMatch: boolean;
}
/** A text in parts, those marked that begin a word like one of the words searched for. */
export function markedParts(text: string, words: string): readonly Part[] {
  const wanted = words.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '').map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (wanted.length === 0) return [{ text, isMatch: false }];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(${wanted.join('|')})`, 'giu');
  return text.split(pattern).map((part, i) => ({ text: part, isMatch: i % 2 === 1 })).filter((part) => part.text !== '');
}
