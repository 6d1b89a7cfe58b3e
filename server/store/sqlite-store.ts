import { backup as copyDatabase } from 'node:sqlite';
import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import type { Aspect } from '../catalog/changes.ts';
import type { GraphDelta, GraphSource, RevisionInfo } from '../catalog/lineage/rows.ts';
import type { EntityKind, EntityRef } from '../catalog/names.ts';
import { MIGRATIONS } from './migrations/migrations.ts';
import { BatchWriter } from './sqlite/batch-writer.ts';
import { Connection, many, one } from './sqlite/connection.ts';
import { countEntities, readEntities, readEntity, readNames, readStatedSince, readTally } from './sqlite/entity-reader.ts';
import { asStoreError } from './sqlite/failures.ts';
import { readDelta, scanInTurns, scanRows } from './sqlite/graph-source.ts';
import { appendEntries, readAfter, readEntry, readEntryByKey, readHead, readPage } from './sqlite/ledger.ts';
import { readNote, readNotes, writeNote } from './sqlite/notes.ts';
import { newestRevision } from './sqlite/revisions.ts';
import { migrate } from './sqlite/schema-version.ts';
import { SearchCards } from './sqlite/search-cards.ts';
import { runSearch } from './sqlite/search-query.ts';
import {
  type ApplyOutcome, type ChangeBatch, type EntityRecord, type KeyedNote, type LedgerDraft, type LedgerEntry, type LedgerFilter, type LedgerGuard, type LedgerHead, type LedgerPage,
  type LedgerTail, type Note, type OffsetPosition, type SearchQuery, type SearchResult, type StatedSince, type Store, type StoreStatistics, StoreUnavailable,
} from './store.ts';

const IN_MEMORY = ':memory:';
/** How long to wait for another process's transaction unless told otherwise, ms: longer than a bulk batch takes. */
const DEFAULT_BUSY_TIMEOUT_MS = 5_000;
/** Pages copied in one go by a backup: about 8 MB, some 10 ms of the copying thread. */
const BACKUP_STEP_PAGES = 1_000;
const FOREVER = Number.MAX_SAFE_INTEGER;

export interface SqliteStoreOptions {
  /** A path, or ':memory:' for a store that ends with the process. */
  readonly file: string;
  /** Nothing can be written, and an older file cannot be migrated. */
  readonly readonly?: boolean;
  /** How long to wait for another process's transaction before StoreUnavailable 'locked', ms. */
  readonly busyTimeoutMs?: number;
  /** Pages of 8 KiB beyond which the file does not grow: StoreUnavailable 'full'. Unlimited unless given. */
  readonly maxPages?: number;
}

/**
 * Opens the embedded store, creating or migrating the file as needed. Several processes may have one file
 * open. Throws StoreIncompatible for a file that is newer or not ours, StoreUnavailable for one that
 * cannot be read now.
 */
export function openSqliteStore(options: SqliteStoreOptions): SqliteStore {
  return new SqliteStore(options);
}

/** The store in one SQLite file; see `Store` for what it promises. Made by `openSqliteStore`. */
export class SqliteStore implements Store {
  /** Made once for each new file; a backup keeps it. */
  readonly identity: string;
  readonly #connection: Connection;
  readonly #writer: BatchWriter;
  readonly #cards: SearchCards;

