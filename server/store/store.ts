import type { Aspect, Evidence, FactBodies, GraphChange, Instant, Observation } from '../catalog/changes.ts';
import type { GraphSource, RevisionInfo } from '../catalog/lineage/rows.ts';
import { entityKey, type EntityKind, type EntityRef } from '../catalog/names.ts';

/**
 * The catalog on disk: facts with history, edges with evidence and validity, the change feed, Kafka
 * offsets, search, and the ledger of decisions. Two implementations keep this promise, and one contract
 * suite (`test/store/store-contract.ts`) holds both to it.
 *
 * Every method rejects with `StoreUnavailable` when the store cannot answer truthfully (down, locked, disk
 * full) and then nothing was changed.
 */
export interface Store extends GraphSource {
  /**
   * Applies a batch in one transaction: facts, edges, search, change feed, offset. A batch that changes
   * nothing adds no revision. A batch whose offset does not continue the stored one is refused whole, with
   * outcome 'fenced': another worker has the partition.
   */
  apply(batch: ChangeBatch): Promise<ApplyOutcome>;
  /** Next offset to read by topic and partition, as stored with the changes. */
  offsets(topic: string): Promise<ReadonlyMap<number, OffsetPosition>>;

  /** What is said about an entity now, or at an event time; null when the catalog never heard of it. */
  entity(ref: EntityRef, asOf?: number): Promise<EntityRecord | null>;
  /** Since when each statement of an aspect that is in force now has been made without being withdrawn, however often it changed. */
  statedSince(ref: EntityRef, aspect: Aspect): Promise<readonly StatedSince[]>;
  /** Entities of a kind by ascending key, after `after`. Fields are not listed here. */
  entities(kind: Exclude<EntityKind, 'field'>, page: { readonly after: string | null; readonly limit: number }): Promise<readonly EntityRef[]>;
  /** Entities by store id, in the order asked; null for an id never given out. */
  names(ids: readonly number[]): Promise<readonly (EntityRef | null)[]>;
  search(query: SearchQuery): Promise<SearchResult>;

  /**
   * Appends entries to the ledger in order, durably and in one transaction; all or nothing. Rejects with
   * `LedgerConflict` when an id or idempotency key is taken, by an older entry or one of the same call, and with
   * `LedgerMoved` when somebody else's entry is newer than what the guard has seen.
   */
  appendToLedger(entries: readonly LedgerDraft[], guard?: LedgerGuard): Promise<readonly LedgerEntry[]>;
  /** Newest first. */
  ledger(filter: LedgerFilter): Promise<LedgerPage>;
  /** Entries of some kinds after a place in the ledger, oldest first. */
  ledgerAfter(tail: LedgerTail): Promise<readonly LedgerEntry[]>;
  ledgerEntry(id: string): Promise<LedgerEntry | null>;
  /** The entry an idempotency key made, if any. */
  ledgerEntryByKey(idempotencyKey: string): Promise<LedgerEntry | null>;
  /** The end of the chain, and how many entries the store counted when they were appended, of one moment. */
  ledgerHead(): Promise<LedgerHead>;

  /** What Sluice noted for itself under a key, beside the record; null when nothing is. */
  note(key: string): Promise<Note | null>;
  /** Every note whose key begins so, by ascending key. */
  notes(prefix: string): Promise<readonly KeyedNote[]>;
  /**
   * Replaces a note, durably, when its version still is the expected one (0: there is none); null removes it. Answers the
   * new version, or null when somebody else was faster; then nothing was changed.
   */
  setNote(key: string, text: string | null, expected: number): Promise<number | null>;

  /** Copies the whole store to a new file while it is in use; the copy is of one revision. */
  backup(toFile: string): Promise<RevisionInfo>;
  statistics(): Promise<StoreStatistics>;
  close(): Promise<void>;
}

