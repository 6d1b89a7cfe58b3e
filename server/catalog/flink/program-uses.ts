import type { JsonValue } from '../avro/parse.ts';
import type { Completeness, Derivation, ProgramFact, ReadReason } from '../changes.ts';
import { type DatasetRef, datasetKey } from '../names.ts';
import { avroOfColumns } from './avro-mapping.ts';
import { fieldPathsOf, isKeyOnly } from './field-paths.ts';
import type { FieldOrigin, ProgramLineage, SinkLineage, SourceField, TableUse, TextPosition, UnknownPart } from './lineage.ts';
import { targetOf, valueFormat } from './table-dataset.ts';

/** What a program reads and writes, by datasets of the catalog. */
export interface ProgramUses {
  readonly inputs: readonly InputUse[];
  readonly outputs: readonly OutputUse[];
  readonly unknown: readonly UnknownPart[];
}
export interface InputUse {
  readonly dataset: DatasetRef;
  /** What Flink decodes the records with, where the format is Avro. */
  readonly readerSchema: JsonValue | null;
  readonly fields: readonly UsedField[];
  /** 'partial': something of the program is unknown, it may read more. */
  readonly completeness: Completeness;
}
export interface UsedField {
  readonly path: string;
  readonly why: readonly ReadReason[];
  /** The first clause that reads it, where the program has clauses. */
  readonly clause: Clause | null;
}
export interface Clause extends TextPosition {
  readonly why: ReadReason;
}
export interface OutputUse {
  readonly dataset: DatasetRef;
  readonly writerSchema: JsonValue | null;
  readonly derivations: readonly Derivation[];
}

/** Translates tables and columns into datasets and field paths. `clusterOf` names the cluster of a Kafka address. */
export function usesOf(lineage: ProgramLineage, clusterOf: (address: string) => string | null): ProgramUses {
  const targets = new Map(lineage.tables.map((table) => [table, targetOf(table, clusterOf)]));
  const unknown: UnknownPart[] = [...lineage.unknown];
  const byName = new Map<string, Located[]>();
  for (const [table, target] of targets) {
    if (target.kind === 'unknown') unknown.push({ reason: target.reason });
    const datasets = target.kind === 'datasets' ? target.datasets : [];
    byName.set(table.table, [...(byName.get(table.table) ?? []), { table, datasets }]);
  }
  const inputs = inputsOf(lineage, byName, unknown);
  const outputs = outputsOf(lineage, byName, unknown);
  return { inputs: unknown.length === 0 ? inputs : inputs.map((input) => ({ ...input, completeness: 'partial' })), outputs, unknown };
}

interface Located {
  readonly table: TableUse;
  readonly datasets: readonly DatasetRef[];
}
type ByName = ReadonlyMap<string, readonly Located[]>;

function inputsOf(lineage: ProgramLineage, byName: ByName, unknown: UnknownPart[]): InputUse[] {
  const inputs: InputUse[] = [];
  for (const located of [...byName.values()].flat().filter(({ table }) => table.roles.includes('source'))) {
    const fields = usedFields(lineage, located.table);
    const readerSchema = avroSchemaOf(located.table, unknown);
    for (const dataset of located.datasets) inputs.push({ dataset, readerSchema, fields, completeness: located.table.wholeTable ? 'partial' : 'complete' });
  }
  return inputs;
}

