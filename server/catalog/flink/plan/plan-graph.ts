import { PlanFault } from './plan-fault.ts';
import { isObject, type JsonObject } from './plan-json.ts';

/** Nodes of all jobs of one answer. Flink's largest statement sets compile to some thousand. */
export const MAX_NODES = 20_000;
const MAX_EDGES = 100_000;

export interface PlanNode {
  readonly id: number;
  /** Kind and version: `stream-exec-calc_1`. */
  readonly type: string;
  readonly json: JsonObject;
  /** The nodes that feed this one, in the order of the node's inputs. */
  readonly inputs: readonly PlanNode[];
}

export interface PlanGraph {
  /** As the plan lists them. */
  readonly listed: readonly PlanNode[];
  /** Each after those that feed it. */
  readonly inOrder: readonly PlanNode[];
}

/** The nodes of a compiled plan. Throws a PlanFault for what is no plan. */
export function planGraph(plan: unknown): PlanGraph {
  if (!isObject(plan)) throw new PlanFault('expected a compiled plan: an object with nodes and edges');
  if (!Array.isArray(plan.nodes)) throw new PlanFault('expected a list in nodes of the compiled plan');
  if (plan.nodes.length > MAX_NODES) throw new PlanFault(`the plan has ${plan.nodes.length} nodes, more than ${MAX_NODES}`);
  const nodes = new Map<number, Mutable>();
  for (const [i, json] of plan.nodes.entries()) addNode(nodes, json, i);
  connect(nodes, plan.edges ?? []);
  return { listed: [...nodes.values()], inOrder: inOrder(nodes) };
}

type Mutable = PlanNode & { readonly inputs: PlanNode[]; readonly targets: Mutable[] };

function addNode(nodes: Map<number, Mutable>, json: unknown, position: number): void {
  if (!isObject(json)) throw new PlanFault(`expected an object in nodes[${position}]`);
  const { id, type } = json;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) throw new PlanFault(`expected a whole number in nodes[${position}].id`);
  if (typeof type !== 'string') throw new PlanFault(`expected a text in nodes[${position}].type`);
  if (nodes.has(id)) throw new PlanFault(`two nodes have the id ${id}`);
  nodes.set(id, { id, type, json, inputs: [], targets: [] });
}

function connect(nodes: ReadonlyMap<number, Mutable>, edges: unknown): void {
  if (!Array.isArray(edges)) throw new PlanFault('expected a list in edges of the compiled plan');
  if (edges.length > MAX_EDGES) throw new PlanFault(`the plan has ${edges.length} edges, more than ${MAX_EDGES}`);
  for (const [i, edge] of edges.entries()) {
    if (!isObject(edge)) throw new PlanFault(`expected an object in edges[${i}]`);
    const source = endOf(nodes, edge.source, `edges[${i}].source`);
    const target = endOf(nodes, edge.target, `edges[${i}].target`);
    target.inputs.push(source);
    source.targets.push(target);
  }
}

function endOf(nodes: ReadonlyMap<number, Mutable>, id: unknown, where: string): Mutable {
  const node = typeof id === 'number' ? nodes.get(id) : undefined;
  if (node === undefined) throw new PlanFault(`${where} is no node of the plan`);
  return node;
}

function inOrder(nodes: ReadonlyMap<number, Mutable>): readonly PlanNode[] {
  const waiting = new Map([...nodes.values()].map((node) => [node, node.inputs.length]));
  const ready = [...nodes.values()].filter((node) => node.inputs.length === 0);
  for (const node of ready) {
    for (const target of node.targets) {
      const left = (waiting.get(target) ?? 0) - 1;
      waiting.set(target, left);
      if (left === 0) ready.push(target);
    }
  }
  if (ready.length < nodes.size) throw new PlanFault('the edges of the plan form a cycle');
  return ready;
}
