import { createHash } from 'node:crypto';
import { entityKey, type Named } from '../catalog/names.ts';
import { type BypassReason, coverageOf, type GivenPermit, hasEnded, isRecorded, isRunning, isToldElsewhere, type JobStart, needsPermit, type StateSaid } from '../catalog/permit/job-start.ts';
import { settlementOf } from '../catalog/permit/settlement.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import { BoundedCache } from '../queries/bounded-cache.ts';
import { type CatalogReader, factsOf, ownerOf } from '../queries/catalog-reader.ts';
import { entityPages, type EntityRecord, LedgerConflict, type LedgerDraft, type Store } from '../store/store.ts';
import type { Bypass } from './bypass-book.ts';
import { digestOf, JobRuns, statesOf } from './job-runs.ts';
import type { LedgerFollower } from './ledger-follower.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import { type PermitBook, type PermitEvent, SEEN_WITHIN_MS } from './permit-book.ts';
import { permitHistory, type PermitHistory } from './permit-history.ts';

/** Names looked up at once. */
const NAMES_AT_ONCE = 1_000;
/** Jobs whose starts were looked at and are the same since. */
const REMEMBERED_JOBS = 50_000;

export interface WatchParts {
  readonly store: Pick<Store, 'apply' | 'entity' | 'entities' | 'names' | 'ledger' | 'ledgerAfter'>;
  readonly index: LineageIndex;
  readonly catalog: CatalogReader;
  readonly follower: LedgerFollower;
  readonly writer: LedgerWriter;
  readonly book: PermitBook;
  readonly clock: () => number;
}

/**
 * Follows what is said of jobs: one that holds a permit and is seen running becomes part of what is deployed, one that no
 * permit covers is a bypass. Doing so twice, or in two processes, records it once.
 */
export class PermitWatch {
  readonly #parts: WatchParts;
  /** Store ids of what changed since the last look; at first everything. */
  #changed: Set<number> | 'everything' = 'everything';
  readonly #examined = new BoundedCache<string, string>(REMEMBERED_JOBS);
  readonly #runs: JobRuns;
  #permitsSince: number | null = null;
  #settling: Promise<void> | null = null;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#runs = new JobRuns(parts.store);
    parts.index.onChange((ids) => this.#note(ids));
  }

