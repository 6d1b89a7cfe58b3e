import type { FieldLineage } from '../field-lineage.ts';
import { placesOf } from '../field-lineage.ts';
import { type FieldRead, placeKey, type SinkLineage, type TableUse } from '../lineage.ts';
import type { LogicalType } from '../logical-type.ts';
import { PlanTypes } from './plan-type.ts';
import type { PlanNode } from './plan-graph.ts';
import { shortName } from './plan-json.ts';
import { WorkBudget } from './work-budget.ts';

/** What is gathered while the nodes of all jobs of one answer are walked. */
export class PlanRun {
  readonly types = new PlanTypes();
  readonly budget = new WorkBudget();
  readonly #sinks = new Map<PlanNode, Omit<SinkLineage, 'reads'>>();
  readonly #reads = new Map<PlanNode, Map<string, FieldRead>>();
  readonly #tables = new Map<PlanNode, TableUse[]>();
  readonly #unknown = new Map<PlanNode, Set<string>>();
  readonly #doubtful = new Set<PlanNode>();
  readonly #declared = new Map<string, LogicalType>();

  addRead(node: PlanNode, why: FieldRead['why'], lineage: FieldLineage): void {
    const reads = entryOf(this.#reads, node, () => new Map<string, FieldRead>());
    for (const { table, column, path } of placesOf(lineage)) {
      this.budget.spend(4 + path.length);
      const read = { table, column, path, why };
      reads.set(`${why}\u0000${placeKey(read)}`, read);
    }
  }

  addSink(node: PlanNode, sink: Omit<SinkLineage, 'reads'>): void {
    this.#sinks.set(node, sink);
  }

  addTable(node: PlanNode, use: TableUse): void {
    entryOf(this.#tables, node, () => []).push(use);
  }

  /** What flows through the node, or decides its rows, is not known. */
  addUnknown(node: PlanNode, reason: string): void {
    this.#doubtful.add(node);
    this.addUnnamed(node, reason);
  }

  /** Only what something is called is not known. */
  addUnnamed(node: PlanNode, reason: string): void {
    entryOf(this.#unknown, node, () => new Set<string>()).add(`node ${node.id} (${shortName(node.type)}): ${reason}`);
  }

  /** A metadata column has the connector's type in a plan and is cast to the declared one above the scan. */
  declare(table: string, column: string, type: LogicalType): void {
    this.#declared.set(placeKey({ table, column, path: [] }), type);
  }

  declaredType(table: string, column: string): LogicalType | undefined {
    return this.#declared.get(placeKey({ table, column, path: [] }));
  }

  sinkOf(node: PlanNode): Omit<SinkLineage, 'reads'> | undefined {
    return this.#sinks.get(node);
  }

  readsOf(node: PlanNode): ReadonlyMap<string, FieldRead> {
    return this.#reads.get(node) ?? new Map();
  }

  tablesOf(node: PlanNode): readonly TableUse[] {
    return this.#tables.get(node) ?? [];
  }

  isDoubtful(node: PlanNode): boolean {
    return this.#doubtful.has(node);
  }

  unknownOf(node: PlanNode): ReadonlySet<string> {
    return this.#unknown.get(node) ?? new Set();
  }
}

function entryOf<V>(map: Map<PlanNode, V>, node: PlanNode, made: () => V): V {
  const known = map.get(node);
  if (known !== undefined) return known;
  const entry = made();
  map.set(node, entry);
  return entry;
}
