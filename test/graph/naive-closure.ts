import { COMPLETENESSES, EVIDENCES } from '../../server/catalog/changes.ts';
import { EDGE_KINDS, type EdgeKind, type EdgeRow, type NodeRow, OPEN_END } from '../../server/catalog/lineage/rows.ts';
import { entityKey, type EntityRef } from '../../server/catalog/names.ts';
import type { ClosureRequest } from '../../server/graph/lineage-index.ts';
import { refOfNode } from './random-world.ts';

export interface Rows {
  readonly nodes: readonly NodeRow[];
  readonly edges: readonly EdgeRow[];
}
/** One step of a walk. What a program does stands on its job or consumer, the `actor`. */
export interface Arc {
  readonly from: number;
  readonly to: number;
  readonly cost: 0 | 1;
  readonly certain: boolean;
  readonly actor: number;
}
export interface NaiveClosure {
  /** By key of what was reached, without the starts. */
  readonly reached: ReadonlyMap<string, { readonly distance: number; readonly certainty: 'known' | 'possible' }>;
  readonly starts: ReadonlySet<number>;
  readonly arcs: readonly Arc[];
}

/**
 * The closure written down as its definition reads, with no thought of speed: list every step there can be,
 * then shorten distances until nothing changes, once over certain steps and once over all.
 */
export function naiveClosure(rows: Rows, request: ClosureRequest): NaiveClosure {
  const world = new Visible(rows, request);
  const starts = new Set(request.from.flatMap((ref) => world.startsOf(ref)));
  const arcs = request.direction === 'downstream' ? downstream(world, starts) : upstream(world, starts);
  const depth = request.depth ?? Number.POSITIVE_INFINITY;
  const known = distances(starts, arcs.filter(({ certain }) => certain), depth);
  const reached = new Map<string, { distance: number; certainty: 'known' | 'possible' }>();
  for (const [node, distance] of distances(starts, arcs, depth)) {
    const sure = known.get(node);
    if (!starts.has(node)) reached.set(world.keyOf(node), sure === undefined ? { distance, certainty: 'possible' } : { distance: sure, certainty: 'known' });
  }
  return { reached, starts, arcs };
}

function downstream(world: Visible, starts: ReadonlySet<number>): Arc[] {
  const arcs: Arc[] = [];
  for (const { from, to, via } of world.of('DERIVES')) {
    arcs.push(sure(from, to, via), sure(from, via, via));
    if (starts.has(via)) arcs.push(sure(via, to, via));
  }
  for (const { from, to } of world.of('READS')) arcs.push(sure(from, to, to));
  for (const { from, to } of world.of('GENERATES')) if (starts.has(from)) arcs.push(sure(from, to, from));
  for (const { from: dataset, to: reader } of world.unsure('USES')) for (const node of world.allIn(dataset)) arcs.push(unsure(node, reader, 1, reader));
  for (const { from: job, to: dataset } of world.unsure('WRITES')) {
    for (const field of world.fieldsOrItself(dataset)) if (!world.statesOrigin(job, field)) arcs.push(unsure(job, field, starts.has(job) ? 1 : 0, job));
  }
  return arcs;
}

function upstream(world: Visible, starts: ReadonlySet<number>): Arc[] {
  const arcs: Arc[] = [];
  for (const { from, to, via } of world.of('DERIVES')) {
    arcs.push(sure(to, from, via), sure(to, via, via));
    if (starts.has(via)) arcs.push(sure(via, from, via));
  }
  for (const { from, to } of world.of('GENERATES')) arcs.push(sure(to, from, from));
  for (const { from, to } of world.of('READS')) if (starts.has(to)) arcs.push(sure(to, from, to));
  for (const { from: job, to: dataset } of world.unsure('WRITES')) {
    for (const node of world.allIn(dataset)) {
      if (world.statesOrigin(job, node)) continue;
      arcs.push(unsure(node, job, 1, job), ...world.mayRead(job).map((field) => unsure(node, field, 1, job)));
    }
  }
  for (const start of starts) if (!world.isData(start)) arcs.push(...world.mayRead(start).map((field) => unsure(start, field, 1, start)));
  return arcs;
}

function distances(starts: ReadonlySet<number>, arcs: readonly Arc[], depth: number): Map<number, number> {
  const nearest = new Map([...starts].map((start) => [start, 0]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const { from, to, cost } of arcs) {
      const distance = (nearest.get(from) ?? Number.POSITIVE_INFINITY) + cost;
      if (distance > depth || distance >= (nearest.get(to) ?? Number.POSITIVE_INFINITY)) continue;
      nearest.set(to, distance);
      changed = true;
    }
  }
  return nearest;
}

