import { type Aspect, EVIDENCES, type FactBodies } from '../../catalog/changes.ts';
import { effective } from '../sqlite/lifetime.ts';
import { nameWords, pathWords, proseWords } from '../sqlite/search-words.ts';
import { type Description, entityById, type GraphNode, type GraphNodes } from './graph-nodes.ts';
import { fieldsIn } from './lifetimes.ts';
import { sendNewNodes } from './new-nodes.ts';
import type { Slot, Slots } from './slots.ts';
import { STEADY, type Transaction } from './transaction.ts';
import type { Row } from './values.ts';

/** Aspects that a node shows as properties, for people and for search. */
export const DESCRIBING: ReadonlySet<Slot['aspect']> = new Set(['dataset', 'owner', 'tags', 'doc', 'governed-by', 'job', 'consumer', 'state'] as const);
/** Every property they come to; one that is not said is absent. */
const PROPERTIES = ['kind', 'platform', 'cluster', 'owner', 'tags', 'schema', 'subjects', 'doc', 'docSaid', 'type', 'state', 'processor', 'pipeline'] as const;
/** Longest word that Neo4j's full text index keeps whole, in UTF-16 units; words are cut there, those looked for too. */
const LONGEST_WORD = 255;

/** What the schemas of a dataset say about one of its fields. */
interface SchemaField {
  readonly type: string;
  readonly doc: string | null;
}

/** Keeps what nodes show: their description, and the words that search finds them by. */
export class Descriptions {
  readonly #nodes: GraphNodes;
  readonly #slots: Slots;
  readonly #owners = new Map<GraphNode, string | null>();

  constructor(nodes: GraphNodes, slots: Slots) {
    this.#nodes = nodes;
    this.#slots = slots;
  }

