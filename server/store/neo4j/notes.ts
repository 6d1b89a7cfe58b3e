import type { KeyedNote, Note } from '../store.ts';
import type { Transaction } from './transaction.ts';

export async function readNote(transaction: Transaction, key: string): Promise<Note | null> {
  const found = await transaction.one<[string, number]>('MATCH (n:Note { key: $key }) WHERE n.text IS NOT NULL RETURN n.text, n.version', { key });
  return found === undefined ? null : { text: found[0], version: found[1] };
}

export async function readNotes(transaction: Transaction, prefix: string): Promise<readonly KeyedNote[]> {
  const found = await transaction.run<[string, string, number]>('MATCH (n:Note) WHERE n.key STARTS WITH $prefix AND n.text IS NOT NULL RETURN n.key, n.text, n.version ORDER BY n.key', { prefix });
  return found.map(([key, text, version]) => ({ key, text, version }));
}

export interface NoteCall {
  readonly key: string;
  readonly text: string | null;
  readonly expected: number;
  /** Marks what this call wrote, so that an attempt whose commit was never confirmed is not taken for somebody else's. */
  readonly call: string;
}

/** Answers the new version, or null when the expected one is not there. A removed note stays as an empty node. */
export async function writeNote(transaction: Transaction, { key, text, expected, call }: NoteCall): Promise<number | null> {
  // MERGE makes or locks the one node of the key; what it says is read under that lock.
  const [version, by] = (await transaction.one<[number, string | null]>(
    'MERGE (n:Note { key: $key }) SET n.lock = $call RETURN coalesce(n.version, 0), n.call', { key, call },
  )) ?? [0, null];
  const written = text === null ? 0 : expected + 1;
  if (by === call) return written;
  if (version !== expected) return null;
  await transaction.run('MATCH (n:Note { key: $key }) SET n.text = $text, n.version = $version, n.call = $call', { key, text, version: text === null ? null : written, call });
  return written;
}
