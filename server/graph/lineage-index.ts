import { existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Evidence } from '../catalog/changes.ts';
import type { GraphDelta, GraphSource, RevisionInfo } from '../catalog/lineage/rows.ts';
import type { DatasetRef, EntityRef, FieldRef, ReaderRef } from '../catalog/names.ts';
import type { BaseGraph } from './base-graph.ts';
import { buildBase, RowColumns } from './build-base.ts';
import { Closure } from './closure.ts';
import { handOver } from './graph-rows.ts';
import { LineageGraph, NOW, type RowView } from './lineage-graph.ts';
import { evidenceMask } from './row-traits.ts';
import { momentsAt } from './moments.ts';
import { readSnapshot, type Snapshot, writeSnapshot } from './snapshot.ts';
import type { Direction } from './steps.ts';
import { type KnownUse, usesNow } from './known-use.ts';
import { type DatasetReader, type DatasetWriter, type FieldUse, fieldUse, programOf, type ProgramUse, readersOf, writersOf } from './usage.ts';
import { fieldsOrItself } from './unknown-side.ts';
import { Walker } from './walker.ts';

/** Rows beside the base, as a share of it, at which a new base is built; walks meet the overlay ever more often beyond. */
const REBUILD_SHARE = 0.02;
/** Fewer rows than this never make a rebuild worth while. */
const REBUILD_FLOOR = 20_000;
/** Longest turn of a rebuild in the background, ms: what a gate call may have to wait for. */
const REBUILD_TURN_MS = 8;
/** Nodes or rows copied between two looks at the clock. */
const COPY_SLICE = 20_000;

export interface View {
  /** Event time in ms; null is now. */
  readonly asOf: number | null;
  /** Facts to use; null is all. */
  readonly evidence: readonly Evidence[] | null;
}
export interface ClosureRequest extends View {
  /** Fields, datasets (all their fields), jobs, consumers; what the graph does not know reaches nothing. */
  readonly from: readonly EntityRef[];
  readonly direction: Direction;
  /** Longest distance in hops; null is no limit. */
  readonly depth: number | null;
}
export interface IndexOptions {
  /** Where to keep a snapshot, and of which store it is. */
  readonly snapshot?: { readonly file: string; readonly identity: string };
  readonly onNote?: (note: string) => void;
  /** What every wait for the newest revision runs in. */
  readonly around?: (wait: () => Promise<RevisionInfo>) => Promise<RevisionInfo>;
}
export interface IndexStatistics {
  readonly nodes: number;
  readonly edges: number;
  /** Of the arrays; names included. */
  readonly bytes: number;
  /** Edges beside the base. */
  readonly overlay: number;
}

/** Is told the store ids of the entities something new is said about, and after which revision. */
export type ChangeListener = (changed: readonly number[] | 'everything', after: number) => void;

/** The graph has not been read yet: nothing can be said of it. */
export class IndexUnread extends Error {
  override readonly name = 'IndexUnread';
}

/**
 * The lineage graph in memory, caught up with its source before every answer. Answers are synchronous and
 * whole: between two turns of the event loop it is always of exactly one revision.
 */
export class LineageIndex {
  readonly #source: GraphSource;
  readonly #options: IndexOptions;
  #graph: LineageGraph;
  #walker: Walker;
  #revision: RevisionInfo;
  /** Until the graph is read; then null. */
  #unread: IndexUnread | null = new IndexUnread('the lineage graph is not read yet');
  #catchingUp: Promise<RevisionInfo> | null = null;
  #rebuilding: Promise<void> | null = null;
  /** Deltas that arrive while a new base is built, to be applied to it as well. */
  #missed: GraphDelta[] | null = null;
  readonly #listeners: ChangeListener[] = [];

  /** Nothing is read yet: until `read` has come to its end, `catchUp` rejects with IndexUnread. */
  constructor(source: GraphSource, options: IndexOptions = {}) {
    this.#source = source;
    this.#options = options;
    this.#graph = new LineageGraph(emptyBase());
    this.#walker = new Walker(this.#graph);
    this.#revision = { revision: 0, committedAt: 0 };
  }

  static async open(source: GraphSource, options: IndexOptions = {}): Promise<LineageIndex> {
    const index = new LineageIndex(source, options);
    await index.read();
    return index;
  }

