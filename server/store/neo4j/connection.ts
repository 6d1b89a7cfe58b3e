import { setTimeout as sleep } from 'node:timers/promises';
import neo4j, { type Driver, type ManagedTransaction, type Session } from 'neo4j-driver';
import { StoreUnavailable } from '../store.ts';
import { asStoreError } from './failures.ts';
import { Transaction } from './transaction.ts';

/** Records fetched at once: larger than most answers, so that they come in one go. */
const FETCHED_RECORDS = 5_000;
/** How long to wait for the server to take a connection, ms. */
const CONNECT_TIMEOUT_MS = 3_000;
const POOL_WAIT_MS = 10_000;
/** Connections at most; calls beyond wait here, in order, and not in the driver, which would refuse them after a while. */
const MOST_CONNECTIONS = 50;
/** Longest change of the schema, ms: an index over millions of nodes is built meanwhile. */
const DEFINE_MS = 1_800_000;
/** How much later than asked the server may end a transaction, ms: it looks for overdue ones every 2 s. */
const OVERDUE_MS = 3_000;
const USER_AGENT = 'sluice';

export interface Neo4jAddress {
  /** `neo4j://host:port`, `neo4j+s://…` for TLS, or `bolt://…`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** The server's default database unless given. */
  readonly database?: string;
}
export interface Neo4jLimits {
  /** How long a transaction that failed for a passing reason is tried again, ms. */
  readonly retryMs: number;
  /** Longest read, ms. */
  readonly readMs: number;
  /** Longest transaction that writes, waiting for others' locks included, ms. */
  readonly transactionMs: number;
}

/** The driver behind one store: transactions tried again while that helps, and failures turned into StoreUnavailable. */
export class Connection {
  readonly limits: Neo4jLimits;
  readonly #driver: Driver;
  readonly #database: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor({ url, user, password, database }: Neo4jAddress, limits: Neo4jLimits) {
    this.limits = limits;
    this.#database = database;
    this.#driver = neo4j.driver(url, neo4j.auth.basic(user, password), {
      disableLosslessIntegers: true,
      maxTransactionRetryTime: limits.retryMs,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      connectionAcquisitionTimeout: POOL_WAIT_MS,
      maxConnectionPoolSize: MOST_CONNECTIONS,
      fetchSize: FETCHED_RECORDS,
      userAgent: USER_AGENT,
      telemetryDisabled: true,
      notificationFilter: { minimumSeverityLevel: 'OFF' },
    });
  }

  /** Reads what is committed; what several queries of it see may be of several moments. */
  read<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const { readMs } = this.limits;
    return this.#attempt((session) => session.executeRead((transaction) => work(new Transaction(transaction)), { timeout: readMs }), readMs);
  }

  /** Runs `work` in a writing transaction, possibly alongside others; `attempt` counts from 1. */
  write<T>(work: (transaction: Transaction, attempt: number) => Promise<T>, transactionMs = this.limits.transactionMs): Promise<T> {
    let attempt = 0;
    const whole = async (managed: ManagedTransaction): Promise<T> => {
      const transaction = new Transaction(managed);
      const result = await work(transaction, ++attempt);
      await transaction.settled();
      return result;
    };
    return this.#attempt((session) => session.executeWrite(whole, { timeout: transactionMs }), transactionMs);
  }

  /** The same, after those asked for before. */
  writeInTurn<T>(work: (transaction: Transaction, attempt: number) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => this.write(work));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Changes of the schema: outside transactions that write, each by itself. What another process makes in the same moment is as good as ours. */
  async define(statements: readonly string[]): Promise<void> {
    await this.#attempt(async (session) => {
      for (const statement of statements) await session.run(statement).catch(passOverExisting);
    }, DEFINE_MS);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Waits for the writes asked for before; every later call is refused as closed. */
  async close(): Promise<void> {
    await this.#turn;
    if (this.#closed) return;
    this.#closed = true;
    await this.#driver.close();
  }

  /** A server that has stopped answering without closing the connection would otherwise be waited for without end. */
  async #attempt<T>(work: (session: Session) => Promise<T>, transactionMs: number): Promise<T> {
    if (this.#closed) throw new StoreUnavailable('closed', 'the store is closed');
    if (this.#running >= MOST_CONNECTIONS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    const session = this.#driver.session(this.#database === undefined ? {} : { database: this.#database });
    const waiting = new AbortController();
    try {
      return await Promise.race([work(session), silence(transactionMs + this.limits.retryMs + OVERDUE_MS, waiting.signal)]);
    } catch (error) {
      throw asStoreError(error);
    } finally {
      waiting.abort();
      session.close().catch(() => undefined);
      // Whoever waits longest takes this place over.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

/** `IF NOT EXISTS` looks before it makes: of two that look at once one is told this. */
function passOverExisting(error: unknown): void {
  if (!(error instanceof neo4j.Neo4jError) || error.code !== 'Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists') throw error;
}

async function silence(ms: number, signal: AbortSignal): Promise<never> {
  await sleep(ms, undefined, { signal, ref: false });
  throw new StoreUnavailable('down', `Neo4j has not answered for ${ms} ms`);
}
