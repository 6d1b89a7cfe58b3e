import { COMPLETENESSES, type Completeness } from '../catalog/changes.ts';
import { datasetKey, type DatasetRef, ENTITY_KINDS, type EntityKind, type EntityRef } from '../catalog/names.ts';
import { actorOf } from './build-base.ts';
import { at } from './int-column.ts';
import type { LineageGraph } from './lineage-graph.ts';
import { distanceIn, nodeIn, type Walk } from './walk.ts';
import { WalkPaths } from './walk-paths.ts';

export type Certainty = 'known' | 'possible';
export interface ReachedEntry {
  readonly ref: EntityRef;
  /** Hops from the nearest start; a job that computes a field is as far as the field. */
  readonly distance: number;
  /** `possible`: it rests on a reader or writer whose fields nobody declared or observed. */
  readonly certainty: Certainty;
}

export interface DatasetReach {
  readonly has: (dataset: DatasetRef) => boolean;
  /** By `datasetKey`, put together when somebody asks for them. */
  readonly keys: () => readonly string[];
}

/** Everything a walk reached, whole, without where it started. It stays as it is however the graph moves on. */
export class Closure {
  readonly #graph: LineageGraph;
  readonly #walk: Walk;
  #order: Int32Array | null = null;
  #paths: WalkPaths | null = null;

  constructor(graph: LineageGraph, walk: Walk) {
    this.#graph = graph;
    this.#walk = walk;
  }

  get size(): number {
    return this.#walk.size - this.#walk.starts - this.#walk.again.size;
  }

  get completeness(): Completeness {
    return COMPLETENESSES[this.#walk.known + this.#walk.again.size === this.#walk.size ? 0 : 2];
  }

  /** How many of each kind were reached. */
  get counts(): Partial<Record<EntityKind, number>> {
    const counts = new Map<EntityKind, number>();
    for (let i = this.#walk.starts; i < this.#walk.size; i++) {
      if (this.#walk.again.has(i)) continue;
      const kind = ENTITY_KINDS[this.#graph.kindOf(nodeIn(this.#walk, i))] ?? 'field';
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    return Object.fromEntries(counts);
  }

  /** Entries by distance, known before possible; the order of one distance is the graph's own and stable. */
  *entries(offset = 0, limit = Number.POSITIVE_INFINITY): Generator<ReachedEntry> {
    const order = (this.#order ??= this.#sorted());
    for (let i = offset; i < Math.min(order.length, offset + limit); i++) yield this.#entry(at(order, i));
  }

  /** Jobs and consumers alone, in the same order. */
  *readers(): Generator<ReachedEntry> {
    for (const position of (this.#order ??= this.#sorted())) {
      const kind = ENTITY_KINDS[this.#graph.kindOf(nodeIn(this.#walk, position))];
      if (kind === 'job' || kind === 'consumer') yield this.#entry(position);
    }
  }

  /** One shortest path from a start to what was reached, both included, jobs in between named. */
  walkTo(ref: EntityRef): readonly EntityRef[] {
    const paths = (this.#paths ??= new WalkPaths(this.#graph.base, this.#walk));
    let position = paths.entryOf(this.#graph.find(ref));
    const steps: EntityRef[] = [];
    while (position >= 0) {
      const node = nodeIn(this.#walk, position);
      steps.push(this.#graph.refOf(node));
      const parent = paths.parentOf(position);
      if (parent >= 0) {
        const between = this.#actor(paths.rowOf(position));
        if (between >= 0 && between !== node && between !== nodeIn(this.#walk, parent)) steps.push(this.#graph.refOf(between));
      }
      position = parent;
    }
    return steps.reverse();
  }

  /** The datasets of which some field, known or not, was reached. It holds only them, so it can be kept. */
  datasetReach(): DatasetReach {
    const graph = this.#graph;
    const reached = new Set<number>();
    for (let i = this.#walk.starts; i < this.#walk.size; i++) {
      const node = nodeIn(this.#walk, i);
      const dataset = graph.datasetOf(node);
      // A dataset may itself stand for fields nobody knows; jobs and consumers are in it too, and are asked for by nobody.
      reached.add(dataset < 0 ? node : dataset);
    }
    let keys: readonly string[] | null = null;
    return {
      has: (dataset) => {
        const node = graph.findDataset(dataset);
        return node >= 0 && reached.has(node);
      },
      keys: () => (keys ??= [...reached].flatMap((node) => (ENTITY_KINDS[graph.kindOf(node)] === 'dataset' ? [datasetKey(graph.refOf(node))] : []))),
    };
  }

  /** Datasets reached, each with how many of its fields. */
  datasets(): { readonly ref: DatasetRef; readonly fields: number }[] {
    const fields = new Map<string, { ref: DatasetRef; fields: number }>();
    for (const { ref } of this.entries()) {
      if (ref.kind !== 'field') continue;
      const key = datasetKey(ref);
      const seen = fields.get(key) ?? { ref: { namespace: ref.namespace, name: ref.name }, fields: 0 };
      seen.fields++;
      fields.set(key, seen);
    }
    return [...fields.values()];
  }

  #entry(position: number): ReachedEntry {
    const certainty = position < this.#walk.known ? 'known' : 'possible';
    return { ref: this.#graph.refOf(nodeIn(this.#walk, position)), distance: distanceIn(this.#walk, position), certainty };
  }

  /** The job or consumer a row is about, -1 for no row. */
  #actor(row: number): number {
    return row < 0 ? -1 : actorOf(this.#graph.traitsOf(row), this.#graph.fromOf(row), this.#graph.toOf(row), this.#graph.viaOf(row));
  }

  /** Known entries come in order of distance already; possible ones are merged in, behind the known of their distance. */
  #sorted(): Int32Array {
    const { starts, known, size, again } = this.#walk;
    const order = new Int32Array(size - starts - again.size);
    const [levels, possible] = [this.#walk.levels, this.#possibleByDistance()];
    let [next, nextKnown] = [0, starts];
    for (let distance = 0; next < order.length; distance++) {
      for (const end = levels[distance + 1] ?? known; nextKnown < end; nextKnown++) order[next++] = nextKnown;
      for (const position of possible[distance] ?? []) order[next++] = position;
    }
    return order;
  }

  #possibleByDistance(): number[][] {
    const possible: number[][] = [];
    for (let position = this.#walk.known; position < this.#walk.size; position++) {
      if (!this.#walk.again.has(position)) (possible[distanceIn(this.#walk, position)] ??= []).push(position);
    }
    return possible;
  }
}
