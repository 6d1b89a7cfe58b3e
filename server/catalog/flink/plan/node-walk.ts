import { type FieldLineage, FROM_NOTHING, FROM_UNKNOWN, merged, placesOf } from '../field-lineage.ts';
import type { RowReason, TableUse } from '../lineage.ts';
import { type LogicalType, type RowField, sameButForNull } from '../logical-type.ts';
import { NotUnderstood } from './plan-fault.ts';
import type { PlanNode } from './plan-graph.ts';
import { type JsonObject, shortName } from './plan-json.ts';
import type { PlanRun } from './plan-run.ts';
import { lineageOfRex, type RexScope } from './rex-lineage.ts';
import { unreadExpressions, watched } from './unread-expressions.ts';

/** What a node hands to the next. */
export interface Row {
  readonly columns: readonly FieldLineage[];
  /** Of a first stage of an aggregation: the rows it aggregated, to which the second stage's arguments still refer. */
  readonly beneath?: readonly FieldLineage[];
}
/** A row with what the node that hands it on says of its fields. */
export interface InputRow extends Row {
  readonly fields: readonly RowField[];
  /** The type as the plan has it, where time attributes can be told from plain timestamps. */
  readonly outputType: unknown;
}

/** The position of each field by its name, the first of several. */
export function positionsByName(fields: readonly RowField[]): ReadonlyMap<string, number> {
  return new Map(fields.map(({ name }, i) => [name, i] as const).reverse());
}

/** How one type of node makes its row from its inputs. Throws NotUnderstood when the node is not as expected. */
export type NodeRule = (walk: NodeWalk) => Row;

/** One node while its rule looks at it: its JSON, its inputs, and where the rule leaves reads and doubts. */
export class NodeWalk {
  readonly node: PlanNode;
  readonly inputs: readonly InputRow[];
  readonly run: PlanRun;
  readonly json: JsonObject;
  readonly #seen = new Set<string>();

  constructor(run: PlanRun, node: PlanNode, inputs: readonly InputRow[]) {
    this.run = run;
    this.json = watched(node.json, this.#seen);
    this.node = node;
    this.inputs = inputs;
  }

  /** The fields of the row the node says it makes. */
  get fields(): readonly RowField[] {
    return this.fieldsOf(this.json.outputType, 'outputType');
  }

  /** The only input of the node. */
  get input(): InputRow {
    const [input] = this.inputs;
    if (input === undefined || this.inputs.length > 1) throw new NotUnderstood(`expected one input, found ${this.inputs.length}`);
    return input;
  }

  fieldsOf(type: unknown, what: string): readonly RowField[] {
    const fields = this.run.types.fieldsOf(type);
    if (fields === null) throw new NotUnderstood(`expected a row type in ${what}`);
    return fields;
  }

  /** The lineage of an expression over these columns, and whatever else it may refer to. */
  value(rex: unknown, columns: readonly FieldLineage[], also: Pick<RexScope, 'correlated' | 'locals'> = {}): FieldLineage {
    return lineageOfRex(rex, {
      ...also, columns, types: this.run.types, budget: this.run.budget,
      isDeclaredType: (lineage, type) => this.#isDeclaredType(lineage, type),
      note: (reason) => this.run.addUnknown(this.node, reason),
    });
  }

  /** The lineage of several columns together. */
  all(indexes: readonly number[], columns: readonly FieldLineage[]): FieldLineage {
    const picked = indexes.map((index) => this.column(index, columns));
    this.run.budget.spend(picked.reduce((sum, { length }) => sum + length + 1, 0));
    return merged(picked);
  }

  column(index: number, columns: readonly FieldLineage[]): FieldLineage {
    const column = columns[index];
    if (column !== undefined) return column;
    this.run.addUnknown(this.node, 'refers to a column its input does not have');
    return FROM_UNKNOWN;
  }

  /** Rows depend on these columns. */
  reads(why: RowReason, indexes: readonly number[], columns: readonly FieldLineage[]): void {
    for (const index of indexes) this.run.addRead(this.node, why, this.column(index, columns));
  }

  /** Rows depend on this condition, if there is one. */
  readsCondition(why: RowReason, condition: unknown, columns: readonly FieldLineage[]): void {
    if (condition !== null && condition !== undefined) this.run.addRead(this.node, why, this.value(condition, columns));
  }

  readsLineage(why: RowReason, lineage: FieldLineage = FROM_NOTHING): void {
    this.run.addRead(this.node, why, lineage);
  }

  uses(table: TableUse): void {
    this.run.addTable(this.node, table);
  }

  /** To be called when the rule is done: what it overlooked may decide rows. */
  doubtWhatWasOverlooked(): void {
    for (const key of unreadExpressions(this.node.json, this.#seen)) this.run.addUnknown(this.node, `has an expression in ${shortName(key)} that is not known`);
  }

  #isDeclaredType(lineage: FieldLineage, type: LogicalType): boolean {
    const [origin, ...others] = lineage.length === 1 ? placesOf(lineage) : [];
    if (origin === undefined || others.length > 0 || origin.kind !== 'IDENTITY' || origin.path.length > 0) return false;
    const declared = this.run.declaredType(origin.table, origin.column);
    return declared !== undefined && sameButForNull(declared, type);
  }
}