export interface ChangeBatch {
  readonly changes: readonly GraphChange[];
  /** Wall clock, ms. */
  readonly committedAt: number;
  readonly offset: OffsetAdvance | null;
}
/** Says "this batch is what lies in [from, next) of this partition". */
export interface OffsetAdvance {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly next: number;
  /** Consumer group generation; a lower one than stored is fenced. */
  readonly generation: number;
}
export interface OffsetPosition {
  readonly next: number;
  readonly generation: number;
}
export type ApplyOutcome =
  | { readonly outcome: 'applied'; readonly revision: number; readonly changed: boolean }
  /** `next` is where the stored offset stands. */
  | { readonly outcome: 'fenced'; readonly next: number; readonly generation: number };

export interface EntityRecord {
  readonly ref: EntityRef;
  readonly id: number;
  /** The statements in force, by aspect, part, evidence; withdrawn ones are absent. */
  readonly facts: readonly FactRecord[];
  /** As actor. */
  readonly observations: readonly Observation[];
}
export type FactRecord = {
  [A in Aspect]: {
    readonly aspect: A;
    readonly part: string;
    readonly evidence: Evidence;
    readonly at: Instant;
    readonly body: FactBodies[A];
  };
}[Aspect];

/** Of one slot: a part of an aspect, as one kind of evidence tells it. */
export interface StatedSince {
  readonly part: string;
  readonly evidence: Evidence;
  /** Event time, ms. */
  readonly time: number;
}

export interface SearchQuery {
  /** Words; the last one matches as a prefix. Never interpreted as a query language. '' matches everything. */
  readonly text: string;
  readonly filters: Partial<Record<SearchFacet, readonly string[]>>;
  readonly limit: number;
  /** Opaque, from a previous result. */
  readonly cursor: string | null;
}
export const SEARCH_FACETS = ['kind', 'platform', 'cluster', 'owner', 'tag', 'schema'] as const;
export type SearchFacet = (typeof SEARCH_FACETS)[number];
export interface SearchResult {
  readonly hits: readonly SearchHit[];
  readonly total: number;
  /**
   * Counts of the whole result, not of the page; largest first, at most 50 values each besides those filtered by. Each facet is
   * counted over what the filters of all the others let through, so what its own filter leaves out is told, too.
   */
  readonly facets: Record<SearchFacet, readonly { readonly value: string; readonly count: number }[]>;
  readonly nextCursor: string | null;
  readonly revision: number;
  /** When that revision was committed, ms. */
  readonly committedAt: number;
}
export interface SearchHit {
  readonly ref: EntityRef;
  readonly owner: string | null;
  readonly tags: readonly string[];
  /** First part of the doc, at most 200 characters. */
  readonly doc: string | null;
  /** Where the words matched: name, doc, tags, owner. */
  readonly matched: readonly string[];
}

/**
 * What entries of the ledger record:
 * - decision    the gate's verdict on a request
 * - policy      the policy in force from here on
 * - permit      a permit given, and what became of it
 * - proposal    what happened to a schema change
 * - approval    findings approved in a context, by owners or as break-glass
 * - bypass      a job seen running that no permit covers
 * - api-token, webhook, administration   acts of administrators
 */
export const LEDGER_KINDS = ['decision', 'policy', 'permit', 'proposal', 'approval', 'bypass', 'api-token', 'webhook', 'administration'] as const;
export type LedgerKind = (typeof LEDGER_KINDS)[number];

