/**
 * The graph of one revision as arrays. Nodes have dense numbers: first all fields, dataset by dataset,
 * datasets in topological order (what data flows out of before what it flows into), then the datasets
 * in that order, then jobs and consumers in theirs. A closure therefore touches memory that lies together.
 *
 * Rows keep every edge of all times, grouped by the program (job or consumer) they come from. Lists
 * hold what a walk over the present needs, without doubles; see `lists.ts` for what they mean.
 */
export interface PackedGraph {
  /** [fields, datasets, programs]. */
  readonly sizes: Int32Array;
  /** Store id of each node, and back (-1: not one of ours). */
  readonly storeId: Int32Array;
  readonly nodeOf: Int32Array;
  /** First field of each dataset, by its place among datasets; one more at the end. */
  readonly fieldStart: Int32Array;
  /** Dataset (node number) of each field. */
  readonly fieldDataset: Int32Array;
  /** Text of name or path; of the namespace, by place after the fields. */
  readonly name: Int32Array;
  readonly namespace: Int32Array;
  /** Position in NODE_KINDS, by place among programs. */
  readonly programKind: Uint8Array;
  readonly span: Int32Array;
  readonly spanFrom: Float64Array;
  readonly spanTo: Float64Array;

  /** First row of each program, by its place among programs; one more at the end. */
  readonly rowStart: Int32Array;
  readonly rowProgram: Int32Array;
  /** Field or dataset, -1 where the row starts or ends at its program. */
  readonly rowFrom: Int32Array;
  readonly rowTo: Int32Array;
  readonly rowTraits: Int32Array;
  readonly rowStating: Int32Array;
  readonly statingSlot: Int32Array;
  readonly statingEvidence: Uint8Array;
  readonly statingFrom: Float64Array;
  readonly statingTo: Float64Array;
  readonly statingFirstSeen: Float64Array;
  readonly statingLastSeen: Float64Array;
  /** Rows by the field or dataset they start from, and end at. */
  readonly fromStart: Int32Array;
  readonly fromRow: Int32Array;
  readonly toStart: Int32Array;
  readonly toRow: Int32Array;

  readonly downstreamStart: Int32Array;
  readonly downstreamNode: Int32Array;
  readonly upstreamStart: Int32Array;
  readonly upstreamNode: Int32Array;
  readonly unknownUsersStart: Int32Array;
  readonly unknownUsersNode: Int32Array;
  readonly opaqueOutputsStart: Int32Array;
  readonly opaqueOutputsNode: Int32Array;
  readonly opaqueWritersStart: Int32Array;
  readonly opaqueWritersNode: Int32Array;
  /** `Flag` bits of each node. */
  readonly flags: Uint8Array;
}

/** Marks a node whose lists an overlay replaces: look there first. */
export const OVERLAID = 1;
/** Downstream of this node there may be unknown use or outputs of unknown origin. */
export const OPEN_DOWNSTREAM = 2;
/** Upstream of this node there may be a writer that does not say where it takes the value from. */
export const OPEN_UPSTREAM = 4;

export const ARRAY_NAMES = [
  'sizes', 'storeId', 'nodeOf', 'fieldStart', 'fieldDataset', 'name', 'namespace', 'programKind', 'span', 'spanFrom', 'spanTo',
  'rowStart', 'rowProgram', 'rowFrom', 'rowTo', 'rowTraits', 'rowStating',
  'statingSlot', 'statingEvidence', 'statingFrom', 'statingTo', 'statingFirstSeen', 'statingLastSeen',
  'fromStart', 'fromRow', 'toStart', 'toRow',
  'downstreamStart', 'downstreamNode', 'upstreamStart', 'upstreamNode', 'unknownUsersStart', 'unknownUsersNode',
  'opaqueOutputsStart', 'opaqueOutputsNode', 'opaqueWritersStart', 'opaqueWritersNode', 'flags',
] as const satisfies readonly (keyof PackedGraph)[];

export function bytesOf(packed: PackedGraph): number {
  return ARRAY_NAMES.reduce((sum, name) => sum + packed[name].byteLength, 0);
}
