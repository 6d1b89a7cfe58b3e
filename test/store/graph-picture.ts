import { COMPLETENESSES, EVIDENCES } from '../../server/catalog/changes.ts';
import { EDGE_KINDS, type EdgeRow, type GraphDelta, type GraphSource, type NodeRow, OPEN_END, reasonsOf } from '../../server/catalog/lineage/rows.ts';
import { type EntityRef, entityKey } from '../../server/catalog/names.ts';

/** A graph without the numbers a store happened to give, as sorted lines that a person can compare. */
export interface GraphPicture {
  readonly nodes: readonly string[];
  readonly edges: readonly string[];
}

export async function scanRows(source: GraphSource): Promise<{ nodes: NodeRow[]; edges: EdgeRow[]; revision: number }> {
  const nodes: NodeRow[] = [];
  const edges: EdgeRow[] = [];
  const { revision } = await source.scan({ onNodes: (rows) => nodes.push(...rows), onEdges: (rows) => edges.push(...rows) });
  return { nodes, edges, revision };
}

export async function pictureOf(source: GraphSource): Promise<GraphPicture> {
  return picture(await scanRows(source));
}

export function picture({ nodes, edges }: { readonly nodes: readonly NodeRow[]; readonly edges: readonly EdgeRow[] }): GraphPicture {
  const names = new Map(nodes.map((node) => [node.id, keyOfNode(node)]));
  const name = (id: number): string => (id === 0 ? '-' : (names.get(id) ?? `#${id}`));
  return {
    nodes: nodes.map((node) => `${keyOfNode(node)} ${span(node.validFrom, node.validTo)} in ${name(node.dataset)}`).sort(),
    edges: edges.map((edge) => edgeLine(edge, name)).sort(),
  };
}

/** A copy of a graph kept up by deltas, as an index keeps it. */
export class GraphMirror {
  readonly #nodes = new Map<number, NodeRow>();
  readonly #slots = new Map<number, readonly EdgeRow[]>();
  revision = 0;

  take(delta: GraphDelta): void {
    for (const node of delta.nodes) this.#nodes.set(node.id, node);
    for (const { slot, edges } of delta.slots) this.#slots.set(slot, edges);
    this.revision = delta.revision;
  }
  picture(): GraphPicture {
    return picture({ nodes: [...this.#nodes.values()], edges: [...this.#slots.values()].flat() });
  }
}

export function keyOfNode({ kind, namespace, name, path }: NodeRow): string {
  return entityKey((kind === 'field' ? { kind, namespace, name, path } : { kind, namespace, name }) as EntityRef);
}

function edgeLine(edge: EdgeRow, name: (id: number) => string): string {
  const ends = `${EDGE_KINDS[edge.kind]} ${name(edge.from)} → ${name(edge.to)} via ${name(edge.via)}`;
  const traits = `${reasonsOf(edge.reasons).join('+')} ${edge.identity ? 'identity' : ''} ${EVIDENCES[edge.evidence]} ${COMPLETENESSES[edge.completeness]}`;
  return `${ends} ${traits} ${span(edge.validFrom, edge.validTo)} seen ${span(edge.firstSeen, edge.lastSeen)}`;
}

function span(from: number, to: number): string {
  const time = (value: number): string => (value === OPEN_END ? '∞' : String(value));
  return `[${time(from)}, ${time(to)})`;
}
