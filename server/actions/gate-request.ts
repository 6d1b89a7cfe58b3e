import type { AvroSchema } from '../catalog/avro/schema.ts';
import type { JsonValue } from '../catalog/avro/parse.ts';
import { canonical, type ClusterAliases } from '../catalog/cluster-aliases.ts';
import type { Evolution } from '../catalog/changes.ts';
import type { GateRequest } from '../catalog/gate/request.ts';
import type { Named } from '../catalog/names.ts';
import { Problem } from '../problem.ts';
import type { CatalogReader } from '../queries/catalog-reader.ts';

/** A gate request as it arrives, already of the form `openapi.yaml` describes. */
export interface GateDocument {
  readonly job: Named & { readonly owner?: string | null; readonly artifact?: { readonly digest: string } };
  readonly program: DeclaredProgram;
  readonly dryRun?: boolean;
}
export interface DeclaredProgram {
  readonly kind: 'declared';
  readonly inputs: readonly {
    readonly dataset: Named;
    readonly readerSchema?: JsonValue;
    readonly fields?: readonly string[];
    readonly evolution?: Evolution;
  }[];
  readonly outputs: readonly {
    readonly dataset: Named;
    readonly writerSchema?: JsonValue;
    readonly mapping?: readonly { readonly to: string; readonly from: readonly { readonly dataset: Named; readonly field: string }[] }[];
  }[];
}

/** Parses the schemas and gives every name its canonical form; a schema Avro refuses ends the request with its place and reason. */
export function parseGateRequest({ job, program }: GateDocument, catalog: CatalogReader, aliases: ClusterAliases): GateRequest {
  return {
    job: { ...canonical(aliases, job), owner: job.owner || null, artifactDigest: job.artifact?.digest ?? null },
    inputs: program.inputs.map(({ dataset, readerSchema, fields, evolution }, i) => ({
      dataset: canonical(aliases, dataset),
      readerSchema: schemaAt(`program.inputs[${i}].readerSchema`, readerSchema, catalog),
      fields: fields ?? null,
      evolution: evolution ?? null,
    })),
    outputs: program.outputs.map(({ dataset, writerSchema, mapping }, i) => ({
      dataset: canonical(aliases, dataset),
      writerSchema: schemaAt(`program.outputs[${i}].writerSchema`, writerSchema, catalog),
      mapping: mapping?.map(({ to, from }) => ({ to, from: from.map((o) => ({ dataset: canonical(aliases, o.dataset), field: o.field })) })) ?? null,
    })),
  };
}

function schemaAt(place: string, value: JsonValue | undefined, catalog: CatalogReader): AvroSchema | null {
  if (value === undefined) return null;
  const judged = catalog.candidate(value);
  if (judged.readable) return judged.schema;
  throw new Problem('schema-invalid', `${place}: ${judged.reason}`, { place });
}
