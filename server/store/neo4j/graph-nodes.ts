import { type DatasetRef, datasetKey, type EntityKind, type EntityRef, entityKey } from '../../catalog/names.ts';
import { type Lifetime, NEVER } from '../sqlite/lifetime.ts';
import { LABELS } from './schema.ts';
import { STEADY, type Transaction } from './transaction.ts';

/** Entities and fields remembered between batches, at some 400 bytes each; beyond, all are forgotten and read again. */
const REMEMBERED_NODES = 1_000_000;

/** What the node of an entity says besides its name and lifetime: what people query by and search finds by. */
export interface Description {
  readonly [property: string]: string | readonly string[] | boolean | null;
}

/** A node as it is in the store, with what a batch changes of it. */
export interface GraphNode {
  readonly id: number;
  readonly kind: EntityKind;
  /** null for a field. */
  readonly key: string | null;
  /** What people call it; the path of a field. */
  readonly name: string;
  readonly namespace: string;
  readonly dataset: GraphNode | null;
  lifetime: Lifetime;
  /** By property, only those that are not null. */
  description: Description;
  /** Search finds it. */
  current: boolean;
  /** Search counts and filters by it. */
  carded: boolean;
  /** Of a dataset: its fields that search finds. */
  fields: number;
  /** Of a dataset: every field by path; null until they have been read. */
  paths: Map<string, GraphNode> | null;
  isNew: boolean;
}

/** Finds an entity by its id, always by the index. */
export function entityById(variable: string, id: string): string {
  return `MATCH (${variable}:Entity { id: ${id} }) USING INDEX ${variable}:Entity(id)`;
}

const NODE_COLUMNS = 'n.validFrom, n.validTo, n.current, n.cardRevision IS NOT NULL, n.fields, properties(n)';
type StoredNode = readonly [id: number, from: number | null, to: number | null, current: boolean | null, carded: boolean, fields: number | null, properties: Readonly<Record<string, unknown>>];

/**
 * The nodes that batches name. Ids never change. What is remembered is right as long as nobody else has
 * written, which the revision tells; whoever begins a batch says which revision it begins at.
 */
export class GraphNodes {
  readonly #entities = new Map<string, GraphNode>();
  /** Datasets by namespace and name: they are asked for once for every field and edge, and a key takes longer to make than to find. */
  readonly #datasets = new Map<string, Map<string, GraphNode>>();
  readonly #created: GraphNode[] = [];
  readonly #touched = new Set<GraphNode>();
  readonly #moved = new Set<GraphNode>();
  #remembered = 0;
  #nextId = 1;
  #revision = -1;

