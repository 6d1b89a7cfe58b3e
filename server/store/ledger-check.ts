import { LEDGER_ROOT, ledgerHash } from './ledger-hash.ts';
import type { LedgerEntry } from './store.ts';

/**
 * What can be wrong with a ledger:
 * - changed      an entry is not what its hash says
 * - missing      entries between two others are gone
 * - reordered    an entry comes where an earlier one was expected
 * - unlinked     an entry does not follow from the one before it: one of the two was put in its place, or was written anew
 * - truncated    the chain ends before what is known to have been in it
 * - added        the chain goes on beyond what was ever appended
 * - rewritten    the chain has another entry where a checkpoint was taken
 */
export type LedgerFaultKind = 'changed' | 'missing' | 'reordered' | 'unlinked' | 'truncated' | 'added' | 'rewritten';
export interface LedgerFault {
  readonly fault: LedgerFaultKind;
  /** The first place that is wrong. */
  readonly sequence: number;
  /** For people. */
  readonly message: string;
}

/** What the chain held at a time, kept elsewhere. */
export interface LedgerCheckpoint {
  readonly sequence: number;
  readonly hash: string;
}

export interface LedgerCheckOptions {
  readonly checkpoints?: readonly LedgerCheckpoint[];
  /** Where the entries begin; a part of a ledger begins with its first entry, whose `previous` is taken as it is. */
  readonly begins?: 'at-root' | 'anywhere';
  /** Whether entries follow each other without gaps; those of one kind alone do not, and each is checked by itself. */
  readonly contiguous?: boolean;
}

/** Checks a ledger entry by entry, holding none of them. The first fault ends the check. */
export class LedgerCheck {
  readonly #options: Required<LedgerCheckOptions>;
  readonly #unchecked: Map<number, LedgerCheckpoint>;
  #fault: LedgerFault | null = null;
  #first: LedgerEntry['sequence'] | null = null;
  #sequence = 0;
  #hash: string | null = LEDGER_ROOT;
  #entries = 0;

  constructor({ checkpoints = [], begins = 'at-root', contiguous = true }: LedgerCheckOptions = {}) {
    this.#options = { checkpoints, begins, contiguous };
    this.#unchecked = new Map(checkpoints.map((checkpoint) => [checkpoint.sequence, checkpoint]));
    if (begins === 'at-root' && contiguous) this.#compareWithCheckpoint(0, LEDGER_ROOT);
  }

