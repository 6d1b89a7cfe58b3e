import { EVIDENCES, type Instant, type Statement } from '../../catalog/changes.ts';
import { packBody, type StoredBody, unpackBody } from './bodies.ts';
import { aspectCode } from './codes.ts';
import { type Connection, many, one } from './connection.ts';
import type { WriteState } from './write-state.ts';

/** A statement as read back; the body is JSON text, null when it withdraws. */
export interface StoredStatement extends Instant {
  readonly body: string | null;
}
export interface Slot {
  readonly id: number;
  readonly isNew: boolean;
}
/** A slot of the same entity and aspect, with the time of its newest statement. */
export interface SlotAge {
  readonly id: number;
  readonly newest: number | null;
}
/**
 * How a statement came in: 'known' changed nothing; 'changed' replaced another body under the same instant,
 * 'outdone' was not stored because of one.
 */
export type Recorded = 'new' | 'changed' | 'known' | 'outdone';

/** Slots and their statements: the facts themselves, from which everything else follows. */
export class Statements {
  readonly #connection: Connection;
  readonly #state: WriteState;

  constructor(connection: Connection, state: WriteState) {
    this.#connection = connection;
    this.#state = state;
  }

  slot(about: number, { aspect, part, evidence }: Pick<Statement, 'aspect' | 'part' | 'evidence'>): Slot {
    return this.#slot(about, aspectCode(aspect), part, EVIDENCES.indexOf(evidence));
  }

  /** Where the edges of an actor's observations live. */
  observedSlot(actor: number): Slot {
    return this.#slot(actor, aspectCode('observed'), '', EVIDENCES.indexOf('observed'));
  }

  #slot(about: number, aspect: number, part: string, evidence: number): Slot {
    const find = this.#connection.sql('SELECT id FROM slot WHERE about = ? AND aspect = ? AND part = ? AND evidence = ?');
    const found = one<[number]>(find, about, aspect, part, evidence);
    if (found !== undefined) return { id: found[0], isNew: false };
    const insert = this.#connection.sql('INSERT INTO slot (about, aspect, part, evidence) VALUES (?, ?, ?, ?)');
    return { id: Number(insert.run(about, aspect, part, evidence).lastInsertRowid), isNew: true };
  }

  /**
   * Adds a statement to its slot. Two different bodies under one instant are the sender's mistake; the
   * greater text counts, so that the order of arrival still does not matter.
   */
  record(slot: Slot, at: Instant, body: string | null): Recorded {
    const insert = this.#connection.sql(
      'INSERT INTO statement (slot, time, sequence, event, body, revision) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    const event = at.event.toWellFormed();
    const added = insert.run(slot.id, at.time, at.sequence, event, body === null ? null : packBody(body), this.#state.revision);
    if (added.changes !== 0) return 'new';
    const find = this.#connection.sql('SELECT id, body FROM statement WHERE slot = ? AND time = ? AND sequence = ? AND event = ?');
    const known = one<[number, StoredBody]>(find, slot.id, at.time, at.sequence, event);
    const before = known === undefined || known[1] === null ? null : unpackBody(known[1]);
    if (known === undefined || before === body) return 'known';
    if (body === null || (before !== null && before > body)) return 'outdone';
    this.#connection.sql('UPDATE statement SET body = ?, revision = ? WHERE id = ?').run(packBody(body), this.#state.revision, known[0]);
    return 'changed';
  }

  newestTime(slot: number): number | null {
    return one<[number | null]>(this.#connection.sql('SELECT max(time) FROM statement WHERE slot = ?'), slot)?.[0] ?? null;
  }

  /** All slots of one aspect of an entity, in no particular order. */
  slotsOf(about: number, aspect: Statement['aspect']): SlotAge[] {
    const find = this.#connection.sql(
      'SELECT id, (SELECT max(time) FROM statement WHERE slot = slot.id) FROM slot WHERE about = ? AND aspect = ?',
    );
    return many<[number, number | null]>(find, about, aspectCode(aspect)).map(([id, newest]) => ({ id, newest }));
  }

  /** Everything ever said in a slot, in no particular order. */
  history(slot: number): StoredStatement[] {
    const rows = this.#connection.sql('SELECT time, sequence, event, body FROM statement WHERE slot = ?');
    return many<StoredRow>(rows, slot).map(statementOf);
  }

  /** What a slot said last, up to and including a time; null when it said nothing yet. */
  inForce(slot: number, asOf: number): StoredStatement | null {
    return latestStatement(this.#connection, slot, asOf);
  }
}

/** What a slot said last, up to and including a time; null when it said nothing yet. */
export function latestStatement(connection: Connection, slot: number, asOf: number): StoredStatement | null {
  const rows = connection.sql(
    `SELECT time, sequence, event, body FROM statement WHERE slot = ?1 AND time = (SELECT max(time) FROM statement WHERE slot = ?1 AND time <= ?2)
     ORDER BY sequence DESC`,
  );
  let latest: StoredRow | null = null;
  for (const row of many<StoredRow>(rows, slot, asOf)) {
    // SQLite orders text by code point, compareInstants by UTF-16 unit: the tie is broken here.
    if (latest === null || (row[1] === latest[1] && row[2] > latest[2])) latest = row;
  }
  return latest === null ? null : statementOf(latest);
}

type StoredRow = readonly [time: number, sequence: number, event: string, body: StoredBody];

function statementOf([time, sequence, event, body]: StoredRow): StoredStatement {
  return { time, sequence, event, body: body === null ? null : unpackBody(body) };
}
