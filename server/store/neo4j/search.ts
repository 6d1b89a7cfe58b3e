import type { SearchHit, SearchQuery, SearchResult } from '../store.ts';
import { kindCode } from '../sqlite/node-ids.ts';
import type { Card } from '../sqlite/search-cards.ts';
import { FacetCounts, type Filters, filtersOf, passes } from '../sqlite/search-facets.ts';
import { MAX_SEARCH_LIMIT, MAX_SEARCH_TEXT } from '../sqlite/search-query.ts';
import { type Place, RankedPage, writeCursor } from '../sqlite/search-rank.ts';
import { nameWords, pathWords, words } from '../sqlite/search-words.ts';
import { newestRevision } from './catalog-node.ts';
import { cutWord } from './descriptions.ts';
import { type NameColumns, NAME_COLUMNS, refOf } from './entity-reader.ts';
import { WORDS_INDEX } from './schema.ts';
import type { SearchCards } from './search-cards.ts';
import type { Transaction } from './transaction.ts';

/** Weight of a word by the property it is found in, as in the embedded store. */
const WEIGHTS = { wordsWhole: 20, wordsName: 10, wordsDoc: 2, wordsTags: 4, wordsOwner: 3 } as const;
type Property = keyof typeof WEIGHTS;
const ANYWHERE = Object.keys(WEIGHTS) as Property[];
const OF_NAME: readonly Property[] = ['wordsWhole', 'wordsName'];
/** Lucene takes 1,024 clauses, and each word needs one for each property. */
const WORDS_AT_ONCE = 100;
const FIELD = kindCode('field');
/** First by how the name matches: it is what was typed, it has all the words, or the words are elsewhere. */
const TIERS = { exactEntity: 0, exactField: 1, named: 2, mentioned: 3 } as const;
/** Where everything is shown, entities come by kind, and fields after the last of them. */
const AFTER_ENTITIES = 1_000;
/** Datasets whose fields are read at once when everything is shown. */
const DATASETS_AT_ONCE = 50;
/** How much of a doc a hit shows, in UTF-16 units. */
const SHOWN_DOC = 200;

/** Answers a search. Throws RangeError for a query beyond the limits or a broken cursor. */
export async function runSearch(transaction: Transaction, cards: SearchCards, query: SearchQuery): Promise<SearchResult> {
  const newest = await newestRevision(transaction);
  await cards.catchUp(transaction, newest.revision);
  const terms = words(query.text).map(cutWord);
  const found = new Found(query, cards);
  if (query.text.trim() === '') await browse(transaction, cards, found);
  else if (terms.length > 0) await match(transaction, terms, found);
  const places = found.page.take();
  const last = places.at(-1);
  return {
    hits: await showHits(transaction, cards, places, terms),
    total: found.facets.total,
    facets: found.facets.result(),
    nextCursor: last !== undefined && found.page.hasMore() ? writeCursor(last) : null,
    ...newest,
  };
}

/** Throws RangeError for a query beyond the limits or a broken cursor, before anything is read. */
export function refuseUnfit({ text, limit, cursor }: SearchQuery): void {
  if (text.length > MAX_SEARCH_TEXT) throw new RangeError(`a search takes at most ${MAX_SEARCH_TEXT} characters; this one has ${text.length}`);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_SEARCH_LIMIT) throw new RangeError(`a search page holds 1 to ${MAX_SEARCH_LIMIT} hits; ${limit} were asked for`);
  new RankedPage(limit, cursor);
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

const FIND = `CALL db.index.fulltext.queryNodes('${WORDS_INDEX}', $expression) YIELD node, score`;

async function match(transaction: Transaction, terms: readonly string[], found: Found): Promise<void> {
  const exact = await matching(transaction, [luceneWord(['wordsWhole'], cutWord(terms.join('')), '')]);
  const named = await matching(transaction, luceneWords(OF_NAME, terms));
  const [expression = '', ...others] = luceneWords(ANYWHERE, terms);
  const elsewhere = others.length === 0 ? null : await matching(transaction, others);
  const hits = await transaction.run<[number, number | null, number, number]>(
    `${FIND} RETURN node.id, node.dataset, size(coalesce(node.path, node.key)), score`, { expression });
  for (const [id, dataset, length, score] of hits) {
    if (elsewhere?.has(id) === false) continue;
    const exactly = dataset === null ? TIERS.exactEntity : TIERS.exactField;
    found.add({ tier: exact.has(id) ? exactly : named.has(id) ? TIERS.named : TIERS.mentioned, score: -score, length, id }, dataset);
  }
}

