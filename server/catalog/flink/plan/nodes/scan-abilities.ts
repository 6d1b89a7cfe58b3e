import { accessed, type FieldLineage, FROM_UNKNOWN, fromColumn } from '../../field-lineage.ts';
import type { RowField } from '../../logical-type.ts';
import { NotUnderstood } from '../plan-fault.ts';
import { indexesAt, type JsonObject, listAt, objectAt, textAt } from '../plan-json.ts';
import type { NodeWalk, Row } from '../node-walk.ts';
import type { PlanTable } from '../table-json.ts';
import { accumulated } from './aggregate-calls.ts';
import { grouped, withBuffers } from './aggregates.ts';

/** The row of a source between two abilities. A field is undefined where nothing in the plan names it. */
export interface ScanRow extends Row {
  readonly fields: readonly (RowField | undefined)[];
}
interface Applied {
  readonly walk: NodeWalk;
  readonly table: PlanTable;
  readonly row: ScanRow;
  readonly ability: JsonObject;
}

/** What the planner pushed into a source (Flink's SourceAbilitySpec), by type. */
export const ABILITIES: ReadonlyMap<string, (applied: Applied) => ScanRow> = new Map<string, (applied: Applied) => ScanRow>([
  ['ProjectPushDown', projected],
  ['ReadingMetadata', withMetadata],
  ['FilterPushDown', filtered],
  ['MetadataFilterPushDown', filteredByMetadata],
  ['PartitionPushDown', filteredByPartition],
  ['WatermarkPushDown', watermarked],
  ['AggregatePushDown', aggregatedBySource],
  ['SourceWatermark', ({ row }) => row],
  ['LimitPushDown', ({ row }) => row],
  ['Partitioning', ({ row }) => row],
]);

/** Columns by position, and fields inside them by position in their row type. */
function projected({ walk, row, ability }: Applied): ScanRow {
  const fields = walk.fieldsOf(ability.producedType, 'producedType');
  const paths = listAt(ability.projectedFields, 'projectedFields').map((path) => indexesAt(path, 'projectedFields'));
  if (paths.length !== fields.length) throw new NotUnderstood('expected as many projectedFields as producedType has');
  return { fields, columns: paths.map((path, i) => fieldAt(walk, row, path, fields[i])) };
}

function fieldAt(walk: NodeWalk, row: ScanRow, [first, ...steps]: readonly number[], made: RowField | undefined): FieldLineage {
  let field = first === undefined ? undefined : row.fields[first];
  let lineage = first === undefined ? undefined : row.columns[first];
  if (steps.length === 0 && field !== undefined && field.name !== made?.name) throw new NotUnderstood('expected columns of the same name in projectedFields and producedType');
  for (const step of steps) {
    field = field?.type.kind === 'row' ? field.type.fields[step] : undefined;
    lineage = field === undefined || lineage === undefined ? undefined : accessed(lineage, field.name);
  }
  if (lineage !== undefined && field !== undefined) return lineage;
  walk.run.addUnknown(walk.node, 'reads a nested field of a table whose schema is not in the plan');
  return FROM_UNKNOWN;
}

/** What was kept of the physical columns, then metadata in the order of the keys; origins have the names the table declares. */
function withMetadata({ walk, table, row, ability }: Applied): ScanRow {
  const fields = walk.fieldsOf(ability.producedType, 'producedType');
  const keys = listAt(ability.metadataKeys, 'metadataKeys').map((key) => textAt(key, 'metadataKeys'));
  const kept = fields.length - keys.length;
  if (kept < 0 || kept > row.columns.length) throw new NotUnderstood('expected the kept columns and one more for each of metadataKeys in producedType');
  if (fields.slice(0, kept).some(({ name }, i) => name !== row.fields[i]?.name)) throw new NotUnderstood('expected the kept columns first in producedType');
  const declared = namesByKey(table);
  const metadata = keys.map((key, i) => fromColumn(table.name, declaredName(declared, key, fields[kept + i]?.name ?? key)));
  return { fields, columns: [...row.columns.slice(0, kept), ...metadata] };
}

