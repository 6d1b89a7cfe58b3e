import { DatabaseSync } from 'node:sqlite';
import { ENTITY_KINDS } from '../../server/catalog/names.ts';
import type { EdgeRow, GraphSource, NodeRow } from '../../server/catalog/lineage/rows.ts';

const SCHEMA = `
  PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA page_size = 8192;
  CREATE TABLE node (id INTEGER PRIMARY KEY, kind INTEGER, namespace TEXT, name TEXT, path TEXT, dataset INTEGER, valid_from INTEGER, valid_to INTEGER);
  CREATE TABLE edge (slot INTEGER, kind INTEGER, source INTEGER, target INTEGER, via INTEGER, reasons INTEGER, evidence INTEGER, completeness INTEGER,
    valid_from INTEGER, valid_to INTEGER, first_seen INTEGER, last_seen INTEGER, PRIMARY KEY (slot, kind, source, target, valid_from)) WITHOUT ROWID;
`;
const INSERT_NODE = 'INSERT INTO node VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
const INSERT_EDGE = 'INSERT INTO edge VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

/** What SQLite takes to be given the same rows, in order, and nothing else: no index, no history, no search. */
export async function insertBareRows(source: GraphSource, file: string): Promise<{ readonly rows: number; readonly seconds: number }> {
  const db = new DatabaseSync(file);
  try {
    db.exec(SCHEMA);
    const [node, edge] = [db.prepare(INSERT_NODE), db.prepare(INSERT_EDGE)];
    let [rows, ms] = [0, 0];
    const timed = <T>(batch: readonly T[], insert: (row: T) => unknown): void => {
      const started = performance.now();
      db.exec('BEGIN');
      for (const row of batch) insert(row);
      db.exec('COMMIT');
      ms += performance.now() - started;
      rows += batch.length;
    };
    await source.scan({
      onNodes: (batch) => timed(batch, (n: NodeRow) => node.run(n.id, ENTITY_KINDS.indexOf(n.kind), n.namespace, n.name, n.path, n.dataset, n.validFrom, n.validTo)),
      onEdges: (batch) => timed(batch, (e: EdgeRow) => edge.run(e.slot, e.kind, e.from, e.to, e.via, e.reasons, e.evidence, e.completeness, e.validFrom, e.validTo, e.firstSeen, e.lastSeen)),
    });
    return { rows, seconds: ms / 1_000 };
  } finally {
    db.close();
  }
}
