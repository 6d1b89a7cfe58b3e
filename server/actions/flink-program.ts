import type { JsonValue } from '../catalog/avro/parse.ts';
import { canonical, type ClusterAliases } from '../catalog/cluster-aliases.ts';
import type { ProgramFact } from '../catalog/changes.ts';
import { columnsOfAvro } from '../catalog/flink/avro-mapping.ts';
import type { LineageResult, ProgramLineage } from '../catalog/flink/lineage.ts';
import { lineageOfPlan } from '../catalog/flink/plan/plan-lineage.ts';
import { type OutputUse, programFactOf, type ProgramUses, usesOf } from '../catalog/flink/program-uses.ts';
import { redactedPlan, redactedScript } from '../catalog/flink/redact.ts';
import { lineageOfScript } from '../catalog/flink/sql/script-lineage.ts';
import type { TableDefinition } from '../catalog/flink/sql/session-catalog.ts';
import { unitedLineage } from '../catalog/flink/united-routes.ts';
import { currentSchema } from '../catalog/gate/world.ts';
import type { GateRequest } from '../catalog/gate/request.ts';
import type { DatasetRef } from '../catalog/names.ts';
import { Problem } from '../problem.ts';
import type { CatalogReader } from '../queries/catalog-reader.ts';
import { valueVersionsOf } from '../queries/dataset-state.ts';

export type FlinkProgram = FlinkSqlProgram | CompiledPlanProgram;
export interface FlinkSqlProgram {
  readonly kind: 'flink-sql';
  readonly script: string;
  readonly plan?: JsonValue;
  /** Where tables the script does not declare are topics. */
  readonly namespace?: string;
}
export interface CompiledPlanProgram {
  readonly kind: 'compiled-plan';
  readonly plan: JsonValue;
}

/** The program as it may be stored: without what connector options hold beyond names. */
export function redactedProgram(program: FlinkProgram): object {
  const plan = program.plan === undefined ? {} : { plan: redactedPlan(program.plan) };
  return program.kind === 'flink-sql' ? { ...program, script: redactedScript(program.script) ?? '', ...plan } : { ...program, ...plan };
}

/** Datasets outside Kafka that the catalog has never heard of are nobody's to judge; topics must be known. */
const GOVERNED = /^kafka:/;

export interface FlinkParts {
  readonly parts: Omit<GateRequest, 'job'>;
  /** The same as the catalog would hold it of the job. */
  readonly fact: ProgramFact;
}

/** What a Flink program reads and writes, as the gate judges it. */
export async function flinkParts(program: FlinkProgram, catalog: CatalogReader, aliases: ClusterAliases): Promise<FlinkParts> {
  const { lineage, differences } = await lineageOf(program, catalog, aliases);
  const uses = usesOf(lineage, (address) => aliases.get(`kafka://${address}`) ?? null);
  const inputs = (await known(uses.inputs, catalog)).map((use) => ({ ...use, dataset: canonical(aliases, use.dataset) }));
  const outputs = (await known(uses.outputs, catalog)).map((use) => canonicalOutput(use, aliases));
  const { unknown } = uses;
  const { reads, writes } = programFactOf({ inputs, outputs, unknown });
  // Where something of a program is unknown, any field it writes may come from it.
  const fact = unknown.length === 0 ? { reads, writes } : { reads, writes: writes.map((write) => ({ ...write, derivations: null })) };
  return { parts: { ...judgedParts({ inputs, outputs, unknown }, catalog), differences }, fact };
}

function canonicalOutput(use: OutputUse, aliases: ClusterAliases): OutputUse {
  const derivations = use.derivations.map(({ to, from }) => ({ to, from: from.map((origin) => ({ ...origin, dataset: canonical(aliases, origin.dataset) })) }));
  return { ...use, dataset: canonical(aliases, use.dataset), derivations };
}

function judgedParts({ inputs, outputs, unknown }: ProgramUses, catalog: CatalogReader): Omit<GateRequest, 'job' | 'differences'> {
  return {
    inputs: inputs.map(({ dataset, readerSchema, fields }) => ({
      dataset,
      readerSchema: readerSchema === null ? null : schemaOf(readerSchema, catalog),
      fields: fields.map(({ path }) => path),
      evolution: null,
      clauses: new Map(fields.flatMap(({ path, clause }) => (clause === null ? [] : [[path, clause] as const]))),
    })),
    outputs: outputs.map(({ dataset, writerSchema, derivations }) => ({
      dataset,
      writerSchema: writerSchema === null ? null : schemaOf(writerSchema, catalog),
      mapping: unknown.length > 0 ? null : derivations.map(({ to, from }) => ({ to, from: from.map((origin) => ({ dataset: origin.dataset, field: origin.path })) })),
    })),
    unknown,
  };
}

