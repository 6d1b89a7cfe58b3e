import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { asStoreError, isBusy } from './failures.ts';
import { StoreUnavailable } from '../store.ts';

/**
 * How long SQLite itself may wait for a lock, blocking the thread, ms. Longer waits happen outside SQLite,
 * so that a process that waits for another's transaction still answers everything else.
 */
const BLOCKING_WAIT_MS = 5;
/** Pause between two attempts to get the write lock, ms. */
const RETRY_PAUSE_MS = 5;
/** Page cache of a connection, KiB. The default of 2 MB makes a bulk load read back what it just wrote. */
const CACHE_KIB = 65_536;
/** Pages in the log before it is copied back: a bulk load rewrites hot pages, and copying them once is enough. */
const CHECKPOINT_PAGES = 8_000;
/** The log is cut back to this size after a large transaction, bytes. */
const LOG_SIZE_LIMIT = 128 * 1024 * 1024;

export interface ConnectionOptions {
  readonly file: string;
  readonly readonly: boolean;
  readonly busyTimeoutMs: number;
  /** Pages the file may have; null: as many as the disk holds. */
  readonly maxPages: number | null;
}

/**
 * One SQLite connection: prepared statements, one writing transaction at a time, and failures turned into
 * StoreUnavailable. Transactions run inside one turn of the event loop, so none is ever open between turns.
 */
export class Connection {
  readonly db: DatabaseSync;
  readonly options: ConnectionOptions;
  readonly #statements = new Map<string, StatementSync>();
  readonly #rolledBack: (() => void)[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.db = openDatabase(options);
  }

  /** The prepared form of a statement, made once. Rows are arrays, in the order of the columns. */
  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.db.prepare(text);
      statement.setReturnArrays(true);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  /** The caller is told after every transaction that failed, to forget what it learned inside it. */
  onRollback(listener: () => void): void {
    this.#rolledBack.push(listener);
  }

  /** Runs `work` in a writing transaction of its own, after those asked for before; all or nothing. */
  write<T>(work: () => T): Promise<T> {
    const turn = this.#turn.then(() => this.#attempt('BEGIN IMMEDIATE', work));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Runs `work` on one unchanging state of the store. */
  read<T>(work: () => T): Promise<T> {
    return this.#attempt('BEGIN', work);
  }

  async #attempt<T>(begin: string, work: () => T): Promise<T> {
    const deadline = performance.now() + this.options.busyTimeoutMs;
    for (;;) {
      if (this.#closed) throw new StoreUnavailable('closed', 'the store is closed');
      try {
        return this.#transact(begin, work);
      } catch (error) {
        if (!isBusy(error) || performance.now() >= deadline) throw asStoreError(error, this.options.file);
      }
      await sleep(RETRY_PAUSE_MS);
    }
  }

  #transact<T>(begin: string, work: () => T): T {
    this.sql(begin).run();
    try {
      const result = work();
      this.sql('COMMIT').run();
      return result;
    } catch (error) {
      // SQLite has already rolled back after some failures, a full disk among them.
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
      for (const listener of this.#rolledBack) listener();
      throw error;
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Waits for the transactions asked for before; every later call is refused as closed. */
  async close(): Promise<void> {
    await this.#turn;
    if (this.#closed) return;
    this.#closed = true;
    this.db.close();
  }
}

/** The only row of a query, or undefined. */
export function one<T extends readonly unknown[]>(statement: StatementSync, ...values: SQLInputValue[]): T | undefined {
  return statement.get(...values) as unknown as T | undefined;
}
/** All rows of a query. */
export function many<T extends readonly unknown[]>(statement: StatementSync, ...values: SQLInputValue[]): T[] {
  return statement.all(...values) as unknown as T[];
}
/** The rows of a query one after the other; the caller may stop early. */
export function each<T extends readonly unknown[]>(statement: StatementSync, ...values: SQLInputValue[]): Iterable<T> {
  return statement.iterate(...values) as unknown as Iterable<T>;
}

function openDatabase({ file, readonly, busyTimeoutMs, maxPages }: ConnectionOptions): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(file, { readOnly: readonly, timeout: busyTimeoutMs });
    if (!readonly) enterWalMode(db);
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = ${BLOCKING_WAIT_MS}`);
    if (maxPages !== null) db.exec(`PRAGMA max_page_count = ${maxPages}`);
    return db;
  } catch (error) {
    db?.close();
    throw asStoreError(error, file);
  }
}

/**
 * FULL, not NORMAL: in WAL mode NORMAL leaves the last commits to the operating system, and a decision
 * must be on disk before its reply leaves. It costs one flush of the log for each transaction.
 */
function enterWalMode(db: DatabaseSync): void {
  db.exec(`
    PRAGMA page_size = 8192;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA journal_size_limit = ${LOG_SIZE_LIMIT};
  `);
}
