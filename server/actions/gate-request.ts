import type { AvroSchema } from '../catalog/avro/schema.ts';
import type { JsonValue } from '../catalog/avro/parse.ts';
import { canonical, type ClusterAliases } from '../catalog/cluster-aliases.ts';
import type { Evolution } from '../catalog/changes.ts';
import type { GateRequest } from '../catalog/gate/request.ts';
import type { Named } from '../catalog/names.ts';
import { Problem } from '../problem.ts';
import { type FlinkProgram, flinkParts } from './flink-program.ts';
import { BoundedCache } from '../queries/bounded-cache.ts';
import type { CatalogReader } from '../queries/catalog-reader.ts';

/** A gate request as it arrives, already of the form `openapi.yaml` describes. */
export interface GateDocument {
  readonly job: Named & { readonly owner?: string | null; readonly artifact?: { readonly digest: string } };
  readonly program: GateProgram;
  readonly dryRun?: boolean;
}
export type GateProgram = DeclaredProgram | FlinkProgram;
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

/** A request, its JSON text as it was sent, and the text's SHA-256 in hex. */
export interface AskedRequest {
  readonly document: GateDocument;
  readonly text: string;
  readonly hash: string;
}

/** Text of the requests remembered, UTF-16 units; what is kept of a request is at most a few times its text. */
const REMEMBERED_TEXT = 64 * 1024 * 1024;

/** Puts requests into the catalog's own terms: schemas parsed, names canonical, a Flink program resolved. */
export class GateRequests {
  readonly #catalog: CatalogReader;
  readonly #aliases: ClusterAliases;
  /** By the hash of the text; only of declared programs, whose terms follow from the text alone. */
  readonly #declared = new BoundedCache<string, GateRequest>(REMEMBERED_TEXT);

  constructor(catalog: CatalogReader, aliases: ClusterAliases) {
    this.#catalog = catalog;
    this.#aliases = aliases;
  }

  /** A schema Avro refuses, or a program Flink would, ends the request with its place and reason. */
  async parse({ document, text, hash }: AskedRequest): Promise<GateRequest> {
    const { job, program } = document;
    if (program.kind !== 'declared') return this.#request(job, await flinkParts(program, this.#catalog, this.#aliases));
    const known = this.#declared.get(hash);
    if (known !== undefined) return known;
    const request = this.#request(job, declaredParts(program, this.#catalog, this.#aliases));
    this.#declared.set(hash, request, text.length);
    return request;
  }

  #request(job: GateDocument['job'], parts: Omit<GateRequest, 'job'>): GateRequest {
    return { job: { ...canonical(this.#aliases, job), owner: job.owner || null, artifactDigest: job.artifact?.digest ?? null }, ...parts };
  }
}

function declaredParts(program: DeclaredProgram, catalog: CatalogReader, aliases: ClusterAliases): Omit<GateRequest, 'job'> {
  return {
    inputs: program.inputs.map(({ dataset, readerSchema, fields, evolution }, i) => ({
      dataset: canonical(aliases, dataset),
      readerSchema: schemaAt(`program.inputs[${i}].readerSchema`, readerSchema, catalog),
      fields: fields ?? null,
      evolution: evolution ?? null,
      clauses: NO_CLAUSES,
    })),
    outputs: program.outputs.map(({ dataset, writerSchema, mapping }, i) => ({
      dataset: canonical(aliases, dataset),
      writerSchema: schemaAt(`program.outputs[${i}].writerSchema`, writerSchema, catalog),
      mapping: mapping?.map(({ to, from }) => ({ to, from: from.map((o) => ({ dataset: canonical(aliases, o.dataset), field: o.field })) })) ?? null,
    })),
    unknown: [],
    differences: [],
  };
}

const NO_CLAUSES: ReadonlyMap<string, never> = new Map<string, never>();

function schemaAt(place: string, value: JsonValue | undefined, catalog: CatalogReader): AvroSchema | null {
  if (value === undefined) return null;
  const judged = catalog.candidate(value);
  if (judged.readable) return judged.schema;
  throw new Problem('schema-invalid', `${place}: ${judged.reason}`, { place });
}
