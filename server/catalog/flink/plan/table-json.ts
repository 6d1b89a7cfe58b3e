import { keptOptions } from '../kept-options.ts';
import type { KeptOptions, TableColumn } from '../lineage.ts';
import { isUnknownType, type LogicalType } from '../logical-type.ts';
import { isObject, type JsonObject, listAt, objectAt, textAt } from './plan-json.ts';
import type { PlanTypes } from './plan-type.ts';
import { tableName } from './table-name.ts';

/** What a plan says of a table, however little: a temporary table is a bare identifier. */
export interface PlanTable {
  readonly name: string;
  /** null where the plan has no schema. */
  readonly columns: readonly TableColumn[] | null;
  readonly options: KeptOptions;
}

/** Flink's ContextResolvedTableJsonSerializer. Options that could hold a secret are dropped here. */
export function planTable(json: unknown, types: PlanTypes): PlanTable {
  const table = objectAt(json, 'table');
  const name = tableName(table.identifier);
  if (table.resolvedTable === undefined) return { name, columns: null, options: {} };
  const { schema, options } = objectAt(table.resolvedTable, 'table.resolvedTable');
  return {
    name,
    columns: schema === undefined ? null : listAt(objectAt(schema, 'table.resolvedTable.schema').columns, 'schema.columns').map((column) => tableColumn(objectAt(column, 'schema.columns'), types)),
    options: isObject(options) ? keptOptions(options) : {},
  };
}

function tableColumn(column: JsonObject, types: PlanTypes): TableColumn {
  const name = textAt(column.name, 'schema.columns.name');
  switch (column.kind) {
    case 'COMPUTED':
      return { name, source: 'computed', type: known(types.of(column.dataType ?? computedType(column))) };
    case 'METADATA':
      return {
        name, type: known(types.of(column.dataType)),
        source: column.isVirtual === true ? 'virtual-metadata' : 'metadata',
        ...(typeof column.metadataKey === 'string' ? { metadataKey: column.metadataKey } : {}),
      };
    default:
      return { name, source: 'physical', type: known(types.of(column.dataType)) };
  }
}

function computedType({ expression }: JsonObject): unknown {
  return isObject(expression) && isObject(expression.rexNode) ? expression.rexNode.type : undefined;
}

function known(type: LogicalType): LogicalType | null {
  return isUnknownType(type) ? null : type;
}
