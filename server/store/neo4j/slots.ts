import type { Aspect, Evidence, Instant } from '../../catalog/changes.ts';
import { entityById, type GraphNode } from './graph-nodes.ts';
import { STEADY, type Transaction } from './transaction.ts';
import { bodyText, type StoredBody, storedBody } from './values.ts';

/** A statement; the body is JSON text, null when it withdraws. */
export interface StoredStatement extends Instant {
  body: string | null;
  state: 'stored' | 'new' | 'changed';
}
/** How a statement came in; as in the embedded store. */
export type Recorded = 'new' | 'changed' | 'known' | 'outdone';

/** All that one kind of evidence says about one aspect of one entity. */
export interface Slot {
  readonly id: number;
  readonly about: GraphNode;
  readonly aspect: Aspect | 'observed';
  readonly part: string;
  readonly evidence: Evidence;
  /** The time of the newest statement before this batch. */
  readonly newest: number | null;
  /** By instant: everything ever said if `whole`, else the statements of the newest time and what this batch adds. */
  readonly statements: Map<string, StoredStatement>;
  whole: boolean;
  edgesChanged: boolean;
  readonly isNew: boolean;
}
type Place = Pick<Slot, 'aspect' | 'part' | 'evidence'>;

/** Finds `t`, what was said in a slot at a time. The index holds only what has all its properties, so all must be named. */
export function statementsAt(slot: string, time: string): string {
  return `MATCH (t:Statement { slot: ${slot}, time: ${time} }) USING INDEX t:Statement(slot, time, sequence, event) WHERE t.sequence IS NOT NULL AND t.event IS NOT NULL`;
}
const SLOT_OF_ROW = 'MATCH (s:Slot { id: row.slot }) USING INDEX s:Slot(id)';

/** The slots of the entities of a batch: the facts themselves, from which everything else follows. */
export class Slots {
  readonly #byEntity = new Map<number, Map<string, Slot>>();
  #nextId = 1;

  constructor(largestId: number) {
    this.#nextId = largestId + 1;
  }

  get largestId(): number {
    return this.#nextId - 1;
  }

  all(): Slot[] {
    return [...this.#byEntity.values()].flatMap((slots) => [...slots.values()]);
  }

  of(about: GraphNode, aspect?: Slot['aspect']): Slot[] {
    const slots = [...(this.#byEntity.get(about.id)?.values() ?? [])];
    return aspect === undefined ? slots : slots.filter((slot) => slot.aspect === aspect);
  }

  /** Reads the slots of entities, and what they said last where it is wanted. */
  async load(transaction: Transaction, abouts: Iterable<GraphNode>, wanted: ReadonlySet<Slot['aspect']>): Promise<void> {
    const unread = new Map([...abouts].filter((about) => !this.#byEntity.has(about.id)).map((about) => [about.id, about]));
    for (const id of unread.keys()) this.#byEntity.set(id, new Map());
    const known = [...unread.values()].filter(({ isNew }) => !isNew).map(({ id }) => id);
    const found = await transaction.all<[number, number, Slot['aspect'], string, Evidence, number | null]>(
      
      `${STEADY} UNWIND $rows AS id ${entityById('e', 'id')} MATCH (e)-[:HAS_SLOT]->(s:Slot) RETURN s.id, s.about, s.aspect, s.part, s.evidence, s.newest`, known);
    for (const [id, aboutId, aspect, part, evidence, newest] of found) {
      const about = unread.get(aboutId);
      if (about !== undefined) this.#keep({ id, about, aspect, part, evidence, newest, statements: new Map(), whole: newest === null, edgesChanged: false, isNew: false });
    }
    await this.#loadNewest(transaction, [...unread.values()].flatMap((about) => this.of(about).filter((slot) => wanted.has(slot.aspect))));
  }

  async #loadNewest(transaction: Transaction, slots: readonly Slot[]): Promise<void> {
    await this.#loadStatements(transaction, slots.filter(({ newest }) => newest !== null),
      `${STEADY} UNWIND $rows AS row ${statementsAt('row.slot', 'row.newest')} RETURN t.slot, t.time, t.sequence, t.event, t.body`);
  }

  /** Reads everything that was ever said in slots. */
  async loadHistory(transaction: Transaction, slots: readonly Slot[]): Promise<void> {
    const partial = slots.filter(({ whole }) => !whole);
    for (const slot of partial) slot.whole = true;
    await this.#loadStatements(transaction, partial,
      `${STEADY} UNWIND $rows AS row ${SLOT_OF_ROW} MATCH (s)-[:HAS_STATEMENT]->(t) RETURN t.slot, t.time, t.sequence, t.event, t.body`);
  }

  async #loadStatements(transaction: Transaction, slots: readonly Slot[], cypher: string): Promise<void> {
    const byId = new Map(slots.map((slot) => [slot.id, slot]));
    const rows = slots.map(({ id, newest }) => ({ slot: id, newest }));
    for (const [id, time, sequence, event, body] of await transaction.all<[number, number, number, string, StoredBody]>(cypher, rows)) {
      const statements = byId.get(id)?.statements;
      const key = instantKey({ time, sequence, event });
      if (statements?.has(key) === false) statements.set(key, { time, sequence, event, body: bodyText(body), state: 'stored' });
    }
  }

  /** The slot at a place of an entity that was loaded; made if there is none. */
  at(about: GraphNode, place: Place): Slot {
    const known = this.find(about, place);
    if (known !== undefined) return known;
    const slot: Slot = {
      id: this.#nextId++, about, aspect: place.aspect, part: place.part.toWellFormed(), evidence: place.evidence,
      newest: null, statements: new Map(), whole: true, edgesChanged: false, isNew: true,
    };
    this.#keep(slot);
    return slot;
  }

  find(about: GraphNode, place: Place): Slot | undefined {
    return this.#byEntity.get(about.id)?.get(placeKey(place));
  }

  #keep(slot: Slot): void {
    this.#byEntity.get(slot.about.id)?.set(placeKey(slot), slot);
  }
}

