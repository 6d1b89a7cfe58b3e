import type { SQLInputValue } from 'node:sqlite';
import { LEDGER_ROOT, ledgerHash } from '../ledger-hash.ts';
import { LedgerConflict, type LedgerDraft, type LedgerEntry, type LedgerFilter, type LedgerGuard, type LedgerHead, LedgerMoved, type LedgerPage, type LedgerTail, StoreUnavailable } from '../store.ts';
import { type Connection, many, one } from './connection.ts';
import { readTally } from './entity-reader.ts';
import { splitBody } from './ledger-tails.ts';

const COLUMNS = 'sequence, ledger.id, kind, at, body, text, idempotency_key, request_hash, job, owner, outcome, previous, ledger.hash';
const ENTRIES = `SELECT ${COLUMNS} FROM ledger LEFT JOIN ledger_tail ON ledger_tail.id = tail`;
type StoredEntry = readonly [
  sequence: number, id: string, kind: string, at: number, head: string, tail: string | null, idempotencyKey: string | null,
  requestHash: string | null, job: string | null, owner: string | null, outcome: string | null, previous: string, hash: string,
];

/** Appends entries to the chain, inside a writing transaction of the caller's. */
export function appendEntries(connection: Connection, drafts: readonly LedgerDraft[], guard?: LedgerGuard): LedgerEntry[] {
  if (guard !== undefined && hasMoved(connection, guard)) throw new LedgerMoved();
  const tail = readTail(connection);
  const entries: LedgerEntry[] = [];
  let { sequence, hash } = tail ?? { sequence: 0, hash: LEDGER_ROOT };
  for (const draft of drafts) {
    const entry = { ...draft, sequence: sequence + 1, previous: hash, hash: ledgerHash(hash, sequence + 1, draft) };
    insertEntry(connection, entry);
    entries.push(entry);
    ({ sequence, hash } = entry);
  }
  return entries;
}

function hasMoved(connection: Connection, { kinds, after }: LedgerGuard): boolean {
  return kinds.some((kind) => one(connection.sql('SELECT 1 FROM ledger INDEXED BY ledger_kind WHERE kind = ? AND sequence > ? LIMIT 1'), kind, after) !== undefined);
}

/** The newest entry, whose hash must be true: what is appended vouches for it. */
function readTail(connection: Connection): LedgerEntry | null {
  const tail = entryOf(one<StoredEntry>(connection.sql(`${ENTRIES} ORDER BY sequence DESC LIMIT 1`)));
  if (tail !== null && ledgerHash(tail.previous, tail.sequence, tail) !== tail.hash) {
    throw new StoreUnavailable('corrupt', `ledger entry ${tail.sequence} does not have the hash it was written with; nothing is appended to a broken chain`);
  }
  return tail;
}

