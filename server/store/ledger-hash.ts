import { createHash } from 'node:crypto';
import type { LedgerDraft } from './store.ts';

/** `previous` of the first entry. */
export const LEDGER_ROOT = '0'.repeat(64);

/** Bytes of the length before each part. */
const LENGTH_BYTES = 4;

/**
 * The hash that chains an entry to the one before it: SHA-256 hex over `previous`, sequence, id, kind, at
 * and body, each as UTF-8 preceded by its length in bytes (unsigned 32 bit, big endian), so that no two
 * entries share their bytes. Numbers are hashed as decimal text.
 */
export function ledgerHash(previous: string, sequence: number, draft: Pick<LedgerDraft, 'id' | 'kind' | 'at' | 'body'>): string {
  const parts = [previous, String(sequence), draft.id, draft.kind, String(draft.at), draft.body];
  const lengths = parts.map((part) => Buffer.byteLength(part, 'utf8'));
  const bytes = Buffer.allocUnsafe(lengths.reduce((total, length) => total + LENGTH_BYTES + length, 0));
  let end = 0;
  for (const [i, part] of parts.entries()) {
    end = bytes.writeUInt32BE(lengths[i] ?? 0, end);
    end += bytes.write(part, end, 'utf8');
  }
  return createHash('sha256').update(bytes).digest('hex');
}