function declaredName(declared: ReadonlyMap<string, readonly string[]> | null, key: string, produced: string): string {
  if (declared === null) return produced;
  const [first, ...others] = declared.get(key) ?? [];
  if (first === undefined) throw new NotUnderstood('expected a metadata column for each of metadataKeys in the schema');
  return others.includes(produced) ? produced : first;
}

/** The metadata columns of a table by the connector's key; several may have one key. */
function namesByKey({ columns }: PlanTable): ReadonlyMap<string, readonly string[]> | null {
  if (columns === null) return null;
  const names = new Map<string, string[]>();
  for (const { name, source, metadataKey = name } of columns) {
    if (source === 'metadata' || source === 'virtual-metadata') names.set(metadataKey, [...names.get(metadataKey) ?? [], name]);
  }
  return names;
}

function filtered({ walk, row, ability }: Applied): ScanRow {
  for (const predicate of listAt(ability.predicates, 'predicates')) walk.readsCondition('FILTER', predicate, row.columns);
  return row;
}

/** Its predicates count through a row of its own, whose fields are named by metadata key. */
function filteredByMetadata({ walk, table, row, ability }: Applied): ScanRow {
  const declared = namesByKey(table);
  const columns = walk.fieldsOf(ability.predicateRowType, 'predicateRowType').map(({ name }) => fromColumn(table.name, declared?.get(name)?.[0] ?? name));
  for (const predicate of listAt(ability.predicates, 'predicates')) walk.readsCondition('FILTER', predicate, columns);
  return row;
}

/** Only some partitions are read: rows depend on the partition's columns, which stay in the row. */
function filteredByPartition({ walk, table, row, ability }: Applied): ScanRow {
  const names = new Set(listAt(ability.partitions, 'partitions').flatMap((partition) => Object.keys(objectAt(partition, 'partitions'))));
  const declared = new Set(table.columns?.map(({ name }) => name));
  for (const name of names) {
    if (table.columns !== null && !declared.has(name)) throw new NotUnderstood('expected the columns of partitions in the schema');
    walk.readsLineage('FILTER', fromColumn(table.name, name));
  }
  return row;
}

function watermarked({ walk, row, ability }: Applied): ScanRow {
  walk.readsCondition('WATERMARK', ability.watermarkExpr, row.columns);
  return row;
}

/** A pushed-down aggregate is a first stage that the source runs itself. */
function aggregatedBySource({ walk, row, ability }: Applied): ScanRow {
  const fields = walk.fieldsOf(ability.producedType, 'producedType');
  const [keys, ...others] = listAt(ability.groupingSets, 'groupingSets');
  if (others.length > 0) throw new NotUnderstood('expected one list in groupingSets');
  const buffer = accumulated(walk, ability.aggregateCalls, row.columns);
  return { fields, columns: withBuffers(fields, grouped(walk, keys, row.columns), buffer), beneath: row.columns };
}

/**
 * The columns of a table without schema: as the first projection or the metadata shows them, by position; else all of
 * the node's row. Positions that nothing names stay undefined.
 */
export function namesBeforeAbilities(walk: NodeWalk, abilities: readonly JsonObject[], made: readonly RowField[]): readonly (RowField | undefined)[] {
  const shaping = abilities.find(({ type }) => type === 'ProjectPushDown' || type === 'ReadingMetadata');
  if (shaping === undefined) return made;
  const fields = walk.fieldsOf(shaping.producedType, 'producedType');
  if (shaping.type === 'ReadingMetadata') return fields.slice(0, fields.length - listAt(shaping.metadataKeys, 'metadataKeys').length);
  const named: (RowField | undefined)[] = [];
  for (const [i, path] of listAt(shaping.projectedFields, 'projectedFields').entries()) {
    const [position = -1, ...steps] = indexesAt(path, 'projectedFields');
    // Positions come from the plan: a large one must not make a large list.
    if (steps.length === 0 && position >= 0 && position < MAX_COLUMNS) named[position] = fields[i];
  }
  return named;
}

/** Of a table whose columns only positions tell of. */
const MAX_COLUMNS = 10_000;
