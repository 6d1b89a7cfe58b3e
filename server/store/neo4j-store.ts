import type { Aspect } from '../catalog/changes.ts';
import { randomUUID } from 'node:crypto';
import type { GraphDelta, GraphSource, RevisionInfo } from '../catalog/lineage/rows.ts';
import type { EntityKind, EntityRef } from '../catalog/names.ts';
import type { StoreHistory } from './history.ts';
import { BatchWriter } from './neo4j/batch-writer.ts';
import { lockCatalog, newestRevision, readCatalog } from './neo4j/catalog-node.ts';
import { Connection, type Neo4jAddress } from './neo4j/connection.ts';
import { readEntities, readEntity, readNames, readStatedSince } from './neo4j/entity-reader.ts';
import { neo4jHistory } from './neo4j/history.ts';
import { readDelta, scanGraph } from './neo4j/graph-source.ts';
import { appendEntries, readAfter, readEntry, readEntryByKey, readHead, readPage } from './neo4j/ledger.ts';
import { readNote, readNotes, writeNote } from './neo4j/notes.ts';
import { readOffsets } from './neo4j/offsets.ts';
import { migrate, NEO4J_MIGRATIONS } from './neo4j/schema.ts';
import { refuseUnfit, runSearch } from './neo4j/search.ts';
import { SearchCards } from './neo4j/search-cards.ts';
import {
  type ApplyOutcome, type ChangeBatch, type EntityRecord, type KeyedNote, type LedgerDraft, type LedgerEntry, type LedgerFilter, type LedgerGuard, type LedgerHead, type LedgerPage,
  type LedgerTail, type Note, type OffsetPosition, type SearchQuery, type SearchResult, type StatedSince, type Store, type StoreStatistics, StoreUnavailable,
} from './store.ts';

/** How long what failed for a passing reason is tried again unless told otherwise, ms: a caller of the gate waits no longer. */
const DEFAULT_RETRY_MS = 5_000;
/** Longest read unless told otherwise, ms. */
const DEFAULT_READ_MS = 10_000;
/** Longest transaction that writes unless told otherwise, ms: a bulk batch takes a few seconds, and the one before it as many. */
const DEFAULT_TRANSACTION_MS = 30_000;
/** Longest scan, ms. Batches wait while it lasts: at Netflix size some three minutes. */
const SCAN_MS = 1_800_000;

export interface Neo4jStoreOptions extends Neo4jAddress {
  /** How long deadlocks and lost connections are tried again before StoreUnavailable, ms. */
  readonly retryMs?: number;
  /** Longest read; then StoreUnavailable, ms. */
  readonly readMs?: number;
  /** Longest transaction that writes, waiting for others included; then StoreUnavailable 'locked', ms. */
  readonly transactionMs?: number;
}

/**
 * Opens the store in a Neo4j database, making or migrating it as needed. Several processes may use one
 * database. Rejects with StoreIncompatible for a database that is newer or not ours, with StoreUnavailable
 * when the server cannot be reached now.
 */