async function known<T extends { readonly dataset: DatasetRef }>(uses: readonly T[], catalog: CatalogReader): Promise<T[]> {
  const heardOf = await Promise.all(uses.map(async ({ dataset }) => GOVERNED.test(dataset.namespace) || (await catalog.entity({ kind: 'dataset', ...dataset })) !== null));
  return uses.filter((_, i) => heardOf[i]);
}

function schemaOf(schema: JsonValue, catalog: CatalogReader): NonNullable<GateRequest['inputs'][number]['readerSchema']> | null {
  const judged = catalog.candidate(schema);
  if (!judged.readable) throw new Problem('program-invalid', `a table of the program has no valid Avro schema: ${judged.reason}`);
  return judged.schema;
}

async function lineageOf(program: FlinkProgram, catalog: CatalogReader, aliases: ClusterAliases): Promise<{ lineage: ProgramLineage; differences: readonly string[] }> {
  if (program.kind === 'compiled-plan') return { lineage: resolved(lineageOfPlan(program.plan), 'plan'), differences: [] };
  const sql = resolved(await scriptLineage(program, catalog, aliases), 'script');
  return program.plan === undefined ? { lineage: sql, differences: [] } : unitedLineage(sql, resolved(lineageOfPlan(program.plan), 'plan'));
}

function resolved(result: LineageResult, what: 'script' | 'plan'): ProgramLineage {
  if (result.outcome === 'resolved') return result.lineage;
  const { message, line, column } = result.fault;
  const place = line === undefined ? '' : ` at line ${line}, column ${column}`;
  throw new Problem('program-invalid', `the ${what} is not valid${place}: ${message}`, line === undefined ? {} : { line, column });
}

/** The script is read once to see which tables it does not declare, and again with what the catalog knows of them. */
async function scriptLineage({ script, namespace }: FlinkSqlProgram, catalog: CatalogReader, aliases: ClusterAliases): Promise<LineageResult> {
  if (namespace === undefined) return lineageOfScript(script);
  const topics = canonical(aliases, { namespace, name: '' }).namespace;
  const asked = new Map<string, { readonly catalog: string; readonly database: string; readonly table: string }>();
  const first = lineageOfScript(script, (name) => {
    asked.set(fullName(name), name);
    return undeclared(fullName(name), `the catalog has no topic '${name.table}' in ${topics}`);
  });
  if (asked.size === 0) return first;
  const tables = new Map<string, TableDefinition>();
  for (const [full, { table }] of asked) {
    const definition = await topicTable(full, { namespace: topics, name: table }, catalog);
    if (definition !== null) tables.set(full, definition);
  }
  return lineageOfScript(script, (name) => tables.get(fullName(name)) ?? null);
}

function fullName(name: { readonly catalog: string; readonly database: string; readonly table: string }): string {
  return `${name.catalog}.${name.database}.${name.table}`;
}

function undeclared(name: string, unknownColumns: string): TableDefinition {
  return { kind: 'table', name, columns: [], watermarks: [], options: {}, temporary: false, unknownColumns };
}

/** A topic as a Flink table of its newest value schema; null where the catalog has no such topic. */
async function topicTable(name: string, dataset: DatasetRef, catalog: CatalogReader): Promise<TableDefinition | null> {
  const record = await catalog.entity({ kind: 'dataset', ...dataset });
  if (record === null) return null;
  const versions = await valueVersionsOf(record, catalog);
  const schema = currentSchema({ versions });
  const columns = schema === null ? null : columnsOfAvro(schema);
  const options = { connector: 'kafka', topic: dataset.name, 'properties.bootstrap.servers': dataset.namespace.replace(/^kafka:\/\//, ''), format: 'avro-confluent' };
  if (columns === null) return { ...undeclared(name, `no schema of topic '${dataset.name}' is known`), options };
  return { kind: 'table', name, columns: columns.map((column) => ({ ...column, source: 'physical', expression: null })), watermarks: [], options, temporary: false };
}
