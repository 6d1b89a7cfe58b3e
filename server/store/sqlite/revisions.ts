import type { RevisionInfo } from '../../catalog/lineage/rows.ts';
import { type Connection, one } from './connection.ts';

/** The newest revision; 0 for an empty store. */
export function newestRevision(connection: Connection): RevisionInfo {
  const find = connection.sql('SELECT revision, committed_at FROM revision ORDER BY revision DESC LIMIT 1');
  const [revision, committedAt] = one<[number, number]>(find) ?? [0, 0];
  return { revision, committedAt };
}
