import { boundedText } from './bounded-answer.ts';
import type { RegistryAccess } from './registry-config.ts';
import { RegistryFailure } from './registry-failure.ts';

export interface ClientOptions extends RegistryAccess {
  /** Ends every request that is under way. */
  readonly signal?: AbortSignal;
  readonly limits?: Partial<typeof LIMITS>;
}
/** A version as the registry holds it. */
export interface RegisteredVersion {
  readonly subject: string;
  readonly version: number;
  readonly schemaId: number;
  readonly schemaType: 'AVRO' | 'JSON' | 'PROTOBUF';
  readonly schema: string;
  readonly references: readonly SchemaReference[];
}
export interface SchemaReference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}
/** 'all' counts the soft-deleted ones. */
export type Which = 'all' | 'live';

export const LIMITS = {
  /** Longest wait for a whole answer, ms; a registry answers in a few. */
  answerMs: 10_000,
  /** The same for a page of subjects. */
  listMs: 30_000,
  /** A page of the longest names there may be. */
  listBytes: 16 * 1024 * 1024,
  /** A schema of the largest size the catalog reads (1 MiB), escaped, with its references. */
  versionBytes: 4 * 1024 * 1024,
  /** A level, a mode, or the version numbers of a subject. */
  smallBytes: 1024 * 1024,
};
/** What a registry says when there is no such subject, version, level or mode. */
const NOT_THERE = { from: 40400, to: 40499 } as const;
const ACCEPT = 'application/vnd.schemaregistry.v1+json, application/vnd.schemaregistry+json, application/json';

/**
 * The Schema Registry's REST API, as far as a mirror reads it. null is the registry's own word for "not there";
 * whatever keeps a true answer away is a RegistryFailure. It follows no redirect and writes nothing.
 */
export class RegistryClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #signal: AbortSignal | null;
  readonly #limits: typeof LIMITS;
  #requests = 0;

  constructor({ url, auth, signal, limits }: ClientOptions) {
    this.#url = url;
    this.#headers = { accept: ACCEPT, ...(auth === null ? {} : { authorization: 'token' in auth ? `Bearer ${auth.token}` : `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` }) };
    this.#signal = signal ?? null;
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Requests sent so far. */
  get requests(): number {
    return this.#requests;
  }

  /** One page of the subjects; a server that does not page answers all of them, or as many as it cares to. */
  async subjects(which: Which, page: { readonly offset: number; readonly limit: number }): Promise<readonly string[]> {
    const path = `/subjects?deleted=${which === 'all'}&offset=${page.offset}&limit=${page.limit}`;
    const answer = await this.#get(path, this.#limits.listBytes, this.#limits.listMs);
    return requireList(answer, 'string', path);
  }

  /** The version numbers of a subject, ascending; null when it has none of the kind. */
  async versions(subject: string, which: Which): Promise<readonly number[] | null> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions?deleted=${which === 'all'}`;
    const answer = await this.#get(path, this.#limits.smallBytes);
    return answer === null ? null : requireList<number>(answer, 'number', path).toSorted((a, b) => a - b);
  }

  /** A version, soft-deleted or not. */
  async version(subject: string, version: number): Promise<RegisteredVersion | null> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}?deleted=true`;
    const answer = await this.#get(path, this.#limits.versionBytes);
    return answer === null ? null : versionOf(answer, path);
  }

  /** The level in force for a subject, its own or the registry's; for '' the registry's. */
  async level(subject: string): Promise<string | null> {
    return this.#setting('config', 'compatibilityLevel', subject);
  }

  /** The same for the mode. */
  async mode(subject: string): Promise<string | null> {
    return this.#setting('mode', 'mode', subject);
  }

  async #setting(resource: string, member: string, subject: string): Promise<string | null> {
    // Without defaultToGlobal some registries answer a level that is not the one in force.
    const path = subject === '' ? `/${resource}` : `/${resource}/${encodeURIComponent(subject)}?defaultToGlobal=true`;
    const answer = await this.#get(path, this.#limits.smallBytes);
    if (answer === null) return null;
    const value = documentOf(answer)[member];
    if (typeof value === 'string') return value;
    throw malformed(path, `it has no ${member}`);
  }

  async #get(path: string, bytes: number, milliseconds = this.#limits.answerMs): Promise<unknown> {
    this.#requests++;
    const deadline = AbortSignal.timeout(milliseconds);
    const signal = this.#signal === null ? deadline : AbortSignal.any([deadline, this.#signal]);
    try {
      const response = await fetch(`${this.#url}${path}`, { headers: this.#headers, redirect: 'manual', signal });
      await refuseUnlessAnswer(response, path);
      return judge(response.status, await boundedText(response, bytes, path), path);
    } catch (failure) {
      if (failure instanceof RegistryFailure) throw failure;
      if (deadline.aborted) throw new RegistryFailure('timed-out', `no whole answer to ${path} within ${milliseconds} ms`, { cause: failure });
      throw new RegistryFailure('unreachable', `the registry at ${this.#url} cannot be reached: ${reasonOf(failure)}`, { cause: failure });
    }
  }
}

