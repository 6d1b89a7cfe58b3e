import { JsonReader, membersOf } from '../outside/json-reader.ts';
import type { RegistryAccess } from './registry-config.ts';
import { OutsideFailure } from '../outside/outside-failure.ts';
import { type RegisteredVersion, SCHEMA_TYPES, type SchemaReference } from './registered-version.ts';

export interface ClientOptions extends RegistryAccess {
  /** Ends every request that is under way. */
  readonly signal?: AbortSignal;
  readonly limits?: Partial<typeof LIMITS>;
}
/** 'all' counts the soft-deleted ones; 'deleted' are subjects with versions that are (some servers: only those without others). */
export type Which = keyof typeof WHICH;
const WHICH = { all: 'deleted=true', live: 'deleted=false', deleted: 'deletedOnly=true' } as const;
/** Version numbers, ascending. */
export interface VersionList {
  readonly all: readonly number[];
  /** Those the server marks as soft-deleted, as not every server does. */
  readonly marked: readonly number[];
}

/** A schema to be registered, as JSON text. */
export interface NewSchema {
  readonly schema: string;
  readonly references: readonly SchemaReference[];
}
export interface Refused {
  readonly outcome: 'refused';
  readonly status: number;
  readonly code: number;
  readonly message: string;
}
export type Registration = { readonly outcome: 'registered'; readonly version: number; readonly schemaId: number } | Refused;

/** Characters of a refusal that are kept: a registry repeats whole schemas in it. */
const LONGEST_REFUSAL = 2_000;

export const LIMITS = {
  /** Longest wait for a registry to take a schema, ms: it writes it to Kafka first. */
  registerMs: 20_000,
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
 * The Schema Registry's REST API, as far as a mirror reads it, and one thing it is told: a new version. null is the registry's own word for "not there";
 * whatever keeps a true answer away is an OutsideFailure.
 */
export class RegistryClient {
  readonly #reader: JsonReader;
  readonly #limits: typeof LIMITS;

  constructor({ url, auth, signal, limits }: ClientOptions) {
    this.#reader = new JsonReader({ server: 'Schema Registry', url, credentials: auth, accept: ACCEPT, signal });
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Requests sent so far. */
  get requests(): number {
    return this.#reader.requests;
  }

  /** One page of the subjects; a server that does not page answers all of them, or as many as it cares to. */
  async subjects(which: Which, page: { readonly offset: number; readonly limit: number }): Promise<readonly string[]> {
    const path = `/subjects?${WHICH[which]}&offset=${page.offset}&limit=${page.limit}`;
    const answer = await this.#get(path, this.#limits.listBytes, this.#limits.listMs);
    // "Not there" is some server's word for no subject of the kind.
    return answer === null && which === 'deleted' ? [] : requireList(answer, 'string', path);
  }

  /** The versions of a subject, soft-deleted ones too; null when it has none. */
  async versions(subject: string): Promise<VersionList | null> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions?deleted=true&deletedAsNegative=true`;
    const answer = await this.#get(path, this.#limits.smallBytes);
    if (answer === null) return null;
    const listed = requireList<number>(answer, 'number', path);
    return { all: ascending(listed.map(Math.abs)), marked: ascending(listed.filter((version) => version < 0).map(Math.abs)) };
  }

  /** Those that are not soft-deleted, ascending; none when the registry says that it has none. */
  async liveVersions(subject: string): Promise<readonly number[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    const answer = await this.#get(path, this.#limits.smallBytes);
    return answer === null ? [] : ascending(requireList<number>(answer, 'number', path));
  }

  /** A version, soft-deleted or not. */
  async version(subject: string, version: number): Promise<RegisteredVersion | null> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}?deleted=true`;
    const answer = await this.#get(path, this.#limits.versionBytes);
    return answer === null ? null : versionOf(answer, path);
  }

  /**
   * Asks the registry to take a schema as a version of a subject; one it has already it takes again under the id it has.
   * It changes no level and no mode, and `force` is never asked for. What the registry refuses comes back in its words.
   */
  async register(subject: string, schema: NewSchema): Promise<Registration> {
    const at = `/subjects/${encodeURIComponent(subject)}`;
    const taken = await this.#post(`${at}/versions`, schema);
    if (taken.outcome === 'refused') return taken;
    // Not every registry answers the version with the id.
    const found = await this.#post(at, schema);
    if (found.outcome === 'refused') throw malformed(at, `it took a schema and does not find it: ${found.message}`);
    const { version, id } = membersOf(found.body);
    if (!Number.isSafeInteger(version) || !Number.isSafeInteger(id)) throw malformed(at, 'it lacks version or id');
    return { outcome: 'registered', version: Number(version), schemaId: Number(id) };
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
    const value = membersOf(answer)[member];
    if (typeof value === 'string') return value;
    throw malformed(path, `it has no ${member}`);
  }

  async #post(path: string, { schema, references }: NewSchema): Promise<{ readonly outcome: 'taken'; readonly body: unknown } | Refused> {
    const { versionBytes: bytes, registerMs: milliseconds } = this.#limits;
    const { status, body } = await this.#reader.post(path, { schema, schemaType: 'AVRO', ...(references.length === 0 ? {} : { references }) }, { bytes, milliseconds });
    if (status === 200) return { outcome: 'taken', body };
    const { error_code: code, message } = membersOf(body);
    // Whoever refuses without these two is no registry but something in front of it.
    if (typeof code !== 'number' || typeof message !== 'string' || status === 401 || status === 403) throw new OutsideFailure('refused', `the Schema Registry answered ${status} to ${path}`);
    return { outcome: 'refused', status, code, message: message.length > LONGEST_REFUSAL ? `${message.slice(0, LONGEST_REFUSAL)}…` : message };
  }

  async #get(path: string, bytes: number, milliseconds = this.#limits.answerMs): Promise<unknown> {
    const { status, body } = await this.#reader.get(path, { bytes, milliseconds });
    if (status === 200) return body;
    const code = membersOf(body)['error_code'];
    // The 404 of a proxy, or of a wrong address, says nothing of a subject.
    if (typeof code === 'number' && code >= NOT_THERE.from && code <= NOT_THERE.to) return null;
    throw malformed(path, 'it is a 404 that no Schema Registry gives');
  }
}

