import { FROM_UNKNOWN, fromColumn } from '../../field-lineage.ts';
import type { RowField } from '../../logical-type.ts';
import { NotUnderstood } from '../plan-fault.ts';
import { type JsonObject, listAt, objectAt } from '../plan-json.ts';
import type { NodeRule, NodeWalk, Row } from '../node-walk.ts';
import { type PlanTable, planTable } from '../table-json.ts';
import { ABILITIES, namesBeforeAbilities, type ScanRow } from './scan-abilities.ts';

export const scan: NodeRule = (walk) => tableRow(walk, walk.json.scanTableSource, walk.fields);

/** The columns a source makes after its abilities, each of which works on the row the one before left. */
export function tableRow(walk: NodeWalk, source: unknown, made: readonly RowField[]): Row {
  const spec = objectAt(source, 'the table source');
  const table = planTable(spec.table, walk.run.types);
  walk.uses({ table: table.name, roles: ['source'], columns: table.columns ?? [], options: table.options, wholeTable: false });
  for (const { name, source: kind, type } of table.columns ?? []) if (kind.endsWith('metadata') && type !== null) walk.run.declare(table.name, name, type);
  const abilities = listAt(spec.abilities ?? [], 'abilities').map((ability) => objectAt(ability, 'abilities'));
  const row = abilities.reduce((before, ability) => applied(walk, table, before, ability), firstRow(walk, table, abilities, made));
  if (row.columns.length !== made.length || made.some(({ name }, i) => name !== row.fields[i]?.name)) throw new NotUnderstood('expected the columns of the table as its abilities leave them in outputType');
  return row;
}

function applied(walk: NodeWalk, table: PlanTable, row: ScanRow, ability: JsonObject): ScanRow {
  const rule = typeof ability.type === 'string' ? ABILITIES.get(ability.type) : undefined;
  if (rule === undefined) throw new NotUnderstood('has an ability that is not known');
  return rule({ walk, table, row, ability });
}

/** The physical columns; of a table without schema those the plan happens to name. */
function firstRow(walk: NodeWalk, table: PlanTable, abilities: readonly JsonObject[], made: readonly RowField[]): ScanRow {
  if (table.columns !== null) {
    const fields = table.columns.flatMap(({ name, source, type }) => (source === 'physical' ? [{ name, type: type ?? walk.run.types.of(null) }] : []));
    return { fields, columns: fields.map(({ name }) => fromColumn(table.name, name)) };
  }
  const fields = namesBeforeAbilities(walk, abilities, made);
  return { fields, columns: Array.from(fields, (field) => (field === undefined ? FROM_UNKNOWN : fromColumn(table.name, field.name))) };
}
