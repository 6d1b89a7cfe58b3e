import type { LifeTimes } from './life-times.ts';
import type { NameHeap } from './name-heap.ts';

/**
 * The lineage graph at one revision in typed arrays; it never changes. Nodes have dense ids: datasets in
 * topological order, each followed at once by its fields, then everything else. Rows (edges) are sorted
 * by the node they leave, those that are true now before those that have ended.
 */
export interface BaseGraph {
  readonly nodes: number;
  readonly rows: number;
  /** Position in ENTITY_KINDS. */
  readonly kinds: Uint8Array;
  /** Dense id of a field's dataset, -1 for anything else. */
  readonly datasetOf: Int32Array;
  /** For a dataset d its fields are d + 1 … d + fieldCount[d]; 0 for anything else. */
  readonly fieldCount: Int32Array;
  readonly storeIds: Int32Array;
  /** Dense id by store id, -1 where there is none. */
  readonly denseIds: Int32Array;
  /** Number of the node's life time. */
  readonly nodeLife: Int32Array;
  /** A field's path; `joinName` of anything else. */
  readonly names: NameHeap;
  readonly lifeTimes: LifeTimes;

  readonly from: Int32Array;
  readonly to: Int32Array;
  /** -1 where there is none. */
  readonly via: Int32Array;
  readonly slot: Int32Array;
  /** See row-traits.ts. */
  readonly traits: Int32Array;
  readonly life: Int32Array;

  /** Rows leaving node n: [outStart[n], outStart[n + 1]), those true now end at outNow[n]. */
  readonly outStart: Int32Array;
  readonly outNow: Int32Array;
  /** The same for rows arriving, as positions in inRow. */
  readonly inStart: Int32Array;
  readonly inNow: Int32Array;
  readonly inRow: Int32Array;
  /** Steps of walks, see `stepsOf`: the far ends of the same rows, and the jobs on the way to them, without the rows. */
  readonly downStart: Int32Array;
  readonly downTo: Int32Array;
  readonly upStart: Int32Array;
  readonly upTo: Int32Array;
  /** Rows that are about a job or consumer: its whole program. */
  readonly actorStart: Int32Array;
  readonly actorRow: Int32Array;

  /** Bits of `OPAQUE` by node, true now. */
  readonly opaque: Uint8Array;
}

/** Where lineage is not known completely, so that a walk must look closer. */
export const OPAQUE = {
  /** A dataset with a reader whose fields may be more than its READS. */
  readBySomeone: 1,
  /** A job that writes fields whose origins are unknown. */
  writesBlindly: 2,
  /** A dataset that such a job writes. */
  writtenBlindly: 4,
} as const;