  /** Looks at every job something new is said about; gives how many entries that led to. */
  async look(): Promise<number> {
    const { index, follower } = this.#parts;
    await follower.catchUp();
    await index.catchUp();
    const since = await this.#permitsBegan();
    if (since === null) return 0;
    const changed = this.#changed;
    this.#changed = new Set();
    let entries = 0;
    try {
      for await (const job of this.#jobsAmong(changed)) entries += await this.#examine(job, since);
    } catch (failure) {
      this.#note(changed === 'everything' ? changed : [...changed]);
      throw failure;
    }
    return entries;
  }

  /** Looks once more at jobs whose permits lapse, and frees what the others of them reserved. */
  settleOverdue(): Promise<void> {
    this.#settling ??= this.#settleOverdue().finally(() => {
      this.#settling = null;
    });
    return this.#settling;
  }

  async #settleOverdue(): Promise<void> {
    const { book, clock, follower, index } = this.#parts;
    const since = (await this.#permitsBegan()) ?? 0;
    const overdue = book.overdue(clock());
    // What is said of them up to this moment counts.
    await index.catchUp();
    for (const { job } of overdue) await this.#examine(job, since);
    await follower.catchUp();
    for (const { permitId } of overdue) if (book.isOpen(permitId)) book.drop(permitId);
  }

  #note(ids: readonly number[] | 'everything'): void {
    if (ids === 'everything') this.#changed = 'everything';
    else if (this.#changed !== 'everything') for (const id of ids) this.#changed.add(id);
  }

  /** When the first permit was given; what ran before has none and needs none. */
  async #permitsBegan(): Promise<number | null> {
    if (this.#permitsSince !== null) return this.#permitsSince;
    const [first] = await this.#parts.store.ledgerAfter({ kinds: ['permit'], after: 0, limit: 1 });
    return (this.#permitsSince = first?.at ?? null);
  }

  async *#jobsAmong(changed: ReadonlySet<number> | 'everything'): AsyncGenerator<Named> {
    const { store } = this.#parts;
    if (changed === 'everything') {
      for await (const page of entityPages(store, 'job')) yield* page;
      return;
    }
    const ids = [...changed];
    for (let i = 0; i < ids.length; i += NAMES_AT_ONCE) {
      for (const ref of await store.names(ids.slice(i, i + NAMES_AT_ONCE))) if (ref?.kind === 'job') yield ref;
    }
  }

  async #examine({ namespace, name }: Named, since: number): Promise<number> {
    const { catalog, book, store } = this.#parts;
    const job = { namespace, name };
    const record = await catalog.entity({ kind: 'job', ...job });
    if (record === null) return 0;
    const states = statesOf(record);
    const text = JSON.stringify([states, digestOf(record)]);
    const key = entityKey({ kind: 'job', ...job });
    if (this.#examined.get(key) === text && book.openOf(job).length === 0) return 0;
    const latest = states.filter(({ at }) => at.time > since - SEEN_WITHIN_MS);
    const entries = latest.length === 0 ? 0 : await this.#judge({ job, record, since, history: await permitHistory(job, store) }, latest);
    this.#examined.set(key, text);
    return entries;
  }

  async #judge(about: Examined, states: readonly StateSaid[]): Promise<number> {
    let { history } = about;
    let entries = 0;
    for (const said of states) {
      const start = hasEnded(said) ? await this.#runs.ended(said, about) : isRunning(said) ? await this.#runs.of(said, about) : null;
      const recorded = [...history.given.flatMap(({ starts }) => starts), ...history.bypasses];
      if (start === null || start.time <= about.since || isRecorded(start, recorded)) continue;
      if (!(await this.#record(start, hasEnded(said), { ...about, history }))) continue;
      entries++;
      history = await permitHistory(about.job, this.#parts.store);
    }
    return entries;
  }

  /** Records what a start means; false where it means nothing. */
  async #record(start: JobStart, ended: boolean, about: Examined): Promise<boolean> {
    const { job, history, record } = about;
    const coverage = coverageOf(start, history.given, { digest: digestOf(record), seenWithin: SEEN_WITHIN_MS });
    if (coverage.outcome === 'covered') {
      const given = history.given.find(({ permit }) => permit.permitId === coverage.given.permit.permitId);
      if (given !== undefined) await (ended && given.starts.length === 0 ? this.#release(given, start) : this.#settle(given, start, about));
      return true;
    }
    if (!needsPermit(start, factsOf(record, 'job').map(({ body }) => body.kind)) || isToldElsewhere(start, history.bypasses)) return false;
    await this.#bypass(start, coverage.reason, { job, record });
    return true;
  }

  /** The statements come first: from their revision on the job counts as deployed without its permit. */
  async #settle({ permit, program, starts }: PermitHistory['given'][number], start: JobStart, { record }: Examined): Promise<void> {
    const { store, clock } = this.#parts;
    const programs = factsOf(record, 'program');
    const changes = starts.length > 0 ? [] : settlementOf(permit, program, start, { programs, hasOwner: factsOf(record, 'owner').length > 0 });
    const outcome = await store.apply({ changes, committedAt: clock(), offset: null });
    if (outcome.outcome !== 'applied') throw new Error('a batch without an offset cannot be fenced');
    await this.#append({ event: 'settled', permitId: permit.permitId, job: permit.job, start, revision: outcome.revision });
  }

  async #release({ permit }: GivenPermit, start: JobStart): Promise<void> {
    await this.#append({ event: 'released', permitId: permit.permitId, job: permit.job, start, revision: this.#parts.index.revision.revision });
  }

  #append(event: Exclude<PermitEvent, { readonly event: 'given' }>): Promise<void> {
    const { permitId, job, start } = event;
    return this.#once({ id: `${event.event}-${hashOf([permitId, start.evidence])}`, kind: 'permit', at: this.#parts.clock(), body: JSON.stringify(event), idempotencyKey: null, requestHash: null, job: `${job.namespace}/${job.name}`, owner: null, outcome: event.event });
  }

  #bypass(start: JobStart, reason: BypassReason, { job, record }: Pick<Examined, 'job' | 'record'>): Promise<void> {
    const bypassId = `bypass-${hashOf([job.namespace, job.name, start.evidence, start.id])}`;
    const at = this.#parts.clock();
    const bypass: Bypass = { bypassId, job, owner: ownerOf(record), reason, start, digest: digestOf(record)?.text ?? null, at };
    return this.#once({ id: bypassId, kind: 'bypass', at, body: JSON.stringify(bypass), idempotencyKey: null, requestHash: null, job: `${job.namespace}/${job.name}`, owner: null, outcome: reason });
  }

  /** Another process may have recorded the same. */
  async #once(draft: LedgerDraft): Promise<void> {
    try {
      await this.#parts.writer.append(draft);
    } catch (failure) {
      if (!(failure instanceof LedgerConflict)) throw failure;
    }
  }
}

interface Examined {
  readonly job: Named;
  readonly record: EntityRecord;
  readonly since: number;
  readonly history: PermitHistory;
}

function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}
