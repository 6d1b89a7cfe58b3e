import { setTimeout as sleep } from 'node:timers/promises';
import { inTime } from './in-time.ts';
import type { ProcessNotes } from './process-notes.ts';
import type { ProcessStatus } from './process-status.ts';

/** Rest between two times a process says how it is, ms: several in the minute after which it counts as silent. */
export const REPORT_EVERY_MS = 10_000;
/** How long taking back may hold up a stop, ms: a store that does not answer by then learns of it by the silence. */
const LEAVE_WITHIN_MS = 2_000;

export interface ReportLog {
  warn(facts: object, text: string): void;
  info(facts: object, text: string): void;
}
export interface StatusReportParts {
  readonly notes: ProcessNotes;
  readonly log: ReportLog;
  /** Rest between two reports; REPORT_EVERY_MS unless given. */
  readonly everyMs?: number;
}

/**
 * Leaves in the store how this process is, again and again, at nobody's cost: nothing waits for it, and a store that
 * refuses it is told once in the log and tried again.
 */
export class StatusReports {
  readonly #notes: ProcessNotes;
  readonly #log: ReportLog;
  readonly #everyMs: number;
  readonly #stopping = new AbortController();
  #running: Promise<void> | null = null;
  #lastFailure: string | null = null;

  constructor({ notes, log, everyMs = REPORT_EVERY_MS }: StatusReportParts) {
    this.#notes = notes;
    this.#log = log;
    this.#everyMs = everyMs;
  }

  /** Begins at once; after `end` it does nothing. */
  begin(status: () => Promise<ProcessStatus>): void {
    if (!this.#stopping.signal.aborted) this.#running ??= this.#report(status);
  }

  /** Ends the reports and takes back what was said: the process ends in order. Never rejects. */
  async end(): Promise<void> {
    this.#stopping.abort();
    if (this.#running === null) return;
    await inTime(this.#running.then(() => this.#notes.leave()), LEAVE_WITHIN_MS).catch((err: unknown) => this.#log.warn({ err }, 'what this process said of itself could not be taken back'));
  }

  async #report(status: () => Promise<ProcessStatus>): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#reportOnce(status);
      await sleep(this.#everyMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
  }

  async #reportOnce(status: () => Promise<ProcessStatus>): Promise<void> {
    try {
      const said = await status();
      if (this.#stopping.signal.aborted) return;
      await this.#notes.say(said);
      if (this.#lastFailure !== null) this.#log.info({}, 'what this process says of itself is in the store again');
      this.#lastFailure = null;
    } catch (failure) {
      const message = failure instanceof Error ? failure.message : String(failure);
      if (message !== this.#lastFailure) this.#log.warn({ err: failure }, 'what this process says of itself cannot be left in the store, and is tried again');
      this.#lastFailure = message;
    }
  }
}
