import { createHash } from 'node:crypto';
import type { LedgerDraft } from './store.ts';

/** `previous` of the first entry. */
export const LEDGER_ROOT = '0'.repeat(64);

/**
 * The hash that chains an entry to the one before it: SHA-256 hex over `previous`, sequence, id, kind, at
 * and body, each as UTF-8 preceded by its length in bytes (unsigned 32 bit, big endian), so that no two
 * entries share their bytes. Numbers are hashed as decimal text.
 */
export function ledgerHash(previous: string, sequence: number, draft: Pick<LedgerDraft, 'id' | 'kind' | 'at' | 'body'>): string {
  const hash = createHash('sha256');
  const length = Buffer.allocUnsafe(4);
  for (const part of [previous, String(sequence), draft.id, draft.kind, String(draft.at), draft.body]) {
    const bytes = Buffer.from(part, 'utf8');
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  }
  return hash.digest('hex');
}
