import type { KeyedNote, Note } from '../store.ts';
import { type Connection, many, one } from './connection.ts';

/** Ends the range of all keys with a prefix: no character comes after it. */
const LAST_CHARACTER = '\u{10FFFF}';

export function readNote(connection: Connection, key: string): Note | null {
  const found = one<[string, number]>(connection.sql('SELECT text, version FROM note WHERE key = ?'), key);
  return found === undefined ? null : { text: found[0], version: found[1] };
}

export function readNotes(connection: Connection, prefix: string): readonly KeyedNote[] {
  const found = many<[string, string, number]>(connection.sql('SELECT key, text, version FROM note WHERE key >= ? AND key < ? ORDER BY key'), prefix, prefix + LAST_CHARACTER);
  return found.map(([key, text, version]) => ({ key, text, version }));
}

/** Inside a writing transaction of the caller's; answers the new version, or null when the expected one is not there. */
export function writeNote(connection: Connection, { key, text, expected }: { readonly key: string; readonly text: string | null; readonly expected: number }): number | null {
  if ((readNote(connection, key)?.version ?? 0) !== expected) return null;
  if (text === null) connection.sql('DELETE FROM note WHERE key = ?').run(key);
  else connection.sql('INSERT INTO note (key, text, version) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET text = excluded.text, version = excluded.version').run(key, text, expected + 1);
  return text === null ? 0 : expected + 1;
}