  /** To be called first in every attempt of a batch. */
  begin(revision: number, largestId: number): void {
    if (revision !== this.#revision || this.#remembered > REMEMBERED_NODES) this.forget();
    this.#created.length = 0;
    this.#touched.clear();
    this.#moved.clear();
    this.#nextId = largestId + 1;
    // Until the batch has been committed nobody knows whether what is learned from here on holds.
    this.#revision = -1;
  }

  /** The batch is committed, and the store is at this revision. */
  keep(revision: number): void {
    this.#revision = revision;
    for (const node of this.#created) node.isNew = false;
  }

  forget(): void {
    this.#entities.clear();
    this.#datasets.clear();
    this.#remembered = 0;
    this.#revision = -1;
  }

  get created(): readonly GraphNode[] {
    return this.#created;
  }
  /** Nodes whose lifetime has changed and that are not new. */
  get moved(): ReadonlySet<GraphNode> {
    return this.#moved;
  }
  /** Nodes about which something changed that search knows or people query by. */
  get touched(): ReadonlySet<GraphNode> {
    return this.#touched;
  }
  get largestId(): number {
    return this.#nextId - 1;
  }

  /** Reads what is needed to name these entities by `of`. */
  async load(transaction: Transaction, refs: Iterable<EntityRef>): Promise<void> {
    const keys = new Set<string>();
    const datasets = new Set<string>();
    let before: EntityRef | null = null;
    for (const ref of refs) {
      const isAnother = ref.kind !== 'field' || before?.kind !== 'field' || before.name !== ref.name || before.namespace !== ref.namespace;
      before = ref;
      if (!isAnother) continue;
      const key = ref.kind === 'field' ? datasetKey(ref).toWellFormed() : entityKey(ref).toWellFormed();
      if (ref.kind === 'field') datasets.add(key);
      if (!this.#entities.has(key)) keys.add(key);
    }
    await this.#loadEntities(transaction, [...keys]);
    await this.loadFields(transaction, [...datasets].flatMap((key) => this.#entities.get(key) ?? []));
  }

  async #loadEntities(transaction: Transaction, keys: readonly string[]): Promise<void> {
    const found = await transaction.all<[string, string, string, string, ...StoredNode]>(
      `${STEADY} UNWIND $rows AS key MATCH (n:Entity { key: key }) USING INDEX n:Entity(key)
       RETURN n.key, [label IN labels(n) WHERE label <> 'Entity'][0], n.namespace, n.name, n.id, ${NODE_COLUMNS}`,
      keys,
    );
    for (const [key, label, namespace, name, ...stored] of found) {
      this.#entities.set(key, { ...storedNode(stored, kindOfLabel(label)), key, namespace, name, dataset: null, kind: kindOfLabel(label) });
      this.#remembered++;
    }
  }

  /** Reads all fields of datasets, so that what is not among them is known to be new. */
  async loadFields(transaction: Transaction, datasets: readonly GraphNode[]): Promise<void> {
    const unread = new Map(datasets.filter(({ paths }) => paths === null).map((dataset) => [dataset.id, dataset]));
    for (const dataset of unread.values()) dataset.paths = new Map();
    const found = await transaction.all<[number, string, ...StoredNode]>(
      `${STEADY} UNWIND $rows AS id ${entityById('d', 'id')} MATCH (d)-[:HAS_FIELD]->(n) RETURN n.dataset, n.path, n.id, ${NODE_COLUMNS}`,
      [...unread.keys()],
    );
    for (const [id, path, ...stored] of found) {
      const dataset = unread.get(id);
      dataset?.paths?.set(path, { ...storedNode(stored, 'field'), key: null, namespace: dataset.namespace, name: path, dataset, kind: 'field' });
      this.#remembered++;
    }
  }

  /** The node of an entity that `load` was told of; made if there is none. */
  of(ref: EntityRef): GraphNode {
    if (ref.kind === 'field') return this.field(this.dataset(ref), ref.path);
    return this.#entity(entityKey(ref).toWellFormed(), ref);
  }

  dataset(ref: DatasetRef): GraphNode {
    const { namespace, name } = ref;
    const ofNamespace = this.#datasets.get(namespace) ?? new Map<string, GraphNode>();
    const known = ofNamespace.get(name);
    if (known !== undefined) return known;
    const dataset = this.#entity(datasetKey(ref).toWellFormed(), { kind: 'dataset', namespace, name });
    this.#datasets.set(namespace, ofNamespace.set(name, dataset));
    return dataset;
  }

  #entity(key: string, ref: Exclude<EntityRef, { kind: 'field' }>): GraphNode {
    let node = this.#entities.get(key);
    if (node !== undefined) return node;
    node = this.#create(ref.kind, { key, namespace: ref.namespace.toWellFormed(), name: ref.name.toWellFormed(), dataset: null });
    this.#entities.set(key, node);
    return node;
  }

  /** The field of a dataset whose fields have been read; made if there is none. */
  field(dataset: GraphNode, path: string): GraphNode {
    const stored = path.toWellFormed();
    const known = dataset.paths?.get(stored);
    if (known !== undefined) return known;
    if (dataset.paths === null) throw new Error('fields of a dataset that were not read cannot be named');
    const field = this.#create('field', { key: null, namespace: dataset.namespace, name: stored, dataset });
    dataset.paths.set(stored, field);
    return field;
  }

  #create(kind: EntityKind, named: Pick<GraphNode, 'key' | 'namespace' | 'name' | 'dataset'>): GraphNode {
    const node: GraphNode = {
      ...named, id: this.#nextId++, kind, lifetime: NEVER, description: {}, current: false, carded: false, fields: 0,
      paths: kind === 'dataset' ? new Map() : null, isNew: true,
    };
    this.#remembered++;
    this.#created.push(node);
    this.#touched.add(node);
    return node;
  }

  touch(node: GraphNode): void {
    this.#touched.add(node);
  }

  /** Gives a node its lifetime; true when whether it is still alive has changed. */
  live(node: GraphNode, lifetime: Lifetime): boolean {
    const before = node.lifetime;
    if (before.from === lifetime.from && before.to === lifetime.to) return false;
    node.lifetime = lifetime;
    if (!node.isNew) this.#moved.add(node);
    this.touch(node);
    return (before.to === null) !== (lifetime.to === null);
  }
}

/** Properties that are no description. */
const OWN_PROPERTIES = new Set(['id', 'key', 'namespace', 'name', 'dataset', 'path', 'validFrom', 'validTo', 'revision', 'cardRevision', 'current', 'fields', 'wordsWhole', 'wordsName', 'wordsDoc', 'wordsTags', 'wordsOwner']);

function storedNode([id, from, to, current, carded, fields, properties]: StoredNode, kind: EntityKind): Omit<GraphNode, 'key' | 'namespace' | 'name' | 'dataset' | 'kind'> {
  const description = Object.fromEntries(Object.entries(properties).filter(([name]) => !OWN_PROPERTIES.has(name))) as Description;
  return { id, lifetime: { from, to }, description, current: current === true, carded, fields: fields ?? 0, paths: kind === 'dataset' ? null : null, isNew: false };
}

const KINDS_BY_LABEL = new Map(Object.entries(LABELS).map(([kind, label]) => [label, kind as EntityKind]));
export function kindOfLabel(label: string): EntityKind {
  const kind = KINDS_BY_LABEL.get(label);
  if (kind === undefined) throw new Error(`an entity in the store has the label ${label}, which is none of ours`);
  return kind;
}
