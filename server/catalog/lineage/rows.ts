import type { Completeness, Evidence, ReadReason } from '../changes.ts';
import { COMPLETENESSES, EVIDENCES, READ_REASONS } from '../changes.ts';
import type { EntityKind, EntityRef } from '../names.ts';

/**
 * Relations of the lineage graph, always written in the direction data flows. Order is part of stored files.
 * - DERIVES  field → field, `via` the job that computes it.
 * - READS    field → job or consumer, `reasons` says why.
 * - USES     dataset → job or consumer, one per dataset a program opens; `completeness` tells whether
 *            its READS are all there is ('complete') or there may be more ('partial', 'unknown').
 * - WRITES   job → dataset; 'complete': every field's origins are stated, 'partial': fields without a
 *            DERIVES or GENERATES from this job have unknown origins, 'unknown': all have.
 * - GENERATES job → field, computed from no field at all.
 */
export const EDGE_KINDS = ['DERIVES', 'READS', 'USES', 'WRITES', 'GENERATES'] as const;
export type EdgeKind = (typeof EDGE_KINDS)[number];

/** An edge between entities, as a program statement or an observation implies it. */
export interface Edge {
  readonly kind: EdgeKind;
  readonly from: EntityRef;
  readonly to: EntityRef;
  /** DERIVES: the job; null otherwise. */
  readonly via: EntityRef | null;
  /** READS: bit i set for READ_REASONS[i]; 0 otherwise. */
  readonly reasons: number;
  /** DERIVES: the value is copied unchanged. */
  readonly identity: boolean;
  readonly completeness: Completeness;
}

/** `validTo` of what is still true. */
export const OPEN_END = Number.MAX_SAFE_INTEGER;

/** A node as stores hand it out: `id` is the store's own dense integer, never reused. */
export interface NodeRow {
  readonly id: number;
  readonly kind: EntityKind;
  readonly namespace: string;
  readonly name: string;
  /** '' unless a field. */
  readonly path: string;
  /** Store id of the dataset a field belongs to; 0 otherwise. */
  readonly dataset: number;
  /** Event time in ms; a field known only because something uses it has validFrom = OPEN_END. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** An edge as stores hand it out. Node numbers are store ids, enumerations are their positions. */
export interface EdgeRow {
  readonly slot: number;
  /** Position in EDGE_KINDS. */
  readonly kind: number;
  readonly from: number;
  readonly to: number;
  /** 0 where there is none. */
  readonly via: number;
  readonly reasons: number;
  readonly identity: boolean;
  /** Position in EVIDENCES. */
  readonly evidence: number;
  /** Position in COMPLETENESSES. */
  readonly completeness: number;
  /** Event time in ms; half open [validFrom, validTo). */
  readonly validFrom: number;
  readonly validTo: number;
  /** When it was first and last stated or seen, ms. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}

/** Everything that changed after a revision, whole slots at a time: replace, never merge. */
export interface GraphDelta {
  /** The revision this delta brings a reader to. */
  readonly revision: number;
  /** Nodes that are new or whose validity changed. */
  readonly nodes: readonly NodeRow[];
  /** Store ids of the entities anything new is said about, edges or not; answers remembered about them are stale. */
  readonly changed: readonly number[];
  /** Every slot that changed, with all its edges of all times (none: the slot has no edges any more). */
  readonly slots: readonly { readonly slot: number; readonly about: number; readonly edges: readonly EdgeRow[] }[];
}

/** Where the lineage index reads the graph from; every store is one. */
export interface GraphSource {
  revision(): Promise<RevisionInfo>;
  /**
   * The whole graph at one revision, in batches: all nodes first, by ascending id, then all edges.
   * `onNodes` and `onEdges` may keep what they are given.
   */
  scan(sink: { onNodes(rows: readonly NodeRow[]): void; onEdges(rows: readonly EdgeRow[]): void }): Promise<RevisionInfo>;
  /** What changed after `revision`, or 'too-many' when a scan would be cheaper. */
  delta(revision: number): Promise<GraphDelta | 'too-many'>;
}

export interface RevisionInfo {
  readonly revision: number;
  /** Wall clock of the commit, ms; 0 for an empty store. */
  readonly committedAt: number;
}

export function reasonMask(reasons: readonly ReadReason[]): number {
  return reasons.reduce((mask, reason) => mask | (1 << READ_REASONS.indexOf(reason)), 0);
}
export function reasonsOf(mask: number): ReadReason[] {
  return READ_REASONS.filter((_, bit) => (mask & (1 << bit)) !== 0);
}
export function evidenceAt(position: number): Evidence {
  return EVIDENCES[position] ?? 'declared';
}
export function completenessAt(position: number): Completeness {
  return COMPLETENESSES[position] ?? 'unknown';
}
