import { type FieldLineage, originsOf } from '../../field-lineage.ts';
import type { SinkColumn, TableColumn } from '../../lineage.ts';
import { NotUnderstood } from '../plan-fault.ts';
import { type JsonObject, listAt, objectAt, textAt } from '../plan-json.ts';
import type { NodeRule, NodeWalk } from '../node-walk.ts';
import { type PlanTable, planTable } from '../table-json.ts';

/** What the planner tells a sink (Flink's SinkAbilitySpec) without changing which column of the row is which. */
const HARMLESS: ReadonlySet<unknown> = new Set(['Partitioning', 'Overwrite', 'Bucketing', 'TargetColumnWriting', 'WritingMetadata']);

/** Maps the row to the stored columns by position: physical ones as declared, then metadata in the connector's order. */
export const sink: NodeRule = (walk) => {
  const spec = objectAt(walk.json.dynamicTableSink, 'dynamicTableSink');
  const table = planTable(spec.table, walk.run.types);
  walk.uses({ table: table.name, roles: ['sink'], columns: table.columns ?? [], options: table.options, wholeTable: false });
  walk.run.addSink(walk.node, { table: table.name, columns: sinkColumns(walk, spec, table) });
  return walk.inputs[0] ?? { columns: [] };
};

function sinkColumns(walk: NodeWalk, spec: JsonObject, table: PlanTable): readonly SinkColumn[] {
  const stored = (table.columns ?? []).filter(({ source }) => source === 'physical' || source === 'metadata');
  try {
    const abilities = abilitiesOf(spec);
    const { columns } = walk.input;
    if (table.columns === null) return namedByPlan(walk, abilities);
    const written = writtenOrder(stored, abilities);
    if (columns.length !== written.length) throw new NotUnderstood('expected as many columns as the table stores');
    const positions = new Map(written.map((column, i) => [column, i]));
    return stored.map((column) => ({ name: column.name, origins: originsAt(walk, columns[positions.get(column) ?? -1]) }));
  } catch (failure) {
    if (!(failure instanceof NotUnderstood)) throw failure;
    walk.run.addUnknown(walk.node, failure.message);
    return stored.map(({ name }) => ({ name, origins: null }));
  }
}

function originsAt(walk: NodeWalk, lineage: FieldLineage | undefined): SinkColumn['origins'] {
  if (lineage === undefined) return null;
  walk.run.budget.spend(lineage.length + 1);
  return originsOf(lineage);
}

function abilitiesOf({ abilities }: JsonObject): readonly JsonObject[] {
  const known = listAt(abilities ?? [], 'abilities').map((ability) => objectAt(ability, 'abilities'));
  // DELETE and UPDATE write rows of another shape.
  if (known.some(({ type }) => !HARMLESS.has(type))) throw new NotUnderstood('has an ability that is not known');
  return known;
}

function writtenOrder(stored: readonly TableColumn[], abilities: readonly JsonObject[]): readonly TableColumn[] {
  const physical = stored.filter(({ source }) => source === 'physical');
  const metadata = new Map(stored.filter(({ source }) => source === 'metadata').map((column) => [column.metadataKey ?? column.name, column]));
  const keys = abilities.filter(({ type }) => type === 'WritingMetadata').flatMap(({ metadataKeys }) => listAt(metadataKeys, 'metadataKeys').map((key) => textAt(key, 'metadataKeys')));
  return [...physical, ...keys.map((key) => {
    const column = metadata.get(key);
    if (column === undefined) throw new NotUnderstood('expected a metadata column for each of metadataKeys in the schema');
    return column;
  })];
}

/** A temporary table is a bare identifier. Only with metadata does the plan name its columns, else it has the query's names. */
function namedByPlan(walk: NodeWalk, abilities: readonly JsonObject[]): readonly SinkColumn[] {
  const { columns } = walk.input;
  const metadata = abilities.find(({ type }) => type === 'WritingMetadata');
  const fields = metadata === undefined ? walk.fields : walk.fieldsOf(metadata.consumedType, 'consumedType');
  if (fields.length !== columns.length) throw new NotUnderstood('expected a name for each column of the input');
  if (metadata === undefined) walk.run.addUnnamed(walk.node, 'the plan does not name the columns of the table; they are called as the query calls them');
  return columns.map((lineage, i) => ({ name: fields[i]?.name ?? '', origins: originsAt(walk, lineage) }));
}
