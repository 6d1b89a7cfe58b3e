import type { DatasetRef, EntityRef, Named, ReaderRef } from './names.ts';

/** What a fact rests on. Order is part of stored files (bit positions): append only. */
export const EVIDENCES = [
  'declared', 'flink-sql', 'compiled-plan', 'openlineage', 'observed', 'registry', 'flink-rest', 'kafka-connect',
] as const;
export type Evidence = (typeof EVIDENCES)[number];

/** How much of the truth a fact holds; `unknown` is never rendered as "none". Order is part of stored files. */
export const COMPLETENESSES = ['complete', 'partial', 'unknown'] as const;
export type Completeness = (typeof COMPLETENESSES)[number];

/** Why a reader reads a field. Order is part of stored files (bit positions): append only. */
export const READ_REASONS = [
  'VALUE', 'FILTER', 'JOIN', 'GROUP', 'SORT', 'WINDOW', 'PARTITION', 'MATCH', 'CONDITION', 'WATERMARK',
] as const;
export type ReadReason = (typeof READ_REASONS)[number];

/**
 * When something was said: the event's own time (ms since epoch), the sender's sequence within the
 * entity, and the event id as last tie-break. A total order, the same whatever order events arrive in.
 */
export interface Instant {
  readonly time: number;
  readonly sequence: number;
  readonly event: string;
}

export function compareInstants(a: Instant, b: Instant): number {
  return a.time - b.time || a.sequence - b.sequence || (a.event < b.event ? -1 : a.event > b.event ? 1 : 0);
}

/**
 * One thing to apply to the graph. Applying it twice changes nothing; applying a set of them in any
 * order ends in the same graph.
 */
export type GraphChange = Statement | Observation;

/**
 * All that one kind of evidence says about one aspect of one entity, from `at` until the next
 * statement in the same slot (about, aspect, part, evidence). `body: null` withdraws it.
 */
export type Statement = {
  readonly change: 'statement';
  readonly about: EntityRef;
  /** Distinguishes several slots of one aspect (a schema version, 'value' | 'key'); '' where there is one. */
  readonly part: string;
  readonly evidence: Evidence;
  readonly at: Instant;
} & Fact;

export type Fact = { [A in Aspect]: { readonly aspect: A; readonly body: FactBodies[A] | null } }[Aspect];
export type Aspect = keyof FactBodies;

export interface FactBodies {
  /** About a dataset. */
  readonly dataset: DatasetFact;
  /** About a dataset; part 'value' or 'key': the fields of its newest schema. */
  readonly fields: FieldsFact;
  /** About a dataset; part 'value' or 'key': the subject that governs it. */
  readonly 'governed-by': { readonly subject: Named };
  /** About a subject; part is the version number. */
  readonly 'schema-version': SchemaVersionFact;
  /** About a subject: its compatibility level, as the registry names it. */
  readonly compatibility: { readonly level: CompatibilityLevel };
  /** About any entity. */
  readonly owner: { readonly team: string };
  readonly tags: { readonly tags: readonly string[] };
  readonly doc: { readonly text: string };
  /** About a job or consumer: what it is. */
  readonly job: JobFact;
  readonly consumer: ConsumerFact;
  /** About a job or consumer: what it reads and writes. Edges follow from this alone (`lineage/edges.ts`). */
  readonly program: ProgramFact;
  /** About a job. */
  readonly state: { readonly state: JobState };
  readonly processor: ProcessorFact;
  readonly pipeline: { readonly description: string };
  readonly team: { readonly contact: string; readonly members: readonly string[] };
  /** About the sink dataset; part is the key of the source dataset: outcome of a source-to-sink audit. */
  readonly 'audit-result': AuditResultFact;
}

export const DATASET_KINDS = ['topic', 'table', 'iceberg-table', 'search-index'] as const;
export type DatasetKind = (typeof DATASET_KINDS)[number];
export interface DatasetFact {
  readonly kind: DatasetKind;
  /** 'kafka', 'postgresql', 'mysql', 'cockroachdb', 'cassandra', 'iceberg', 'elasticsearch', … */
  readonly platform: string;
  /** Canonical cluster name. */
  readonly cluster: string;
}