/** What a new entry says; the store gives it its place, hash and predecessor. */
export interface LedgerDraft {
  /** Unique, chosen by the caller. */
  readonly id: string;
  readonly kind: LedgerKind;
  readonly at: number;
  /** Canonical JSON text; hashed as it stands, byte for byte. */
  readonly body: string;
  readonly idempotencyKey: string | null;
  /** Hash of the request the key came with. */
  readonly requestHash: string | null;
  /** For filters. */
  readonly job: string | null;
  /** The team a decision's request says the job is of; null where it says none, and for other kinds. */
  readonly owner: string | null;
  readonly outcome: string | null;
}
export interface LedgerEntry extends LedgerDraft {
  /** 1, 2, 3 … without gaps. */
  readonly sequence: number;
  /** SHA-256 hex of the entry before; 64 zeros for the first. */
  readonly previous: string;
  /** SHA-256 hex over `previous`, sequence, id, kind, at and body (`ledgerHash`). */
  readonly hash: string;
}
export interface LedgerFilter {
  readonly kind?: LedgerDraft['kind'];
  readonly job?: string;
  /** Only entries with one of these owners. */
  readonly owners?: readonly string[];
  readonly outcome?: string;
  /** Only entries with a smaller sequence. */
  readonly before?: number;
  readonly limit: number;
}
/** What the writer of an entry rests on: that no entry of these kinds came after that sequence. */
export interface LedgerGuard {
  readonly kinds: readonly LedgerKind[];
  readonly after: number;
}
export interface LedgerTail {
  /** null: of every kind, those too that nobody knows. */
  readonly kinds: readonly LedgerKind[] | null;
  /** Only entries with this outcome. */
  readonly outcome?: string;
  /** Only entries with a larger sequence. */
  readonly after: number;
  /** Only entries recorded then or later, ms. */
  readonly since?: number;
  readonly limit: number;
}
export interface LedgerHead {
  /** Of the newest entry; 0 and 64 zeros for an empty ledger. */
  readonly sequence: number;
  readonly hash: string;
  /** When it was recorded, ms; 0 for an empty ledger. */
  readonly at: number;
  /** Entries ever appended, as counted apart from the chain; null where a store of before has not begun to. */
  readonly counted: number | null;
}
/** A text that Sluice keeps for itself: never part of the record, and not copied with it. */
export interface Note {
  readonly text: string;
  /** Starts from 1, one more with every change. */
  readonly version: number;
}
export interface KeyedNote extends Note {
  readonly key: string;
}
export interface LedgerPage {
  readonly entries: readonly LedgerEntry[];
  readonly total: number;
}
export interface StoreStatistics {
  readonly entities: Readonly<Record<EntityKind, number>>;
  readonly edges: number;
  readonly revision: number;
  readonly bytes: number;
}

/**
 * The store cannot answer now; the reason is fit to show, the cause is for the log. `refused`: it answers, and not us (a wrong
 * password, no database of that name): waiting does not help, people do.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  readonly reason: 'locked' | 'full' | 'closed' | 'down' | 'corrupt' | 'refused';
  constructor(reason: StoreUnavailable['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
/** An entry with this id or idempotency key exists; nothing was appended. */
export class LedgerConflict extends Error {
  override readonly name = 'LedgerConflict';
  readonly on: 'id' | 'idempotencyKey';
  readonly value: string;
  constructor(on: LedgerConflict['on'], value: string) {
    super(`the ledger already has an entry with ${on === 'id' ? 'id' : 'idempotency key'} ${value}`);
    this.on = on;
    this.value = value;
  }
}
/** Somebody else appended an entry the writer has not seen; nothing was appended. */
export class LedgerMoved extends Error {
  override readonly name = 'LedgerMoved';
  constructor() {
    super('the ledger has entries that were not seen when this one was decided');
  }
}
/** The file or database cannot be used by this version of Sluice. */
export class StoreIncompatible extends Error {
  override readonly name = 'StoreIncompatible';
}

/** Entities read at once where nothing is said: names alone, so a page is small. */
const PAGE = 1_000;

export interface Paging {
  /** Key to begin after. Default: the first of the kind. */
  readonly after?: string;
  /** Entities a page. */
  readonly limit?: number;
}

/** All entities of a kind by ascending key, page by page; what comes meanwhile behind the page is met, too. */
export async function* entityPages(store: Pick<Store, 'entities'>, kind: Parameters<Store['entities']>[0], { after, limit = PAGE }: Paging = {}): AsyncGenerator<readonly EntityRef[], void> {
  for (let from = after ?? null; ; ) {
    const page: readonly EntityRef[] = await store.entities(kind, { after: from, limit });
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    from = entityKey(last);
  }
}
