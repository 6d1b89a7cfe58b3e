import { boundedText } from './bounded-answer.ts';
import { OutsideFailure } from './outside-failure.ts';

/** How Sluice makes itself known to a server outside; null: not at all. */
export type Credentials = { readonly username: string; readonly password: string } | { readonly token: string } | null;
export interface JsonReaderOptions {
  /** What is being read, in messages: `registry`. */
  readonly server: string;
  /** Address every path is added to, without a `/` at its end. */
  readonly url: string;
  readonly credentials: Credentials;
  readonly accept?: string;
  /** Ends every request that is under way. */
  readonly signal?: AbortSignal | undefined;
}
/** How much and how long an answer may be. */
export interface AnswerLimits {
  /** Unpacked. */
  readonly bytes: number;
  /** Until the whole of it is there. */
  readonly milliseconds: number;
}
export interface JsonAnswer {
  readonly status: 200 | 404;
  readonly body: unknown;
}

/**
 * Exchanges JSON with a server of somebody else. To a question only 200 and 404 are answers; whatever keeps one away, or
 * makes it larger or slower than the limits, is an OutsideFailure. It follows no redirect.
 */
export class JsonReader {
  readonly #options: JsonReaderOptions;
  readonly #headers: Readonly<Record<string, string>>;
  #requests = 0;

  constructor(options: JsonReaderOptions) {
    const { accept = 'application/json', credentials } = options;
    this.#options = options;
    this.#headers = { accept, ...(credentials === null ? {} : { authorization: authorization(credentials) }) };
  }

  /** Requests sent so far. */
  get requests(): number {
    return this.#requests;
  }

  async get(path: string, limits: AnswerLimits): Promise<JsonAnswer> {
    return this.#answer(path, limits, {}, async (response) => {
      const status = await this.#requireAnswer(response, path);
      return { status, body: this.#parsed(await boundedText(response, limits.bytes, path), path) };
    });
  }

  /** Sends a value. A refusal is an answer too: 200 and all of 400 to 499. */
  async post(path: string, value: unknown, limits: AnswerLimits): Promise<{ readonly status: number; readonly body: unknown }> {
    const request = { method: 'POST', body: JSON.stringify(value), headers: { 'content-type': 'application/json' } };
    return this.#answer(path, limits, request, async (response) => {
      const { status } = response;
      if (status < 400 || status >= 500) await this.#requireAnswer(response, path);
      return { status, body: this.#parsed(await boundedText(response, limits.bytes, path), path) };
    });
  }

  async #answer<A>(path: string, { milliseconds }: AnswerLimits, request: RequestInit, read: (response: Response) => Promise<A>): Promise<A> {
    this.#requests++;
    const { server, url, signal } = this.#options;
    const deadline = AbortSignal.timeout(milliseconds);
    try {
      const headers = { ...this.#headers, ...(request.headers as Readonly<Record<string, string>> | undefined) };
      return await read(await fetch(`${url}${path}`, { ...request, headers, redirect: 'manual', signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]) }));
    } catch (failure) {
      if (failure instanceof OutsideFailure) throw failure;
      if (deadline.aborted) throw new OutsideFailure('timed-out', `no whole answer to ${path} within ${milliseconds} ms`, { cause: failure });
      throw new OutsideFailure('unreachable', `the ${server} at ${url} cannot be reached: ${reasonOf(failure)}`, { cause: failure });
    }
  }

  /** Ends what is no answer by its status alone, without reading on. */
  async #requireAnswer(response: Response, path: string): Promise<200 | 404> {
    const { status } = response;
    if (status === 200 || status === 404) return status;
    await response.body?.cancel();
    if (status >= 300 && status < 400) throw new OutsideFailure('redirected', `${path} was answered with a redirect (${status}), and none is followed`);
    throw new OutsideFailure(status >= 500 ? 'server-error' : 'refused', `the ${this.#options.server} answered ${status} to ${path}`);
  }

  #parsed(text: string, path: string): unknown {
    try {
      return JSON.parse(text);
    } catch (failure) {
      const what = /^\s*</.test(text) ? 'HTML' : 'no JSON';
      throw new OutsideFailure('not-json', `the answer to ${path} is ${what}: what listens there is no ${this.#options.server}`, { cause: failure });
    }
  }
}

/** An object's members, none where it is no object: each is to be looked at before it is believed. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function authorization(credentials: NonNullable<Credentials>): string {
  return 'token' in credentials ? `Bearer ${credentials.token}` : `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
}

/** "fetch failed" hides the reason in its cause. */
function reasonOf(failure: unknown): string {
  const cause = failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}
