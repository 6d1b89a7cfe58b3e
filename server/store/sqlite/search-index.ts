import type { Aspect, FactBodies } from '../../catalog/changes.ts';
import type { EntityRef } from '../../catalog/names.ts';
import { aspectCode } from './codes.ts';
import { type Connection, many, one } from './connection.ts';
import { refOfKey } from './graph-source.ts';
import type { WriteState } from './write-state.ts';
import type { NodeListener } from './node-ids.ts';
import { type NameWords, nameWords, pathWords, proseWords } from './search-words.ts';
import { latestStatement } from './statements.ts';

const NEWEST = Number.MAX_SAFE_INTEGER;

/** What is said about one entity that search finds, shows and counts by. */
interface Described {
  readonly platform: string | null;
  readonly cluster: string | null;
  readonly owner: string | null;
  readonly tags: readonly string[];
  readonly schema: string | null;
  readonly doc: string | null;
}

/**
 * Keeps the words and cards of search. Everything heard of is found until it ends: a field when its
 * schemas drop it, an entity when its fact is withdrawn, and with a dataset all its fields. Nodes are
 * noted while a batch is applied and written at its end, each once.
 */
export class SearchIndex implements NodeListener {
  readonly #connection: Connection;
  readonly #state: WriteState;
  readonly #newFields = new Map<number, { readonly dataset: number; readonly path: string; readonly doc: string | undefined }>();
  readonly #touched = new Set<number>();
  readonly #docs = new Map<number, ReadonlyMap<string, string>>();
  /** Fields that became searchable less those that left, by dataset. */
  readonly #fieldCounts = new Map<number, number>();

  constructor(connection: Connection, state: WriteState) {
    this.#connection = connection;
    this.#state = state;
  }

  begin(): void {
    this.#newFields.clear();
    this.#touched.clear();
    this.#docs.clear();
    this.#fieldCounts.clear();
  }

  entityCreated(id: number, _ref: EntityRef): void {
    this.#touched.add(id);
  }

  fieldCreated(id: number, dataset: number, path: string, doc: string | undefined): void {
    this.#newFields.set(id, { dataset, path, doc });
  }

  /** Something that search knows about this node may have changed. */
  touch(id: number): void {
    this.#touched.add(id);
  }

