import type { ProgramFact } from '../catalog/changes.ts';
import type { Reservation } from '../catalog/gate/reservation.ts';
import { type DatasetRef, datasetKey, entityKey, type Named } from '../catalog/names.ts';
import type { JobStart } from '../catalog/permit/job-start.ts';
import type { Permit } from '../catalog/permit/permit.ts';
import type { LedgerEntry } from '../store/store.ts';
import type { LedgerBook } from './ledger-follower.ts';
import { type ProgramText, programText } from './program-text.ts';

/** Longest a permit may stand, ms: who has not started by then asks again, and what it reserves is free for others. */
export const LONGEST_PERMIT_MS = 3_600_000;
/**
 * A job that starts in the permit's last second is seen only after a look at its cluster or with its next event; for so
 * long, ms, its reservation outlasts the permit.
 */
export const SEEN_WITHIN_MS = 120_000;
/** Reservations made lately that a decision under way is held against; one that took longer is made again. */
const REMEMBERED_ADDITIONS = 4_096;

/** What an entry of kind 'permit' records. */
export type PermitEvent =
  | { readonly event: 'given'; readonly permit: Permit; readonly program: ProgramFact }
  /** The job was seen running: from this revision on its program is in the catalog. */
  | { readonly event: 'settled'; readonly permitId: string; readonly job: Named; readonly start: JobStart; readonly revision: number }
  /** The job came and went. */
  | { readonly event: 'released'; readonly permitId: string; readonly job: Named; readonly start: JobStart; readonly revision: number };

/** Permits of one job with one program: they reserve the same. */
interface Holding extends Reservation {
  readonly key: string;
  readonly permits: Set<string>;
}
export interface Held {
  readonly permit: Permit;
  readonly holding: Reservation;
  /** null: it counts until the job can no longer start unseen; else until the catalog is at this revision. */
  readonly closedAt: number | null;
}

/** The permits whose jobs may start unseen, and what they reserve; those about to be recorded count as well. */
export class PermitBook implements LedgerBook {
  readonly kinds = ['permit'] as const;
  readonly horizonMs = LONGEST_PERMIT_MS + 2 * SEEN_WITHIN_MS;
  readonly #held = new Map<string, Held & { readonly holding: Holding }>();
  readonly #byJob = new Map<string, Set<string>>();
  readonly #holdings = new Map<string, Holding>();
  readonly #byDataset = new Map<string, { stamp: number; readonly holdings: Set<Holding> }>();
  readonly #added: { readonly holding: Holding; readonly foreign: boolean }[] = [];
  readonly #closing = new Set<string>();
  #forgotten = 0;
  #stamp = 0;
  #nextLapse = Number.POSITIVE_INFINITY;
  #given = 0;
  #removals = 0;

