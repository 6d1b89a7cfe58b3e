import { compareInstants, type FieldsFact, type GraphChange, type ProgramFact, type Statement } from '../../catalog/changes.ts';
import type { ReaderRef } from '../../catalog/names.ts';
import type { ApplyOutcome, ChangeBatch, OffsetAdvance } from '../store.ts';
import { EXISTENCE } from './codes.ts';
import { type Connection, one } from './connection.ts';
import { fieldsIn, Lifetimes } from './lifetimes.ts';
import { NodeIds } from './node-ids.ts';
import { Observed } from './observed.ts';
import { ProgramEdges } from './program-edges.ts';
import { newestRevision } from './revisions.ts';
import { SearchIndex } from './search-index.ts';
import { type SlotAge, Statements } from './statements.ts';
import type { WriteState } from './write-state.ts';

/** Applies batches of changes, each inside a writing transaction of the caller's. */
export class BatchWriter {
  readonly #connection: Connection;
  readonly #state: WriteState = { revision: 0, tallies: new Map() };
  readonly #nodes: NodeIds;
  readonly #statements: Statements;
  readonly #lifetimes: Lifetimes;
  readonly #programs: ProgramEdges;
  readonly #observed: Observed;
  readonly #search: SearchIndex;

  constructor(connection: Connection) {
    const state = this.#state;
    this.#connection = connection;
    this.#statements = new Statements(connection, state);
    this.#search = new SearchIndex(connection, state);
    this.#nodes = new NodeIds(connection, state, this.#search);
    const parts = { connection, state, nodes: this.#nodes, statements: this.#statements, search: this.#search };
    this.#lifetimes = new Lifetimes(parts);
    this.#programs = new ProgramEdges(parts);
    this.#observed = new Observed(parts);
  }

  apply(batch: ChangeBatch): ApplyOutcome {
    const fenced = this.#advanceOffset(batch.offset);
    if (fenced !== null) return fenced;
    const { revision } = newestRevision(this.#connection);
    this.#state.revision = revision + 1;
    this.#state.tallies.clear();
    this.#search.begin();
    this.#nodes.begin();
    const learned = this.#applyAll(batch.changes);
    if (learned.changes === 0) return { outcome: 'applied', revision, changed: false };
    this.#search.flush();
    this.#writeTallies();
    this.#addRevision(batch.committedAt, learned.statements);
    return { outcome: 'applied', revision: revision + 1, changed: true };
  }

  #applyAll(changes: readonly GraphChange[]): { readonly changes: number; readonly statements: number } {
    const statements = changes.filter((change) => change.change === 'statement');
    // In order a statement only extends what its slot says; out of order all of it is worked out again.
    statements.sort((a, b) => compareInstants(a.at, b.at));
    let said = 0;
    for (const statement of statements) if (this.#say(statement)) said++;
    let seen = 0;
    for (const change of changes) if (change.change === 'observation' && this.#observed.saw(change)) seen++;
    return { changes: said + seen, statements: said };
  }

  /** True when the statement was not known yet. */
  #say(statement: Statement): boolean {
    const { about: ref, aspect, body, at } = statement;
    const about = this.#nodes.of(ref);
    const existence = aspect === EXISTENCE[ref.kind] || aspect === 'fields';
    const before: readonly SlotAge[] = existence ? this.#statements.slotsOf(about, aspect) : [];
    const slot = this.#statements.slot(about, statement);
    const newest = slot.isNew || aspect !== 'program' ? null : this.#statements.newestTime(slot.id);
    const previous = aspect === 'fields' && !slot.isNew ? this.#statements.inForce(slot.id, at.time) : null;
    const recorded = this.#statements.record(slot, at, body === null ? null : JSON.stringify(body));
    if (recorded === 'known') return false;
    if (recorded === 'outdone') return this.#mention(statement, about);
    if (aspect === 'program') this.#programs.said({ slot, program: programRef(statement), time: at.time, body: body as ProgramFact | null, newest });
    if (existence) this.#exists(statement, { about, slot: slot.id, time: at.time, before }, previous?.body ?? null);
    if (SEARCHED.has(aspect)) this.#search.touch(about);
    return true;
  }

  /** Whatever anybody names is a node, whether it counts or not; true when that made new ones. */
  #mention(statement: Statement, about: number): boolean {
    const { largest } = this.#nodes;
    if (statement.aspect === 'program') this.#programs.mention(programRef(statement), statement.body);
    if (statement.aspect === 'fields') this.#lifetimes.mention(about, statement.body?.fields ?? []);
    return this.#nodes.largest > largest;
  }

  #exists(statement: Statement, said: { about: number; slot: number; time: number; before: readonly SlotAge[] }, previous: string | null): void {
    if (statement.aspect === 'fields') this.#lifetimes.ofFields(said, (statement.body as FieldsFact | null)?.fields ?? [], fieldsIn(previous));
    else this.#lifetimes.ofEntity(statement.about.kind, said, statement.body !== null);
  }

  /** Moves the stored offset on; what stands in the way otherwise. */
  #advanceOffset(offset: OffsetAdvance | null): Extract<ApplyOutcome, { outcome: 'fenced' }> | null {
    if (offset === null) return null;
    const { topic, partition, from, next, generation } = offset;
    const find = this.#connection.sql('SELECT next, generation FROM ingest_offset WHERE topic = ? AND partition = ?');
    const stored = one<[number, number]>(find, topic, partition);
    if (stored !== undefined && (stored[0] !== from || stored[1] > generation)) {
      return { outcome: 'fenced', next: stored[0], generation: stored[1] };
    }
    const save = this.#connection.sql('INSERT OR REPLACE INTO ingest_offset (topic, partition, next, generation) VALUES (?, ?, ?, ?)');
    save.run(topic, partition, next, generation);
    return null;
  }

  #writeTallies(): void {
    const add = this.#connection.sql('INSERT INTO tally (what, n) VALUES (?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n');
    for (const [what, n] of this.#state.tallies) add.run(what, n);
  }

  #addRevision(committedAt: number, statements: number): void {
    const { revision } = this.#state;
    this.#connection.sql('DELETE FROM revision WHERE revision = ? AND statements = 0').run(revision - 1);
    this.#connection.sql('INSERT INTO revision (revision, committed_at, statements) VALUES (?, ?, ?)').run(revision, committedAt, statements);
  }
}

/** Aspects that search shows, counts or finds by. */
const SEARCHED: ReadonlySet<Statement['aspect']> = new Set(['dataset', 'owner', 'tags', 'doc', 'governed-by'] as const);

function programRef({ about }: Statement): ReaderRef {
  const { kind, namespace, name } = about;
  if (kind !== 'job' && kind !== 'consumer') throw new TypeError(`a program was stated about a ${kind}; only jobs and consumers have one`);
  return { kind, namespace, name };
}
