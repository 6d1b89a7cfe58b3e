import neo4j, { type Driver, type Session, type Transaction } from 'neo4j-driver';
import { type Neo4jStore, type Neo4jStoreOptions, openNeo4jStore } from '../../server/store/neo4j-store.ts';
import { type Neo4jServer, startNeo4j } from './servers/neo4j-server.ts';

/** Nodes removed in one transaction. */
const REMOVED_AT_ONCE = 10_000;

/** A Neo4j and what a test does with it: every test begins with an empty database, whose constraints stay. */
export class Neo4jPlatform {
  readonly server: Neo4jServer;
  readonly #driver: Driver;
  readonly #open: Neo4jStore[] = [];
  readonly #sessions: Session[] = [];

  private constructor(server: Neo4jServer) {
    this.server = server;
    this.#driver = neo4j.driver(server.url, neo4j.auth.basic(server.user, server.password), { disableLosslessIntegers: true });
  }

  static async start(): Promise<Neo4jPlatform> {
    return new Neo4jPlatform(await startNeo4j());
  }

  address(): Neo4jStoreOptions {
    const { url, user, password } = this.server;
    return { url, user, password };
  }

  /** Another store on the same database; closed with the rest by `release`. */
  async open(limits: Partial<Neo4jStoreOptions> = {}): Promise<Neo4jStore> {
    const store = await openNeo4jStore({ ...this.address(), ...limits });
    this.#open.push(store);
    return store;
  }

  async openEmpty(limits: Partial<Neo4jStoreOptions> = {}): Promise<Neo4jStore> {
    await this.clear();
    return this.open(limits);
  }

  /** Somebody else's transaction; it ends with the test. */
  begin(): Transaction {
    const session = this.#driver.session();
    this.#sessions.push(session);
    return session.beginTransaction();
  }

  async release(): Promise<void> {
    await Promise.all(this.#sessions.splice(0).map((session) => session.close()));
    await Promise.all(this.#open.splice(0).map((store) => store.close()));
  }

  /** Rows of a query, past the store. */
  async query(cypher: string, parameters: Record<string, unknown> = {}): Promise<unknown[][]> {
    const session = this.#driver.session();
    try {
      const { records } = await session.run(cypher, parameters);
      return records.map((record) => record.keys.map((key) => record.get(key) as unknown));
    } finally {
      await session.close();
    }
  }

  /** The operators of a query's plan, from the result down to where it begins. */
  async plan(cypher: string): Promise<string[]> {
    const session = this.#driver.session();
    try {
      const { summary } = await session.run(`EXPLAIN ${cypher}`);
      const operators: string[] = [];
      for (let plan = summary.plan === false ? undefined : summary.plan; plan !== undefined; plan = plan.children.at(-1)) operators.push(plan.operatorType);
      return operators;
    } finally {
      await session.close();
    }
  }

  /** Removes all nodes. */
  async clear(): Promise<void> {
    for (let left = 1; left > 0; ) {
      const [removed] = await this.query(`MATCH (n) WITH n LIMIT ${REMOVED_AT_ONCE} DETACH DELETE n RETURN count(*)`);
      left = removed?.[0] as number;
    }
  }

  async close(): Promise<void> {
    await this.release();
    await this.#driver.close();
    await this.server.close();
  }
}
