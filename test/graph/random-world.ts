import fc from 'fast-check';
import { COMPLETENESSES } from '../../server/catalog/changes.ts';
import { EDGE_KINDS, type EdgeKind, type EdgeRow, type NodeRow, OPEN_END } from '../../server/catalog/lineage/rows.ts';
import { type EntityRef } from '../../server/catalog/names.ts';
import { type Commit, MemorySource, type SlotContent } from './memory-source.ts';

/** Spans rows and fields live for; questions are asked at, between and beside their ends. */
export const SPANS = [[0, OPEN_END], [10, OPEN_END], [20, OPEN_END], [0, 10], [10, 20], [5, 15]] as const;
export const TIMES = [null, 0, 7, 10, 12, 19, 25] as const;
/** A field that only a use tells of, as stores hand it out. */
const REFERENCED = [OPEN_END, OPEN_END] as const;
const FIELD_SPANS = [...SPANS, REFERENCED];
/** Kinds of evidence that speak in random worlds, as positions in EVIDENCES. */
const SPEAKERS = 3;

/** One thing that happens to a world; numbers pick among what is there, whatever that is by then. */
export type Event =
  | { readonly what: 'dataset'; readonly name: string }
  | { readonly what: 'field'; readonly dataset: number; readonly path: string; readonly span: number }
  | { readonly what: 'respan'; readonly field: number; readonly span: number }
  | { readonly what: 'actor'; readonly kind: 'job' | 'consumer'; readonly name: string }
  | { readonly what: 'state'; readonly actor: number; readonly evidence: number; readonly edges: readonly RandomEdge[] };
interface RandomEdge {
  readonly kind: EdgeKind;
  readonly from: number;
  readonly to: number;
  readonly span: number;
  readonly completeness: number;
  readonly reasons: number;
  readonly identity: boolean;
}

const names = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', ' ', '0', '#', '%23', 'a b', '\uFEFFmark', 'größe.🦦', 'ключ', 'x'.repeat(300)),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }),
);
const edges: fc.Arbitrary<RandomEdge> = fc.record({
  kind: fc.constantFrom<EdgeKind>(...EDGE_KINDS, 'DERIVES', 'DERIVES', 'USES', 'WRITES'),
  from: fc.nat(30),
  to: fc.nat(30),
  span: fc.constantFrom(0, 0, 0, 0, 1, 2, 3, 4, 5),
  completeness: fc.nat(COMPLETENESSES.length - 1),
  reasons: fc.integer({ min: 1, max: 1023 }),
  identity: fc.boolean(),
});
const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ what: fc.constant('dataset' as const), name: names }) },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('field' as const), dataset: fc.nat(30), path: names, span: fc.nat(FIELD_SPANS.length - 1) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('respan' as const), field: fc.nat(30), span: fc.nat(FIELD_SPANS.length - 1) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('actor' as const), kind: fc.constantFrom('job' as const, 'job' as const, 'consumer' as const), name: names }) },
  { weight: 8, arbitrary: fc.record({ what: fc.constant('state' as const), actor: fc.nat(30), evidence: fc.nat(SPEAKERS - 1), edges: fc.array(edges, { maxLength: 6 }) }) },
);

/** What happens in one commit, one after another. */
export const commits = (atMost = 12): fc.Arbitrary<Event[]> => fc.array(events, { minLength: 1, maxLength: atMost });

const PRELUDE: readonly Event[] = [
  { what: 'dataset', name: 'orders' },
  { what: 'dataset', name: 'bills' },
  { what: 'dataset', name: 'bare' },
  ...[0, 0, 1, 1].map((dataset, i): Event => ({ what: 'field', dataset, path: `f${i}`, span: 0 })),
  { what: 'actor', kind: 'job', name: 'bill' },
  { what: 'actor', kind: 'job', name: 'copy' },
  { what: 'actor', kind: 'consumer', name: 'audit' },
];

/** A world that random events happen to, kept in a source; it begins with a few datasets, fields, jobs and a consumer. */
export class RandomWorld {
  readonly source: MemorySource;
  readonly #datasets: NodeRow[] = [];
  readonly #fields: NodeRow[] = [];
  readonly #actors: NodeRow[] = [];
  #lastId = 0;

