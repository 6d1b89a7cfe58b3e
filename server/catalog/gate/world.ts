import type { AvroSchema } from '../avro/schema.ts';
import type { CompatibilityLevel, Completeness, Evidence, ReadReason } from '../changes.ts';
import type { ChangedField } from './changed-fields.ts';
import type { Obstacle, Stand } from './judge-reader.ts';
import { type DatasetRef, datasetKey, type EntityRef, type Named, type ReaderRef } from '../names.ts';

/** What the gate judges against, as values: everything that is deployed, at one revision. */
export interface GateWorld {
  readonly revision: number;
  /** Commit time of that revision, ms. */
  readonly asOf: number;
  /** Every dataset the request names, by `datasetKey`. */
  readonly datasets: ReadonlyMap<string, DatasetState>;
  /** Everyone downstream of a field beyond its direct readers, whole. */
  readonly downstreamOf: (dataset: DatasetRef, path: string) => readonly DownstreamReader[];
  /** Whether anything written to `from` ends up in `to`. */
  readonly flowsInto: (from: DatasetRef, to: DatasetRef) => boolean;
  /** What keeps a reader schema from a writer's records; the world remembers pairs it was asked before. */
  readonly obstacles: (reader: AvroSchema, writer: AvroSchema) => readonly Obstacle[];
  /** The schemas to judge a deployed reader by, remembered likewise. */
  readonly standsOf: (reader: DeployedReader, current: AvroSchema | null) => readonly Stand[];
  /** The fields of an output that go or change if this schema is written from now on. */
  readonly changedFields: (writer: AvroSchema, state: DatasetState) => readonly ChangedField[];
  /** Paths of a schema's fields. */
  readonly pathsOf: (schema: AvroSchema) => ReadonlySet<string>;
  /** Deployed jobs that read a dataset, for finding repeated work. */
  readonly programOf: (job: Named) => ProgramSignature | null;
}

export interface DatasetState {
  readonly ref: DatasetRef;
  readonly cluster: string | null;
  readonly owner: string | null;
  /** Subject of the value schema; null when the dataset has none. */
  readonly subject: Named | null;
  readonly level: CompatibilityLevel | null;
  /** Every version of the value schema, newest first, soft-deleted ones included. */
  readonly versions: readonly SchemaVersion[];
  /** Field paths as known now; empty when nobody said. */
  readonly fields: readonly string[];
  /** Running jobs and live consumers that read it. */
  readonly readers: readonly DeployedReader[];
  readonly writers: readonly DeployedWriter[];
}

export interface SchemaVersion {
  readonly schemaId: number;
  readonly version: number;
  readonly deleted: boolean;
  readonly schema: JudgedSchema;
}
/** A schema the engine could read, or why it could not. */
export type JudgedSchema =
  | { readonly readable: true; readonly schema: AvroSchema }
  /** `location`: JSON pointer (RFC 6901) into the schema to what is wrong, where it can be told. */
  | { readonly readable: false; readonly reason: string; readonly location?: string };

export interface DeployedReader {
  readonly ref: ReaderRef;
  readonly owner: string | null;
  readonly evidence: readonly Evidence[];
  /** The schema it decodes with; null when nobody said or saw. */
  readonly readerSchema: JudgedSchema | null;
  /** Fields it is known to read; how whole that list is, `completeness` says. */
  readonly fields: readonly ReadField[];
  readonly completeness: Completeness;
  /** It does not run yet, it may start: it holds a permit. */
  readonly permitted?: true;
}
export interface ReadField {
  readonly path: string;
  readonly why: readonly ReadReason[];
}
export interface DeployedWriter {
  readonly ref: ReaderRef;
  readonly owner: string | null;
  readonly writerSchema: JudgedSchema | null;
}

export interface DownstreamReader {
  readonly ref: ReaderRef;
  readonly owner: string | null;
  readonly certainty: 'known' | 'possible';
  /** From the changed field to the reader, jobs in between included. */
  readonly path: readonly EntityRef[];
}

/** What a job does, comparable with `===`: equal texts read the same and write the same values. */
export type ProgramSignature = string;

export function stateOf(world: GateWorld, dataset: DatasetRef): DatasetState {
  const state = world.datasets.get(datasetKey(dataset));
  if (state === undefined) throw new Error(`the world was loaded without ${datasetKey(dataset)}`);
  return state;
}

/** The schema records are written with today: the newest version that is not deleted. */
export function currentSchema({ versions }: Pick<DatasetState, 'versions'>): AvroSchema | null {
  const newest = versions.find((version) => !version.deleted);
  return newest?.schema.readable === true ? newest.schema.schema : null;
}

/**
 * The schemas that records are written with until something changes: the current one, and those of deployed writers that
 * have not followed it, or run ahead of it. A field that only the registry has dropped is still written and read.
 */
export function schemasWritten(state: Pick<DatasetState, 'versions' | 'writers'>): readonly AvroSchema[] {
  const current = currentSchema(state);
  const written = state.writers.flatMap(({ writerSchema }) => (writerSchema?.readable === true ? [writerSchema.schema] : []));
  return [...new Set(current === null ? written : [current, ...written])];
}
