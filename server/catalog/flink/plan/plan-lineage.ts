import { type FieldRead, type LineageResult, type ProgramLineage, type SinkLineage, sortedReads, type TableUse, type UnknownPart } from '../lineage.ts';
import { PlanFault } from './plan-fault.ts';
import { MAX_NODES, planGraph, type PlanNode } from './plan-graph.ts';
import { PlanRun } from './plan-run.ts';
import { walkPlan } from './walk-plan.ts';

/**
 * The field lineage of Flink's COMPILE PLAN JSON: a parsed plan, or a list of them, one per job, sinks in order.
 * What a node or expression that is not known makes is unknown, the rest is answered. Never throws; options,
 * hints and descriptions, where passwords stand in clear text, reach neither the answer nor a message.
 */
export function lineageOfPlan(plan: unknown): LineageResult {
  try {
    return { outcome: 'resolved', lineage: programLineage(Array.isArray(plan) ? plan : [plan]) };
  } catch (failure) {
    if (failure instanceof PlanFault) return { outcome: 'invalid', fault: { message: failure.message } };
    throw failure;
  }
}

function programLineage(jobs: readonly unknown[]): ProgramLineage {
  if (jobs.length === 0) throw new PlanFault('expected at least one compiled plan');
  const run = new PlanRun();
  const nodes: PlanNode[] = [];
  for (const job of jobs) {
    const { listed, inOrder } = planGraph(job);
    if (nodes.length + listed.length > MAX_NODES) throw new PlanFault(`the plans have more than ${MAX_NODES} nodes together`);
    walkPlan(run, inOrder);
    for (const node of listed) nodes.push(node);
  }
  const sinks = nodes.flatMap((node): SinkLineage[] => {
    const sink = run.sinkOf(node);
    return sink === undefined ? [] : [{ ...sink, reads: readsBehind(run, node) }];
  });
  const unknown = [...new Set(nodes.flatMap((node) => [...run.unknownOf(node)]))].map((reason): UnknownPart => ({ reason }));
  return { completeness: unknown.length === 0 ? 'complete' : 'partial', sinks, tables: tablesOf(run, nodes), unknown };
}

/** What decides the rows of a sink: the reads of every node behind it. */
function readsBehind(run: PlanRun, sink: PlanNode): readonly FieldRead[] {
  const reads = new Map<string, FieldRead>();
  for (const node of behind(run, [sink])) {
    for (const [key, read] of run.readsOf(node)) {
      run.budget.spend(2);
      reads.set(key, read);
    }
  }
  return sortedReads(reads.values());
}

/** These nodes and all that feed them. */
function behind(run: PlanRun, ends: readonly PlanNode[]): ReadonlySet<PlanNode> {
  const reached = new Set(ends);
  // A set may grow while it is walked.
  for (const node of reached) {
    run.budget.spend(1 + node.inputs.length);
    for (const input of node.inputs) reached.add(input);
  }
  return reached;
}

/** Tables once each, as first met; a source behind something unknown may be read in any of its columns. */
function tablesOf(run: PlanRun, nodes: readonly PlanNode[]): readonly TableUse[] {
  const doubtful = behind(run, nodes.filter((node) => run.isDoubtful(node)));
  const uses = new Map<string, TableUse>();
  for (const node of nodes) {
    for (const use of run.tablesOf(node)) {
      const met = { ...use, wholeTable: use.roles.includes('source') && doubtful.has(node) };
      const before = uses.get(use.table);
      uses.set(use.table, before === undefined ? met : together(before, met));
    }
  }
  return [...uses.values()];
}

function together(a: TableUse, b: TableUse): TableUse {
  return {
    table: a.table,
    roles: [...new Set([...a.roles, ...b.roles])],
    columns: a.columns.length === 0 ? b.columns : a.columns,
    options: { ...b.options, ...a.options },
    wholeTable: a.wholeTable || b.wholeTable,
  };
}
