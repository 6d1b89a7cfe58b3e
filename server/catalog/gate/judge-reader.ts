import { checkCompatibility, type Incompatibility } from '../avro/compatibility.ts';
import { pathOfLocation } from '../avro/fields.ts';
import { namedAsWritten } from '../flink/named-as-written.ts';
import { checkFlinkRules } from '../avro/flink-rules.ts';
import { projectSchema } from '../avro/projection.ts';
import type { AvroSchema } from '../avro/schema.ts';
import type { DeployedReader } from './world.ts';

/** What stands between a reader and a writer's records. */
export interface Obstacle {
  /** 'hidden': the reader decodes on with a default. */
  readonly kind: 'breaks' | 'reinterprets' | 'unreadable' | 'hidden';
  /** Field path in the reader's schema; null for the whole record. */
  readonly field: string | null;
  readonly location: string | null;
  /** An end of a sentence, e.g. `would no longer be written, and the reader has no default for it`. */
  readonly message: string;
}

/**
 * Everything that keeps a reader schema from decoding a writer's records as they were meant: Avro Java's
 * incompatibilities first, then what Avro lets pass and Flink does not.
 */
export function obstacles(readerSchema: AvroSchema, writer: AvroSchema): readonly Obstacle[] {
  const reader = namedAsWritten(readerSchema, writer);
  const verdict = checkCompatibility(reader, writer);
  if (verdict.outcome === 'failed') return [{ kind: 'unreadable', field: null, location: null, message: verdict.message }];
  const breaks = verdict.outcome === 'compatible' ? [] : verdict.incompatibilities.map((i) => obstacleOf(reader, i));
  const broken = new Set(breaks.map(({ field }) => field));
  const reinterprets = checkFlinkRules(writer, reader)
    .filter(({ path }) => !broken.has(path))
    .map(({ path, message }): Obstacle => ({ kind: 'reinterprets', field: path, location: null, message }));
  return [...breaks, ...reinterprets];
}

/** The schema that stands for a reader, and whether it is what the reader is known to read. */
export interface Stand {
  readonly schema: AvroSchema;
  readonly known: boolean;
}

/**
 * The schemas to judge a reader by. With a reader schema of its own: that one. With declared fields: the
 * current schema cut down to them. With unknown use: the whole current schema, and what it would miss is
 * then not proven but not safe either. A partial list gives both.
 */
export function standsOf(reader: DeployedReader, current: AvroSchema | null): readonly Stand[] {
  if (reader.readerSchema?.readable === true) return [{ schema: reader.readerSchema.schema, known: true }];
  if (current === null) return [];
  const fields = reader.fields.map(({ path }) => path);
  const known: Stand = { schema: projectSchema(current, fields).schema, known: true };
  if (reader.completeness === 'complete') return [known];
  const whole: Stand = { schema: current, known: false };
  return fields.length === 0 ? [whole] : [known, whole];
}

function obstacleOf(reader: AvroSchema, incompatibility: Incompatibility): Obstacle {
  return {
    kind: 'breaks',
    field: pathOfLocation(reader, incompatibility.location),
    location: incompatibility.location,
    message: sentenceOf(incompatibility),
  };
}

function sentenceOf({ type, message }: Incompatibility): string {
  switch (type) {
    case 'READER_FIELD_MISSING_DEFAULT_VALUE':
      return 'is not written, and the reader has no default for it';
    case 'NAME_MISMATCH':
      return `has another name in the written schema (${message})`;
    case 'FIXED_SIZE_MISMATCH':
      return `is of another size (${message})`;
    case 'MISSING_ENUM_SYMBOLS':
      return `may hold symbols the reader does not know: ${message}`;
    case 'MISSING_UNION_BRANCH':
      return `may hold a type the reader does not take (${message})`;
    case 'TYPE_MISMATCH':
      return `is written as another type (${message})`;
  }
}
