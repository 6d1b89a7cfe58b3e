import { LEDGER_ROOT, ledgerHash } from '../ledger-hash.ts';
import { LedgerConflict, type LedgerDraft, type LedgerEntry, type LedgerFilter, type LedgerGuard, type LedgerHead, LedgerMoved, type LedgerPage, type LedgerTail, StoreUnavailable } from '../store.ts';
import type { Transaction } from './transaction.ts';
import type { Row } from './values.ts';

const COLUMNS = 'e.sequence, e.id, e.kind, e.at, e.body, e.idempotencyKey, e.requestHash, e.job, e.owner, e.outcome, e.previous, e.hash';
type StoredEntry = readonly [
  sequence: number, id: string, kind: LedgerEntry['kind'], at: number, body: string, idempotencyKey: string | null,
  requestHash: string | null, job: string | null, owner: string | null, outcome: string | null, previous: string, hash: string,
];

export interface AppendCall {
  /** Marks the entries of this call. */
  readonly call: string;
  /** From 1. */
  readonly attempt: number;
  readonly guard: LedgerGuard | null;
}

/**
 * Appends entries to the chain, one call after the other. `call` marks the entries, so that an attempt
 * whose commit was never confirmed is found again instead of taken for a conflict.
 */
export async function appendEntries(transaction: Transaction, drafts: readonly LedgerDraft[], { call, attempt, guard }: AppendCall): Promise<LedgerEntry[]> {
  transaction.send("MATCH (h:LedgerHead { name: 'ledger' }) SET h.lock = $call", { call });
  if (attempt > 1) {
    const made = await transaction.run<StoredEntry>(`MATCH (e:LedgerEntry) WHERE e.id IN $ids AND e.call = $call RETURN ${COLUMNS} ORDER BY e.sequence`, { ids: drafts.map(({ id }) => id), call });
    if (made.length > 0) return made.map(entryOf);
  }
  if (guard !== null && (await hasMoved(transaction, guard))) throw new LedgerMoved();
  await refuseTaken(transaction, drafts);
  const tail = await readTail(transaction);
  const entries: LedgerEntry[] = [];
  let { sequence, hash } = tail ?? { sequence: 0, hash: LEDGER_ROOT };
  for (const draft of drafts) {
    const entry = { ...draft, sequence: sequence + 1, previous: hash, hash: ledgerHash(hash, sequence + 1, draft) };
    entries.push(entry);
    ({ sequence, hash } = entry);
  }
  transaction.sendEach('UNWIND $rows AS row CREATE (e:LedgerEntry) SET e = row', entries.map((entry) => ({ ...withoutNulls(entry), call })));
  transaction.send("MATCH (h:LedgerHead { name: 'ledger' }) SET h.counted = coalesce(h.counted, $before) + $added", { before: tail?.sequence ?? 0, added: entries.length });
  return entries;
}

async function hasMoved(transaction: Transaction, { kinds, after }: LedgerGuard): Promise<boolean> {
  const newer = await transaction.run<[number]>('MATCH (e:LedgerEntry) WHERE e.kind IN $kinds AND e.sequence > $after RETURN e.sequence LIMIT 1', { kinds: [...kinds], after });
  return newer.length > 0;
}

/** The newest entry, whose hash must be true: what is appended vouches for it. */
async function readTail(transaction: Transaction): Promise<LedgerEntry | null> {
  const [newest] = await transaction.run<StoredEntry>(`MATCH (e:LedgerEntry) WHERE e.sequence > 0 RETURN ${COLUMNS} ORDER BY e.sequence DESC LIMIT 1`);
  const tail = newest === undefined ? null : entryOf(newest);
  if (tail !== null && ledgerHash(tail.previous, tail.sequence, tail) !== tail.hash) {
    throw new StoreUnavailable('corrupt', `ledger entry ${tail.sequence} does not have the hash it was written with; nothing is appended to a broken chain`);
  }
  return tail;
}

