import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { LEDGER_ROOT, ledgerHash } from '../../server/store/ledger-hash.ts';

const DRAFT = { id: 'd-1', kind: 'decision', at: 1_700_000_000_000, body: '{"é":1}' } as const;

test('hashes each field with its length in bytes before it', () => {
  const framed = [LEDGER_ROOT, '7', 'd-1', 'decision', '1700000000000', '{"é":1}'].map((part) => {
    const bytes = Buffer.from(part);
    return Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  });
  expect(ledgerHash(LEDGER_ROOT, 7, DRAFT)).toBe(createHash('sha256').update(Buffer.concat(framed)).digest('hex'));
});

test.each([
  ['previous', ledgerHash('1'.repeat(64), 7, DRAFT)],
  ['sequence', ledgerHash(LEDGER_ROOT, 8, DRAFT)],
  ['id', ledgerHash(LEDGER_ROOT, 7, { ...DRAFT, id: 'd-2' })],
  ['kind', ledgerHash(LEDGER_ROOT, 7, { ...DRAFT, kind: 'policy' })],
  ['at', ledgerHash(LEDGER_ROOT, 7, { ...DRAFT, at: DRAFT.at + 1 })],
  ['body', ledgerHash(LEDGER_ROOT, 7, { ...DRAFT, body: '{"é":2}' })],
  ['the border between two fields', ledgerHash(LEDGER_ROOT, 7, { ...DRAFT, id: 'd-1d', kind: 'ecision' as 'decision' })],
])('%s changes the hash', (_, hash) => {
  expect(hash).not.toBe(ledgerHash(LEDGER_ROOT, 7, DRAFT));
});
