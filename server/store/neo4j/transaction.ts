import type { ManagedTransaction, QueryResult } from 'neo4j-driver';
import { type Parameter, type Row, sent } from './values.ts';

/** Rows sent by one statement: where a batched UNWIND is fastest, measured from 1,000 to 50,000. */
export const ROWS_AT_ONCE = 10_000;
/**
 * Begins a statement that names the index it starts at: its first plan is its best one. Otherwise Neo4j plans
 * again whenever the graph has grown by three quarters, which a small statement takes many times its own time for.
 */
export const STEADY = 'CYPHER replan=skip';

/** A running transaction: `run` gives the rows of a query as arrays, in the order of its RETURN. */
export class Transaction {
  readonly #transaction: ManagedTransaction;
  readonly #sent: Promise<unknown>[] = [];
  #failure: { readonly error: unknown } | null = null;

  constructor(transaction: ManagedTransaction) {
    this.#transaction = transaction;
  }

  async run<T extends readonly unknown[]>(cypher: string, parameters: Row = {}): Promise<T[]> {
    const { records } = await this.#ask(cypher, parameters);
    return records.map((record) => record.keys.map((key) => record.get(key) as unknown) as unknown as T);
  }

  async one<T extends readonly unknown[]>(cypher: string, parameters: Row = {}): Promise<T | undefined> {
    return (await this.run<T>(cypher, parameters))[0];
  }

  /**
   * Sends a statement whose answer nobody needs: the server works at it while the next is put together. What
   * is asked later sees what it wrote; if it fails, so does everything after it, and the commit.
   */
  send(cypher: string, parameters: Row = {}): void {
    const answer = this.#ask(cypher, parameters);
    answer.catch(() => undefined);
    this.#sent.push(answer);
  }

  /** Sends a statement that takes `$rows`, as often as there are portions of them. */
  sendEach(cypher: string, rows: readonly Parameter[]): void {
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) this.send(cypher, { rows: rows.slice(from, from + ROWS_AT_ONCE) });
  }

  /** Waits until everything that was sent is done. */
  async settled(): Promise<void> {
    await Promise.all(this.#sent.splice(0));
  }

  /** The answers for all rows of a query that takes `$rows`. */
  async all<T extends readonly unknown[]>(cypher: string, rows: readonly Parameter[], parameters: Row = {}): Promise<T[]> {
    const answers: T[] = [];
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      for (const row of await this.run<T>(cypher, { ...parameters, rows: rows.slice(from, from + ROWS_AT_ONCE) })) answers.push(row);
    }
    return answers;
  }

  /** What fails after a first failure says only that there was one: the first is told again. */
  async #ask(cypher: string, parameters: Row): Promise<QueryResult> {
    try {
      return await this.#transaction.run(cypher, sent(parameters) as Record<string, unknown>);
    } catch (error) {
      this.#failure ??= { error };
      throw this.#failure.error;
    }
  }

  /** Hands over the rows of a query as they come, in portions, without holding them all. */
  async stream<T extends readonly unknown[]>(cypher: string, take: (rows: T[]) => void): Promise<void> {
    let rows: T[] = [];
    for await (const record of this.#transaction.run(cypher)) {
      rows.push(record.keys.map((key) => record.get(key) as unknown) as unknown as T);
      if (rows.length < ROWS_AT_ONCE) continue;
      take(rows);
      rows = [];
    }
    if (rows.length > 0) take(rows);
  }
}