export interface FieldsFact {
  /** In schema order, parents before children. */
  readonly fields: readonly FieldFact[];
}
export interface FieldFact {
  readonly path: string;
  /** Short type text for people: `string`, `long (timestamp-millis)`, `record ns.Order`, `["null", "string"]`. */
  readonly type: string;
  readonly nullable: boolean;
  readonly doc?: string;
  /** The default as JSON text; absent where there is none. */
  readonly default?: string;
  /** The path continues into a type it is already inside; it is not followed further. */
  readonly recursive?: true;
}

export const COMPATIBILITY_LEVELS = [
  'NONE', 'BACKWARD', 'BACKWARD_TRANSITIVE', 'FORWARD', 'FORWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE',
] as const;
export type CompatibilityLevel = (typeof COMPATIBILITY_LEVELS)[number];

export interface SchemaVersionFact {
  readonly version: number;
  readonly schemaId: number;
  readonly schemaType: 'AVRO' | 'JSON' | 'PROTOBUF';
  /** The schema as registered, never edited. */
  readonly schema: string;
  /** Schemas it refers to, as texts, in the order they must be parsed. */
  readonly references: readonly string[];
  /** Soft-deleted: its records may still be in the log, so it still counts. */
  readonly deleted: boolean;
}

export const JOB_KINDS = ['flink-sql', 'flink-jar', 'source-connector', 'sink-connector', 'application'] as const;
export type JobKind = (typeof JOB_KINDS)[number];
export interface JobFact {
  readonly kind: JobKind;
  readonly processor: Named | null;
  readonly pipeline: Named | null;
  readonly artifactDigest: string | null;
}
export const JOB_STATES = ['DEPLOYING', 'RUNNING', 'PAUSED', 'FAILED', 'STOPPED', 'FINISHED'] as const;
export type JobState = (typeof JOB_STATES)[number];
export interface ConsumerFact {
  readonly kind: 'consumer-group' | 'application' | 'external-sink';
  readonly contact: string | null;
}
export interface ProcessorFact {
  readonly version: string;
  readonly image: string | null;
  readonly stock: boolean;
  readonly evolution: Evolution;
}
export type Evolution = 'opt-in' | 'opt-out';

export interface ProgramFact {
  readonly reads: readonly DatasetUse[];
  readonly writes: readonly DatasetWrite[];
}
/** One dataset a program reads. */
export interface DatasetUse {
  readonly dataset: DatasetRef;
  /** The Avro schema it decodes with, as JSON text; null when nobody said. */
  readonly readerSchema: string | null;
  /** The fields it reads; null is unknown use, [] is "opens it and reads no field". */
  readonly fields: readonly FieldUse[] | null;
  /** 'partial': reads these fields and perhaps others. Unknown use says 'unknown'. */
  readonly completeness: Completeness;
  readonly evolution: Evolution | null;
}
export interface FieldUse {
  readonly path: string;
  readonly why: readonly ReadReason[];
}
/** One dataset a program writes. */
export interface DatasetWrite {
  readonly dataset: DatasetRef;
  /** The Avro schema it encodes with, as JSON text; null when nobody said. */
  readonly writerSchema: string | null;
  /**
   * Where each output field's value comes from. null: unknown, so every output field may come from
   * anything the program reads. A listed field with no origin is computed from no field; a field that
   * is not listed has unknown origins.
   */
  readonly derivations: readonly Derivation[] | null;
}
export interface Derivation {
  readonly to: string;
  readonly from: readonly Origin[];
}
export interface Origin {
  readonly dataset: DatasetRef;
  readonly path: string;
  readonly kind: 'IDENTITY' | 'TRANSFORM';
}

export interface AuditResultFact {
  readonly source: DatasetRef;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly sourceCount: number;
  readonly missing: number;
  readonly mismatched: number;
  readonly verdict: 'match' | 'mismatch';
}

/**
 * Something seen happening, merged by earliest and latest sighting; it is never withdrawn, it ages.
 * A reader seen with `path: null` reads fields that nobody could see: unknown use.
 */
export interface Observation {
  readonly change: 'observation';
  readonly what: 'reads' | 'writes' | 'alive';
  readonly actor: ReaderRef;
  /** null for 'alive'. */
  readonly dataset: DatasetRef | null;
  readonly path: string | null;
  /** The registry id of the schema it was seen to use. */
  readonly schemaId: number | null;
  /** ms since epoch, inclusive. */
  readonly firstSeen: number;
  readonly lastSeen: number;
}
