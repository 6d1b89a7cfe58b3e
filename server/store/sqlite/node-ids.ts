import { ENTITY_KINDS, type EntityKind, type EntityRef, entityKey } from '../../catalog/names.ts';
import { type Connection, each, one } from './connection.ts';
import { type Lifetime, NEVER } from './lifetime.ts';
import { count, type WriteState } from './write-state.ts';

/** Fields whose ids are kept in memory, at about 100 bytes each. */
const CACHED_FIELDS = 600_000;
/** Other entities whose ids are kept in memory. */
const CACHED_ENTITIES = 500_000;

/** The ids of one dataset's fields by path. */
interface FieldIds {
  readonly dataset: number;
  readonly ids: Map<string, number>;
  /** The generation in which `ids` held every field of the dataset. */
  completeIn: number;
}

/** Told of every node that comes to be. */
export interface NodeListener {
  entityCreated(id: number, ref: EntityRef): void;
  fieldCreated(id: number, dataset: number, path: string, doc: string | undefined): void;
}

/**
 * Gives entities their ids, creating a node for each that is new. Ids never change, so what is cached is
 * always right; what is *not* in the cache is known to be new only as long as no other process wrote,
 * which `begin` finds out.
 */
export class NodeIds {
  readonly #connection: Connection;
  readonly #state: WriteState;
  readonly #listener: NodeListener;
  readonly #entities = new Map<string, number>();
  readonly #fields = new Map<number, FieldIds>();
  #cachedFields = 0;
  #nextId = 1;
  #generation = 0;
  #dataVersion = -1;
  #last: { readonly namespace: string; readonly name: string; readonly fields: FieldIds } | null = null;

  constructor(connection: Connection, state: WriteState, listener: NodeListener) {
    this.#connection = connection;
    this.#state = state;
    this.#listener = listener;
    connection.onRollback(() => this.#forget());
  }

  /** To be called first in every writing transaction. */
  begin(): void {
    const version = one<[number]>(this.#connection.sql('PRAGMA data_version'))?.[0] ?? 0;
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    this.#generation++;
    this.#nextId = 1 + (one<[number | null]>(this.#connection.sql('SELECT max(id) FROM node'))?.[0] ?? 0);
  }

  /** The largest id given out so far. */
  get largest(): number {
    return this.#nextId - 1;
  }

  of(ref: EntityRef): number {
    return ref.kind === 'field' ? this.field(ref.namespace, ref.name, ref.path) : this.entity(ref);
  }

  entity(ref: Exclude<EntityRef, { kind: 'field' }>): number {
    const key = entityKey(ref);
    const cached = this.#entities.get(key);
    if (cached !== undefined) return cached;
    const stored = key.toWellFormed();
    const found = one<[number]>(this.#connection.sql('SELECT id FROM node WHERE key = ?'), stored)?.[0];
    const id = found ?? this.#createEntity(stored, ref);
    if (this.#entities.size >= CACHED_ENTITIES) this.#entities.clear();
    this.#entities.set(key, id);
    return id;
  }

  field(namespace: string, name: string, path: string): number {
    const fields = this.#fieldsNamed(namespace, name);
    return fields.ids.get(path) ?? this.#resolveField(fields, path, NEVER, undefined);
  }

  /** The id of a field that is stated to exist; a new one is created with the lifetime and doc given. */
  statedField(dataset: number, path: string, lifetime: Lifetime, doc: string | undefined): { readonly id: number; readonly created: boolean } {
    const fields = this.#fieldsOf(dataset);
    const before = this.#nextId;
    const id = fields.ids.get(path) ?? this.#resolveField(fields, path, lifetime, doc);
    return { id, created: id === before };
  }

  #fieldsNamed(namespace: string, name: string): FieldIds {
    const last = this.#last;
    if (last !== null && last.name === name && last.namespace === namespace) return last.fields;
    const fields = this.#fieldsOf(this.entity({ kind: 'dataset', namespace, name }));
    this.#last = { namespace, name, fields };
    return fields;
  }

  #fieldsOf(dataset: number): FieldIds {
    let fields = this.#fields.get(dataset);
    if (fields !== undefined) {
      // Moved to the young end of the map: the oldest are evicted first.
      this.#fields.delete(dataset);
      this.#fields.set(dataset, fields);
      return fields;
    }
    fields = { dataset, ids: new Map(), completeIn: -1 };
    this.#fields.set(dataset, fields);
    this.#load(fields);
    return fields;
  }

  #load(fields: FieldIds): void {
    const before = fields.ids.size;
    const rows = this.#connection.sql('SELECT path, id FROM node WHERE dataset = ?');
    for (const [path, id] of each<[string, number]>(rows, fields.dataset)) fields.ids.set(path, id);
    fields.completeIn = this.#generation;
    this.#cachedFields += fields.ids.size - before;
    this.#evict(fields.dataset);
  }

  #evict(keep: number): void {
    for (const [dataset, fields] of this.#fields) {
      if (this.#cachedFields <= CACHED_FIELDS) return;
      if (dataset === keep) continue;
      this.#fields.delete(dataset);
      this.#cachedFields -= fields.ids.size;
      if (this.#last?.fields === fields) this.#last = null;
    }
  }

  #resolveField(fields: FieldIds, path: string, lifetime: Lifetime, doc: string | undefined): number {
    if (fields.completeIn !== this.#generation) this.#load(fields);
    const stored = path.toWellFormed();
    const id = fields.ids.get(stored) ?? this.#createField(fields, stored, lifetime, doc);
    fields.ids.set(path, id);
    return id;
  }

  #createEntity(key: string, ref: EntityRef): number {
    const id = this.#nextId++;
    const insert = this.#connection.sql('INSERT INTO node (id, kind, key, revision) VALUES (?, ?, ?, ?)');
    insert.run(id, kindCode(ref.kind), key, this.#state.revision);
    count(this.#state, `node:${ref.kind}`, 1);
    this.#listener.entityCreated(id, ref);
    return id;
  }

  #createField(fields: FieldIds, path: string, lifetime: Lifetime, doc: string | undefined): number {
    const id = this.#nextId++;
    const insert = this.#connection.sql('INSERT INTO node (id, kind, dataset, path, valid_from, valid_to, revision) VALUES (?, ?, ?, ?, ?, ?, ?)');
    insert.run(id, kindCode('field'), fields.dataset, path, lifetime.from, lifetime.to, this.#state.revision);
    count(this.#state, 'node:field', 1);
    fields.ids.set(path, id);
    this.#cachedFields++;
    this.#listener.fieldCreated(id, fields.dataset, path, doc);
    return id;
  }

  #forget(): void {
    this.#entities.clear();
    this.#fields.clear();
    this.#cachedFields = 0;
    this.#last = null;
    this.#dataVersion = -1;
  }
}

/** The number under which a kind is stored. */
export function kindCode(kind: EntityKind): number {
  return ENTITY_KINDS.indexOf(kind);
}
export function kindOf(code: number): EntityKind {
  const kind = ENTITY_KINDS[code];
  if (kind === undefined) throw new Error(`no kind of entity is stored under the number ${code}`);
  return kind;
}