async function refuseTaken(transaction: Transaction, drafts: readonly LedgerDraft[]): Promise<void> {
  const keys = drafts.flatMap(({ idempotencyKey }) => idempotencyKey ?? []);
  const ids = await transaction.run<[string]>('MATCH (e:LedgerEntry) WHERE e.id IN $ids RETURN e.id', { ids: drafts.map(({ id }) => id) });
  const used = await transaction.run<[string]>('MATCH (e:LedgerEntry) WHERE e.idempotencyKey IN $keys RETURN e.idempotencyKey', { keys });
  const [takenIds, takenKeys] = [new Set(ids.map(([id]) => id)), new Set(used.map(([key]) => key))];
  for (const { id, idempotencyKey } of drafts) {
    if (takenIds.has(id)) throw new LedgerConflict('id', id);
    if (idempotencyKey !== null && takenKeys.has(idempotencyKey)) throw new LedgerConflict('idempotencyKey', idempotencyKey);
    takenIds.add(id);
    if (idempotencyKey !== null) takenKeys.add(idempotencyKey);
  }
}

export async function readEntry(transaction: Transaction, id: string): Promise<LedgerEntry | null> {
  const [found] = await transaction.run<StoredEntry>(`MATCH (e:LedgerEntry { id: $id }) RETURN ${COLUMNS}`, { id });
  return found === undefined ? null : entryOf(found);
}

export async function readEntryByKey(transaction: Transaction, key: string): Promise<LedgerEntry | null> {
  const [found] = await transaction.run<StoredEntry>(`MATCH (e:LedgerEntry { idempotencyKey: $key }) RETURN ${COLUMNS}`, { key });
  return found === undefined ? null : entryOf(found);
}

export async function readAfter(transaction: Transaction, { kinds, outcome, after, since, limit }: LedgerTail): Promise<LedgerEntry[]> {
  const terms = [...(kinds === null ? [] : ['e.kind IN $kinds']), ...(outcome === undefined ? [] : ['e.outcome = $outcome']), 'e.sequence > $after', 'e.at >= $since'];
  const found = await transaction.run<StoredEntry>(
    `MATCH (e:LedgerEntry) WHERE ${terms.join(' AND ')} RETURN ${COLUMNS} ORDER BY e.sequence LIMIT $limit`,
    { kinds: kinds === null ? null : [...kinds], outcome: outcome ?? null, after, since: since ?? 0, limit },
  );
  return found.map(entryOf);
}

/** Under the lock of those who append, for nobody else's transaction is seen whole. The count is the head's, which whoever takes entries away must change as well. */
export async function readHead(transaction: Transaction): Promise<LedgerHead> {
  const [counted] = (await transaction.one<[number | null]>("MATCH (h:LedgerHead { name: 'ledger' }) SET h.lock = randomUUID() RETURN h.counted")) ?? [null];
  const newest = await transaction.one<[number, string, number]>('MATCH (e:LedgerEntry) WHERE e.sequence > 0 RETURN e.sequence, e.hash, e.at ORDER BY e.sequence DESC LIMIT 1');
  const [sequence, hash, at] = newest ?? [0, LEDGER_ROOT, 0];
  return { sequence, hash, at, counted: counted ?? (sequence === 0 ? 0 : null) };
}

export async function readPage(transaction: Transaction, { kind, job, owners, outcome, before, limit }: LedgerFilter): Promise<LedgerPage> {
  const wanted = Object.entries({ kind, job, outcome }).flatMap(([property, value]) => (value === undefined ? [] : [[property, value] as const]));
  const where = [...wanted.map(([property]) => ` AND e.${property} = $${property}`), ...(owners === undefined ? [] : [' AND e.owner IN $owners'])].join('');
  const parameters: Row = { ...Object.fromEntries(wanted), owners: [...(owners ?? [])], before: before ?? Number.MAX_SAFE_INTEGER, limit };
  const found = await transaction.run<StoredEntry>(`MATCH (e:LedgerEntry) WHERE e.sequence < $before${where} RETURN ${COLUMNS} ORDER BY e.sequence DESC LIMIT $limit`, parameters);
  const [total] = (await transaction.one<[number]>(`MATCH (e:LedgerEntry) ${where.replace(' AND', 'WHERE')} RETURN count(e)`, parameters)) ?? [0];
  return { entries: found.map(entryOf), total };
}

function entryOf([sequence, id, kind, at, body, idempotencyKey, requestHash, job, owner, outcome, previous, hash]: StoredEntry): LedgerEntry {
  return { sequence, id, kind, at, body, idempotencyKey, requestHash, job, owner, outcome, previous, hash };
}

function withoutNulls(entry: LedgerEntry): Row {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null)) as Row;
}
