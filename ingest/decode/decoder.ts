import { Worker } from 'node:worker_threads';
import type { AuditEvent, ControlEvent } from '../contracts/events.ts';

/** Where writer schemas come from: a Schema Registry, or the contracts of this version alone, under their own ids. */
export type RegistrySource = { readonly kind: 'embedded' } | { readonly kind: 'http'; readonly url: string; readonly auth?: { readonly username: string; readonly password: string } };
export type Contract = 'control' | 'audit';
/** Ids of the contracts where no registry gives them any. */
export const EMBEDDED_SCHEMA_IDS = { control: 1, audit: 2 } as const;

export type DecodeOutcome =
  | { readonly outcome: 'decoded'; readonly event: ControlEvent | AuditEvent }
  /** Never to be decoded, however often it is tried. */
  | Undecodable;
export interface Undecodable {
  readonly outcome: 'undecodable';
  readonly failure: 'Empty' | 'TooLarge' | 'NotConfluent' | 'SchemaNotFound' | 'SchemaUnfit' | 'Malformed' | 'DecodeLimit';
  readonly message: string;
}

/** The registry could not be asked; the same messages may decode later. */
export class RegistryUnavailable extends Error {
  override readonly name = 'RegistryUnavailable';
}

export interface Decoder {
  /** One outcome for each value, in order. Rejects with RegistryUnavailable when a schema could not be asked for. */
  decode(contract: Contract, values: readonly (Uint8Array | null)[]): Promise<readonly DecodeOutcome[]>;
  close(): Promise<void>;
}

/** Memory of the decoding thread, MB: a message that makes more than this of 1 MiB is an attack or a mistake. */
const THREAD_MEMORY_MB = 256;
/** Longest work on one message, ms; an honest one takes well under one. */
const MESSAGE_DEADLINE_MS = 2_000;
/** How often the thread is looked at, ms. */
const WATCH_INTERVAL_MS = 100;

/** What thread and watcher share: position of the message at work, and what is done with it. */
export const PROGRESS = { position: 0, activity: 1, slots: 2 } as const;
export const ACTIVITY = { idle: 0, decoding: 1, asking: 2 } as const;

export interface DecodeTask {
  readonly contract: Contract;
  readonly values: readonly (Uint8Array | null)[];
}
export type ThreadAnswer =
  | { readonly answer: 'outcomes'; readonly outcomes: readonly DecodeOutcome[] }
  | { readonly answer: 'registry-unavailable'; readonly message: string }
  | { readonly answer: 'failed'; readonly message: string };

/**
 * Decodes in a thread of its own with bounded memory and time: a message that would exhaust either ends
 * the thread, is reported undecodable, and its neighbours are decoded by the next thread.
 */
export function createDecoder(options: { readonly registry: RegistrySource; readonly deadlineMs?: number }): Decoder {
  return new ThreadDecoder(options.registry, options.deadlineMs ?? MESSAGE_DEADLINE_MS);
}

type Attempt = { readonly ended: 'answered'; readonly answer: ThreadAnswer } | { readonly ended: 'died'; readonly at: number; readonly reason: string };

class ThreadDecoder implements Decoder {
  readonly #registry: RegistrySource;
  readonly #deadlineMs: number;
  readonly #progress = new Int32Array(new SharedArrayBuffer(PROGRESS.slots * 4));
  #thread: Worker | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(registry: RegistrySource, deadlineMs: number) {
    this.#registry = registry;
    this.#deadlineMs = deadlineMs;
  }

  decode(contract: Contract, values: readonly (Uint8Array | null)[]): Promise<readonly DecodeOutcome[]> {
    const mine = this.#turn.then(() => this.#decodeAll({ contract, values }));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#thread?.terminate();
    this.#thread = null;
  }

  /** Decodes until every message has its outcome; each death of a thread settles the message it died of. */
  async #decodeAll({ contract, values }: DecodeTask): Promise<readonly DecodeOutcome[]> {
    const poisoned = new Map<number, Undecodable>();
    for (;;) {
      const task: DecodeTask = { contract, values: values.map((value, i) => (poisoned.has(i) ? null : value)) };
      const attempt = await this.#attempt(task);
      if (attempt.ended === 'died') {
        poisoned.set(attempt.at, { outcome: 'undecodable', failure: 'DecodeLimit', message: attempt.reason });
        continue;
      }
      const { answer } = attempt;
      if (answer.answer === 'registry-unavailable') throw new RegistryUnavailable(answer.message);
      if (answer.answer === 'failed') throw new Error(`the decoding thread failed: ${answer.message}`);
      return answer.outcomes.map((outcome, i) => poisoned.get(i) ?? outcome);
    }
  }

  #attempt(task: DecodeTask): Promise<Attempt> {
    const thread = (this.#thread ??= this.#startThread());
    Atomics.store(this.#progress, PROGRESS.position, 0);
    Atomics.store(this.#progress, PROGRESS.activity, ACTIVITY.idle);
    return new Promise((resolve) => {
      const watch = this.#watch((reason) => end({ ended: 'died', at: this.#position(), reason }));
      const end = (attempt: Attempt): void => {
        clearInterval(watch);
        for (const event of ['message', 'error', 'exit']) thread.removeAllListeners(event);
        if (attempt.ended === 'died') {
          this.#thread = null;
          // Its memory is given back once it is gone; nobody waits for that.
          void thread.terminate();
        }
        resolve(attempt);
      };
      thread.once('message', (answer: ThreadAnswer) => end({ ended: 'answered', answer }));
      thread.once('error', (error) => end({ ended: 'died', at: this.#position(), reason: `decoding it took more than ${THREAD_MEMORY_MB} MB (${error.message})` }));
      thread.once('exit', () => end({ ended: 'died', at: this.#position(), reason: 'the decoding thread ended' }));
      thread.postMessage(task);
    });
  }

  /** Calls `late` when one message has been at work for longer than the deadline; asking the registry does not count. */
  #watch(late: (reason: string) => void): NodeJS.Timeout {
    let since = performance.now();
    let seen = -1;
    return setInterval(() => {
      const position = this.#position();
      if (position !== seen || Atomics.load(this.#progress, PROGRESS.activity) !== ACTIVITY.decoding) [seen, since] = [position, performance.now()];
      else if (performance.now() - since > this.#deadlineMs) late(`decoding it took longer than ${this.#deadlineMs} ms`);
    }, WATCH_INTERVAL_MS);
  }

  #position(): number {
    return Atomics.load(this.#progress, PROGRESS.position);
  }

  #startThread(): Worker {
    return new Worker(new URL('./decode-thread.ts', import.meta.url), {
      workerData: { registry: this.#registry, progress: this.#progress },
      resourceLimits: { maxOldGenerationSizeMb: THREAD_MEMORY_MB, maxYoungGenerationSizeMb: 32 },
    });
  }
}
