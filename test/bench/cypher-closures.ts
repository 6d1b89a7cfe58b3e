import neo4j, { type Driver, type Session } from 'neo4j-driver';

/** Ways to ask for the same closure: a variable-length pattern, and a quantified one. Both plan as a breadth-first expansion that meets each field once. */
const FORMS = {
  variableLength: 'MATCH (f:Entity { id: $id })-[r:DERIVES*0..]->(x) WHERE all(step IN r WHERE step.validTo IS NULL) RETURN count(DISTINCT x)',
  quantified: 'MATCH (f:Entity { id: $id })-[r:DERIVES WHERE r.validTo IS NULL]->*(x) RETURN count(DISTINCT x)',
} as const;
export type Form = keyof typeof FORMS;
export const CYPHER_FORMS = Object.keys(FORMS) as Form[];
const FIELDS = 'MATCH (f:Entity { id: $id })-[r:DERIVES WHERE r.validTo IS NULL]->*(x) RETURN DISTINCT x.id ORDER BY x.id';

/** The fields that a field's value goes to through edges that are true now, the field itself among them, asked of Neo4j in one session. */
export class CypherClosures {
  readonly #driver: Driver;
  readonly #session: Session;

  constructor({ url, user, password }: { readonly url: string; readonly user: string; readonly password: string }) {
    this.#driver = neo4j.driver(url, neo4j.auth.basic(user, password), { disableLosslessIntegers: true, fetchSize: -1 });
    this.#session = this.#driver.session({ defaultAccessMode: neo4j.session.READ });
  }

  async count(form: Form, id: number): Promise<number> {
    const { records } = await this.#session.run(FORMS[form], { id: neo4j.int(id) });
    return records[0]?.get(0) as number;
  }

  /** Ascending. */
  async fields(id: number): Promise<readonly number[]> {
    const { records } = await this.#session.run(FIELDS, { id: neo4j.int(id) });
    return records.map((record) => record.get(0) as number);
  }

  /** The operators of a form's plan. */
  async plan(form: Form): Promise<readonly string[]> {
    const { summary } = await this.#session.run(`EXPLAIN ${FORMS[form]}`, { id: neo4j.int(0) });
    const operators: string[] = [];
    for (let plan = summary.plan === false ? undefined : summary.plan; plan !== undefined; plan = plan.children[0]) operators.push(plan.operatorType.replace(/@.*/, ''));
    return operators;
  }

  async close(): Promise<void> {
    await this.#session.close();
    await this.#driver.close();
  }
}
