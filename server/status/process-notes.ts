import { type KeyedNote, type Store, StoreUnavailable } from '../store/store.ts';
import { inTime, NotInTime } from './in-time.ts';
import { inOnePlace, type ProcessIdentity, type ProcessStatus } from './process-status.ts';
import { CHECK_DEADLINE_MS } from './readiness.ts';

/** Not heard from for so long a process is silent, ms: it missed several of its turns. */
export const SILENT_AFTER_MS = 60_000;
/** What a process said last is kept so long, ms: whoever comes in the morning sees what ended in the night. */
export const FORGOTTEN_AFTER_MS = 24 * 3_600_000;
/** Processes at most that are told of: a page people can read, also of a process that ends and starts all night. */
export const MOST_PROCESSES = 100;
const PREFIX = 'process/';

/** What a process said, and when. Members are only ever added: processes of two versions share a store while one replaces the other. */
export interface SaidStatus extends ProcessIdentity, ProcessStatus {
  /** ms, by the clock of its host. */
  readonly heardAt: number;
}
export type OtherProcesses =
  /** By kind and start. */
  | { readonly outcome: 'read'; readonly processes: readonly (SaidStatus & { readonly state: 'heard' | 'silent' })[] }
  /** The reason is fit to show. */
  | { readonly outcome: 'unknown'; readonly reason: string };

interface Kept {
  readonly note: KeyedNote;
  readonly said: SaidStatus;
}

/**
 * What the processes on one store say of themselves: a note for each, in one of MOST_PROCESSES places that are used again, since
 * Neo4j keeps the node of a note that was removed. Notes are beside the record: no revision, no entry of the ledger.
 */
export class ProcessNotes {
  readonly #store: Pick<Store, 'notes' | 'setNote'>;
  readonly #own: ProcessIdentity;
  readonly #clock: () => number;

  constructor({ store, own, clock }: { readonly store: Pick<Store, 'notes' | 'setNote'>; readonly own: ProcessIdentity; readonly clock: () => number }) {
    this.#store = store;
    this.#own = own;
    this.#clock = clock;
  }

  /** Of all but this one; waits no longer than readiness does. */
  async others(): Promise<OtherProcesses> {
    try {
      const kept = await inTime(this.#kept(), CHECK_DEADLINE_MS);
      const others = kept.filter(({ said }) => said.instance !== this.#own.instance);
      const processes = others.map(({ said }) => ({ ...said, state: this.#isSilent(said) ? ('silent' as const) : ('heard' as const) }));
      return { outcome: 'read', processes: processes.sort((a, b) => (a.kind === b.kind ? a.startedAt - b.startedAt : a.kind < b.kind ? -1 : 1)) };
    } catch (failure) {
      if (failure instanceof StoreUnavailable) return { outcome: 'unknown', reason: failure.message };
      if (failure instanceof NotInTime) return { outcome: 'unknown', reason: `the store ${failure.message}` };
      throw failure;
    }
  }

  /** Replaces what this process said before, and drops what was said by those long gone. */
  async say(status: ProcessStatus): Promise<void> {
    const kept = await this.#keptAfterDropping();
    const { kind, instance, startedAt } = this.#own;
    const said: SaidStatus = { kind, instance, startedAt, heardAt: this.#clock(), ...status };
    const own = kept.find((one) => one.said.instance === instance);
    for (const { key, version } of own === undefined ? this.#placesFor(kept) : [own.note]) {
      if ((await this.#store.setNote(key, JSON.stringify(said), version)) !== null) return;
    }
    throw new Error(own === undefined ? `more than ${MOST_PROCESSES} processes work on this store: the limit of those that are told of` : 'what this process said was dropped in the same moment');
  }

  /** Takes back what this process said. */
  async leave(): Promise<void> {
    const own = (await this.#kept()).find(({ said }) => said.instance === this.#own.instance);
    if (own !== undefined) await this.#store.setNote(own.note.key, null, own.note.version);
  }

  /** A note that somebody renews or drops meanwhile is left to them. */
  async #keptAfterDropping(): Promise<readonly Kept[]> {
    const { outdated = [], kept = [] } = Object.groupBy(await this.#kept(), ({ said }) => (this.#isOutdated(said) ? 'outdated' : 'kept'));
    for (const { note } of outdated) await this.#store.setNote(note.key, null, note.version);
    return kept;
  }

  /** Free ones first, then those of who has been silent longest. */
  #placesFor(kept: readonly Kept[]): { readonly key: string; readonly version: number }[] {
    const taken = new Set(kept.map(({ note }) => note.key));
    const free = Array.from({ length: MOST_PROCESSES }, (_, place) => ({ key: `${PREFIX}${place + 1}`, version: 0 })).filter(({ key }) => !taken.has(key));
    const silent = kept.filter(({ said }) => this.#isSilent(said)).sort((a, b) => a.said.heardAt - b.said.heardAt);
    return [...free, ...silent.map(({ note }) => note)];
  }

  #isSilent({ heardAt }: SaidStatus): boolean {
    return this.#clock() - heardAt >= SILENT_AFTER_MS;
  }

  #isOutdated(said: SaidStatus): boolean {
    const followed = said.instance !== this.#own.instance && inOnePlace(said, this.#own) && this.#isSilent(said);
    return followed || this.#clock() - said.heardAt >= FORGOTTEN_AFTER_MS;
  }

  async #kept(): Promise<readonly Kept[]> {
    return (await this.#store.notes(PREFIX)).map((note) => ({ note, said: JSON.parse(note.text) as SaidStatus }));
  }
}