  constructor({ file, readonly = false, busyTimeoutMs = DEFAULT_BUSY_TIMEOUT_MS, maxPages }: SqliteStoreOptions) {
    this.#connection = new Connection({ file, readonly, busyTimeoutMs, maxPages: maxPages ?? null });
    try {
      migrate(this.#connection.db, MIGRATIONS, { file, readonly });
      this.identity = one<[string]>(this.#connection.sql('SELECT store FROM identity'))?.[0] ?? '';
    } catch (error) {
      this.#connection.db.close();
      throw asStoreError(error, file);
    }
    this.#writer = new BatchWriter(this.#connection);
    this.#cards = new SearchCards(this.#connection);
  }

  apply(batch: ChangeBatch): Promise<ApplyOutcome> {
    return this.#connection.write(() => this.#writer.apply(batch));
  }

  offsets(topic: string): Promise<ReadonlyMap<number, OffsetPosition>> {
    const rows = 'SELECT partition, next, generation FROM ingest_offset WHERE topic = ?';
    return this.#connection.read(() => {
      const stored = many<[number, number, number]>(this.#connection.sql(rows), topic);
      return new Map(stored.map(([partition, next, generation]) => [partition, { next, generation }]));
    });
  }

  revision(): Promise<RevisionInfo> {
    return this.#connection.read(() => newestRevision(this.#connection));
  }

  async scan(sink: Parameters<GraphSource['scan']>[0]): Promise<RevisionInfo> {
    if (this.#connection.options.file === IN_MEMORY) return this.#connection.read(() => drain(scanRows(this.#connection, sink)));
    return this.#aside((connection) => scanInTurns(connection, sink));
  }

  delta(revision: number): Promise<GraphDelta | 'too-many'> {
    return this.#connection.read(() => readDelta(this.#connection, revision));
  }

  entity(ref: EntityRef, asOf: number = FOREVER): Promise<EntityRecord | null> {
    return this.#connection.read(() => readEntity(this.#connection, ref, asOf));
  }

  statedSince(ref: EntityRef, aspect: Aspect): Promise<readonly StatedSince[]> {
    return this.#connection.read(() => readStatedSince(this.#connection, ref, aspect));
  }

  entities(kind: Exclude<EntityKind, 'field'>, page: { readonly after: string | null; readonly limit: number }): Promise<readonly EntityRef[]> {
    return this.#connection.read(() => readEntities(this.#connection, kind, page));
  }

  names(ids: readonly number[]): Promise<readonly (EntityRef | null)[]> {
    return this.#connection.read(() => readNames(this.#connection, ids));
  }

  search(query: SearchQuery): Promise<SearchResult> {
    return this.#connection.read(() => runSearch(this.#connection, this.#cards, query));
  }

  appendToLedger(entries: readonly LedgerDraft[], guard?: LedgerGuard): Promise<readonly LedgerEntry[]> {
    return this.#connection.write(() => appendEntries(this.#connection, entries, guard));
  }

  ledgerAfter(tail: LedgerTail): Promise<readonly LedgerEntry[]> {
    return this.#connection.read(() => readAfter(this.#connection, tail));
  }

  ledger(filter: LedgerFilter): Promise<LedgerPage> {
    return this.#connection.read(() => readPage(this.#connection, filter));
  }

  ledgerEntry(id: string): Promise<LedgerEntry | null> {
    return this.#connection.read(() => readEntry(this.#connection, id));
  }

  ledgerEntryByKey(idempotencyKey: string): Promise<LedgerEntry | null> {
    return this.#connection.read(() => readEntryByKey(this.#connection, idempotencyKey));
  }

  ledgerHead(): Promise<LedgerHead> {
    return this.#connection.read(() => readHead(this.#connection));
  }

  note(key: string): Promise<Note | null> {
    return this.#connection.read(() => readNote(this.#connection, key));
  }

  notes(prefix: string): Promise<readonly KeyedNote[]> {
    return this.#connection.read(() => readNotes(this.#connection, prefix));
  }

  setNote(key: string, text: string | null, expected: number): Promise<number | null> {
    return this.#connection.write(() => writeNote(this.#connection, { key, text, expected }));
  }

  /** Rejects with an error when the file exists. The copy appears under its name only when it is whole. */
  async backup(toFile: string): Promise<RevisionInfo> {
    if (existsSync(toFile)) throw new Error(`${toFile} exists; a backup never overwrites`);
    const unfinished = `${toFile}.${randomUUID()}.part`;
    try {
      const revision = await this.#copyTo(unfinished);
      renameSync(unfinished, toFile);
      return revision;
    } catch (error) {
      rmSync(unfinished, { force: true });
      throw asStoreError(error, toFile);
    }
  }

  async #copyTo(file: string): Promise<RevisionInfo> {
    const copy = async (connection: Connection): Promise<RevisionInfo> => {
      // The open transaction keeps the copy at one revision while others write.
      connection.db.exec('BEGIN');
      const revision = newestRevision(connection);
      await copyDatabase(connection.db, file, { rate: BACKUP_STEP_PAGES });
      return revision;
    };
    if (this.#connection.options.file !== IN_MEMORY) return this.#aside(copy);
    throw new Error('a store in memory cannot be backed up: it has no file');
  }

  statistics(): Promise<StoreStatistics> {
    return this.#connection.read(() => {
      const size = this.#connection.sql('SELECT page_count * page_size FROM pragma_page_count, pragma_page_size');
      return {
        entities: countEntities(this.#connection),
        edges: readTally(this.#connection, 'edge'),
        revision: newestRevision(this.#connection).revision,
        bytes: one<[number]>(size)?.[0] ?? 0,
      };
    });
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  /** Runs something long on a connection of its own, so that this one stays free for everybody else. */
  async #aside<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    if (this.#connection.closed) throw new StoreUnavailable('closed', 'the store is closed');
    const connection = new Connection({ ...this.#connection.options, readonly: true });
    try {
      return await work(connection);
    } catch (error) {
      throw asStoreError(error, connection.options.file);
    } finally {
      await connection.close();
    }
  }
}

function drain<T>(generator: Generator<void, T>): T {
  for (;;) {
    const { done, value } = generator.next();
    if (done === true) return value;
  }
}