  take(entry: LedgerEntry): void {
    if (entry.outcome === 'given') this.#given++;
    // This process's own counts since before it was recorded.
    if (this.#held.has(entry.id)) return;
    const event = JSON.parse(entry.body) as PermitEvent;
    if (event.event === 'given') this.#reserve(event.permit, programText(event.program), true);
    else this.#close(event.permitId, event.revision);
  }

  forget(): void {
    for (const permitId of [...this.#held.keys()]) this.drop(permitId);
    this.#given = 0;
  }

  /** Counts a permit before it is recorded; `drop` takes it back. */
  reserve(permit: Permit, program: ProgramText): void {
    this.#reserve(permit, program, false);
  }

  #reserve(permit: Permit, { fact, hash }: ProgramText, foreign: boolean): void {
    const job = jobKey(permit.job);
    const key = `${job} ${permit.evidence} ${hash}`;
    this.#byJob.set(job, (this.#byJob.get(job) ?? new Set()).add(permit.permitId));
    const holding = this.#holdings.get(key) ?? this.#hold({ key, job: permit.job, owner: permit.owner, evidence: permit.evidence, program: fact, permits: new Set() }, foreign);
    holding.permits.add(permit.permitId);
    this.#held.set(permit.permitId, { permit, holding, closedAt: null });
    this.#nextLapse = Math.min(this.#nextLapse, permit.expiresAt + SEEN_WITHIN_MS);
  }

  drop(permitId: string): void {
    const held = this.#held.get(permitId);
    if (held === undefined) return;
    this.#held.delete(permitId);
    this.#closing.delete(permitId);
    const job = jobKey(held.permit.job);
    this.#byJob.get(job)?.delete(permitId);
    if (this.#byJob.get(job)?.size === 0) this.#byJob.delete(job);
    held.holding.permits.delete(permitId);
    if (held.holding.permits.size === 0) this.#free(held.holding);
  }

  /** Forgets reservations that the catalog has taken over at this revision. */
  caughtUp(revision: number): void {
    for (const permitId of [...this.#closing]) if ((this.#held.get(permitId)?.closedAt ?? 0) <= revision) this.drop(permitId);
  }

  /** Permits whose jobs can no longer start unseen: look once more, then `drop` them. */
  overdue(now: number): readonly Permit[] {
    if (now < this.#nextLapse) return [];
    const open = [...this.#held.values()].filter(({ closedAt }) => closedAt === null).map(({ permit }) => permit);
    this.#nextLapse = Math.min(...open.map(({ expiresAt }) => expiresAt + SEEN_WITHIN_MS));
    return open.filter(({ expiresAt }) => expiresAt + SEEN_WITHIN_MS <= now);
  }

  /** Goes up with every reservation that is new. */
  get additions(): number {
    return this.#forgotten + this.#added.length;
  }
  /** Those made since, by anyone or by other processes alone; null where that is too long ago to tell. */
  addedSince(additions: number, by: 'anyone' | 'others'): readonly Reservation[] | null {
    if (additions < this.#forgotten) return null;
    const added = this.#added.slice(additions - this.#forgotten).filter(({ holding, foreign }) => holding.permits.size > 0 && (foreign || by === 'anyone'));
    return added.map(({ holding }) => holding);
  }

  /** Goes up whenever something is no longer reserved: who read what is deployed before and what is reserved after may have missed it in both. */
  get removals(): number {
    return this.#removals;
  }

  get isEmpty(): boolean {
    return this.#holdings.size === 0;
  }
  /** Changes whenever what is reserved of a dataset does; 0 where nothing is. */
  stampOf(dataset: DatasetRef): number {
    const there = this.#byDataset.get(datasetKey(dataset));
    return there === undefined ? 0 : there.stamp;
  }
  /** What is reserved of a dataset. */
  touching(dataset: DatasetRef): readonly Reservation[] {
    return this.touchingKey(datasetKey(dataset));
  }
  /** The same by `datasetKey`. */
  touchingKey(key: string): readonly Reservation[] {
    const there = this.#byDataset.get(key);
    return there === undefined ? NONE : [...there.holdings];
  }

  /** Permits that are open: neither settled nor released, and not expired by the clock. */
  open(now: number): readonly Permit[] {
    return [...this.#held.values()].filter(({ permit, closedAt }) => closedAt === null && permit.expiresAt > now).map(({ permit }) => permit);
  }
  /** Those of one job. */
  openOf(job: Named): readonly Permit[] {
    const ids = this.#byJob.get(jobKey(job)) ?? [];
    return [...ids].flatMap((id) => {
      const held = this.#held.get(id);
      return held?.closedAt === null ? [held.permit] : [];
    });
  }
  isOpen(permitId: string): boolean {
    return this.#held.get(permitId)?.closedAt === null;
  }
  /** Permits given, as far back as this book goes. */
  get given(): number {
    return this.#given;
  }

  #hold(holding: Holding, foreign: boolean): Holding {
    this.#holdings.set(holding.key, holding);
    this.#added.push({ holding, foreign });
    if (this.#added.length > 2 * REMEMBERED_ADDITIONS) this.#forgotten += this.#added.splice(0, REMEMBERED_ADDITIONS).length;
    for (const key of datasetsOf(holding)) {
      const there = this.#byDataset.get(key) ?? { stamp: 0, holdings: new Set() };
      there.holdings.add(holding);
      there.stamp = ++this.#stamp;
      this.#byDataset.set(key, there);
    }
    return holding;
  }

  #free(holding: Holding): void {
    this.#removals++;
    this.#holdings.delete(holding.key);
    for (const key of datasetsOf(holding)) {
      const there = this.#byDataset.get(key);
      if (there === undefined) continue;
      there.holdings.delete(holding);
      there.stamp = ++this.#stamp;
      if (there.holdings.size === 0) this.#byDataset.delete(key);
    }
  }

  #close(permitId: string, revision: number): void {
    const held = this.#held.get(permitId);
    if (held === undefined) return;
    this.#held.set(permitId, { ...held, closedAt: revision });
    this.#closing.add(permitId);
  }
}

function jobKey({ namespace, name }: Named): string {
  return entityKey({ kind: 'job', namespace, name });
}

const NONE: readonly Reservation[] = [];

function datasetsOf({ program }: Reservation): Set<string> {
  return new Set([...program.reads, ...program.writes].map(({ dataset }) => datasetKey(dataset)));
}