/** The rows a question sees. */
class Visible {
  readonly #nodes: ReadonlyMap<number, NodeRow>;
  readonly #edges: readonly EdgeRow[];
  readonly #asOf: number | null;

  constructor({ nodes, edges }: Rows, { asOf, evidence }: Pick<ClosureRequest, 'asOf' | 'evidence'>) {
    this.#nodes = new Map(nodes.map((node) => [node.id, node]));
    this.#asOf = asOf;
    this.#edges = edges.filter((edge) => this.#lives(edge) && (evidence === null || evidence.includes(EVIDENCES[edge.evidence] ?? 'declared')));
  }

  keyOf(node: number): string {
    const row = this.#nodes.get(node);
    return row === undefined ? '?' : entityKey(refOfNode(row));
  }
  isData(node: number): boolean {
    return ['dataset', 'field'].includes(this.#nodes.get(node)?.kind ?? '');
  }
  startsOf(ref: EntityRef): number[] {
    const row = [...this.#nodes.values()].find((node) => entityKey(refOfNode(node)) === entityKey(ref));
    if (row === undefined) return [];
    return row.kind === 'dataset' ? this.fieldsOrItself(row.id) : [row.id];
  }
  of(kind: EdgeKind): EdgeRow[] {
    return this.#edges.filter((edge) => edge.kind === EDGE_KINDS.indexOf(kind));
  }
  /** Pairs of ends of which no evidence says that all is known. */
  unsure(kind: 'USES' | 'WRITES'): { from: number; to: number }[] {
    const all = this.of(kind);
    const isWhole = (one: EdgeRow): boolean => all.some((other) => other.from === one.from && other.to === one.to && COMPLETENESSES[other.completeness] === 'complete');
    return all.filter((edge) => !isWhole(edge));
  }
  /** The dataset and all its fields of all times: whatever a walk may stand on. */
  allIn(dataset: number): number[] {
    return [dataset, ...[...this.#nodes.values()].filter((node) => node.dataset === dataset).map(({ id }) => id)];
  }
  fieldsOrItself(dataset: number): number[] {
    const fields = [...this.#nodes.values()].filter((node) => node.dataset === dataset && (node.validFrom === OPEN_END || this.#lives(node)));
    return fields.length === 0 ? [dataset] : fields.map(({ id }) => id);
  }
  statesOrigin(job: number, field: number): boolean {
    return this.of('DERIVES').some((edge) => edge.to === field && edge.via === job) || this.of('GENERATES').some((edge) => edge.to === field && edge.from === job);
  }
  /** Every field a job reads or may read. */
  mayRead(job: number): number[] {
    const stated = [...this.of('READS').filter(({ to }) => to === job), ...this.of('DERIVES').filter(({ via }) => via === job)].map(({ from }) => from);
    const unstated = this.unsure('USES').filter(({ to }) => to === job).flatMap(({ from }) => this.fieldsOrItself(from));
    return [...stated, ...unstated];
  }

  #lives({ validFrom, validTo }: { readonly validFrom: number; readonly validTo: number }): boolean {
    return this.#asOf === null ? validTo === OPEN_END : validFrom <= this.#asOf && this.#asOf < validTo;
  }
}

function sure(from: number, to: number, actor: number): Arc {
  return { from, to, cost: 1, certain: true, actor };
}
function unsure(from: number, to: number, cost: 0 | 1, actor: number): Arc {
  return { from, to, cost, certain: false, actor };
}

/** The lengths a path can have: each step one arc, or one arc around the actor named between its ends. */
export function lengthsOf(path: readonly number[], arcs: readonly Arc[]): Set<number> {
  const lengths: Set<number>[] = path.map((_, i) => new Set(i === 0 ? [0] : []));
  path.forEach((from, i) => {
    for (const arc of arcs) {
      if (arc.from !== from) continue;
      const isDirect = arc.to === path[i + 1] && (arc.actor === from || arc.actor === arc.to);
      const isAround = arc.actor === path[i + 1] && arc.to === path[i + 2];
      for (const length of lengths[i] ?? []) {
        if (isDirect) lengths[i + 1]?.add(length + arc.cost);
        if (isAround) lengths[i + 2]?.add(length + arc.cost);
      }
    }
  });
  return lengths.at(-1) ?? new Set();
}