  get fault(): LedgerFault | null {
    return this.#fault;
  }
  /** Entries found true so far, from where to where, and the hash of the last. */
  get checked(): { readonly entries: number; readonly first: number | null; readonly last: number; readonly hash: string | null } {
    return { entries: this.#entries, first: this.#first, last: this.#sequence, hash: this.#hash };
  }
  /** Checkpoints that no entry answered to. */
  get unanswered(): readonly LedgerCheckpoint[] {
    return [...this.#unchecked.values()];
  }

  /** Takes the next entry; false when something is wrong, and then nothing more is looked at. */
  take(entry: LedgerEntry): boolean {
    this.#fault ??= this.#faultOf(entry);
    if (this.#fault !== null) return false;
    this.#first ??= entry.sequence;
    this.#sequence = entry.sequence;
    this.#hash = entry.hash;
    this.#entries++;
    this.#compareWithCheckpoint(entry.sequence, entry.hash);
    return this.#fault === null;
  }

  /** The entries have come to their end, where more is known to have been: that many were appended, and these checkpoints taken. */
  end(counted: number | null): void {
    const last = this.#sequence;
    const beyond = [...this.#unchecked.keys()].filter((sequence) => sequence > last).sort((a, b) => b - a)[0];
    if (counted !== null && counted > last) this.#add('truncated', last + 1, `the chain ends at entry ${last}, but ${counted} were appended: the last ${counted - last} are gone`);
    else if (beyond !== undefined) this.#add('truncated', last + 1, `the chain ends at entry ${last}, but there was an entry ${beyond} when a checkpoint was taken`);
    else if (counted !== null && counted < last) this.#add('added', counted + 1, `the chain ends at entry ${last}, but only ${counted} were appended: somebody else wrote to it`);
  }

  #faultOf(entry: LedgerEntry): LedgerFault | null {
    const { sequence } = entry;
    const place = this.#options.contiguous ? this.#faultOfPlace(sequence) : null;
    if (place !== null) return place;
    const changed = changeOf(entry);
    if (changed !== null) return { fault: 'changed', sequence, message: `entry ${sequence} ${changed}` };
    if (this.#isFirst()) {
      // Its predecessor is not here, but a checkpoint may have been taken of it.
      this.#compareWithCheckpoint(sequence - 1, entry.previous);
      return this.#fault;
    }
    if (!this.#options.contiguous || entry.previous === this.#hash) return null;
    return { fault: 'unlinked', sequence, message: `entry ${sequence} follows from an entry with hash ${entry.previous}, but the one before it has ${this.#hash}: it, or the one before it, is not what was recorded there` };
  }

  #faultOfPlace(sequence: number): LedgerFault | null {
    const expected = this.#sequence + 1;
    if (sequence === expected || (this.#isFirst() && Number.isSafeInteger(sequence) && sequence > 0)) return null;
    if (sequence > expected) {
      const gone = sequence - 1 === expected ? `entry ${expected} is` : `entries ${expected} to ${sequence - 1} are`;
      return { fault: 'missing', sequence: expected, message: `${gone} missing before entry ${sequence}` };
    }
    return { fault: 'reordered', sequence: expected, message: `entry ${sequence} comes where entry ${expected} belongs` };
  }

  #isFirst(): boolean {
    return this.#options.begins === 'anywhere' && this.#first === null;
  }

  #compareWithCheckpoint(sequence: number, hash: string): void {
    const checkpoint = this.#unchecked.get(sequence);
    if (checkpoint === undefined) return;
    this.#unchecked.delete(sequence);
    if (checkpoint.hash !== hash) this.#add('rewritten', sequence, `entry ${sequence} has hash ${hash}, but had ${checkpoint.hash} when a checkpoint was taken: the chain was written anew from there or before`);
  }

  #add(fault: LedgerFaultKind, sequence: number, message: string): void {
    this.#fault ??= { fault, sequence, message };
  }
}

/** What shows that an entry is not the one that was written; null when nothing does. */
function changeOf(entry: LedgerEntry): string | null {
  const { previous, sequence, id, kind, at, body, hash } = entry;
  if (![previous, id, kind, body, hash].every((part) => typeof part === 'string') || typeof at !== 'number') return 'does not have the form of an entry';
  const expected = ledgerHash(previous, sequence, entry);
  if (expected !== hash) return `has hash ${hash}, but what it says makes ${expected}: it was changed`;
  return kind === 'decision' ? changedColumnOf(entry) : null;
}

/** Job, owner and outcome stand beside a decision for those who look for it; they are not hashed, for the body says the same. */
function changedColumnOf({ body, job, owner, outcome }: Omit<LedgerEntry, 'owner'> & { readonly owner?: string | null }): string | null {
  const said = decisionIn(body);
  if (said === null) return null;
  if (said.outcome !== outcome) return `is listed with outcome ${outcome}, but its decision says ${said.outcome}: it was changed`;
  // An export of before has no owners.
  if (owner !== undefined && said.owner !== owner) return `is listed with owner ${owner}, but its decision says ${said.owner}: it was changed`;
  // The namespace may have been asked for by an alias.
  return job?.endsWith(`/${said.job}`) === true ? null : `is listed with job ${job}, but its decision is about ${said.job}: it was changed`;
}

function decisionIn(body: string): { readonly outcome: string; readonly job: string; readonly owner: string | null } | null {
  try {
    const { decision, request } = JSON.parse(body) as { decision?: { outcome?: string }; request?: { job?: { name?: string; owner?: string | null } } };
    return decision?.outcome === undefined || request?.job?.name === undefined ? null : { outcome: decision.outcome, job: request.job.name, owner: request.job.owner || null };
  } catch {
    // Hashed as it stands, whatever it is.
    return null;
  }
}
