import type { EdgeRow, GraphDelta, GraphSource, NodeRow, RevisionInfo } from '../../server/catalog/lineage/rows.ts';

export interface SlotContent {
  readonly slot: number;
  readonly about: number;
  readonly edges: readonly EdgeRow[];
}
export interface Commit {
  readonly nodes: readonly NodeRow[];
  readonly slots: readonly SlotContent[];
}
/** Rows handed out at once by a scan: small, so that a reader meets more than one batch. */
const BATCH = 5;

/** A whole graph source in memory: nodes by id, edges by slot, and which revision touched what. */
export class MemorySource implements GraphSource {
  readonly #nodes = new Map<number, NodeRow>();
  readonly #slots = new Map<number, SlotContent>();
  readonly #commits: Commit[] = [];
  readonly #mostCommits: number;

  /** `mostCommits`: a reader further behind than this is told to scan. */
  constructor({ mostCommits = Number.POSITIVE_INFINITY }: { readonly mostCommits?: number } = {}) {
    this.#mostCommits = mostCommits;
  }

  commit(commit: Commit): void {
    for (const node of commit.nodes) this.#nodes.set(node.id, node);
    for (const content of commit.slots) this.#slots.set(content.slot, content);
    this.#commits.push(commit);
  }

  get nodes(): readonly NodeRow[] {
    return [...this.#nodes.values()].sort((a, b) => a.id - b.id);
  }
  get edges(): readonly EdgeRow[] {
    return [...this.#slots.values()].flatMap(({ edges }) => edges);
  }

  revision(): Promise<RevisionInfo> {
    return Promise.resolve(this.#revision());
  }

  scan(sink: { onNodes(rows: readonly NodeRow[]): void; onEdges(rows: readonly EdgeRow[]): void }): Promise<RevisionInfo> {
    for (const rows of batches(this.nodes)) sink.onNodes(rows);
    for (const rows of batches(this.edges)) sink.onEdges(rows);
    return this.revision();
  }

  delta(revision: number): Promise<GraphDelta | 'too-many'> {
    const missed = this.#commits.slice(revision);
    if (missed.length > this.#mostCommits) return Promise.resolve('too-many');
    const nodes = new Map(missed.flatMap((commit) => commit.nodes.map((node) => [node.id, node])));
    const slots = new Map(missed.flatMap((commit) => commit.slots.map((content) => [content.slot, content])));
    const changed = new Set([...nodes.keys(), ...[...slots.values()].map(({ about }) => about)]);
    return Promise.resolve({ revision: this.#commits.length, nodes: [...nodes.values()], changed: [...changed], slots: [...slots.values()] });
  }

  #revision(): RevisionInfo {
    return { revision: this.#commits.length, committedAt: this.#commits.length * 1000 };
  }
}

function* batches<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < rows.length; i += BATCH) yield rows.slice(i, i + BATCH);
}