  constructor(first: readonly Event[], source = new MemorySource()) {
    this.source = source;
    this.commit([...PRELUDE, ...first]);
  }

  commit(happened: readonly Event[]): void {
    const nodes = new Map<number, NodeRow>();
    const slots = new Map<number, SlotContent>();
    for (const event of happened) {
      if (event.what === 'state') {
        const content = this.#statement(event);
        slots.set(content.slot, content);
        continue;
      }
      const node = this.#node(event);
      if (node !== null) nodes.set(node.id, node);
    }
    this.source.commit({ nodes: [...nodes.values()], slots: [...slots.values()] } satisfies Commit);
  }

  /** Everything a question can start from. */
  get refs(): EntityRef[] {
    return this.source.nodes.map(refOfNode);
  }

  #node(event: Exclude<Event, { what: 'state' }>): NodeRow | null {
    switch (event.what) {
      case 'dataset':
        return this.#add(this.#datasets, { kind: 'dataset', namespace: 'kafka://main', name: event.name });
      case 'actor':
        return this.#add(this.#actors, { kind: event.kind, namespace: 'flink://main', name: event.name });
      case 'field': {
        const { id, namespace, name } = pick(this.#datasets, event.dataset);
        return this.#add(this.#fields, { kind: 'field', namespace, name, path: event.path, dataset: id, ...validity(event.span) });
      }
      case 'respan': {
        const at = event.field % this.#fields.length;
        this.#fields[at] = { ...pick(this.#fields, at), ...validity(event.span) };
        return this.#fields[at];
      }
    }
  }

  /** Null where an entity of that name exists. Ids leave gaps, as a store's may. */
  #add(list: NodeRow[], node: Pick<NodeRow, 'kind' | 'namespace' | 'name'> & Partial<NodeRow>): NodeRow | null {
    if (list.some(({ kind, name, path, dataset }) => kind === node.kind && name === node.name && path === (node.path ?? '') && dataset === (node.dataset ?? 0))) return null;
    this.#lastId += 1 + (this.#lastId % 3);
    const row: NodeRow = { path: '', dataset: 0, validFrom: 0, validTo: OPEN_END, ...node, id: this.#lastId };
    list.push(row);
    return row;
  }

  #statement({ actor, evidence, edges: stated }: Extract<Event, { what: 'state' }>): SlotContent {
    const about = pick(this.#actors, actor);
    const slot = about.id * SPEAKERS + evidence + 1;
    return { slot, about: about.id, edges: stated.map((edge) => this.#edge(edge, about, slot, evidence)) };
  }

  #edge(edge: RandomEdge, about: NodeRow, slot: number, evidence: number): EdgeRow {
    const kind = about.kind === 'job' || edge.kind === 'USES' ? edge.kind : 'READS';
    const [from, to, dataset] = [pick(this.#fields, edge.from).id, pick(this.#fields, edge.to).id, pick(this.#datasets, edge.from).id];
    const ends = {
      DERIVES: { from, to, via: about.id }, READS: { from, to: about.id, via: 0 }, USES: { from: dataset, to: about.id, via: 0 },
      WRITES: { from: about.id, to: dataset, via: 0 }, GENERATES: { from: about.id, to, via: 0 },
    }[kind];
    const [validFrom, validTo] = pick(SPANS, edge.span);
    const { completeness, identity } = edge;
    return {
      slot, kind: EDGE_KINDS.indexOf(kind), ...ends, reasons: kind === 'READS' ? edge.reasons : 0, identity, evidence, completeness,
      validFrom, validTo, firstSeen: validFrom, lastSeen: validFrom + edge.from,
    };
  }
}

function validity(span: number): { validFrom: number; validTo: number } {
  const [validFrom, validTo] = pick(FIELD_SPANS, span);
  return { validFrom, validTo };
}
function pick<T>(list: readonly T[], number: number): T {
  return list[number % list.length] as T;
}
export function refOfNode({ kind, namespace, name, path }: NodeRow): EntityRef {
  return kind === 'field' ? { kind, namespace, name, path } : { kind, namespace, name };
}