/** Every field of a table that decides rows or ends up in a sink, with why. */
function usedFields({ sinks }: ProgramLineage, table: TableUse): UsedField[] {
  const fields = new Map<string, { why: Set<ReadReason>; clause: Clause | null }>();
  const add = (field: SourceField, why: ReadReason, at: TextPosition | undefined): void => {
    if (field.table !== table.table) return;
    for (const path of fieldPathsOf(table, field.column, field.path)) {
      const used = fields.get(path) ?? { why: new Set(), clause: null };
      used.why.add(why);
      if (at !== undefined && (used.clause === null || before(at, used.clause))) used.clause = { why, ...at };
      fields.set(path, used);
    }
  };
  for (const { columns, reads } of sinks) {
    for (const { origins } of columns) for (const origin of origins ?? []) add(origin, 'VALUE', undefined);
    for (const { at, ...read } of reads) add(read, read.why, at);
  }
  return [...fields].map(([path, { why, clause }]) => ({ path, why: [...why], clause })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function before(a: TextPosition, b: TextPosition): boolean {
  return a.line < b.line || (a.line === b.line && a.column < b.column);
}

function outputsOf({ sinks }: ProgramLineage, byName: ByName, unknown: UnknownPart[]): OutputUse[] {
  const outputs = new Map<string, OutputUse>();
  for (const sink of sinks) {
    for (const { table, datasets } of (byName.get(sink.table) ?? []).filter((located) => located.table.roles.includes('sink'))) {
      for (const dataset of datasets) {
        const key = datasetKey(dataset);
        const earlier = outputs.get(key)?.derivations ?? null;
        const derivations = derivationsOf(sink, table, byName);
        outputs.set(key, { dataset, writerSchema: avroSchemaOf(table, unknown), derivations: earlier === null ? derivations : united(earlier, derivations) });
      }
    }
  }
  return [...outputs.values()];
}

function derivationsOf({ columns }: SinkLineage, table: TableUse, byName: ByName): Derivation[] {
  return columns.flatMap(({ name, origins }) => {
    if (origins === null) return [];
    const from = origins.flatMap((origin) => datasetOrigins(origin, byName));
    return fieldPathsOf(table, name, []).map((to) => ({ to, from }));
  });
}

function datasetOrigins({ table, column, path, kind }: FieldOrigin, byName: ByName): Derivation['from'][number][] {
  return (byName.get(table) ?? []).filter((located) => located.table.roles.includes('source')).flatMap((located) =>
    located.datasets.flatMap((dataset) => fieldPathsOf(located.table, column, path).map((field) => ({ dataset, path: field, kind }))));
}

/** Two statements that write one dataset: a field comes from what either gives it; what one leaves unknown stays unknown. */
function united(a: readonly Derivation[], b: readonly Derivation[]): Derivation[] {
  const there = new Map(b.map((derivation) => [derivation.to, derivation.from]));
  return a.flatMap(({ to, from }) => {
    const other = there.get(to);
    return other === undefined ? [] : [{ to, from: uniqueOrigins([...from, ...other]) }];
  });
}

function uniqueOrigins(from: Derivation['from']): Derivation['from'] {
  return [...new Map(from.map((origin) => [`${datasetKey(origin.dataset)} ${origin.path} ${origin.kind}`, origin])).values()];
}

/** What the table's Avro format reads or writes; null where the format is another one, or the columns are not known. */
function avroSchemaOf(table: TableUse, unknown: UnknownPart[]): JsonValue | null {
  const format = valueFormat(table.options) ?? '';
  if (!['avro', 'avro-confluent', 'debezium-avro-confluent'].includes(format) || table.wholeTable || table.columns.length === 0) return null;
  const physical = table.columns.filter(({ name, source }) => source === 'physical' && !isKeyOnly(table.options, name));
  const fields = physical.map(({ name, type }) => ({ name, type: type ?? { kind: 'atomic' as const, root: '?', nullable: true } }));
  const legacyTimestamps = table.options[`${format}.timestamp_mapping.legacy`] !== 'false' && table.options['avro.timestamp_mapping.legacy'] !== 'false';
  const row = { kind: 'row' as const, fields, nullable: true };
  const op = { kind: 'atomic' as const, root: 'VARCHAR', nullable: true };
  const mapped = avroOfColumns(format.startsWith('debezium') ? [{ name: 'before', type: row }, { name: 'after', type: row }, { name: 'op', type: op }] : fields, { legacyTimestamps });
  if (mapped.outcome === 'mapped') return mapped.schema;
  unknown.push({ reason: `the Avro schema of table '${table.table}' cannot be told: ${mapped.reason}` });
  return null;
}

/** The same as a fact about a deployed job. */
export function programFactOf({ inputs, outputs }: ProgramUses): ProgramFact {
  const reads = new Map<string, ProgramFact['reads'][number]>();
  for (const { dataset, readerSchema, fields, completeness } of inputs) {
    const earlier = reads.get(datasetKey(dataset));
    const schema = readerSchema === null ? null : JSON.stringify(readerSchema);
    const paths = new Map((earlier?.fields ?? []).map(({ path, why }) => [path, new Set(why)]));
    for (const { path, why } of fields) paths.set(path, new Set([...(paths.get(path) ?? []), ...why]));
    reads.set(datasetKey(dataset), {
      dataset,
      readerSchema: earlier === undefined || earlier.readerSchema === schema ? schema : null,
      fields: [...paths].map(([path, why]) => ({ path, why: [...why] })),
      completeness: earlier?.completeness === 'partial' ? 'partial' : completeness,
      evolution: null,
    });
  }
  const writes = outputs.map(({ dataset, writerSchema, derivations }) => ({ dataset, writerSchema: writerSchema === null ? null : JSON.stringify(writerSchema), derivations }));
  return { reads: [...reads.values()], writes };
}