function insertEntry(connection: Connection, entry: LedgerEntry): void {
  refuseTaken(connection, entry);
  const { head, tail } = splitBody(connection, entry.body);
  const insert = connection.sql(
    `INSERT INTO ledger (sequence, id, kind, at, body, tail, idempotency_key, request_hash, job, owner, outcome, previous, hash)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  insert.run(
    entry.sequence, entry.id, entry.kind, entry.at, head, tail, entry.idempotencyKey,
    entry.requestHash, entry.job, entry.owner, entry.outcome, entry.previous, entry.hash,
  );
  connection.sql('INSERT INTO tally (what, n) VALUES (?, 1) ON CONFLICT DO UPDATE SET n = n + 1').run(ledgerTally(entry.kind, entry.outcome));
}

function refuseTaken(connection: Connection, { id, idempotencyKey }: LedgerDraft): void {
  if (isTaken(connection, 'id', id)) throw new LedgerConflict('id', id);
  if (idempotencyKey !== null && isTaken(connection, 'idempotency_key', idempotencyKey)) throw new LedgerConflict('idempotencyKey', idempotencyKey);
}

function isTaken(connection: Connection, column: 'id' | 'idempotency_key', value: string): boolean {
  return one(connection.sql(`SELECT 1 FROM ledger WHERE ${column} = ?`), value) !== undefined;
}

export function readEntry(connection: Connection, id: string): LedgerEntry | null {
  return entryOf(one<StoredEntry>(connection.sql(`${ENTRIES} WHERE ledger.id = ?`), id));
}

export function readEntryByKey(connection: Connection, key: string): LedgerEntry | null {
  return entryOf(one<StoredEntry>(connection.sql(`${ENTRIES} WHERE idempotency_key = ?`), key));
}

export function readAfter(connection: Connection, tail: LedgerTail): LedgerEntry[] {
  const { kinds, limit } = tail;
  const found = kinds === null ? rowsAfter(connection, tail, null) : kinds.flatMap((kind) => rowsAfter(connection, tail, kind));
  return found.flatMap((row) => entryOf(row) ?? []).sort((a, b) => a.sequence - b.sequence).slice(0, limit);
}

/** By outcome or kind where told, since most entries of a long ledger are decisions that nobody follows. */
function rowsAfter(connection: Connection, { after, since, outcome, limit }: LedgerTail, kind: string | null): StoredEntry[] {
  const index = outcome !== undefined ? 'INDEXED BY ledger_outcome' : kind !== null ? 'INDEXED BY ledger_kind' : 'NOT INDEXED';
  const terms = [...(kind === null ? [] : ['kind = ?']), ...(outcome === undefined ? [] : ['outcome = ?']), 'sequence > ?', 'at >= ?'];
  const rows = connection.sql(`${ENTRIES.replace('FROM ledger', `FROM ledger ${index}`)} WHERE ${terms.join(' AND ')} ORDER BY sequence LIMIT ?`);
  return many<StoredEntry>(rows, ...[kind ?? [], outcome ?? []].flat(), after, since ?? 0, limit);
}

/** The count is the tallies', which whoever takes entries away must change as well. */
export function readHead(connection: Connection): LedgerHead {
  const newest = one<[number, string, number]>(connection.sql('SELECT sequence, hash, at FROM ledger ORDER BY sequence DESC LIMIT 1'));
  const [sequence, hash, at] = newest ?? [0, LEDGER_ROOT, 0];
  return { sequence, hash, at, counted: countEntries(connection, {}) };
}

export function readPage(connection: Connection, filter: LedgerFilter): LedgerPage {
  const { where, values } = termsOf(filter);
  const before = filter.before ?? Number.MAX_SAFE_INTEGER;
  const place = [...where, 'sequence < ?'].join(' AND ');
  // Of some teams, places alone are sorted before the bodies of a page are read.
  const page = filter.owners === undefined ? place : `sequence IN (SELECT sequence FROM ledger INDEXED BY ledger_owner WHERE ${place} ORDER BY sequence DESC LIMIT ?)`;
  const rows = connection.sql(`${ENTRIES} WHERE ${page} ORDER BY sequence DESC LIMIT ?`);
  const entries = many<StoredEntry>(rows, ...values, before, ...(filter.owners === undefined ? [] : [filter.limit]), filter.limit);
  return { entries: entries.flatMap((row) => entryOf(row) ?? []), total: countEntries(connection, filter) };
}

function termsOf({ kind, job, owners, outcome }: LedgerFilter): { readonly where: readonly string[]; readonly values: readonly SQLInputValue[] } {
  const terms = Object.entries({ kind, job, outcome }).flatMap(([column, value]): (readonly [string, string])[] => (value === undefined ? [] : [[`${column} = ?`, value]]));
  if (owners !== undefined) terms.push(['owner IN (SELECT value FROM json_each(?)) AND owner IS NOT NULL', JSON.stringify(owners)]);
  return { where: terms.map(([term]) => term), values: terms.map(([, value]) => value) };
}

/** Entries of one job, or of some teams, are few and counted; of all they are many, and the writers keep count. */
function countEntries(connection: Connection, filter: Omit<LedgerFilter, 'limit'>): number {
  const { kind, job, owners, outcome } = filter;
  if (job !== undefined || owners !== undefined) {
    const { where, values } = termsOf({ ...filter, limit: 0 });
    return one<[number]>(connection.sql(`SELECT count(*) FROM ledger WHERE ${where.join(' AND ')}`), ...values)?.[0] ?? 0;
  }
  if (kind !== undefined && outcome !== undefined) return readTally(connection, ledgerTally(kind, outcome));
  const tallies = many<[string, number]>(connection.sql("SELECT what, n FROM tally WHERE what >= 'ledger:' AND what < 'ledger;'"));
  return tallies.reduce((total, [what, n]) => {
    const [, ofKind, ...ofOutcome] = what.split(':');
    const counts = (kind === undefined || kind === ofKind) && (outcome === undefined || outcome === ofOutcome.join(':'));
    return counts ? total + n : total;
  }, 0);
}

function ledgerTally(kind: string, outcome: string | null): string {
  return `ledger:${kind}:${outcome ?? ''}`;
}

function entryOf(row: StoredEntry | undefined): LedgerEntry | null {
  if (row === undefined) return null;
  const [sequence, id, kind, at, head, tail, idempotencyKey, requestHash, job, owner, outcome, previous, hash] = row;
  return { sequence, id, kind: kind as LedgerEntry['kind'], at, body: tail === null ? head : head + tail, idempotencyKey, requestHash, job, owner, outcome, previous, hash };
}
