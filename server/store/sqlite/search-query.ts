import type { SearchQuery, SearchResult } from '../store.ts';
import { type Connection, each, many, one } from './connection.ts';
import { kindCode } from './node-ids.ts';
import { newestRevision } from './revisions.ts';
import type { Card, SearchCards } from './search-cards.ts';
import { FacetCounts, type Filters, filtersOf, passes } from './search-facets.ts';
import { showHits } from './search-hits.ts';
import { type Place, RankedPage, writeCursor } from './search-rank.ts';
import { words } from './search-words.ts';

/** Longest text searched for, in UTF-16 units: as long as the longest name. */
export const MAX_SEARCH_TEXT = 512;
/** Most hits on a page. */
export const MAX_SEARCH_LIMIT = 1_000;
/** Beyond this many hits relevance says little and costs a second; exact names still come first, then short ones. */
const RANKED_HITS = 150_000;
/** Weight of a word found in: name as a whole, name, doc, tags, owner. */
const RELEVANCE = 'bm25(search, 20.0, 10.0, 2.0, 4.0, 3.0)';
const FIELD = kindCode('field');
/** First by how the name matches: it is what was typed, it has all the words, or the words are elsewhere. */
const EXACT_ENTITY = 0;
const EXACT_FIELD = 1;
const NAMED = 2;
const MENTIONED = 3;
/** Where everything is shown, entities come by kind, and fields after the last of them. */
const AFTER_ENTITIES = 1_000;

/** Answers a search inside the caller's reading transaction. Throws RangeError for a query beyond the limits or a broken cursor. */
export function runSearch(connection: Connection, cards: SearchCards, query: SearchQuery): SearchResult {
  refuseBeyondLimits(query);
  cards.catchUp();
  const terms = words(query.text);
  const found = new Found(query, cards);
  if (query.text.trim() === '') browse(connection, cards, found);
  else if (terms.length > 0) match(connection, terms, found);
  const places = found.page.take();
  const last = places.at(-1);
  return {
    hits: showHits(connection, cards, places, terms),
    total: found.facets.total,
    facets: found.facets.result(),
    nextCursor: last !== undefined && found.page.hasMore() ? writeCursor(last) : null,
    ...newestRevision(connection),
  };
}

function refuseBeyondLimits({ text, limit }: SearchQuery): void {
  if (text.length > MAX_SEARCH_TEXT) throw new RangeError(`a search takes at most ${MAX_SEARCH_TEXT} characters; this one has ${text.length}`);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_SEARCH_LIMIT) {
    throw new RangeError(`a search page holds 1 to ${MAX_SEARCH_LIMIT} hits; ${limit} were asked for`);
  }
}

/** What has been found so far: the page asked for and the counts of all. */
class Found {
  readonly page: RankedPage;
  readonly facets: FacetCounts;
  readonly #cards: SearchCards;
  readonly #filters: Filters;

  constructor(query: SearchQuery, cards: SearchCards) {
    this.#cards = cards;
    this.page = new RankedPage(query.limit, query.cursor);
    this.#filters = filtersOf(query);
    this.facets = new FacetCounts(this.#filters);
  }

  /** Counts a hit and offers it to the page, unless the filters refuse it. */
  add(place: Place, dataset: number | null): void {
    const card = this.#cards.of(place.id, dataset);
    if (this.count(card, dataset === null ? card.kind : FIELD, 1)) this.page.offer(place);
  }

  /** Counts `n` hits with one card; false when the filters refuse them. */
  count(card: Card, kind: number, n: number): boolean {
    return n !== 0 && this.facets.add(card, kind, n);
  }

  /** Offers a field that is already counted. */
  offerField(place: Place, dataset: number): void {
    if (passes(this.#cards.of(place.id, dataset), FIELD, this.#filters)) this.page.offer(place);
  }
}

function match(connection: Connection, terms: readonly string[], found: Found): void {
  // Quoted, a word is a word to FTS5, whatever it holds; words() leaves no quotes inside.
  const phrase = `${terms.map((term) => `"${term}"`).join(' ')} *`;
  const total = one<[number]>(connection.sql('SELECT count(*) FROM search WHERE search MATCH ?'), phrase)?.[0] ?? 0;
  const exact = matching(connection, `whole : "${terms.join('')}"`);
  const named = matching(connection, `{whole name} : (${phrase})`);
  const score = total > RANKED_HITS ? '0.0' : RELEVANCE;
  const rows = connection.sql(
    `SELECT f.rowid, n.dataset, length(coalesce(n.path, n.key)), ${score} FROM search f JOIN node n ON n.id = f.rowid WHERE search MATCH ?`,
  );
  for (const [id, dataset, length, relevance] of each<[number, number | null, number, number]>(rows, phrase)) {
    const exactly = dataset === null ? EXACT_ENTITY : EXACT_FIELD;
    const tier = exact.has(id) ? exactly : named.has(id) ? NAMED : MENTIONED;
    found.add({ tier, score: relevance, length, id }, dataset);
  }
}

function matching(connection: Connection, expression: string): ReadonlySet<number> {
  const rows = many<[number]>(connection.sql('SELECT rowid FROM search WHERE search MATCH ?'), expression);
  return new Set(rows.map(([id]) => id));
}

/** Everything there is: entities by kind and id, then fields by dataset and id. */
function browse(connection: Connection, cards: SearchCards, found: Found): void {
  const datasets = new Set<number>();
  for (const [id, card] of cards.entities()) {
    found.add({ tier: card.kind, score: 0, length: 0, id }, null);
    if (found.count(card, FIELD, card.fields - cards.describedFieldsOf(id))) datasets.add(id);
  }
  for (const [id, { dataset }] of cards.describedFields()) if (found.count(cards.of(id, dataset), FIELD, 1)) datasets.add(dataset);
  const fields = connection.sql('SELECT id FROM node WHERE dataset = ? AND valid_to IS NULL');
  for (const dataset of [...datasets].sort((a, b) => a - b)) {
    if (found.page.isFull()) return;
    if (found.page.isPast({ tier: AFTER_ENTITIES, score: dataset, length: 0, id: Number.MAX_SAFE_INTEGER })) continue;
    for (const [id] of each<[number]>(fields, dataset)) found.offerField({ tier: AFTER_ENTITIES, score: dataset, length: 0, id }, dataset);
  }
}
