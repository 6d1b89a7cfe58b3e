import { Readable } from 'node:stream';
import type { paths } from '../http/openapi-types.ts';
import { MAX_LINE_LENGTH } from './answer-lines.ts';
import { boundedLines } from './bounded-lines.ts';
import { CommandFailure, EXIT } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** A request takes at most this long: the gate answers in milliseconds, a whole closure of a hub in seconds. */
const TIMEOUT_MS = 30_000;
const DEFAULT_URL = 'http://127.0.0.1:7420';

type Ok<Operation> = Operation extends { responses: { 200: { content: { 'application/json': infer Body } } } } ? Body : never;
type Query<Operation> = Operation extends { parameters: { query?: infer Q } } ? Q : never;
type GetPath = { [P in keyof paths]: paths[P] extends { get: object } ? P : never }[keyof paths];
type DeletePath = { [P in keyof paths]: paths[P] extends { delete: object } ? P : never }[keyof paths];
type PostPath = { [P in keyof paths]: paths[P] extends { post: object } ? P : never }[keyof paths];

/** Calls the API with the types of `openapi.yaml`; whatever is not a 200 ends the command with its reason. */
export class ApiClient {
  readonly #base: string;
  readonly #credential: Readonly<Record<string, string>>;

  constructor(base: string, token: string | undefined) {
    this.#base = base.replace(/\/+$/, '');
    this.#credential = token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` };
  }

  get<P extends GetPath>(path: P, query: Query<paths[P]['get']>): Promise<Ok<paths[P]['get']>> {
    return this.#call(`${path}${search(query)}`, { method: 'GET' });
  }

  post<P extends PostPath>(path: P, body: unknown, query: Query<paths[P]['post']>, headers: Record<string, string> = {}): Promise<Ok<paths[P]['post']>> {
    return this.#call(`${path}${search(query)}`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });
  }

  /** `path` with its parameters filled in. */
  delete<P extends DeletePath>(path: P, parameters: Readonly<Record<string, string>>, query: Query<paths[P]['delete']>): Promise<Ok<paths[P]['delete']>> {
    const filled = path.replace(/{(\w+)}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
    return this.#call(`${filled}${search(query)}`, { method: 'DELETE' });
  }

  /** An answer of lines, as it comes; one that breaks off ends the command. */
  async *lines<P extends GetPath>(path: P, query: Query<paths[P]['get']>): AsyncGenerator<string> {
    const response = await fetch(`${this.#base}${path}${search(query)}`, { headers: this.#credential }).catch((cause: unknown) => this.#unreachable(cause));
    if (!response.ok) throw new CommandFailure(response.status >= 500 ? EXIT.unavailable : EXIT.usage, reasonOf(response.status, await response.text()));
    if (response.body === null) return;
    try {
      yield* boundedLines(Readable.fromWeb(response.body), MAX_LINE_LENGTH);
    } catch (cause) {
      throw new CommandFailure(EXIT.unavailable, `the answer of ${this.#base} broke off`, { cause });
    }
  }

  #unreachable(cause: unknown): never {
    throw new CommandFailure(EXIT.unavailable, `no answer from ${this.#base}: is Sluice running? (--url or SLUICE_URL says where)`, { cause });
  }

  async #call<Body>(path: string, init: RequestInit & { readonly headers?: Readonly<Record<string, string>> }): Promise<Body> {
    const response = await fetch(this.#base + path, { ...init, headers: { ...init.headers, ...this.#credential }, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((cause: unknown) => this.#unreachable(cause));
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as Body;
    const hint = response.status === 401 && this.#credential['authorization'] === undefined ? '; the commands take a bearer token from SLUICE_TOKEN' : '';
    throw new CommandFailure(response.status >= 500 ? EXIT.unavailable : EXIT.usage, `${reasonOf(response.status, text)}${hint}`);
  }
}

/** Where Sluice is asked unless an option says otherwise. */
export function defaultUrl({ env }: Terminal): string {
  return env['SLUICE_URL'] ?? DEFAULT_URL;
}

/** The API there, asked with the token of the environment: as an argument it would show in process lists. */
export function clientAt(url: string, { env }: Terminal): ApiClient {
  return new ApiClient(url, env['SLUICE_TOKEN']);
}

function search(query: object | undefined): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((v): [string, unknown] => [name, v]));
  const text = new URLSearchParams(pairs.filter(([, value]) => value !== undefined && value !== null).map(([name, value]): [string, string] => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}

function reasonOf(status: number, text: string): string {
  try {
    const { title, detail } = JSON.parse(text) as { title?: string; detail?: string };
    if (title !== undefined) return `${title}: ${detail ?? ''}`;
  } catch {
    // Not a problem document: some other server answered.
  }
  return `HTTP ${status}`;
}
