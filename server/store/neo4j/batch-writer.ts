import { randomUUID } from 'node:crypto';
import { type Aspect, compareInstants, type FieldsFact, type GraphChange, type Observation, type ProgramFact, type Statement } from '../../catalog/changes.ts';
import { edgesOfObservation, edgesOfProgram } from '../../catalog/lineage/edges.ts';
import type { Edge } from '../../catalog/lineage/rows.ts';
import { ENTITY_KINDS, type EntityKind, type EntityRef, type ReaderRef } from '../../catalog/names.ts';
import { EXISTENCE } from '../sqlite/codes.ts';
import type { ApplyOutcome, ChangeBatch } from '../store.ts';
import { CATALOG, type CatalogNode, lockCatalog, readCatalog } from './catalog-node.ts';
import type { Connection } from './connection.ts';
import { Descriptions, DESCRIBING } from './descriptions.ts';
import { type EdgeChange, readStanding, removeEdges, writeEdges } from './edges.ts';
import { type GraphNode, GraphNodes } from './graph-nodes.ts';
import { settleEntity, settleFields } from './lifetimes.ts';
import { advanceOffset, hasAdvanced } from './offsets.ts';
import { changesOfProgram, edgesIn } from './program-edges.ts';
import { countOf } from './schema.ts';
import { Sightings } from './sightings.ts';
import { isChanged, record, type Slot, Slots, writeSlots } from './slots.ts';
import { STEADY, type Transaction } from './transaction.ts';

/** Aspects whose newest statements are read with their slots: those that say what exists, and those that nodes show. */
const READ_WITH_SLOTS: ReadonlySet<Slot['aspect']> = new Set<Slot['aspect']>([...DESCRIBING, ...Object.values(EXISTENCE)]);

/** Applies batches of changes: reads what they touch, works out what follows, writes that. */
export class BatchWriter {
  readonly #connection: Connection;
  readonly #nodes = new GraphNodes();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  apply(batch: ChangeBatch): Promise<ApplyOutcome> {
    const id = randomUUID();
    return this.#connection.writeInTurn(async (transaction, attempt) => {
      if (attempt > 1) this.#nodes.forget();
      lockCatalog(transaction);
      return (attempt > 1 ? await earlierOutcome(transaction, batch, id) : null) ?? this.#attempt(transaction, batch, id);
    }).catch((error: unknown) => {
      this.#nodes.forget();
      throw error;
    });
  }

  async #attempt(transaction: Transaction, batch: ChangeBatch, id: string): Promise<ApplyOutcome> {
    const fenced = await advanceOffset(transaction, batch.offset, id);
    if (fenced !== null) return fenced;
    const catalog = await readCatalog(transaction);
    this.#nodes.begin(catalog.revision, catalog.nodes);
    const work = new BatchWork(transaction, this.#nodes, catalog);
    const revision = await work.run(batch, id);
    this.#nodes.keep(revision);
    return { outcome: 'applied', revision, changed: revision > catalog.revision };
  }
}

/** What an attempt of this batch came to whose commit was never confirmed; null when there was none. */
async function earlierOutcome(transaction: Transaction, { offset }: ChangeBatch, id: string): Promise<ApplyOutcome | null> {
  const [made] = await transaction.run<[number]>('MATCH (r:Revision { batch: $id }) RETURN r.number', { id });
  if (made !== undefined) return { outcome: 'applied', revision: made[0], changed: true };
  if (!(await hasAdvanced(transaction, offset, id))) return null;
  return { outcome: 'applied', revision: (await readCatalog(transaction)).revision, changed: false };
}

/** One attempt of one batch. */
class BatchWork {
  readonly #transaction: Transaction;
  readonly #nodes: GraphNodes;
  readonly #catalog: CatalogNode;
  readonly #slots: Slots;
  readonly #sightings: Sightings;
  readonly #descriptions: Descriptions;
  readonly #touched = new Map<Slot, GraphNode>();

  constructor(transaction: Transaction, nodes: GraphNodes, catalog: CatalogNode) {
    this.#transaction = transaction;
    this.#nodes = nodes;
    this.#catalog = catalog;
    this.#slots = new Slots(catalog.slots);
    this.#sightings = new Sightings(nodes, this.#slots);
    this.#descriptions = new Descriptions(nodes, this.#slots);
  }

