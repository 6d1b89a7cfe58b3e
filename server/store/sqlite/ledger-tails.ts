import { createHash } from 'node:crypto';
import { type Connection, one } from './connection.ts';

/**
 * Where the part of a body begins that other entries may have as well: a job is redeployed with the same program, though
 * its artifact be another. Wherever a body is split, it comes back whole; a place that is not shared only costs room.
 */
const SHARED_FROM = '"program":';
/** A shorter part is cheaper to repeat than to look up, UTF-16 units. */
const SHORTEST_SHARED = 512;

/** A body as two pieces that are it again when put together; `tail` names a text kept once, null for none. */
export interface SplitBody {
  readonly head: string;
  readonly tail: number | null;
}

/** Splits a body and keeps its end, inside a writing transaction of the caller's. */
export function splitBody(connection: Connection, body: string): SplitBody {
  const border = body.indexOf(SHARED_FROM);
  if (border < 0 || body.length - border < SHORTEST_SHARED) return { head: body, tail: null };
  return { head: body.slice(0, border), tail: tailOf(connection, body.slice(border)) };
}

function tailOf(connection: Connection, text: string): number {
  const hash = createHash('sha256').update(text).digest();
  const known = one<[number]>(connection.sql('SELECT id FROM ledger_tail WHERE hash = ?'), hash);
  if (known !== undefined) return known[0];
  return Number(connection.sql('INSERT INTO ledger_tail (hash, text) VALUES (?, ?)').run(hash, text).lastInsertRowid);
}