  /** Reads the graph: from the snapshot if there is a usable one, else whole from the source. What fails can be tried again. */
  async read(): Promise<void> {
    const { base, revision } = (await fromSnapshot(this.#source, this.#options)) ?? (await fromSource(this.#source));
    this.#use(new LineageGraph(base), null);
    this.#revision = revision;
    await this.#round();
    this.#unread = null;
  }

  get revision(): RevisionInfo {
    return this.#revision;
  }

  /** Brings the index to the source's newest revision. A call joins a round only if that round has not asked yet. */
  catchUp(): Promise<RevisionInfo> {
    const { around } = this.#options;
    return around === undefined ? this.#caughtUp() : around(() => this.#caughtUp());
  }

  #caughtUp(): Promise<RevisionInfo> {
    this.#catchingUp ??= Promise.resolve().then(() => {
      // From here on the source is being asked: who comes later needs a later answer.
      this.#catchingUp = null;
      return this.#unread === null ? this.#round() : this.#refuse(this.#unread);
    });
    return this.#catchingUp;
  }

  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  closure({ from, direction, depth, ...view }: ClosureRequest): Closure {
    const rows = rowView(view);
    const starts = from.flatMap((ref) => this.#startsOf(ref, rows));
    return new Closure(this.#graph, this.#walker.walk(starts, { direction, depth: depth ?? Number.POSITIVE_INFINITY, view: rows }));
  }

  readersOf(dataset: DatasetRef, view: View = EVERYTHING_NOW): readonly DatasetReader[] {
    const node = this.#graph.findDataset(dataset);
    return node < 0 ? [] : readersOf(this.#graph, node, rowView(view));
  }
  writersOf(dataset: DatasetRef, view: View = EVERYTHING_NOW): readonly DatasetWriter[] {
    const node = this.#graph.findDataset(dataset);
    return node < 0 ? [] : writersOf(this.#graph, node, rowView(view));
  }
  fieldsOf(dataset: DatasetRef, view: View = EVERYTHING_NOW): readonly FieldRef[] {
    const node = this.#graph.findDataset(dataset);
    if (node < 0) return [];
    return this.#graph.fieldsOf(node, rowView(view)).map((field) => {
      const ref = this.#graph.refOf(field);
      return { namespace: ref.namespace, name: ref.name, path: ref.kind === 'field' ? ref.path : '' };
    });
  }
  fieldUse(field: FieldRef, view: View = EVERYTHING_NOW): FieldUse {
    const node = this.#graph.find({ ...field, kind: 'field' });
    return node < 0 ? { readers: [], writers: [], derivesFrom: [], derivesTo: [] } : fieldUse(this.#graph, node, rowView(view));
  }
  programOf(actor: ReaderRef, view: View = EVERYTHING_NOW): ProgramUse {
    const node = this.#graph.find(actor);
    return node < 0 ? { reads: [], writes: [] } : programOf(this.#graph, node, rowView(view));
  }

  /** When the lineage right at an entity changed, event times in ms, ascending: of a dataset or field that of the whole dataset. */
  momentsOf(ref: EntityRef): readonly number[] {
    const node = this.#graph.find(ref.kind === 'field' ? { kind: 'dataset', namespace: ref.namespace, name: ref.name } : ref);
    return node < 0 ? [] : momentsAt(this.#graph, [node]);
  }

  /** How far anybody reads each dataset now: one look at all nodes, to be remembered by whoever asks often. */
  uses(): KnownUse {
    return usesNow(this.#graph);
  }

  /** The graph as it is in memory, as rows; nodes not by ascending id. */
  async scan(sink: Parameters<GraphSource['scan']>[0]): Promise<RevisionInfo> {
    handOver(this.#graph, sink);
    return this.#revision;
  }

  statistics(): IndexStatistics {
    const { base } = this.#graph;
    const bytes = Object.values(base).reduce((sum: number, value: unknown) => sum + (ArrayBuffer.isView(value) ? value.byteLength : 0), base.names.bytes.byteLength + base.names.offsets.byteLength);
    return { nodes: this.#graph.nodes, edges: this.#graph.rows, bytes, overlay: this.#graph.extraRows };
  }

  /** Merges what is beside the base into a new one, in turns of a few ms; resolves when it is in use. */
  rebuild(): Promise<void> {
    this.#rebuilding ??= this.#buildAnew().finally(() => {
      this.#rebuilding = null;
      this.#missed = null;
    });
    return this.#rebuilding;
  }

  /** Writes a snapshot of the present revision, if it was told where. */
  async writeSnapshot(): Promise<void> {
    const { snapshot } = this.#options;
    if (snapshot === undefined || this.#unread !== null) return;
    if (this.#graph.extraRows > 0 || this.#graph.nodes > this.#graph.base.nodes || this.#rebuilding !== null) await this.rebuild();
    writeSnapshot(snapshot.file, snapshot.identity, { base: this.#graph.base, revision: this.#baseRevision ?? this.#revision });
  }
  /** The revision the base is of; rows beside it may be newer. */
  #baseRevision: RevisionInfo | null = null;

  /** A source that cannot be asked tells its own reason. */
  async #refuse(unread: IndexUnread): Promise<never> {
    await this.#source.revision();
    throw unread;
  }

  async #round(): Promise<RevisionInfo> {
    const had = this.#revision.revision;
    const newest = await this.#source.revision();
    if (newest.revision < had) return this.#readBack(had);
    // A delta may have brought a revision whose time is known only now.
    if (newest.revision === this.#revision.revision) this.#revision = newest;
    if (newest.revision <= this.#revision.revision) return this.#revision;
    const delta = await this.#source.delta(this.#revision.revision);
    if (delta === 'too-many') return this.#reload();
    // Another round may have come further while this one waited.
    if (delta.revision <= this.#revision.revision) return this.#revision;
    this.#graph.apply(delta);
    this.#missed?.push(delta);
    const before = this.#revision;
    this.#baseRevision ??= before;
    this.#revision = delta.revision === newest.revision ? newest : { revision: delta.revision, committedAt: newest.committedAt };
    for (const listener of this.#listeners) listener(delta.changed, before.revision);
    if (this.#graph.extraRows > Math.max(REBUILD_FLOOR, this.#graph.base.rows * REBUILD_SHARE)) this.#rebuildAside();
    return this.#revision;
  }

  #rebuildAside(): void {
    this.rebuild().catch((failure: unknown) => this.#options.onNote?.(`the lineage index could not be rebuilt and goes on as it is: ${String(failure)}`));
  }

  /** Too much has changed for a delta: everything is read again, beside the graph in use. */
  async #reload(): Promise<RevisionInfo> {
    const { base, revision } = await fromSource(this.#source);
    if (revision.revision > this.#revision.revision) this.#replace(base, revision);
    return this.#revision;
  }

  /** A source that has less than was read of it before was put back from a copy: what this graph holds beyond that never happened there. */
  async #readBack(had: number): Promise<RevisionInfo> {
    this.#options.onNote?.(`the store is behind revision ${had}, as after being put back from a copy: the lineage graph is read again`);
    const { base, revision } = await fromSource(this.#source);
    // Another round may have been first.
    if (this.#revision.revision === had) this.#replace(base, revision);
    return this.#revision;
  }

  #replace(base: BaseGraph, revision: RevisionInfo): void {
    this.#use(new LineageGraph(base), null);
    this.#missed = null;
    const before = this.#revision.revision;
    this.#revision = revision;
    for (const listener of this.#listeners) listener('everything', before);
  }

  async #buildAnew(): Promise<void> {
    const graph = this.#graph;
    const revision = this.#revision;
    this.#missed = [];
    const columns = await inTurns(graph.toColumns(COPY_SLICE));
    const next = new LineageGraph(await inTurns(buildBase(columns)));
    // A reload meanwhile has brought a newer base of its own.
    if (this.#graph !== graph) return;
    const missed = this.#missed;
    for (const delta of missed) next.apply(delta);
    this.#use(next, missed.length === 0 ? null : revision);
  }

  #use(graph: LineageGraph, baseRevision: RevisionInfo | null): void {
    this.#graph = graph;
    this.#walker = new Walker(graph);
    this.#baseRevision = baseRevision;
  }

  #startsOf(ref: EntityRef, view: RowView): number[] {
    const node = this.#graph.find(ref);
    if (node < 0) return [];
    return ref.kind === 'dataset' ? [...fieldsOrItself(this.#graph, node, view)] : [node];
  }
}

const EVERYTHING_NOW: View = { asOf: null, evidence: null };

function rowView({ asOf, evidence }: View): RowView {
  return asOf === null && evidence === null ? NOW : { asOf, evidenceMask: evidenceMask(evidence) };
}

function emptyBase(): BaseGraph {
  const building = buildBase(new RowColumns());
  for (;;) {
    const { done, value } = building.next();
    if (done === true) return value;
  }
}

async function fromSnapshot(source: GraphSource, { snapshot, onNote }: IndexOptions): Promise<Snapshot | null> {
  if (snapshot === undefined || !existsSync(snapshot.file)) return null;
  const read = readSnapshot(snapshot.file, snapshot.identity);
  const unusable = read.outcome === 'read' ? await aheadOf(source, read.snapshot) : read.reason;
  if (read.outcome === 'read' && unusable === null) return read.snapshot;
  onNote?.(`the lineage snapshot ${snapshot.file} is not used: ${unusable}`);
  return null;
}

/** A store put back from a backup may be behind its snapshot, which would then tell of what never happened. */
async function aheadOf(source: GraphSource, { revision }: Snapshot): Promise<string | null> {
  const newest = await source.revision();
  if (revision.revision <= newest.revision) return null;
  return `it is of revision ${revision.revision}, the store is at ${newest.revision}`;
}

async function fromSource(source: GraphSource): Promise<{ base: BaseGraph; revision: RevisionInfo }> {
  const columns = new RowColumns();
  const revision = await source.scan({
    onNodes: (rows) => rows.forEach((row) => columns.addNode(row)),
    onEdges: (rows) => rows.forEach((row) => columns.addEdge(row)),
  });
  return { base: await inTurns(buildBase(columns)), revision };
}

/** Runs a generator to its end, giving way to other work every few ms. */
async function inTurns<T>(steps: Generator<void, T>): Promise<T> {
  let started = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - started < REBUILD_TURN_MS) continue;
    await nextTurn();
    started = performance.now();
  }
}
