import type { AuditEvent, ControlEvent } from '../contracts/events.ts';
import { type DecodeTask, THREAD_MEMORY_MB, type ThreadAnswer, type ThreadOptions, WatchedThread } from './watched-thread.ts';

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

/** Longest work on one message, ms; an honest one takes well under one. */
const MESSAGE_DEADLINE_MS = 2_000;
/** Longest wait for the registry, ms: the client's own tries take a few seconds, longer and it hangs. */
const REGISTRY_DEADLINE_MS = 15_000;
/** Most bytes given to the thread at once: what becomes of them lies in its memory all together. */
const MAX_BYTES_AT_ONCE = 4 * 1024 * 1024;

/**
 * Decodes in a thread of its own with bounded memory and time: a message that would exhaust either ends
 * the thread, is reported undecodable, and its neighbours are decoded by the next thread.
 */
export function createDecoder(options: Pick<ThreadOptions, 'registry'> & Partial<ThreadOptions>): Decoder {
  return new ThreadDecoder({ messageDeadlineMs: MESSAGE_DEADLINE_MS, registryDeadlineMs: REGISTRY_DEADLINE_MS, program: new URL('./decode-thread.ts', import.meta.url), ...options });
}

class ThreadDecoder implements Decoder {
  readonly #options: ThreadOptions;
  #thread: WatchedThread | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ThreadOptions) {
    this.#options = options;
  }

  decode(contract: Contract, values: readonly (Uint8Array | null)[]): Promise<readonly DecodeOutcome[]> {
    const mine = this.#turn.then(() => this.#decodeAll(contract, values));
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#thread?.end();
    this.#thread = null;
  }

  async #decodeAll(contract: Contract, values: readonly (Uint8Array | null)[]): Promise<readonly DecodeOutcome[]> {
    const outcomes: DecodeOutcome[] = [];
    for (const part of parts(values)) outcomes.push(...(await this.#decodePart({ contract, values: part })));
    return outcomes;
  }

  /** A thread that dies takes its work with it: what came before, the message it was at and what comes after are done again. */
  async #decodePart(task: DecodeTask): Promise<readonly DecodeOutcome[]> {
    if (task.values.length === 0) return [];
    if (this.#thread === null || this.#thread.gone) this.#thread = new WatchedThread(this.#options);
    const attempt = await this.#thread.run(task);
    switch (attempt.ended) {
      case 'answered':
        return outcomesOf(attempt.answer);
      case 'registry-silent':
        throw new RegistryUnavailable('the registry does not answer');
      case 'late':
        return this.#around(task, attempt.at, [overLimit(`decoding it took longer than ${this.#options.messageDeadlineMs} ms`)]);
      case 'died':
        // Alone it shows whether the thread died of this message, or of all of them together.
        if (task.values.length > 1) return this.#around(task, attempt.at, null);
        if (!attempt.decoding) throw new Error(`the decoding thread failed before it came to the message: ${attempt.reason}`);
        return [overLimit(`decoding it took more than ${THREAD_MEMORY_MB} MB (${attempt.reason})`)];
    }
  }

  /** Everything but the message at this place, which is decoded alone unless its outcome is known. */
  async #around({ contract, values }: DecodeTask, at: number, known: readonly DecodeOutcome[] | null): Promise<readonly DecodeOutcome[]> {
    const before = await this.#decodePart({ contract, values: values.slice(0, at) });
    const there = known ?? (await this.#decodePart({ contract, values: values.slice(at, at + 1) }));
    return [...before, ...there, ...(await this.#decodePart({ contract, values: values.slice(at + 1) }))];
  }
}

function outcomesOf(answer: ThreadAnswer): readonly DecodeOutcome[] {
  if (answer.answer === 'registry-unavailable') throw new RegistryUnavailable(answer.message);
  if (answer.answer === 'failed') throw new Error(`the decoding thread failed: ${answer.message}`);
  return answer.outcomes;
}

function overLimit(message: string): Undecodable {
  return { outcome: 'undecodable', failure: 'DecodeLimit', message };
}

/** The values in order, cut so that no part has more bytes than the limit; a larger value is a part by itself. */
function parts(values: readonly (Uint8Array | null)[]): readonly (readonly (Uint8Array | null)[])[] {
  const cut: (Uint8Array | null)[][] = [[]];
  let room = MAX_BYTES_AT_ONCE;
  for (const value of values) {
    const size = value?.length ?? 0;
    if (size > room && cut.at(-1)?.length !== 0) {
      cut.push([]);
      room = MAX_BYTES_AT_ONCE;
    }
    cut.at(-1)?.push(value);
    room -= size;
  }
  return cut;
}
