import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LedgerCheck, type LedgerCheckOptions } from '../../server/store/ledger-check.ts';
import { LEDGER_ROOT, ledgerHash } from '../../server/store/ledger-hash.ts';
import { ledgerPages } from '../../server/store/ledger-pages.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { LedgerDraft, LedgerEntry } from '../../server/store/store.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-check-'));
  file = join(folder, 'store.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SIZE = 250;
const draft = (i: number): LedgerDraft => ({
  id: `d${i}`, kind: 'decision', at: i, body: JSON.stringify({ decision: { outcome: 'deny' }, request: { job: { namespace: 'flink://main', name: 'j', owner: 'team-a' }, program: { text: 'x'.repeat(600) } } }),
  idempotencyKey: null, requestHash: null, job: 'flink://main/j', owner: 'team-a', outcome: 'deny',
});

/** A ledger of 250 decisions, with some lines of SQL done to it by hand; what a check of it finds, as fault and place. */
async function afterwards(sql: string, options: LedgerCheckOptions = {}): Promise<string> {
  const store = openSqliteStore({ file });
  await store.appendToLedger(Array.from({ length: SIZE }, (_, i) => draft(i + 1)));
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
  const { sequence, counted } = await store.ledgerHead();
  const check = new LedgerCheck(options);
  for await (const entries of ledgerPages(store, { after: 0, last: sequence, kind: null })) if (!entries.every((entry) => check.take(entry))) break;
  if (check.fault === null) check.end(counted);
  await store.close();
  return check.fault === null ? `whole, ${check.checked.entries}` : `${check.fault.fault} ${check.fault.sequence}`;
}

/** SQL that writes an entry anew with a true hash of what it then says. */
function rewritten(entry: LedgerEntry): string {
  const hash = ledgerHash(entry.previous, entry.sequence, entry);
  return `UPDATE ledger SET body = '${entry.body}', tail = NULL, hash = '${hash}' WHERE sequence = ${entry.sequence};`;
}

test.each([
  ['nothing', '', 'whole, 250'],
  ['a changed body', `UPDATE ledger SET body = replace(body, 'deny', 'allow') WHERE sequence = 101`, 'changed 101'],
  ['the end of a body that others share', `UPDATE ledger_tail SET text = replace(text, 'x', 'y')`, 'changed 1'],
  ['a changed time', 'UPDATE ledger SET at = 0 WHERE sequence = 250', 'changed 250'],
  ['a changed kind, one that nobody knows', `UPDATE ledger SET kind = 'note' WHERE sequence = 7`, 'changed 7'],
  ['a changed id', `UPDATE ledger SET id = 'other' WHERE sequence = 1`, 'changed 1'],
  ['a body that is no text', `UPDATE ledger SET body = x'00ff' WHERE sequence = 9`, 'changed 9'],
  ['an outcome that its decision does not have', `UPDATE ledger SET outcome = 'allow' WHERE sequence = 8`, 'changed 8'],
  ['another job than its decision is of', `UPDATE ledger SET job = NULL WHERE sequence = 8`, 'changed 8'],
  ['another owner than its decision is of', `UPDATE ledger SET owner = NULL WHERE sequence = 8`, 'changed 8'],
  ['an entry dropped', 'DELETE FROM ledger WHERE sequence = 42', 'missing 42'],
  ['the first dropped', 'DELETE FROM ledger WHERE sequence = 1', 'missing 1'],
  ['several dropped', 'DELETE FROM ledger WHERE sequence BETWEEN 90 AND 120', 'missing 90'],
  ['one dropped and the rest renumbered', 'DELETE FROM ledger WHERE sequence = 100; UPDATE ledger SET sequence = sequence - 1 WHERE sequence > 100', 'changed 100'],
  ['two that changed places', 'UPDATE ledger SET sequence = -1 WHERE sequence = 20; UPDATE ledger SET sequence = 20 WHERE sequence = 21; UPDATE ledger SET sequence = 21 WHERE sequence = -1', 'changed 20'],
  ['the end cut off', 'DELETE FROM ledger WHERE sequence > 200', 'truncated 201'],
  ['everything cut off', 'DELETE FROM ledger', 'truncated 1'],
  ['the end cut off and the count with it', `DELETE FROM ledger WHERE sequence > 200; UPDATE tally SET n = 200 WHERE what LIKE 'ledger:%'`, 'whole, 200'],
  ['another count', `UPDATE tally SET n = 10 WHERE what LIKE 'ledger:%'`, 'added 11'],
])('finds %s', async (_, sql, expected) => {
  expect(await afterwards(sql)).toBe(expected);
});

test('finds an entry put in with a hash of its own, and one written anew with a true hash', async () => {
  const store = openSqliteStore({ file });
  await store.appendToLedger(Array.from({ length: SIZE }, (_, i) => draft(i + 1)));
  const entry = (await store.ledgerEntry('d30'))!;
  await store.close();
  rmSync(file);
  expect(await afterwards(rewritten({ ...entry, body: '{}' }))).toBe('unlinked 31');
  rmSync(file);
  const foreign = { ...draft(251), id: 'foreign', kind: 'policy' as const, sequence: 251, previous: LEDGER_ROOT };
  const added = `INSERT INTO ledger (sequence, id, kind, at, body, previous, hash) VALUES (251, 'foreign', 'policy', 251, '${foreign.body}', '${LEDGER_ROOT}', '${ledgerHash(LEDGER_ROOT, 251, foreign)}')`;
  expect(await afterwards(added)).toBe('unlinked 251');
});

test('finds by a checkpoint what the chain alone cannot show: an end cut off with its count, and a chain written anew', async () => {
  const store = openSqliteStore({ file });
  const entries = await store.appendToLedger(Array.from({ length: SIZE }, (_, i) => draft(i + 1)));
  await store.close();
  rmSync(file);
  const checkpoints = [10, 100, 250].map((sequence) => ({ sequence, hash: entries[sequence - 1]!.hash }));
  expect(await afterwards('', { checkpoints })).toBe('whole, 250');
  rmSync(file);
  const cut = `DELETE FROM ledger WHERE sequence > 200; UPDATE tally SET n = 200 WHERE what LIKE 'ledger:%';`;
  expect(await afterwards(cut, { checkpoints })).toBe('truncated 201');
  rmSync(file);
  expect(await afterwards(chainedAnew(entries, 50), {})).toBe('whole, 250');
  rmSync(file);
  expect(await afterwards(chainedAnew(entries, 50), { checkpoints })).toBe('rewritten 100');
});

/** SQL of a hand that changes entry `from` and computes every later hash anew. */
function chainedAnew(entries: readonly LedgerEntry[], from: number): string {
  let previous = entries[from - 2]!.hash;
  return entries.slice(from - 1).map((entry, i) => {
    const changed = { ...entry, previous, body: i === 0 ? '{"decision":{"outcome":"deny"}}' : entry.body };
    const sql = `${rewritten(changed)} UPDATE ledger SET previous = '${previous}' WHERE sequence = ${entry.sequence};`;
    previous = ledgerHash(previous, entry.sequence, changed);
    return sql;
  }).join('\n');
}

test('an entry where an earlier one belongs is told from a gap', () => {
  const entry = (sequence: number, previous: string): LedgerEntry => ({ ...draft(sequence), sequence, previous, hash: ledgerHash(previous, sequence, draft(sequence)) });
  const one = entry(1, LEDGER_ROOT);
  const check = new LedgerCheck();
  expect([check.take(one), check.take(one), check.fault]).toMatchObject([true, false, { fault: 'reordered', sequence: 2 }]);
  expect(new LedgerCheck({ begins: 'anywhere' }).take(entry(7, one.hash))).toBe(true);
});
