import { type Connection, each } from './connection.ts';
import { newestRevision } from './revisions.ts';

/** What search counts and filters by. */
export interface Card {
  readonly kind: number;
  /** Fields that can be found, for a dataset. */
  readonly fields: number;
  readonly platform: string | null;
  readonly cluster: string | null;
  readonly owner: string | null;
  readonly tags: readonly string[];
  readonly schema: string | null;
}
type StoredCard = readonly [
  node: number, kind: number, dataset: number | null, alive: number, fields: number,
  platform: string | null, cluster: string | null, owner: string | null, tags: string | null, schema: string | null,
];
const NO_TAGS: readonly string[] = [];

/** What a field says of itself; the rest it has from its dataset. */
interface DescribedField {
  readonly dataset: number;
  readonly owner: string | null;
  readonly tags: readonly string[];
}

/**
 * The cards of everything alive, in memory (some 150 bytes each, and there are a tenth as many as
 * fields), brought up to the newest revision before each search: counting 50,000 hits by facet would
 * otherwise read as many rows.
 */
export class SearchCards {
  readonly #connection: Connection;
  readonly #entities = new Map<number, Card>();
  readonly #fields = new Map<number, DescribedField>();
  /** Fields that have a card of their own, by dataset. */
  readonly #describedIn = new Map<number, number>();
  #revision = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Inside the transaction of the search. */
  catchUp(): void {
    const { revision } = newestRevision(this.#connection);
    if (revision === this.#revision) return;
    const changed = this.#connection.sql(
      'SELECT node, kind, dataset, alive, fields, platform, cluster, owner, tags, schema FROM card WHERE revision > ?',
    );
    for (const row of each<StoredCard>(changed, this.#revision)) this.#take(row);
    this.#revision = revision;
  }

  entities(): Iterable<[number, Card]> {
    return this.#entities;
  }

  describedFields(): Iterable<[number, DescribedField]> {
    return this.#fields;
  }
  describedFieldsOf(dataset: number): number {
    return this.#describedIn.get(dataset) ?? 0;
  }

  /** The card of a node; a field has its dataset's, with its own tags and, if it has one, its own owner. */
  of(node: number, dataset: number | null): Card {
    const card = this.#entities.get(dataset ?? node) ?? UNKNOWN;
    const own = dataset === null ? undefined : this.#fields.get(node);
    return own === undefined ? card : { ...card, owner: own.owner ?? card.owner, tags: own.tags };
  }

  /** The tags of the node itself. */
  tagsOf(node: number, dataset: number | null): readonly string[] {
    return (dataset === null ? this.#entities.get(node) : this.#fields.get(node))?.tags ?? NO_TAGS;
  }

  #take([node, kind, dataset, alive, fields, platform, cluster, owner, tagText, schema]: StoredCard): void {
    const tags = tagText === null ? NO_TAGS : (JSON.parse(tagText) as string[]);
    if (dataset !== null) this.#takeField(node, alive === 1 ? { dataset, owner, tags } : null);
    else if (alive === 1) this.#entities.set(node, { kind, fields, platform, cluster, owner, tags, schema });
    else this.#entities.delete(node);
  }

  #takeField(node: number, field: DescribedField | null): void {
    const before = this.#fields.get(node);
    if (before !== undefined) this.#describedIn.set(before.dataset, this.describedFieldsOf(before.dataset) - 1);
    if (field === null) this.#fields.delete(node);
    else this.#fields.set(node, field);
    if (field !== null) this.#describedIn.set(field.dataset, this.describedFieldsOf(field.dataset) + 1);
  }
}

const UNKNOWN: Card = { kind: -1, fields: 0, platform: null, cluster: null, owner: null, tags: NO_TAGS, schema: null };
