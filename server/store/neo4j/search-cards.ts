import type { Card } from '../sqlite/search-cards.ts';
import { kindCode } from '../sqlite/node-ids.ts';
import { kindOfLabel } from './graph-nodes.ts';
import type { Transaction } from './transaction.ts';

const NO_TAGS: readonly string[] = [];
const UNKNOWN: Card = { kind: -1, fields: 0, platform: null, cluster: null, owner: null, tags: NO_TAGS, schema: null };

/** What a field says of itself; the rest it has from its dataset. */
interface DescribedField {
  readonly dataset: number;
  readonly owner: string | null;
  readonly tags: readonly string[];
}
type StoredCard = readonly [
  node: number, label: string, dataset: number | null, current: boolean | null, fields: number | null,
  platform: string | null, cluster: string | null, owner: string | null, tags: readonly string[] | null, schema: string | null, revision: number,
];

/**
 * The cards of everything that can be found, in memory as in the embedded store, brought up to the newest
 * revision before each search.
 */
export class SearchCards {
  readonly #entities = new Map<number, Card>();
  readonly #fields = new Map<number, DescribedField>();
  readonly #describedIn = new Map<number, number>();
  #revision = 0;
  /** A commit may become visible bit by bit: the newest revision is read once more, by the search after the one that found it. */
  #confirmed = false;
  #turn: Promise<unknown> = Promise.resolve();

  /** Searches that run at once take the same changes only once. */
  catchUp(transaction: Transaction, revision: number): Promise<void> {
    const turn = this.#turn.then(() => this.#read(transaction, revision));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #read(transaction: Transaction, revision: number): Promise<void> {
    if (revision < this.#revision || (revision === this.#revision && this.#confirmed)) return;
    const changed = await transaction.run<StoredCard>(
      `MATCH (n:Entity) WHERE n.cardRevision >= $since
       RETURN n.id, [label IN labels(n) WHERE label <> 'Entity'][0], n.dataset, n.current, n.fields, n.platform, n.cluster, n.owner, n.tags, n.schema, n.cardRevision`,
      { since: this.#revision },
    );
    for (const card of changed) this.#take(card);
    this.#confirmed = revision === this.#revision;
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

  #take([node, label, dataset, current, fields, platform, cluster, owner, tags, schema]: StoredCard): void {
    const there = current === true;
    if (dataset !== null) this.#takeField(node, there && (owner !== null || tags !== null) ? { dataset, owner, tags: tags ?? NO_TAGS } : null);
    else if (there) this.#entities.set(node, { kind: kindCode(kindOfLabel(label)), fields: fields ?? 0, platform, cluster, owner, tags: tags ?? NO_TAGS, schema });
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
