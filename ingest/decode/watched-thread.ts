import { Worker } from 'node:worker_threads';
import type { Contract, DecodeOutcome, RegistrySource } from './decoder.ts';

/** Memory of the decoding thread, MB: a message that makes more than this of 1 MiB is an attack or a mistake. */
export const THREAD_MEMORY_MB = 256;
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

/** How a task ended. After anything but an answer the thread is gone. */
export type Attempt =
  | { readonly ended: 'answered'; readonly answer: ThreadAnswer }
  /** One message was at work for longer than the deadline. */
  | { readonly ended: 'late'; readonly at: number }
  | { readonly ended: 'registry-silent' }
  /** It ran out of memory or failed; `at` is where it was, whatever it died of. */
  | { readonly ended: 'died'; readonly at: number; readonly decoding: boolean; readonly reason: string };

export interface ThreadOptions {
  readonly registry: RegistrySource;
  /** Longest work on one message, ms. */
  readonly messageDeadlineMs: number;
  /** Longest wait for the registry, all its tries together, ms. */
  readonly registryDeadlineMs: number;
  /** The program of the thread; it speaks as `decode-thread.ts` does. */
  readonly program: URL;
}

/** A decoding thread with bounded memory, and the eye kept on it. It does one task at a time. */
export class WatchedThread {
  readonly #worker: Worker;
  readonly #options: ThreadOptions;
  readonly #progress = new Int32Array(new SharedArrayBuffer(PROGRESS.slots * 4));
  #gone = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#worker = new Worker(options.program, {
      workerData: { registry: options.registry, progress: this.#progress },
      resourceLimits: { maxOldGenerationSizeMb: THREAD_MEMORY_MB, maxYoungGenerationSizeMb: 32 },
    });
    // These stay for its life: it may also fail between two tasks, or while it is being ended.
    this.#worker.on('error', () => (this.#gone = true)).on('exit', () => (this.#gone = true));
  }

  /** It takes no more tasks. */
  get gone(): boolean {
    return this.#gone;
  }

  run(task: DecodeTask): Promise<Attempt> {
    Atomics.store(this.#progress, PROGRESS.position, 0);
    Atomics.store(this.#progress, PROGRESS.activity, ACTIVITY.idle);
    const worker = this.#worker;
    return new Promise((resolve) => {
      const answered = (answer: ThreadAnswer): void => end({ ended: 'answered', answer });
      const failed = (error: unknown): void => end(this.#death(error instanceof Error ? error.message : 'unknown'));
      const exited = (): void => end(this.#death('the decoding thread ended'));
      const watch = this.#watch((attempt) => end(attempt));
      const end = (attempt: Attempt): void => {
        clearInterval(watch);
        worker.off('message', answered).off('error', failed).off('exit', exited);
        if (attempt.ended !== 'answered') void this.end();
        resolve(attempt);
      };
      worker.on('message', answered).on('error', failed).on('exit', exited);
      worker.postMessage(task);
    });
  }

  async end(): Promise<void> {
    this.#gone = true;
    await this.#worker.terminate();
  }

  /** Counts looks rather than time: a machine that slept, or a busy main thread, is no fault of the message. */
  #watch(found: (attempt: Attempt) => void): NodeJS.Timeout {
    const { messageDeadlineMs, registryDeadlineMs } = this.#options;
    let [looks, seen] = [0, ''];
    return setInterval(() => {
      const [at, activity] = [this.#read(PROGRESS.position), this.#read(PROGRESS.activity)];
      const now = `${at} ${activity}`;
      looks = now === seen ? looks + 1 : 0;
      seen = now;
      if (activity === ACTIVITY.decoding && looks * WATCH_INTERVAL_MS > messageDeadlineMs) found({ ended: 'late', at });
      else if (activity === ACTIVITY.asking && looks * WATCH_INTERVAL_MS > registryDeadlineMs) found({ ended: 'registry-silent' });
    }, WATCH_INTERVAL_MS);
  }

  #death(reason: string): Attempt {
    return { ended: 'died', at: this.#read(PROGRESS.position), decoding: this.#read(PROGRESS.activity) === ACTIVITY.decoding, reason };
  }

  #read(slot: number): number {
    return Atomics.load(this.#progress, slot);
  }
}
