import type { FieldFact, FieldsFact } from '../../catalog/changes.ts';
import type { EntityKind } from '../../catalog/names.ts';
import { EXISTENCE } from './codes.ts';
import { type Connection, many, one } from './connection.ts';
import { advance, effective, latestLifetime, type Lifetime, NEVER } from './lifetime.ts';
import type { NodeIds } from './node-ids.ts';
import type { SearchIndex } from './search-index.ts';
import type { SlotAge, Statements } from './statements.ts';
import type { WriteState } from './write-state.ts';

/** Later than every event. */
const FOREVER = Number.MAX_SAFE_INTEGER;

/** A statement that has just been recorded about what exists. */
export interface Existence {
  readonly about: number;
  readonly slot: number;
  readonly time: number;
  /** The slots of this aspect as they were before the statement. */
  readonly before: readonly SlotAge[];
}

/**
 * Keeps the validity of nodes: an entity lives while any slot of its kind's own aspect states it, a field
 * while any `fields` slot of its dataset lists it. A node's row holds the last such stretch of time. Every
 * path ever listed is a node, even if what listed it was replaced at once.
 *
 * A statement newer than all others moves the lifetimes on from where they are; any other has them worked
 * out again from all statements. Both end the same.
 */
export class Lifetimes {
  readonly #connection: Connection;
  readonly #state: WriteState;
  readonly #nodes: NodeIds;
  readonly #statements: Statements;
  readonly #search: SearchIndex;

  constructor(parts: { connection: Connection; state: WriteState; nodes: NodeIds; statements: Statements; search: SearchIndex }) {
    this.#connection = parts.connection;
    this.#state = parts.state;
    this.#nodes = parts.nodes;
    this.#statements = parts.statements;
    this.#search = parts.search;
  }

  /** After a statement about the existence of anything but fields. */
  ofEntity(kind: EntityKind, said: Existence, stated: boolean): void {
    const before = this.#lifetime(said.about);
    const after = isNewest(said)
      ? this.#advanceEntity(before, said, stated)
      : latestLifetime(this.#statements.slotsOf(said.about, EXISTENCE[kind]).map(({ id }) => this.#steps(id)));
    if (this.#store(said.about, before, after) && kind === 'dataset') this.#search.touchFieldsOf(said.about);
  }

  /** After a statement of the fields of a dataset. `previous` is what the slot said before, if it did. */
  ofFields(said: Existence, fields: readonly FieldFact[], previous: readonly FieldFact[]): void {
    if (isNewest(said)) this.#advanceFields(said, fields, previous);
    else this.#recomputeFields(said);
  }

  /** Makes nodes of listed fields, and nothing else. */
  mention(dataset: number, fields: readonly FieldFact[]): void {
    for (const { path } of fields) this.#nodes.statedField(dataset, path, NEVER, undefined);
  }

  #advanceEntity(before: Lifetime, said: Existence, stated: boolean): Lifetime {
    const elsewhere = () => said.before.some(({ id }) => id !== said.slot && this.#saysSomething(id));
    return advance(before, said.time, stated || elsewhere());
  }

  #saysSomething(slot: number): boolean {
    return (this.#statements.inForce(slot, FOREVER)?.body ?? null) !== null;
  }

  #steps(slot: number): { time: number; stated: boolean }[] {
    return effective(this.#statements.history(slot)).map(({ time, body }) => ({ time, stated: body !== null }));
  }

  #advanceFields(said: Existence, fields: readonly FieldFact[], previous: readonly FieldFact[]): void {
    const docs = new Map(previous.map(({ path, doc }) => [path, doc]));
    const born: Lifetime = { from: said.time, to: null };
    for (const { path, doc } of fields) {
      const known = docs.has(path);
      const { id, created } = this.#nodes.statedField(said.about, path, born, doc);
      if (!known && !created) this.#move(id, (lifetime) => advance(lifetime, said.time, true));
      if (!created && docs.get(path) !== doc) this.#search.touch(id);
      docs.delete(path);
    }
    if (docs.size > 0) this.#endFields(said, [...docs.keys()]);
  }

  #endFields(said: Existence, paths: readonly string[]): void {
    const elsewhere = new Set(said.before.flatMap(({ id }) => (id === said.slot ? [] : this.#pathsIn(id))));
    for (const path of paths) {
      const { id } = this.#nodes.statedField(said.about, path, NEVER, undefined);
      if (elsewhere.has(path)) this.#search.touch(id);
      else this.#move(id, (lifetime) => advance(lifetime, said.time, false));
    }
  }

  #pathsIn(slot: number): string[] {
    return fieldsIn(this.#statements.inForce(slot, FOREVER)?.body ?? null).map(({ path }) => path);
  }

  #recomputeFields(said: Existence): void {
    // What was valid so far is looked at too: the body that listed it may have been replaced.
    const valid = many<[string]>(this.#connection.sql('SELECT path FROM node WHERE dataset = ? AND valid_from IS NOT NULL'), said.about);
    const paths = new Set(valid.map(([path]) => path));
    const slots = this.#statements.slotsOf(said.about, 'fields').map(({ id }) => {
      const history = this.#statements.history(id).map((statement) => ({ ...statement, paths: new Set(fieldsIn(statement.body).map(({ path }) => path)) }));
      for (const statement of history) for (const path of statement.paths) paths.add(path);
      return effective(history);
    });
    for (const path of paths) {
      const lifetime = latestLifetime(slots.map((steps) => steps.map((step) => ({ time: step.time, stated: step.paths.has(path) }))));
      const { id, created } = this.#nodes.statedField(said.about, path, lifetime, undefined);
      if (!created) this.#move(id, () => lifetime);
      this.#search.touch(id);
    }
  }

  #move(id: number, change: (before: Lifetime) => Lifetime): void {
    const before = this.#lifetime(id);
    this.#store(id, before, change(before));
  }

  #lifetime(id: number): Lifetime {
    const row = one<[number | null, number | null]>(this.#connection.sql('SELECT valid_from, valid_to FROM node WHERE id = ?'), id);
    return row === undefined ? NEVER : { from: row[0], to: row[1] };
  }

  /** True when whether the node is still alive has changed. */
  #store(id: number, before: Lifetime, after: Lifetime): boolean {
    if (before.from === after.from && before.to === after.to) return false;
    const update = this.#connection.sql('UPDATE node SET valid_from = ?, valid_to = ?, revision = ? WHERE id = ?');
    update.run(after.from, after.to, this.#state.revision, id);
    this.#search.touch(id);
    return (before.to === null) !== (after.to === null);
  }
}

/** The fields in a stored body; none when it withdraws. */
export function fieldsIn(body: string | null): readonly FieldFact[] {
  return body === null ? [] : (JSON.parse(body) as FieldsFact).fields;
}

function isNewest({ time, before }: Existence): boolean {
  return before.every(({ newest }) => newest === null || newest < time);
}