/** What all of these expressions find. */
async function matching(transaction: Transaction, expressions: readonly string[]): Promise<ReadonlySet<number>> {
  const found: ReadonlySet<number>[] = [];
  for (const expression of expressions) found.push(new Set((await transaction.run<[number]>(`${FIND} RETURN node.id`, { expression })).map(([id]) => id)));
  const [first, ...others] = found;
  return new Set([...(first ?? [])].filter((id) => others.every((other) => other.has(id))));
}

/**
 * All of these words, the last one as a prefix, in Lucene's query language; words() leaves nothing in them
 * that means something there. More than Lucene takes at once become several expressions.
 */
function luceneWords(properties: readonly Property[], terms: readonly string[]): string[] {
  const whole = [...new Set(terms.slice(0, -1))].map((term) => luceneWord(properties, term, ''));
  const all = [luceneWord(properties, terms.at(-1) ?? '', '*'), ...whole];
  return Array.from({ length: Math.ceil(all.length / WORDS_AT_ONCE) }, (_, i) => all.slice(i * WORDS_AT_ONCE, (i + 1) * WORDS_AT_ONCE).join(' '));
}

function luceneWord(properties: readonly Property[], word: string, ending: '' | '*'): string {
  return `+(${properties.map((property) => `${property}:${word}${ending}^${WEIGHTS[property]}`).join(' ')})`;
}

/** Everything there is: entities by kind and id, then fields by dataset and id. */
async function browse(transaction: Transaction, cards: SearchCards, found: Found): Promise<void> {
  const datasets = new Set<number>();
  for (const [id, card] of cards.entities()) {
    found.add({ tier: card.kind, score: 0, length: 0, id }, null);
    if (found.count(card, FIELD, card.fields - cards.describedFieldsOf(id))) datasets.add(id);
  }
  for (const [id, { dataset }] of cards.describedFields()) if (found.count(cards.of(id, dataset), FIELD, 1)) datasets.add(dataset);
  const unpassed = [...datasets].sort((a, b) => a - b).filter((dataset) => !found.page.isPast(placeOfField(dataset, Number.MAX_SAFE_INTEGER)));
  for (let from = 0; from < unpassed.length && !found.page.isFull(); from += DATASETS_AT_ONCE) {
    const rows = unpassed.slice(from, from + DATASETS_AT_ONCE);
    const fields = await transaction.run<[number, number]>('UNWIND $rows AS id MATCH (:Entity { id: id })-[:HAS_FIELD]->(f) WHERE f.validTo IS NULL RETURN f.dataset, f.id', { rows });
    for (const [dataset, id] of fields) found.offerField(placeOfField(dataset, id), dataset);
  }
}

function placeOfField(dataset: number, id: number): Place {
  return { tier: AFTER_ENTITIES, score: dataset, length: 0, id };
}

/** The hits of one page as people see them. */
async function showHits(transaction: Transaction, cards: SearchCards, places: readonly Place[], terms: readonly string[]): Promise<SearchHit[]> {
  const shown = await transaction.run<[number, number | null, string | null, ...NameColumns]>(
    `UNWIND $ids AS id MATCH (n:Entity { id: id }) RETURN n.id, n.dataset, n.doc, ${NAME_COLUMNS}`, { ids: places.map(({ id }) => id) });
  const hits = new Map(shown.map(([id, dataset, doc, ...name]) => [id, hitOf(cards, terms, { id, dataset, doc, name })]));
  return places.flatMap(({ id }) => hits.get(id) ?? []);
}

function hitOf(cards: SearchCards, terms: readonly string[], { id, dataset, doc, name }: { id: number; dataset: number | null; doc: string | null; name: NameColumns }): SearchHit {
  const ref = refOf(name);
  const { owner } = cards.of(id, dataset);
  const tags = cards.tagsOf(id, dataset);
  const { whole, words: steps } = ref.kind === 'field' ? pathWords(ref.path) : nameWords(ref.name);
  const columns = { name: [...whole.split(' '), ...steps.split(' ')], doc: words(doc ?? ''), tags: words(tags.join(' ')), owner: words(owner ?? '') };
  return { ref, owner, tags, doc: doc === null ? null : shorten(doc), matched: matchedIn(columns, terms) };
}

function matchedIn(columns: Readonly<Record<string, readonly string[]>>, terms: readonly string[]): string[] {
  return Object.entries(columns).flatMap(([column, held]) => {
    const matches = terms.some((term, i) => held.some((word) => word === term || (i === terms.length - 1 && word.startsWith(term))));
    return matches ? [column] : [];
  });
}

/** Cut without splitting a character. */
function shorten(doc: string): string {
  return doc.length <= SHOWN_DOC ? doc : doc.slice(0, SHOWN_DOC).toWellFormed().replace(/\ufffd$/, '');
}