export async function openNeo4jStore({ retryMs = DEFAULT_RETRY_MS, readMs = DEFAULT_READ_MS, transactionMs = DEFAULT_TRANSACTION_MS, ...address }: Neo4jStoreOptions): Promise<Neo4jStore> {
  const connection = new Connection(address, { retryMs, readMs, transactionMs });
  try {
    await migrate(connection, NEO4J_MIGRATIONS);
    const { identity } = await connection.read(readCatalog);
    return new Neo4jStore(connection, identity);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The history of the store in a Neo4j database that has been opened or migrated before. */
export function openNeo4jHistory({ retryMs = DEFAULT_RETRY_MS, readMs = SCAN_MS, transactionMs = DEFAULT_TRANSACTION_MS, ...address }: Neo4jStoreOptions): StoreHistory {
  return neo4jHistory(new Connection(address, { retryMs, readMs, transactionMs }));
}

/** Brings a database to the newest version; tells which it had. Rejects as opening it does. */
export async function migrateNeo4jStore({ retryMs = DEFAULT_RETRY_MS, readMs = DEFAULT_READ_MS, transactionMs = DEFAULT_TRANSACTION_MS, ...address }: Neo4jStoreOptions): Promise<{ readonly from: number; readonly to: number }> {
  const connection = new Connection(address, { retryMs, readMs, transactionMs });
  return migrate(connection, NEO4J_MIGRATIONS).finally(() => connection.close());
}

/**
 * The store in a Neo4j database (Community is enough); see `Store` for what it promises. Neo4j reads what
 * is committed, with no snapshot: a scan and a delta therefore hold the lock of the batches, and are whole;
 * an entity or a search that is read while a batch commits may show part of it.
 */
export class Neo4jStore implements Store {
  /** Made once for each new database. */
  readonly identity: string;
  readonly #connection: Connection;
  readonly #writer: BatchWriter;
  readonly #cards = new SearchCards();

  constructor(connection: Connection, identity: string) {
    this.identity = identity;
    this.#connection = connection;
    this.#writer = new BatchWriter(connection);
  }

  apply(batch: ChangeBatch): Promise<ApplyOutcome> {
    return this.#writer.apply(batch);
  }

  offsets(topic: string): Promise<ReadonlyMap<number, OffsetPosition>> {
    return this.#connection.read((transaction) => readOffsets(transaction, topic));
  }

  revision(): Promise<RevisionInfo> {
    return this.#connection.read(newestRevision);
  }

  scan(sink: Parameters<GraphSource['scan']>[0]): Promise<RevisionInfo> {
    return this.#connection.write(async (transaction, attempt) => {
      // Rows of a first attempt are with the caller already, and cannot be taken back.
      if (attempt > 1) throw new StoreUnavailable('down', 'the connection to Neo4j broke during a scan');
      lockCatalog(transaction);
      return scanGraph(transaction, sink);
    }, SCAN_MS);
  }

  async delta(revision: number): Promise<GraphDelta | 'too-many'> {
    return this.#connection.write(async (transaction) => {
      lockCatalog(transaction);
      return readDelta(transaction, revision);
    });
  }

  entity(ref: EntityRef, asOf?: number): Promise<EntityRecord | null> {
    return this.#connection.read((transaction) => readEntity(transaction, ref, asOf ?? null));
  }

  statedSince(ref: EntityRef, aspect: Aspect): Promise<readonly StatedSince[]> {
    return this.#connection.read((transaction) => readStatedSince(transaction, ref, aspect));
  }

  entities(kind: Exclude<EntityKind, 'field'>, page: { readonly after: string | null; readonly limit: number }): Promise<readonly EntityRef[]> {
    return this.#connection.read((transaction) => readEntities(transaction, kind, page));
  }

  names(ids: readonly number[]): Promise<readonly (EntityRef | null)[]> {
    return this.#connection.read((transaction) => readNames(transaction, ids));
  }

  async search(query: SearchQuery): Promise<SearchResult> {
    refuseUnfit(query);
    return this.#connection.read((transaction) => runSearch(transaction, this.#cards, query));
  }

  appendToLedger(entries: readonly LedgerDraft[], guard?: LedgerGuard): Promise<readonly LedgerEntry[]> {
    const call = randomUUID();
    return this.#connection.write((transaction, attempt) => appendEntries(transaction, entries, { call, attempt, guard: guard ?? null }));
  }

  ledgerAfter(tail: LedgerTail): Promise<readonly LedgerEntry[]> {
    return this.#connection.read((transaction) => readAfter(transaction, tail));
  }

  ledger(filter: LedgerFilter): Promise<LedgerPage> {
    return this.#connection.read((transaction) => readPage(transaction, filter));
  }

  ledgerEntry(id: string): Promise<LedgerEntry | null> {
    return this.#connection.read((transaction) => readEntry(transaction, id));
  }

  ledgerEntryByKey(idempotencyKey: string): Promise<LedgerEntry | null> {
    return this.#connection.read((transaction) => readEntryByKey(transaction, idempotencyKey));
  }

  ledgerHead(): Promise<LedgerHead> {
    return this.#connection.write(readHead);
  }

  note(key: string): Promise<Note | null> {
    return this.#connection.read((transaction) => readNote(transaction, key));
  }

  notes(prefix: string): Promise<readonly KeyedNote[]> {
    return this.#connection.read((transaction) => readNotes(transaction, prefix));
  }

  setNote(key: string, text: string | null, expected: number): Promise<number | null> {
    const call = randomUUID();
    return this.#connection.write((transaction) => writeNote(transaction, { key, text, expected, call }));
  }

  async backup(_toFile: string): Promise<RevisionInfo> {
    throw new Error('a store in Neo4j is backed up by `sluice store copy`, or by Neo4j itself');
  }

  async statistics(): Promise<StoreStatistics> {
    const { counts, edges, revision } = await this.#connection.read(readCatalog);
    return { entities: counts, edges, revision, bytes: 0 };
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
