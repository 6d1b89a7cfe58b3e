import { type ProgramLineage } from '../../../../server/catalog/flink/lineage.ts';
import { lineageOfPlan } from '../../../../server/catalog/flink/plan/plan-lineage.ts';

type Json = { readonly [key: string]: unknown };

/** A node without its id and inputs: its kind and version, the columns of its row and whatever is its own. */
export interface SmallNode {
  readonly type: string;
  readonly row: string | Json;
  readonly inputs?: readonly string[];
  readonly own?: Json;
}

/** `a INT, b STRING` as a plan writes row types. */
export function row(fields: string): string {
  if (fields === '') return 'ROW<>';
  return `ROW<${fields.split(', ').map((field) => field.replace(/^(\S+) (.*)$/, '`$1` $2')).join(', ')}>`;
}

/** A row type that has a rowtime attribute, in the object form plans have for it. */
export function rowWithRowtime(names: readonly string[], rowtime: string): Json {
  return {
    type: 'ROW',
    fields: names.map((name) => ({ name, fieldType: name === rowtime ? { type: 'TIMESTAMP_WITHOUT_TIME_ZONE', precision: 3, kind: 'ROWTIME' } : 'INT' })),
  };
}

/** A scan of `cat.db.<name>` whose columns are all physical INTs. */
export function scanOf(name: string, columns: readonly string[], source: Json = {}): SmallNode {
  return {
    type: 'stream-exec-table-source-scan_2', row: row(columns.map((column) => `${column} INT`).join(', ')),
    own: { scanTableSource: { table: table(name, columns), ...source } },
  };
}

export function table(name: string, columns: readonly string[], options: Json = {}): Json {
  return { identifier: `\`cat\`.\`db\`.\`${name}\``, resolvedTable: { schema: { columns: columns.map((column) => ({ name: column, dataType: 'INT' })) }, options } };
}

/** A sink `cat.db.sink` of INT columns that writes what `input` hands it. */
export function sinkOf(input: string, columns: readonly string[], sink: Json = {}): SmallNode {
  return {
    type: 'stream-exec-sink_2', row: row(columns.map((column) => `${column} INT`).join(', ')), inputs: [input],
    own: { dynamicTableSink: { table: table('sink', columns), ...sink } },
  };
}

/** A plan of nodes by name; edges stand in the order of the nodes' inputs. */
export function planOf(nodes: { readonly [name: string]: SmallNode }): Json {
  const names = Object.keys(nodes);
  return {
    flinkVersion: '2.3',
    nodes: Object.values(nodes).map(({ type, row: outputType, own }, id) => ({ id, type, outputType, description: type, ...own })),
    edges: Object.values(nodes).flatMap(({ inputs }, target) => (inputs ?? []).map((input) => ({ source: names.indexOf(input), target, shuffle: { type: 'FORWARD' } }))),
  };
}

export const ref = (inputIndex: number, type = 'INT'): Json => ({ kind: 'INPUT_REF', inputIndex, type });
export const literal = (value: unknown, type = 'INT NOT NULL'): Json => ({ kind: 'LITERAL', value, type });
export const call = (name: string, operands: readonly Json[], type = 'INT'): Json => ({ kind: 'CALL', internalName: `$${name}$1`, operands, type });
export const agg = (name: string, argList: readonly number[], filterArg = -1): Json => ({ name: null, internalName: `$${name}$1`, argList, filterArg, distinct: false, type: 'BIGINT' });
export const sortBy = (...indexes: readonly number[]): Json => ({ fields: indexes.map((index) => ({ index, isAscending: true, nullIsLast: false })) });
export const fieldsAt = (...fields: readonly number[]): Json => ({ fields });

export function resolved(plan: unknown): ProgramLineage {
  const result = lineageOfPlan(plan);
  if (result.outcome === 'invalid') throw new Error(`no plan: ${result.fault.message}`);
  return result.lineage;
}

/** `t.a` for a copied column, `~t.a.b` for what is computed from a nested one; `?` for unknown. */
export function originTexts(lineage: ProgramLineage): { readonly [column: string]: string } {
  return Object.fromEntries(lineage.sinks.flatMap(({ columns }) => columns).map(({ name, origins }) => [
    name, origins === null ? '?' : origins.map(({ table: from, column, path, kind }) => `${kind === 'TRANSFORM' ? '~' : ''}${[from.replace('cat.db.', ''), column, ...path].join('.')}`).join(' '),
  ]));
}

export function readTexts(lineage: ProgramLineage): readonly string[] {
  return lineage.sinks.flatMap(({ reads }) => reads).map(({ table: from, column, path, why }) => `${why} ${[from.replace('cat.db.', ''), column, ...path].join('.')}`);
}
