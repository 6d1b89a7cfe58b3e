import { FROM_UNKNOWN } from '../field-lineage.ts';
import type { RowField } from '../logical-type.ts';
import { NODE_RULES } from './node-table.ts';
import { type InputRow, NodeWalk, type Row } from './node-walk.ts';
import { NotUnderstood } from './plan-fault.ts';
import type { PlanNode } from './plan-graph.ts';
import type { PlanRun } from './plan-run.ts';

/** Runs every node's rule over the rows of its inputs; the nodes stand after those that feed them. */
export function walkPlan(run: PlanRun, nodes: readonly PlanNode[]): void {
  const rows = new Map<PlanNode, InputRow>();
  for (const node of nodes) {
    run.budget.spend(1 + node.inputs.length);
    const fields = run.types.fieldsOf(node.json.outputType) ?? [];
    const inputs = node.inputs.map((input) => rows.get(input)).filter((row) => row !== undefined);
    rows.set(node, { ...rowOf(run, node, inputs, fields), fields, outputType: node.json.outputType });
  }
}

function rowOf(run: PlanRun, node: PlanNode, inputs: readonly InputRow[], fields: readonly RowField[]): Row {
  const rule = NODE_RULES.get(node.type);
  try {
    if (rule === undefined) throw new NotUnderstood('unknown type of node');
    const walk = new NodeWalk(run, node, inputs);
    const row = rule(walk);
    walk.doubtWhatWasOverlooked();
    if (row.columns.length !== fields.length) throw new NotUnderstood(`makes ${row.columns.length} columns, but outputType has ${fields.length}`);
    return row;
  } catch (failure) {
    if (!(failure instanceof NotUnderstood)) throw failure;
    run.addUnknown(node, failure.message);
    return { columns: fields.map(() => FROM_UNKNOWN) };
  }
}