  /** After new statements about an entity or field: its slots must be loaded, and those of a field's dataset. */
  describe(node: GraphNode): void {
    const schema = node.dataset === null ? null : (this.#schemaOf(node.dataset).get(node.name) ?? null);
    const next = { ...this.#said(node), ...(node.dataset === null ? {} : { type: schema?.type ?? null }) };
    const doc = this.#now(node, 'doc')[0]?.text ?? null;
    this.#show(node, { ...next, doc: doc ?? schema?.doc ?? null, docSaid: node.dataset !== null && doc !== null ? true : null });
  }

  /** After new statements about the fields of a dataset. */
  describeFields(dataset: GraphNode): void {
    const schema = this.#schemaOf(dataset);
    for (const [path, field] of dataset.paths ?? []) {
      const { type = null, doc = null } = schema.get(path) ?? {};
      const before = field.description;
      const shown = before['docSaid'] === true ? (before['doc'] ?? null) : doc;
      if ((before['type'] ?? null) !== type || (before['doc'] ?? null) !== shown) this.#show(field, { ...before, type, doc: shown });
    }
  }

  #show(node: GraphNode, description: Description): void {
    const owner = (description['owner'] ?? null) as string | null;
    if (owner !== (node.description['owner'] ?? null)) this.#owners.set(node, owner);
    node.description = description;
    this.#nodes.touch(node);
  }

  #said(node: GraphNode): Description {
    const [dataset, job, consumer] = [this.#now(node, 'dataset')[0], this.#now(node, 'job')[0], this.#now(node, 'consumer')[0]];
    const governed = this.#now(node, 'governed-by');
    const tags = [...new Set(this.#now(node, 'tags').flatMap((said) => said.tags))].sort();
    return {
      kind: (dataset ?? job ?? consumer)?.kind ?? null, platform: dataset?.platform ?? null, cluster: dataset?.cluster ?? null,
      owner: this.#now(node, 'owner')[0]?.team ?? null, tags: tags.length === 0 ? null : tags,
      schema: governed.length > 0 ? 'governed' : dataset === undefined ? null : 'ungoverned',
      subjects: governed.length === 0 ? null : governed.map(({ subject }) => subject.name),
      state: this.#now(node, 'state')[0]?.state ?? null, processor: job?.processor?.name ?? null, pipeline: job?.pipeline?.name ?? null,
    };
  }

  /** What is said about an entity now, the strongest evidence first. */
  #now<A extends Aspect>(about: GraphNode, aspect: A): FactBodies[A][] {
    return byEvidence(this.#slots.of(about, aspect)).flatMap((slot) => {
      const body = inForce(slot);
      return body === null ? [] : [JSON.parse(body) as FactBodies[A]];
    });
  }

  #schemaOf(dataset: GraphNode): ReadonlyMap<string, SchemaField> {
    const schema = new Map<string, SchemaField>();
    for (const slot of byEvidence(this.#slots.of(dataset, 'fields'))) {
      for (const { path, type, doc = null } of fieldsIn(inForce(slot))) {
        const before = schema.get(path.toWellFormed());
        schema.set(path.toWellFormed(), { type: before?.type ?? type, doc: before?.doc ?? doc });
      }
    }
    return schema;
  }

  /** Writes nodes that are new and whatever changed of others. */
  write(transaction: Transaction, revision: number): void {
    for (const node of [...this.#nodes.touched]) this.#settle(node);
    sendNewNodes(transaction, this.#nodes.created, { revision, of: (node) => propertiesOf(node, revision), wordsOf });
    const known = [...this.#nodes.touched].filter(({ isNew }) => !isNew);
    transaction.sendEach(`${STEADY} UNWIND $rows AS row ${entityById('n', 'row.id')} SET n += row`, known.map((node) => ({
      ...propertiesOf(node, revision), ...(this.#nodes.moved.has(node) ? { revision } : {}),
    })));
    this.#writeOwners(transaction);
  }

  /** Works out whether search finds a node, and counts it with its dataset. */
  #settle(node: GraphNode): void {
    const current = node.lifetime.to === null && (node.dataset === null || node.dataset.lifetime.to === null);
    if (node.dataset !== null && current !== node.current) {
      node.dataset.fields += current ? 1 : -1;
      this.#nodes.touch(node.dataset);
    }
    node.current = current;
    node.carded ||= node.dataset === null || isDescribed(node);
  }

  #writeOwners(transaction: Transaction): void {
    const changed = [...this.#owners].map(([node, owner]) => ({ id: node.id, owner, isNew: node.isNew }));
    transaction.sendEach(`${STEADY} UNWIND $rows AS row ${entityById('n', 'row.id')} MATCH (n)-[r:OWNED_BY]->() DELETE r`, changed.filter(({ isNew }) => !isNew));
    const owned = changed.filter(({ owner }) => owner !== null);
    transaction.sendEach(`${STEADY} UNWIND $rows AS name MERGE (:Owner { name: name })`, [...new Set(owned.map(({ owner }) => owner))]);
    transaction.sendEach(`${STEADY} UNWIND $rows AS row ${entityById('n', 'row.id')} MATCH (o:Owner { name: row.owner }) USING INDEX o:Owner(name) CREATE (n)-[:OWNED_BY]->(o)`, owned);
  }
}

/** What a slot says now; null when nothing, or when it was not read. */
export function inForce(slot: Slot): string | null {
  return effective([...slot.statements.values()]).at(-1)?.body ?? null;
}

/** True when a field says more of itself than its schema does. */
function isDescribed({ description }: GraphNode): boolean {
  return (description['owner'] ?? null) !== null || (description['tags'] ?? null) !== null;
}

function byEvidence(slots: readonly Slot[]): Slot[] {
  return [...slots].sort((a, b) => EVIDENCES.indexOf(a.evidence) - EVIDENCES.indexOf(b.evidence) || (a.part < b.part ? -1 : 1));
}

function propertiesOf(node: GraphNode, revision: number): Row {
  const { id, key, namespace, name, dataset, lifetime, description, current, carded, fields } = node;
  const named: Row = dataset === null ? { key, namespace, name } : { dataset: dataset.id, path: name };
  return {
    id, ...named, validFrom: lifetime.from, validTo: lifetime.to, ...(node.isNew ? { revision } : {}),
    ...Object.fromEntries(PROPERTIES.map((property) => [property, description[property] ?? null])),
    ...(node.kind === 'dataset' ? { fields } : {}), ...(carded ? { cardRevision: revision } : {}),
    current: current ? true : null, ...wordsOf(node),
  };
}

function wordsOf({ dataset, name, description, current }: GraphNode): Row {
  if (!current) return { wordsWhole: null, wordsName: null, wordsDoc: null, wordsTags: null, wordsOwner: null };
  const { whole, words } = dataset === null ? nameWords(name) : pathWords(name);
  const tags = description['tags'];
  return {
    wordsWhole: indexed(whole), wordsName: indexed(words), wordsDoc: indexed(proseWords(textOf(description['doc']))),
    wordsTags: indexed(proseWords(Array.isArray(tags) ? tags.join(' ') : '')), wordsOwner: indexed(proseWords(textOf(description['owner']))),
  };
}

function textOf(value: Description[string] | undefined): string {
  return typeof value === 'string' ? value : '';
}
function indexed(words: string): string | null {
  if (words === '') return null;
  return words.length <= LONGEST_WORD ? words : words.split(' ').map(cutWord).join(' ');
}
/** A word as the full text index holds it. */
export function cutWord(word: string): string {
  return word.length <= LONGEST_WORD ? word : word.slice(0, LONGEST_WORD).toWellFormed().replace(/\ufffd$/, '');
}
