import { setImmediate as nextTurn } from 'node:timers/promises';
import { type EdgeRow, type GraphDelta, type GraphSource, type NodeRow, OPEN_END, type RevisionInfo } from '../../catalog/lineage/rows.ts';
import { type EntityRef, parseEntityKey } from '../../catalog/names.ts';
import { completenessIn, identityIn, reasonsIn } from './codes.ts';
import { type Connection, each, many, one } from './connection.ts';
import { kindOf } from './node-ids.ts';
import { newestRevision } from './revisions.ts';

/** Rows handed over at once by a scan: enough to make the call free, few enough to keep each turn under 20 ms. */
const SCAN_BATCH = 10_000;
/** Nodes and edges in a delta, at most: about 0.2 s of one thread. Beyond, a scan serves better. */
export const DELTA_LIMIT_ROWS = 100_000;

type StoredNode = readonly [
  id: number, kind: number, key: string | null, dataset: number | null, path: string | null, from: number | null, to: number | null,
];
type StoredEdge = readonly [
  slot: number, kind: number, source: number, target: number, via: number,
  from: number, to: number | null, lastSeen: number | null, traits: number, evidence: number, statedAt: number | null,
];
const NODE_COLUMNS = 'id, kind, key, dataset, path, valid_from, valid_to';
const EDGE_COLUMNS = `e.slot, e.kind, e.source, e.target, e.via, e.valid_from, e.valid_to, e.last_seen, e.traits, s.evidence, s.stated_at`;

type ScanSink = Parameters<GraphSource['scan']>[0];

/** All nodes, then all edges, of the one state that the caller's transaction sees. */
export function* scanRows(connection: Connection, sink: ScanSink): Generator<void, RevisionInfo> {
  const revision = newestRevision(connection);
  const names = new DatasetNames(connection);
  const nodes = connection.sql(`SELECT ${NODE_COLUMNS} FROM node ORDER BY id`);
  for (const rows of batches(each<StoredNode>(nodes))) {
    sink.onNodes(rows.map((row) => nodeRow(row, names)));
    yield;
  }
  const edges = connection.sql(`SELECT ${EDGE_COLUMNS} FROM slot s CROSS JOIN edge e ON e.slot = s.id WHERE s.revision IS NOT NULL ORDER BY s.id`);
  for (const rows of batches(each<StoredEdge>(edges))) {
    sink.onEdges(rows.map(edgeRow));
    yield;
  }
  return revision;
}

/** Runs a scan with a turn of the event loop between batches; only on a connection nobody else uses. */
export async function scanInTurns(connection: Connection, sink: ScanSink): Promise<RevisionInfo> {
  connection.db.exec('BEGIN');
  try {
    const scan = scanRows(connection, sink);
    for (;;) {
      const { done, value } = scan.next();
      if (done === true) return value;
      await nextTurn();
    }
  } finally {
    if (connection.db.isTransaction) connection.db.exec('ROLLBACK');
  }
}

export function readDelta(connection: Connection, since: number): GraphDelta | 'too-many' {
  const { revision } = newestRevision(connection);
  const changed = connection.sql('SELECT count(*) FROM (SELECT 1 FROM node WHERE revision > ? LIMIT ?)');
  const nodeCount = one<[number]>(changed, since, DELTA_LIMIT_ROWS + 1)?.[0] ?? 0;
  if (nodeCount > DELTA_LIMIT_ROWS) return 'too-many';
  const slots = readSlots(connection, since, DELTA_LIMIT_ROWS - nodeCount);
  if (slots === null) return 'too-many';
  const names = new DatasetNames(connection);
  const nodes = many<StoredNode>(connection.sql(`SELECT ${NODE_COLUMNS} FROM node WHERE revision > ? ORDER BY id`), since);
  return { revision, nodes: nodes.map((row) => nodeRow(row, names)), changed: readChanged(connection, since, slots), slots };
}

/** Whom new statements are about, and whose edges changed through observations. */
function readChanged(connection: Connection, since: number, slots: GraphDelta['slots']): number[] {
  const find = connection.sql('SELECT DISTINCT s.about FROM statement t JOIN slot s ON s.id = t.slot WHERE t.revision > ?');
  const stated = many<[number]>(find, since).map(([about]) => about);
  return [...new Set([...stated, ...slots.map(({ about }) => about)])];
}

/** Changed slots with their edges; null when they are more rows than `limit`. */
function readSlots(connection: Connection, since: number, limit: number): GraphDelta['slots'] | null {
  const changed = connection.sql('SELECT id, about FROM slot WHERE revision > ? ORDER BY id LIMIT ?');
  const edgesOf = connection.sql(`SELECT ${EDGE_COLUMNS} FROM slot s CROSS JOIN edge e ON e.slot = s.id WHERE s.id = ? LIMIT ?`);
  const slots = many<[number, number]>(changed, since, limit + 1);
  const filled: { slot: number; about: number; edges: EdgeRow[] }[] = [];
  let room = limit - slots.length;
  for (const [slot, about] of slots) {
    if (room < 0) return null;
    const edges = many<StoredEdge>(edgesOf, slot, room + 1).map(edgeRow);
    room -= edges.length;
    filled.push({ slot, about, edges });
  }
  return room < 0 ? null : filled;
}

/** Entities by id, each dataset's name parsed once. */
export class DatasetNames {
  readonly #connection: Connection;
  readonly #names = new Map<number, EntityRef>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  remember(id: number, ref: EntityRef): void {
    this.#names.set(id, ref);
  }

  of(dataset: number): EntityRef {
    let name = this.#names.get(dataset);
    if (name === undefined) {
      const key = one<[string]>(this.#connection.sql('SELECT key FROM node WHERE id = ?'), dataset)?.[0] ?? '';
      name = refOfKey(key);
      this.#names.set(dataset, name);
    }
    return name;
  }
}

export function refOfKey(key: string): EntityRef {
  const ref = parseEntityKey(key);
  if (ref === null) throw new Error(`a stored entity key cannot be read: ${key.slice(0, 200)}`);
  return ref;
}

function nodeRow([id, kind, key, dataset, path, from, to]: StoredNode, names: DatasetNames): NodeRow {
  const name = dataset === null ? refOfKey(key ?? '') : names.of(dataset);
  if (dataset === null && name.kind === 'dataset') names.remember(id, name);
  return {
    id,
    kind: kindOf(kind),
    namespace: name.namespace,
    name: name.name,
    path: path ?? '',
    dataset: dataset ?? 0,
    validFrom: from ?? OPEN_END,
    validTo: to ?? OPEN_END,
  };
}

function edgeRow([slot, kind, from, to, via, validFrom, validTo, lastSeen, traits, evidence, statedAt]: StoredEdge): EdgeRow {
  return {
    slot, kind, from, to, via, evidence, validFrom,
    reasons: reasonsIn(traits),
    identity: identityIn(traits),
    completeness: completenessIn(traits),
    validTo: validTo ?? OPEN_END,
    firstSeen: validFrom,
    lastSeen: lastSeen ?? statedAt ?? validFrom,
  };
}

function* batches<T>(rows: Iterable<T>): Generator<T[]> {
  let batch: T[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < SCAN_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
