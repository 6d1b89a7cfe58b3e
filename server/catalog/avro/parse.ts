import { DefaultJudge } from './default-values.ts';
import { type JsonNode, type JsonOutcome, type JsonValue, nodeOf, readJson } from './json.ts';
import { NameTable } from './name-table.ts';
import { type Place, pointerTo, Refusal } from './refusal.ts';
import type { AvroSchema } from './schema.ts';
import { SchemaReader } from './schema-reader.ts';

/** Largest schema text taken, in UTF-16 units: the registry's own ceiling for one Kafka record is of this order. */
export const MAX_SCHEMA_LENGTH = 1_048_576;
/** References one schema may have, indirect ones included: each is a text of its own to parse. */
export const MAX_REFERENCES = 1_000;

export interface ParseOptions {
  /** Texts of the schemas it refers to, in the order in which each can be resolved by those before it. */
  readonly references?: readonly string[];
  /** Whether a field's default must fit its type; true unless said otherwise. The registry does not judge old versions so. */
  readonly validateDefaults?: boolean;
}

export type { JsonValue };

/** A schema, and where in its text each of its records was read; of records in referenced texts nothing. */
export interface PlacedSchema {
  readonly schema: AvroSchema;
  readonly places: ReadonlyMap<AvroSchema, Place>;
}

export type ParseOutcome =
  | ({ readonly outcome: 'parsed' } & PlacedSchema)
  | {
      readonly outcome: 'refused';
      readonly message: string;
      /** JSON pointer (RFC 6901) into the schema, '' being the whole; null where the fault has no such place, or lies in a reference. */
      readonly location: string | null;
    };

/**
 * Parses a schema as Avro Java 1.12's `Schema.Parser` does, refusing what it refuses: names may be used before they are
 * defined, an equal definition may be repeated, and a union's default may fit any branch. Two things more are taken, as
 * whole schemas only, because upstream compatibility suites hold them: a record without a name, and an enum whose default is
 * none of its symbols (it then counts as none). A string is schema text (`"int"` in its quotes), anything else a JSON value.
 */
export function parseSchema(schema: string | JsonValue, options: ParseOptions = {}): ParseOutcome {
  const references = options.references ?? [];
  if (references.length > MAX_REFERENCES) return { outcome: 'refused', message: `more than ${MAX_REFERENCES} references`, location: null };
  const nodes: JsonNode[] = [];
  for (const [i, document] of [...references, schema].entries()) {
    const read = readDocument(document);
    if (read.outcome === 'malformed') return { outcome: 'refused', message: inReference(i, references.length, read.message), location: null };
    nodes.push(read.node);
  }
  return parseNodes(nodes, options.validateDefaults ?? true);
}

/** Parses documents read already, one after the other into one table of names, and answers the last one's schema. */
export function parseNodes(nodes: readonly JsonNode[], validateDefaults = true): ParseOutcome {
  const judge = validateDefaults ? new DefaultJudge() : null;
  const names = new NameTable();
  const last = nodes.length - 1;
  for (const [i, node] of nodes.entries()) {
    const reader = new SchemaReader(names, judge, i === last);
    const parsed = outcomeOf(reader, node, (main) => names.complete(main, judge, reader.places));
    if (i === last) return parsed;
    if (parsed.outcome === 'refused') return { outcome: 'refused', message: inReference(i, last, parsed.message), location: null };
  }
  return { outcome: 'refused', message: 'no schema', location: null };
}

function outcomeOf(reader: SchemaReader, node: JsonNode, complete: (main: AvroSchema) => AvroSchema): ParseOutcome {
  let isRead = false;
  try {
    const main = reader.read(node, null);
    isRead = true;
    return { outcome: 'parsed', schema: complete(main), places: reader.places };
  } catch (failure) {
    if (!(failure instanceof Refusal)) throw failure;
    const place: Place | undefined = failure.place === undefined && !isRead ? reader.place : failure.place;
    return { outcome: 'refused', message: failure.message, location: place === undefined ? null : pointerTo(place) };
  }
}

function readDocument(document: string | JsonValue): JsonOutcome {
  if (typeof document !== 'string') return nodeOf(document);
  if (document.length > MAX_SCHEMA_LENGTH) return { outcome: 'malformed', message: `longer than ${MAX_SCHEMA_LENGTH} characters` };
  return readJson(document);
}

function inReference(index: number, count: number, message: string): string {
  return index < count ? `in reference ${index + 1}: ${message}` : message;
}
