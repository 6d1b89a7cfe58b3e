import type { SearchHit } from '../store.ts';
import { type Connection, one } from './connection.ts';
import { readNames } from './entity-reader.ts';
import type { SearchCards } from './search-cards.ts';
import { fieldDocs, saidNow } from './search-index.ts';
import type { Place } from './search-rank.ts';
import { nameWords, pathWords, words } from './search-words.ts';

/** How much of a doc a hit shows, in UTF-16 units. */
const SHOWN_DOC = 200;

/** The hits of one page as people see them. */
export function showHits(connection: Connection, cards: SearchCards, places: readonly Place[], terms: readonly string[]): SearchHit[] {
  const refs = readNames(connection, places.map(({ id }) => id));
  const docs = new FieldDocs(connection);
  return places.flatMap(({ id }, i) => {
    const ref = refs[i];
    if (ref === null || ref === undefined) return [];
    const dataset = one<[number | null]>(connection.sql('SELECT dataset FROM node WHERE id = ?'), id)?.[0] ?? null;
    const { owner } = cards.of(id, dataset);
    const tags = cards.tagsOf(id, dataset);
    const doc = saidNow(connection, id, 'doc')[0]?.text ?? (ref.kind === 'field' && dataset !== null ? docs.of(dataset, ref.path) : null);
    const { whole, words: steps } = ref.kind === 'field' ? pathWords(ref.path) : nameWords(ref.name);
    const columns = { name: [...whole.split(' '), ...steps.split(' ')], doc: words(doc ?? ''), tags: words(tags.join(' ')), owner: words(owner ?? '') };
    return [{ ref, owner, tags, doc: doc === null ? null : shorten(doc), matched: matchedIn(columns, terms) }];
  });
}

/** The docs of fields, each dataset's schemas read once. */
class FieldDocs {
  readonly #connection: Connection;
  readonly #docs = new Map<number, ReadonlyMap<string, string>>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  of(dataset: number, path: string): string | null {
    let docs = this.#docs.get(dataset);
    if (docs === undefined) this.#docs.set(dataset, (docs = fieldDocs(this.#connection, dataset)));
    return docs.get(path) ?? null;
  }
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
