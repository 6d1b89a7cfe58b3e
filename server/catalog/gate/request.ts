import type { Evolution } from '../changes.ts';
import type { UnknownPart } from '../flink/lineage.ts';
import type { Clause } from '../flink/program-uses.ts';
import type { AvroSchema } from '../avro/schema.ts';
import type { DatasetRef, Named } from '../names.ts';

/** A gate request whose schemas are already parsed. */
export interface GateRequest {
  readonly job: GateJob;
  readonly inputs: readonly ProgramInput[];
  readonly outputs: readonly ProgramOutput[];
  /** What of the program could not be known; it may read, and derive from, more than is listed. */
  readonly unknown: readonly UnknownPart[];
  /** Where the SQL and the compiled plan of a job say different things; the request holds the union. */
  readonly differences: readonly string[];
}
export interface GateJob extends Named {
  readonly owner: string | null;
  readonly artifactDigest: string | null;
}
export interface ProgramInput {
  readonly dataset: DatasetRef;
  readonly readerSchema: AvroSchema | null;
  /** The field paths it reads; null together with a null reader schema is unknown use. */
  readonly fields: readonly string[] | null;
  readonly evolution: Evolution | null;
  /** By field path, the clause of a script that reads it. */
  readonly clauses: ReadonlyMap<string, Clause>;
}
export interface ProgramOutput {
  readonly dataset: DatasetRef;
  /** null: the program does not say what it writes, so only what needs no schema is checked. */
  readonly writerSchema: AvroSchema | null;
  readonly mapping: readonly FieldMapping[] | null;
}
export interface FieldMapping {
  readonly to: string;
  readonly from: readonly { readonly dataset: DatasetRef; readonly field: string }[];
}