/**
 * Adds a statement to its slot. Two different bodies under one instant are the sender's mistake; the
 * greater text counts, so that the order of arrival still does not matter.
 */
export function record(slot: Slot, at: Instant, body: string | null): Recorded {
  const event = at.event.toWellFormed();
  const key = instantKey({ ...at, event });
  const known = slot.statements.get(key);
  if (known === undefined) {
    slot.statements.set(key, { time: at.time, sequence: at.sequence, event, body, state: 'new' });
    return 'new';
  }
  if (known.body === body) return 'known';
  if (body === null || (known.body !== null && known.body > body)) return 'outdone';
  known.body = body;
  if (known.state === 'stored') known.state = 'changed';
  return 'changed';
}

export function isChanged(slot: Slot): boolean {
  for (const { state } of slot.statements.values()) if (state !== 'stored') return true;
  return false;
}

/** A new slot with what is said in it. */
const ADDED_SLOT = `${STEADY} UNWIND $rows AS row ${entityById('e', 'row.about')}
  CREATE (e)-[:HAS_SLOT]->(s:Slot { id: row.id, about: row.about, aspect: row.aspect, part: row.part, evidence: row.evidence, newest: row.newest, saidRevision: row.saidRevision, edgeRevision: row.edgeRevision })
  WITH s, row UNWIND row.said AS said
  CREATE (s)-[:HAS_STATEMENT]->(:Statement { slot: row.id, time: said[0], sequence: said[1], event: said[2], body: said[3], revision: row.revision })`;
const ADDED_STATEMENT = `${STEADY} UNWIND $rows AS row ${SLOT_OF_ROW}
  CREATE (s)-[:HAS_STATEMENT]->(:Statement { slot: row.slot, time: row.time, sequence: row.sequence, event: row.event, body: row.body, revision: row.revision })`;
const CHANGED_STATEMENT = `${STEADY} UNWIND $rows AS row
  MATCH (t:Statement { slot: row.slot, time: row.time, sequence: row.sequence, event: row.event }) USING INDEX t:Statement(slot, time, sequence, event) SET t = row`;

/** Writes slots that are new or were changed, and the statements that were added. */
export function writeSlots(transaction: Transaction, slots: readonly Slot[], revision: number): void {
  const said = slots.filter((slot) => slot.isNew || isChanged(slot) || slot.edgesChanged);
  transaction.sendEach(ADDED_SLOT, said.filter(({ isNew }) => isNew).map((slot) => ({
    id: slot.id, about: slot.about.id, aspect: slot.aspect, part: slot.part, evidence: slot.evidence, revision, ...slotProperties(slot, revision),
    said: [...slot.statements.values()].map(({ time, sequence, event, body }) => [time, sequence, event, storedBody(body)]),
  })));
  const known = said.filter(({ isNew }) => !isNew);
  transaction.sendEach(`${STEADY} UNWIND $rows AS row MATCH (s:Slot { id: row.id }) USING INDEX s:Slot(id) SET s += row`, known.map((slot) => ({ id: slot.id, ...slotProperties(slot, revision) })));
  const inState = (wanted: StoredStatement['state']) => known.flatMap((slot) => [...slot.statements.values()].filter(({ state }) => state === wanted).map(
    ({ time, sequence, event, body }) => ({ slot: slot.id, time, sequence, event, body: storedBody(body), revision })));
  transaction.sendEach(ADDED_STATEMENT, inState('new'));
  transaction.sendEach(CHANGED_STATEMENT, inState('changed'));
}

function slotProperties(slot: Slot, revision: number): Record<string, number> {
  let newest = slot.newest;
  for (const { time } of slot.statements.values()) newest = newest === null ? time : Math.max(newest, time);
  return {
    ...(newest === null ? {} : { newest }),
    ...(isChanged(slot) ? { saidRevision: revision } : {}),
    ...(slot.edgesChanged ? { edgeRevision: revision } : {}),
  };
}

function placeKey({ aspect, part, evidence }: Place): string {
  return `${aspect} ${evidence} ${part.toWellFormed()}`;
}
function instantKey({ time, sequence, event }: Instant): string {
  return `${time} ${sequence} ${event}`;
}