/** Ends what is no answer of a registry by its status alone, without reading on. */
async function refuseUnlessAnswer(response: Response, path: string): Promise<void> {
  const { status } = response;
  if (status === 200 || status === 404) return;
  await response.body?.cancel();
  if (status >= 300 && status < 400) throw new RegistryFailure('redirected', `${path} was answered with a redirect (${status}), and none is followed`);
  if (status >= 500) throw new RegistryFailure('server-error', `the registry answered ${status} to ${path}`);
  throw new RegistryFailure('refused', `the registry answered ${status} to ${path}`);
}

function judge(status: number, text: string, path: string): unknown {
  const answer = parsed(text, path);
  if (status === 200) return answer;
  const code = documentOf(answer)['error_code'];
  // The 404 of a proxy, or of a wrong address, says nothing of a subject.
  if (typeof code === 'number' && code >= NOT_THERE.from && code <= NOT_THERE.to) return null;
  throw malformed(path, 'it is a 404 that no Schema Registry gives');
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (failure) {
    const what = /^\s*</.test(text) ? 'HTML' : 'no JSON';
    throw new RegistryFailure('not-json', `the answer to ${path} is ${what}: what listens there is no Schema Registry`, { cause: failure });
  }
}

function requireList<T>(answer: unknown, of: 'string' | 'number', path: string): readonly T[] {
  // A number here is a version: they start at 1.
  const fits = (item: unknown): boolean => (of === 'string' ? typeof item === 'string' : Number.isSafeInteger(item) && (item as number) > 0);
  if (Array.isArray(answer) && answer.every(fits)) return answer as T[];
  throw malformed(path, `it is no list of ${of}s`);
}

function versionOf(answer: unknown, path: string): RegisteredVersion {
  const { subject, version, id, schema, schemaType = 'AVRO', references = [] } = documentOf(answer);
  if (typeof subject !== 'string' || typeof version !== 'number' || typeof id !== 'number' || typeof schema !== 'string') throw malformed(path, 'it lacks subject, version, id or schema');
  if (schemaType !== 'AVRO' && schemaType !== 'JSON' && schemaType !== 'PROTOBUF') throw malformed(path, `its type is ${JSON.stringify(schemaType)}`);
  if (!Array.isArray(references)) throw malformed(path, 'its references are no list');
  return { subject, version, schemaId: id, schemaType, schema, references: references.map((reference) => referenceOf(reference, path)) };
}

function referenceOf(value: unknown, path: string): SchemaReference {
  const { name, subject, version } = documentOf(value);
  if (typeof name === 'string' && typeof subject === 'string' && typeof version === 'number') return { name, subject, version };
  throw malformed(path, 'a reference lacks name, subject or version');
}

function malformed(path: string, why: string): RegistryFailure {
  return new RegistryFailure('malformed', `the answer to ${path} is not a Schema Registry's: ${why}`);
}

function documentOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

/** "fetch failed" hides the reason in its cause. */
function reasonOf(failure: unknown): string {
  const cause = failure instanceof Error && failure.cause instanceof Error ? failure.cause : failure;
  if (!(cause instanceof Error)) return String(cause);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}
