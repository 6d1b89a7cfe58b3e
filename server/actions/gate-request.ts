import type { AvroSchema } from '../catalog/avro/schema.ts';
import type { JsonValue } from '../catalog/avro/parse.ts';
import { canonical, type ClusterAliases } from '../catalog/cluster-aliases.ts';
import type { Evolution, ProgramFact } from '../catalog/changes.ts';
import type { GateRequest } from '../catalog/gate/request.ts';
import type { DatasetRef, Named } from '../catalog/names.ts';
import { type FlinkProgram, flinkParts } from './flink-program.ts';
import { type ProgramText, programText } from './program-text.ts';
import { BoundedCache } from '../queries/bounded-cache.ts';
import type { CatalogReader } from '../queries/catalog-reader.ts';
import { requestedSchema } from '../queries/requested-schema.ts';

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

/** A request in the catalog's terms, and what the catalog would hold of its program. */
export interface ParsedRequest {
  readonly request: GateRequest;
  readonly program: ProgramText;
}

/** Text of the requests remembered, UTF-16 units; what is kept of a request is at most a few times its text. */
const REMEMBERED_TEXT = 64 * 1024 * 1024;

/** Puts requests into the catalog's own terms: schemas parsed, names canonical, a Flink program resolved. */
export class GateRequests {
  readonly #catalog: CatalogReader;
  readonly #aliases: ClusterAliases;
  /** By the hash of the text; only of declared programs, whose terms follow from the text alone. */
  readonly #declared = new BoundedCache<string, ParsedRequest>(REMEMBERED_TEXT);

  constructor(catalog: CatalogReader, aliases: ClusterAliases) {
    this.#catalog = catalog;
    this.#aliases = aliases;
  }

  /** A schema Avro refuses, or a program Flink would, ends the request with its place and reason. */
  async parse({ document, text, hash }: AskedRequest): Promise<ParsedRequest> {
    const { job, program } = document;
    if (program.kind !== 'declared') {
      const { parts, fact } = await flinkParts(program, this.#catalog, this.#aliases);
      return { request: this.#request(job, parts), program: programText(fact) };
    }
    const known = this.#declared.get(hash);
    if (known !== undefined) return known;
    const request = this.#request(job, declaredParts(program, this.#catalog, this.#aliases));
    const parsed = { request, program: programText(declaredFact(program, request)) };
    // The program is kept beside the request, in its own words.
    this.#declared.set(hash, parsed, text.length + parsed.program.text.length);
    return parsed;
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

/** What is read of a dataset whose fields are not listed is unknown, whatever schema decodes it; the schema then says what must be there. */
function declaredFact({ inputs, outputs }: DeclaredProgram, request: GateRequest): ProgramFact {
  return {
    reads: inputs.map(({ readerSchema, fields, evolution }, i) => ({
      dataset: refAt(request.inputs, i),
      readerSchema: schemaText(readerSchema),
      fields: fields?.map((path) => ({ path, why: [] })) ?? null,
      completeness: fields === undefined ? 'unknown' : 'complete',
      evolution: evolution ?? null,
    })),
    writes: outputs.map(({ writerSchema }, i) => ({
      dataset: refAt(request.outputs, i),
      writerSchema: schemaText(writerSchema),
      derivations: request.outputs[i]?.mapping?.map(({ to, from }) => ({ to, from: from.map(({ dataset, field }) => ({ dataset, path: field, kind: 'TRANSFORM' as const })) })) ?? null,
    })),
  };
}

function refAt(parts: readonly { readonly dataset: DatasetRef }[], i: number): DatasetRef {
  const { namespace = '', name = '' } = parts[i]?.dataset ?? {};
  return { namespace, name };
}

/** A text that is no bare word is the schema's JSON already. */
function schemaText(schema: JsonValue | undefined): string | null {
  if (schema === undefined) return null;
  return typeof schema === 'string' && /^\s*[[{"]/.test(schema) ? schema : JSON.stringify(schema);
}

const NO_CLAUSES: ReadonlyMap<string, never> = new Map<string, never>();

function schemaAt(place: string, value: JsonValue | undefined, catalog: CatalogReader): AvroSchema | null {
  return value === undefined ? null : requestedSchema({ value, place }, catalog);
}