  /** The revision the store is at afterwards: one more, or the same if nothing was new. */
  async run({ changes, committedAt }: ChangeBatch, id: string): Promise<number> {
    const statements = changes.filter((change) => change.change === 'statement').sort((a, b) => compareInstants(a.at, b.at));
    const observations = changes.filter((change) => change.change === 'observation');
    await this.#load(changes, statements, observations);
    const learned = this.#learn(statements, observations);
    if (learned.changes === 0) return this.#catalog.revision;
    await this.#settleLifetimes();
    this.#describe();
    // The server makes the nodes while the edges between them are worked out.
    this.#descriptions.write(this.#transaction, this.#catalog.revision + 1);
    const { changes: edges, gained } = await this.#edges();
    writeSlots(this.#transaction, this.#slots.all(), this.#catalog.revision + 1);
    writeEdges(this.#transaction, edges);
    this.#sightings.write(this.#transaction);
    this.#addRevision(committedAt, { ...learned, edges: gained, id });
    return this.#catalog.revision + 1;
  }

  async #load(changes: readonly GraphChange[], statements: readonly Statement[], observations: readonly Observation[]): Promise<void> {
    const refs = changes.flatMap(namesIn);
    // A field of no name stands for all: the fields of the dataset are read.
    const datasets = statements.filter(({ aspect }) => aspect === 'fields').map(({ about: { namespace, name } }): EntityRef => ({ kind: 'field', namespace, name, path: '' }));
    await this.#nodes.load(this.#transaction, [...refs, ...datasets]);
    const abouts = new Set(statements.flatMap(({ about }) => {
      const node = this.#nodes.of(about);
      return node.dataset === null ? [node] : [node, node.dataset];
    }));
    const actors = observations.map(({ actor }) => this.#nodes.of(actor));
    await this.#slots.load(this.#transaction, new Set([...abouts, ...actors]), READ_WITH_SLOTS);
    await this.#slots.loadHistory(this.#transaction, this.#rewritten(statements));
    // Programs that are worked out again name what earlier programs named.
    const again = this.#slots.all().filter((slot) => slot.aspect === 'program' && slot.whole && !slot.isNew);
    const formerly = again.flatMap((slot) => [...slot.statements.values()].flatMap(({ body }) => edgesIn(slot.about, body))).flatMap(endsOf);
    await this.#nodes.load(this.#transaction, formerly);
    for (const ref of refs) this.#nodes.of(ref);
    await this.#sightings.load(this.#transaction, observations);
  }

  /** Slots that these statements do not merely extend, with those of the same existence: their history is needed. */
  #rewritten(statements: readonly Statement[]): Slot[] {
    const rewritten = new Set<Slot>();
    for (const { about: ref, aspect, part, evidence, at } of statements) {
      const about = this.#nodes.of(ref);
      const slot = this.#slots.find(about, { aspect, part, evidence });
      const group = says(aspect, ref.kind) ? this.#slots.of(about, aspect) : slot === undefined ? [] : [slot];
      if (group.some(({ newest }) => newest !== null && newest >= at.time)) for (const one of group) rewritten.add(one);
    }
    return [...rewritten];
  }

  #learn(statements: readonly Statement[], observations: readonly Observation[]): { readonly changes: number; readonly statements: number } {
    const made = this.#nodes.largestId;
    let said = 0;
    for (const statement of statements) {
      const about = this.#nodes.of(statement.about);
      const slot = this.#slots.at(about, statement);
      const recorded = record(slot, statement.at, statement.body === null ? null : JSON.stringify(statement.body));
      if (recorded === 'new' || recorded === 'changed') said++;
      if (recorded !== 'known') this.#touched.set(slot, about);
    }
    let seen = 0;
    for (const observation of observations) if (this.#sightings.saw(observation)) seen++;
    const mentioned = made > this.#catalog.nodes ? 1 : 0;
    return { changes: said + seen + mentioned, statements: said };
  }

  async #settleLifetimes(): Promise<void> {
    const settled = new Set<GraphNode>();
    for (const [slot, about] of this.#touched) {
      if (!isChanged(slot) || slot.aspect === 'fields' || slot.aspect !== EXISTENCE[about.kind] || settled.has(about)) continue;
      settled.add(about);
      if (!settleEntity(this.#nodes, this.#slots, about) || about.kind !== 'dataset') continue;
      await this.#nodes.loadFields(this.#transaction, [about]);
      for (const field of about.paths?.values() ?? []) this.#nodes.touch(field);
    }
    for (const dataset of this.#datasetsWithFields()) settleFields(this.#nodes, this.#slots, dataset);
  }

  #datasetsWithFields(): Set<GraphNode> {
    return new Set([...this.#touched].filter(([slot]) => slot.aspect === 'fields' && isChanged(slot)).map(([, about]) => about));
  }

  async #edges(): Promise<{ readonly changes: readonly EdgeChange[]; readonly gained: number }> {
    const programs = [...this.#touched.keys()].filter((slot) => slot.aspect === 'program' && isChanged(slot));
    for (const slot of programs) slot.edgesChanged = true;
    const standing = await readStanding(this.#transaction, programs.filter(({ whole }) => !whole));
    const removed = await removeEdges(this.#transaction, programs.filter(({ whole, isNew }) => whole && !isNew));
    const changes = [...programs.flatMap((slot) => changesOfProgram(slot, this.#nodes, standing.get(slot.id) ?? null)), ...this.#sightings.edgeChanges()];
    return { changes, gained: changes.filter(({ edge }) => edge.element === null).length - removed };
  }

  #describe(): void {
    for (const dataset of this.#datasetsWithFields()) this.#descriptions.describeFields(dataset);
    for (const about of new Set([...this.#touched].filter(([slot]) => DESCRIBING.has(slot.aspect)).map(([, node]) => node))) this.#descriptions.describe(about);
  }

  #addRevision(committedAt: number, learned: { readonly statements: number; readonly edges: number; readonly id: string }): void {
    const created = Map.groupBy(this.#nodes.created, ({ kind }) => kind);
    const counts = ENTITY_KINDS.map((kind): [string, number] => [countOf(kind), this.#catalog.counts[kind] + (created.get(kind)?.length ?? 0)]);
    this.#transaction.send(
      `${STEADY} ${CATALOG} SET s += $catalog
       CREATE (:Revision { number: s.revision, committedAt: s.committedAt, statements: $statements, batch: $id })`,
      {
        id: learned.id, statements: learned.statements,
        catalog: {
          revision: this.#catalog.revision + 1, committedAt, nodes: this.#nodes.largestId, slots: this.#slots.largestId,
          edges: this.#catalog.edges + learned.edges, ...Object.fromEntries(counts),
        },
      },
    );
  }
}

function says(aspect: Aspect, kind: EntityKind): boolean {
  return aspect === EXISTENCE[kind] || aspect === 'fields';
}

/** Everything that a change names: whatever anybody names is a node, whether it counts or not. */
function namesIn(change: GraphChange): EntityRef[] {
  if (change.change === 'statement') return [change.about, ...namedBy(change)];
  const { actor, dataset, path } = change;
  if (dataset === null) return [actor];
  return [actor, path === null ? { kind: 'dataset', ...dataset } : { kind: 'field', ...dataset, path }, ...edgesOfObservation(change).flatMap(endsOf)];
}

function namedBy({ about, aspect, body }: Statement): EntityRef[] {
  if (aspect === 'program') {
    if (about.kind !== 'job' && about.kind !== 'consumer') throw new TypeError(`a program was stated about a ${about.kind}; only jobs and consumers have one`);
    return body === null ? [] : edgesOfProgram({ kind: about.kind, namespace: about.namespace, name: about.name } satisfies ReaderRef, body as ProgramFact).flatMap(endsOf);
  }
  if (aspect !== 'fields' || body === null) return [];
  return (body as FieldsFact).fields.map(({ path }) => ({ kind: 'field', namespace: about.namespace, name: about.name, path }));
}

function endsOf({ from, to, via }: Edge): EntityRef[] {
  return via === null ? [from, to] : [from, to, via];
}