  touchFieldsOf(dataset: number): void {
    for (const [id] of many<[number]>(this.#connection.sql('SELECT id FROM node WHERE dataset = ?'), dataset)) this.#touched.add(id);
  }

  /** Writes what was noted since `begin`. */
  flush(): void {
    const fresh = [...this.#newFields.keys()].filter((id) => !this.#touched.has(id));
    // By ascending id: for a smaller one than the last the full text index writes out all it has gathered.
    const known = [...this.#touched].sort((a, b) => a - b);
    for (const id of known) this.#removeWords(id);
    for (const id of known) this.#rewrite(id);
    const ended = new Map<number, boolean>();
    for (const id of fresh) this.#writeNew(id, ended);
    const add = this.#connection.sql('UPDATE card SET fields = fields + ?, revision = ? WHERE node = ?');
    for (const [dataset, n] of this.#fieldCounts) if (n !== 0) add.run(n, this.#state.revision, dataset);
  }

  /** `ended` remembers which datasets have ended, since many new fields have the same. */
  #writeNew(id: number, ended: Map<number, boolean>): void {
    const field = this.#newFields.get(id);
    if (field === undefined) return;
    const known = ended.get(field.dataset) ?? this.#hasEnded(field.dataset);
    ended.set(field.dataset, known);
    if (known) return;
    this.#insertWords(id, pathWords(field.path), { tags: [], owner: null, doc: field.doc ?? null });
    this.#countField(field.dataset, 1);
  }

  #hasEnded(node: number): boolean {
    return one<[number]>(this.#connection.sql('SELECT valid_to IS NOT NULL FROM node WHERE id = ?'), node)?.[0] === 1;
  }

  #rewrite(id: number): void {
    const find = this.#connection.sql(
      `SELECT n.kind, n.key, n.dataset, n.path, n.valid_to IS NULL AND (n.dataset IS NULL OR d.valid_to IS NULL)
       FROM node n LEFT JOIN node d ON d.id = n.dataset WHERE n.id = ?`,
    );
    const row = one<[number, string | null, number | null, string | null, number]>(find, id);
    if (row === undefined) return;
    const [kind, key, dataset, path, alive] = row;
    const described = this.#describe(id);
    if (dataset !== null) this.#countField(dataset, alive);
    if (alive === 1) {
      const doc = described.doc ?? (dataset === null ? null : (this.#docsOf(dataset).get(path ?? '') ?? null));
      this.#insertWords(id, path === null ? nameWords(refOfKey(key ?? '').name) : pathWords(path), { ...described, doc });
    }
    this.#saveCard({ id, kind, dataset, alive }, described);
  }

  #countField(dataset: number, n: number): void {
    this.#fieldCounts.set(dataset, (this.#fieldCounts.get(dataset) ?? 0) + n);
  }

  #removeWords(id: number): void {
    const find = this.#connection.sql('SELECT n.dataset FROM search_docsize s JOIN node n ON n.id = s.id WHERE s.id = ?');
    const there = one<[number | null]>(find, id);
    if (there === undefined) return;
    this.#connection.sql('DELETE FROM search WHERE rowid = ?').run(id);
    if (there[0] !== null) this.#countField(there[0], -1);
  }

  #insertWords(id: number, { whole, words }: NameWords, { doc, tags, owner }: Pick<Described, 'doc' | 'tags' | 'owner'>): void {
    const insert = this.#connection.sql('INSERT INTO search (rowid, whole, name, doc, tags, owner) VALUES (?, ?, ?, ?, ?, ?)');
    insert.run(id, whole, words, proseWords(doc ?? ''), proseWords(tags.join(' ')), proseWords(owner ?? ''));
  }

  #saveCard(node: { id: number; kind: number; dataset: number | null; alive: number }, { platform, cluster, owner, tags, schema }: Described): void {
    const plainField = node.dataset !== null && owner === null && tags.length === 0;
    if (plainField && one(this.#connection.sql('SELECT 1 FROM card WHERE node = ?'), node.id) === undefined) return;
    const alive = plainField ? 0 : node.alive;
    const save = this.#connection.sql(
      `INSERT INTO card (node, kind, dataset, alive, fields, platform, cluster, owner, tags, schema, revision)
       VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET alive = excluded.alive, platform = excluded.platform, cluster = excluded.cluster,
         owner = excluded.owner, tags = excluded.tags, schema = excluded.schema, revision = excluded.revision`,
    );
    const tagText = tags.length === 0 ? null : JSON.stringify(tags);
    save.run(node.id, node.kind, node.dataset, alive, platform, cluster, owner, tagText, schema, this.#state.revision);
  }

  #describe(id: number): Described {
    const dataset = saidNow(this.#connection, id, 'dataset');
    const isDataset = dataset.length > 0;
    return {
      platform: dataset[0]?.platform ?? null,
      cluster: dataset[0]?.cluster ?? null,
      owner: saidNow(this.#connection, id, 'owner')[0]?.team ?? null,
      tags: [...new Set(saidNow(this.#connection, id, 'tags').flatMap(({ tags }) => tags))].sort(),
      schema: saidNow(this.#connection, id, 'governed-by').length > 0 ? 'governed' : isDataset ? 'ungoverned' : null,
      doc: saidNow(this.#connection, id, 'doc')[0]?.text ?? null,
    };
  }

  /** The docs that the schemas of a dataset give its fields. */
  #docsOf(dataset: number): ReadonlyMap<string, string> {
    let docs = this.#docs.get(dataset);
    if (docs === undefined) {
      docs = fieldDocs(this.#connection, dataset);
      this.#docs.set(dataset, docs);
    }
    return docs;
  }
}

/** What is said about an entity now, the strongest evidence first. */
export function saidNow<A extends Aspect>(connection: Connection, about: number, aspect: A): FactBodies[A][] {
  const slots = connection.sql('SELECT id FROM slot WHERE about = ? AND aspect = ? ORDER BY evidence, part');
  return many<[number]>(slots, about, aspectCode(aspect)).flatMap(([slot]) => {
    const body = latestStatement(connection, slot, NEWEST)?.body ?? null;
    return body === null ? [] : [JSON.parse(body) as FactBodies[A]];
  });
}

/** The docs that the schemas of a dataset give its fields now, by path; the first evidence counts. */
export function fieldDocs(connection: Connection, dataset: number): ReadonlyMap<string, string> {
  const docs = new Map<string, string>();
  for (const { fields } of saidNow(connection, dataset, 'fields')) {
    for (const { path, doc } of fields) if (doc !== undefined && !docs.has(path)) docs.set(path, doc);
  }
  return docs;
}
