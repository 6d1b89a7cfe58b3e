import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../server/cli/sluice.ts';
import { openSqliteStore, type SqliteStore } from '../../server/store/sqlite-store.ts';
import type { LedgerDraft } from '../../server/store/store.ts';
import { openTestCatalog, type TestCatalog } from '../http/catalog.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-audit-'));
const DAY = Date.UTC(2026, 5, 1);
const draft = (i: number): LedgerDraft => ({ id: `p${i}`, kind: i % 10 === 0 ? 'policy' : 'permit', at: DAY + i * 1000, body: `{"text":"é\\n${i}"}`, idempotencyKey: null, requestHash: null, job: null, owner: null, outcome: null });
const instant = (second: number): string => new Date(DAY + second * 1000).toISOString();

let catalog: TestCatalog;
let store: SqliteStore;
let url: string;
const file = join(folder, 'store.db');
beforeAll(async () => {
  store = openSqliteStore({ file });
  await store.appendToLedger(Array.from({ length: 250 }, (_, i) => draft(i + 1)));
  catalog = await openTestCatalog();
  await catalog.store.appendToLedger(Array.from({ length: 250 }, (_, i) => draft(i + 1)));
  url = await catalog.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await Promise.all([catalog.stop(), store.close()]);
  rmSync(folder, { recursive: true });
});

async function sluice(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const code = await run(['audit', ...args], { stdin: Readable.from([]), write: (text) => void (out += text), writeError: (text) => void (err += text), env: { SLUICE_URL: url } });
  return { code, out, err };
}
const kept = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

test('verifies a store in use, and says from where to where', async () => {
  const { code, out } = await sluice('verify', '--store', file);
  expect([code, out]).toEqual([0, expect.stringMatching(/^entries 1 to 250 are as they were recorded, the last with hash [0-9a-f]{64}\n$/)]);
  expect(JSON.parse((await sluice('verify', '--store', file, '--json')).out)).toMatchObject({ whole: true, fault: null, entries: 250, first: 1, last: 250 });
});

test('a checkpoint of the store or of the server holds until the chain is cut', async () => {
  const checkpoint = (await sluice('checkpoint')).out;
  expect(checkpoint).toBe((await sluice('checkpoint', '--store', file)).out);
  expect(JSON.parse(checkpoint)).toEqual({ sequence: 250, hash: expect.any(String) as string, at: instant(250) });
  const marks = kept('marks.jsonl', checkpoint + checkpoint);
  expect((await sluice('verify', '--store', file, '--checkpoint', marks)).out).toContain('contain all 2 checkpoints');
  const cut = join(folder, 'cut.db');
  await store.backup(cut);
  const db = new DatabaseSync(cut);
  db.exec(`DELETE FROM ledger WHERE sequence > 249; DELETE FROM tally; INSERT INTO tally VALUES ('ledger:permit:', 249)`);
  db.close();
  expect((await sluice('verify', '--store', cut)).code).toBe(0);
  const found = await sluice('verify', '--store', cut, '--checkpoint', marks);
  expect([found.code, found.out]).toEqual([1, 'BROKEN at entry 250 (truncated): the chain ends at entry 249, but there was an entry 250 when a checkpoint was taken\n']);
});

test('exports parts by time that together are the whole, and verifies each without the store', async () => {
  const [early, late] = [await sluice('export', '--to', instant(101)), await sluice('export', '--from', instant(101))];
  expect([early.out.split('\n').length, late.out.split('\n').length]).toEqual([100 + 3, 150 + 3]);
  expect((await sluice('export', '--from', instant(101), '--store', file)).out).toBe(late.out);
  expect((await sluice('verify', '--file', kept('early', early.out))).out).toMatch(/^entries 1 to 100 are/);
  const { code, out } = await sluice('verify', '--file', kept('late', late.out));
  expect([code, out]).toEqual([0, expect.stringMatching(/^entries 101 to 250 are .*; a part of a ledger, taken from what entry 101 says came before it\n$/)]);
  expect((await sluice('verify', '--url', url)).code).toBe(0);
  expect((await sluice('verify', '--file', kept('none', (await sluice('export', '--from', instant(900))).out))).out).toBe('no entries\n');
});

test('verifies the entries of one kind each by itself, and says what that leaves open', async () => {
  const { code, out } = await sluice('verify', '--file', kept('policies', (await sluice('export', '--kind', 'policy')).out));
  expect([code, out]).toEqual([0, expect.stringContaining('of kind policy alone, so none of them was changed, but whether one is missing cannot be known')]);
  expect((await sluice('verify', '--file', kept('changed', readFileSync(join(folder, 'policies'), 'utf8').replace('n120', 'n121')))).out).toContain('BROKEN at entry 120 (changed)');
});

