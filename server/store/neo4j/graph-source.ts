import { type Evidence, EVIDENCES } from '../../catalog/changes.ts';
import { EDGE_KINDS, type EdgeRow, type GraphDelta, type GraphSource, type NodeRow, OPEN_END, type RevisionInfo } from '../../catalog/lineage/rows.ts';
import type { Named } from '../../catalog/names.ts';
import { completenessIn, identityIn, reasonsIn } from '../sqlite/codes.ts';
import { newestRevision } from './catalog-node.ts';
import { EDGE_COLUMNS, type StoredEdge, traitsOf } from './edges.ts';
import { type NameColumns, NAME_COLUMNS, refOf } from './entity-reader.ts';
import { kindOfLabel } from './graph-nodes.ts';
import type { Transaction } from './transaction.ts';

/** Nodes and edges in a delta, at most: as in the embedded store. Beyond, a scan serves better. */
const DELTA_LIMIT_ROWS = 100_000;

type StoredNode = readonly [id: number, label: string, from: number | null, to: number | null, dataset: number | null];
const LABEL = "[label IN labels(n) WHERE label <> 'Entity'][0]";
const NODE_COLUMNS = `n.id, ${LABEL}, n.validFrom, n.validTo, n.dataset`;

/** What the edges of a slot have in common. */
interface SlotTimes {
  readonly evidence: number;
  readonly newest: number | null;
}

/** All nodes, then all edges. Only under the catalog's lock are they of one revision. */
export async function scanGraph(transaction: Transaction, sink: Parameters<GraphSource['scan']>[0]): Promise<RevisionInfo> {
  const revision = await newestRevision(transaction);
  // A dataset has a smaller id than its fields, so its name is known when they come.
  const datasets = new Map<number, Named>();
  await transaction.stream<[...StoredNode, string | null, string | null, string | null]>(
    `MATCH (n:Entity) WHERE n.id > 0 RETURN ${NODE_COLUMNS}, n.namespace, n.name, n.path ORDER BY n.id`,
    (rows) => sink.onNodes(rows.map(([id, label, from, to, dataset, namespace, name, path]) => {
      const named = dataset === null ? { namespace: namespace ?? '', name: name ?? '' } : (datasets.get(dataset) ?? { namespace: '', name: '' });
      if (label === 'Dataset') datasets.set(id, named);
      return nodeRow([id, label, from, to, dataset], named, path ?? '');
    })),
  );
  const slots = new Map<number, SlotTimes>();
  await transaction.stream<[number, Evidence, number | null]>('MATCH (s:Slot) WHERE s.edgeRevision > 0 RETURN s.id, s.evidence, s.newest', (rows) => {
    for (const [id, evidence, newest] of rows) slots.set(id, { evidence: EVIDENCES.indexOf(evidence), newest });
  });
  for (const kind of EDGE_KINDS) {
    await transaction.stream<[number, ...StoredEdge]>(`MATCH (a)-[r:${kind}]->(b) RETURN r.slot, ${EDGE_COLUMNS}`, (rows) => {
      sink.onEdges(rows.map(([slot, ...edge]) => edgeRow(slot, edge, slots.get(slot))));
    });
  }
  return revision;
}

/** Only under the catalog's lock is a delta whole. */
export async function readDelta(transaction: Transaction, since: number): Promise<GraphDelta | 'too-many'> {
  const { revision } = await newestRevision(transaction);
  const nodes = await transaction.run<[...StoredNode, ...NameColumns]>(
    `MATCH (n:Entity) WHERE n.revision > $since RETURN ${NODE_COLUMNS}, ${NAME_COLUMNS} ORDER BY n.id LIMIT $limit`, { since, limit: DELTA_LIMIT_ROWS + 1 });
  const slots = nodes.length > DELTA_LIMIT_ROWS ? null : await readSlots(transaction, since, DELTA_LIMIT_ROWS - nodes.length);
  if (slots === null) return 'too-many';
  const stated = await transaction.run<[number]>('MATCH (s:Slot) WHERE s.saidRevision > $since RETURN DISTINCT s.about', { since });
  const rows = nodes.map(([id, label, from, to, dataset, ...name]) => {
    const ref = refOf(name);
    return nodeRow([id, label, from, to, dataset], ref, ref.kind === 'field' ? ref.path : '');
  });
  return { revision, nodes: rows, changed: [...new Set([...stated.map(([about]) => about), ...slots.map(({ about }) => about)])], slots };
}

/** Changed slots with their edges; null when they are more rows than `limit`. */
async function readSlots(transaction: Transaction, since: number, limit: number): Promise<GraphDelta['slots'] | null> {
  const changed = await transaction.run<[number, number, Evidence, number | null]>(
    'MATCH (s:Slot) WHERE s.edgeRevision > $since RETURN s.id, s.about, s.evidence, s.newest ORDER BY s.id LIMIT $limit', { since, limit: limit + 1 });
  const slots = new Map(changed.map(([slot, about, evidence, newest]) => [slot, { slot, about, times: { evidence: EVIDENCES.indexOf(evidence), newest }, edges: [] as EdgeRow[] }]));
  const rows = changed.map(([slot, about]) => ({ slot, about }));
  let room = limit - changed.length;
  for (const query of [
    `UNWIND $rows AS row MATCH (a:Entity { id: row.about })-[r:READS|USES|WRITES|GENERATES]->(b) WHERE r.slot = row.slot RETURN r.slot, ${EDGE_COLUMNS} LIMIT $limit`,
    `UNWIND $rows AS row MATCH (a)-[r:DERIVES { slot: row.slot }]->(b) RETURN r.slot, ${EDGE_COLUMNS} LIMIT $limit`,
  ]) {
    if (room < 0) return null;
    const edges = await transaction.run<[number, ...StoredEdge]>(query, { rows, limit: room + 1 });
    room -= edges.length;
    for (const [slot, ...edge] of edges) slots.get(slot)?.edges.push(edgeRow(slot, edge, slots.get(slot)?.times));
  }
  return room < 0 ? null : [...slots.values()].map(({ slot, about, edges }) => ({ slot, about, edges }));
}

function nodeRow([id, label, from, to, dataset]: StoredNode, { namespace, name }: Named, path: string): NodeRow {
  return { id, kind: kindOfLabel(label), namespace, name, path, dataset: dataset ?? 0, validFrom: from ?? OPEN_END, validTo: to ?? OPEN_END };
}

function edgeRow(slot: number, edge: StoredEdge, times: SlotTimes | undefined): EdgeRow {
  const [kind, source, target, via, validFrom, validTo, lastSeen] = edge;
  const traits = traitsOf(edge);
  return {
    slot, kind: EDGE_KINDS.indexOf(kind), from: source, to: target, via: via ?? 0, evidence: times?.evidence ?? 0, validFrom, validTo: validTo ?? OPEN_END,
    reasons: reasonsIn(traits), identity: identityIn(traits), completeness: completenessIn(traits),
    firstSeen: validFrom, lastSeen: lastSeen ?? times?.newest ?? validFrom,
  };
}
