import type { JsonValue } from '../catalog/avro/parse.ts';
import type { AvroSchema } from '../catalog/avro/schema.ts';
import { Problem } from '../problem.ts';
import type { CatalogReader } from './catalog-reader.ts';

/** A schema as a request has it, and where in the request. */
export interface RequestedSchema {
  readonly value: JsonValue;
  readonly place: string;
  /** Texts of what it refers to, in the order they must be parsed. */
  readonly references?: readonly string[];
}

/** A schema of a request, parsed; one that Avro refuses is a problem that says where, as far as it can be told. */
export function requestedSchema({ value, place, references }: RequestedSchema, catalog: Pick<CatalogReader, 'candidate'>): AvroSchema {
  const judged = catalog.candidate(value, references);
  if (judged.readable) return judged.schema;
  throw new Problem('schema-invalid', `${place}: ${judged.reason}`, { place, ...(judged.location === undefined ? {} : { location: judged.location }) });
}