function requireList<T>(answer: unknown, of: 'string' | 'number', path: string): readonly T[] {
  // A number here is a version: they start at 1, and are negative where soft-deleted.
  const fits = (item: unknown): boolean => (of === 'string' ? typeof item === 'string' : Number.isSafeInteger(item) && item !== 0);
  if (Array.isArray(answer) && answer.every(fits)) return answer as T[];
  throw malformed(path, `it is no list of ${of}s`);
}

function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((a, b) => a - b);
}

function versionOf(answer: unknown, path: string): RegisteredVersion {
  const { subject, version, id, schema, schemaType = 'AVRO', references = [] } = membersOf(answer);
  if (typeof subject !== 'string' || typeof version !== 'number' || typeof id !== 'number' || typeof schema !== 'string') throw malformed(path, 'it lacks subject, version, id or schema');
  const type = SCHEMA_TYPES.find((known) => known === schemaType);
  if (type === undefined) throw malformed(path, `its type is ${JSON.stringify(schemaType)}`);
  if (!Array.isArray(references)) throw malformed(path, 'its references are no list');
  return { subject, version, schemaId: id, schemaType: type, schema, references: references.map((reference) => referenceOf(reference, path)) };
}

function referenceOf(value: unknown, path: string): SchemaReference {
  const { name, subject, version } = membersOf(value);
  if (typeof name === 'string' && typeof subject === 'string' && typeof version === 'number') return { name, subject, version };
  throw malformed(path, 'a reference lacks name, subject or version');
}

function malformed(path: string, why: string): OutsideFailure {
  return new OutsideFailure('malformed', `the answer to ${path} is not a Schema Registry's: ${why}`);
}
