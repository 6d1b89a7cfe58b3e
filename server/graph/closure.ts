import { COMPLETENESSES, type Completeness } from '../catalog/changes.ts';
import { datasetKey, type DatasetRef, ENTITY_KINDS, type EntityKind, type EntityRef } from '../catalog/names.ts';
import { actorOf } from './build-base.ts';
import { at } from './int-column.ts';
import type { LineageGraph } from './lineage-graph.ts';
import type { Walk } from './walk.ts';

export type Certainty = 'known' | 'possible';
export interface ReachedEntry {
  readonly ref: EntityRef;
  /** Hops from the nearest start; a job that computes a field is as far as the field. */
  readonly distance: number;
  /** `possible`: it rests on a reader or writer whose fields nobody declared or observed. */
  readonly certainty: Certainty;
}

/** Everything a walk reached, whole, without where it started. It stays as it is however the graph moves on. */
export class Closure {
  readonly #graph: LineageGraph;
  readonly #walk: Walk;
  #order: Int32Array | null = null;
  #positions: Map<number, number> | null = null;

  constructor(graph: LineageGraph, walk: Walk) {
    this.#graph = graph;
    this.#walk = walk;
  }

  get size(): number {
    return this.#walk.size - this.#walk.starts;
  }

  get completeness(): Completeness {
    return COMPLETENESSES[this.#walk.known === this.#walk.size ? 0 : 2];
  }

  /** How many of each kind were reached. */
  get counts(): Partial<Record<EntityKind, number>> {
    const counts = new Map<EntityKind, number>();
    for (let i = this.#walk.starts; i < this.#walk.size; i++) {
      const kind = ENTITY_KINDS[this.#graph.kindOf(at(this.#walk.nodes, i))] ?? 'field';
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
      const kind = ENTITY_KINDS[this.#graph.kindOf(at(this.#walk.nodes, position))];
      if (kind === 'job' || kind === 'consumer') yield this.#entry(position);
    }
  }

  /** One shortest path from a start to what was reached, both included, jobs in between named. */
  walkTo(ref: EntityRef): readonly EntityRef[] {
    this.#positions ??= new Map(Array.from(this.#walk.nodes, (node, position) => [node, position]));
    let position = this.#positions.get(this.#graph.find(ref)) ?? -1;
    const steps: EntityRef[] = [];
    while (position >= 0) {
      const node = at(this.#walk.nodes, position);
      steps.push(this.#graph.refOf(node));
      const parent = at(this.#walk.parents, position);
      if (parent >= 0) {
        const between = this.#actor(at(this.#walk.rows, position));
        if (between !== node && between !== at(this.#walk.nodes, parent)) steps.push(this.#graph.refOf(between));
      }
      position = parent;
    }
    return steps.reverse();
  }

  reachesDataset(dataset: DatasetRef): boolean {
    const wanted = this.#graph.findDataset(dataset);
    if (wanted < 0) return false;
    for (let i = this.#walk.starts; i < this.#walk.size; i++) if (this.#graph.datasetOf(at(this.#walk.nodes, i)) === wanted) return true;
    return false;
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
    return { ref: this.#graph.refOf(at(this.#walk.nodes, position)), distance: at(this.#walk.distances, position), certainty };
  }

  #actor(row: number): number {
    return actorOf(this.#graph.traitsOf(row), this.#graph.fromOf(row), this.#graph.toOf(row), this.#graph.viaOf(row));
  }

  /** Known entries come in order of distance already; possible ones are merged in, behind the known of their distance. */
  #sorted(): Int32Array {
    const { starts, known, size, distances } = this.#walk;
    const order = Int32Array.from({ length: size - starts }, (_, i) => i + starts);
    if (known === size) return order;
    const rank = (position: number): number => at(distances, position) * 2 + (position < known ? 0 : 1);
    return order.sort((a, b) => rank(a) - rank(b) || a - b);
  }
}