test.each<readonly [string, (lines: string[]) => string[], string]>([
  ['a changed line', (lines) => lines.map((text, i) => (i === 50 ? text.replace('\\\\n', '\\\\t') : text)), 'BROKEN at entry 150 (changed)'],
  ['a dropped line', (lines) => lines.toSpliced(20, 1), 'BROKEN at entry 120 (missing)'],
  ['lines that changed places', (lines) => lines.toSpliced(20, 2, lines[21]!, lines[20]!), 'BROKEN at entry 120 (missing)'],
  ['a line that comes twice', (lines) => lines.toSpliced(20, 0, lines[20]!), 'BROKEN at entry 121 (reordered)'],
  ['an end cut off', (lines) => lines.slice(0, 80), 'BROKEN at entry 180 (truncated)'],
  ['entries cut off before the end', (lines) => lines.toSpliced(80, 71), 'BROKEN at entry 180 (truncated)'],
  ['an end that is an error', (lines) => [...lines.slice(0, 80), '{"error":"the store is down"}'], 'BROKEN at entry 180 (truncated)'],
])('finds %s in an export', async (_, tamper, expected) => {
  const lines = (await sluice('export', '--from', instant(101))).out.trimEnd().split('\n');
  const { code, out } = await sluice('verify', '--file', kept('tampered', `${tamper(lines).join('\n')}\n`));
  expect([code, out]).toEqual([1, expect.stringContaining(expected)]);
});

test('a checkpoint is compared with an export that holds its entry, or the first after it, and otherwise said to be unchecked', async () => {
  const part = kept('part', (await sluice('export', '--from', instant(101), '--to', instant(201))).out);
  const mark = (sequence: number, hash: string): string => kept('mark', JSON.stringify({ sequence, hash }));
  const hashOf = async (sequence: number): Promise<string> => (await store.ledgerEntry(`p${sequence}`))!.hash;
  for (const sequence of [100, 101, 200]) expect((await sluice('verify', '--file', part, '--checkpoint', mark(sequence, await hashOf(sequence)))).code).toBe(0);
  for (const sequence of [100, 101, 200]) expect((await sluice('verify', '--file', part, '--checkpoint', mark(sequence, 'f'.repeat(64)))).out).toContain(`BROKEN at entry ${sequence} (rewritten)`);
  for (const sequence of [99, 201]) {
    const { code, err } = await sluice('verify', '--file', part, '--checkpoint', mark(sequence, await hashOf(sequence)));
    expect([code, err]).toEqual([2, expect.stringContaining(`a checkpoint of entry ${sequence} lies outside`)]);
  }
});

test.each([
  ['a store that is not there', ['verify', '--store', '/nowhere/store.db'], 2],
  ['a file that is not there', ['verify', '--file', '/nowhere/export'], 2],
  ['a file that is no export', ['verify', '--file', fileURLToPath(import.meta.url)], 2],
  ['checkpoints that are none', ['verify', '--checkpoint', fileURLToPath(import.meta.url)], 2],
  ['two sources', ['verify', '--file', '-', '--url', 'http://127.0.0.1:9'], 2],
  ['an instant that is none', ['export', '--from', 'yesterday'], 2],
  ['a kind nobody knows', ['export', '--kind', 'gossip'], 2],
  ['a server that is not there', ['export', '--url', 'http://127.0.0.1:9'], 3],
  ['a server that is not there, asked for its end', ['checkpoint', '--url', 'http://127.0.0.1:9'], 3],
])('%s ends with its own exit code and a reason', async (_, args, expected) => {
  const { code, err } = await sluice(...args);
  expect(code).toBe(expected);
  expect(err).not.toBe('');
});

/** A small part of the 460 MB that the entries come to as text. */
const SMALL_HEAP_MB = 128;
test('verifies and exports 200,000 entries in memory that holds a part of them', async () => {
  const large = join(mkdtempSync(join(folder, 'large-')), 'store.db');
  const writing = openSqliteStore({ file: large });
  const body = 'x'.repeat(2_000);
  for (let from = 0; from < 200_000; from += 5_000) {
    await writing.appendToLedger(Array.from({ length: 5_000 }, (_, i) => ({ ...draft(from + i), body: `{"n":${from + i},"program":"${body}"}` })));
  }
  await writing.close();
  const command = (...args: string[]) => spawnSync(process.execPath, [`--max-old-space-size=${SMALL_HEAP_MB}`, 'server/cli/sluice.ts', 'audit', ...args], { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 600e6 });
  const verified = command('verify', '--store', large);
  expect([verified.status, verified.stdout.toString(), verified.stderr.toString()]).toEqual([0, expect.stringMatching(/^entries 1 to 200000 are/), '']);
  const exported = command('export', '--store', large);
  expect([exported.status, exported.stdout.length > 400e6]).toEqual([0, true]);
}, 120_000);
