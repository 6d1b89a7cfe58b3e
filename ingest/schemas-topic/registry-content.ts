import { createHash } from 'node:crypto';
import { OutsideFailure } from '../../server/outside/outside-failure.ts';
import type { RegisteredVersion, SchemaReference, SchemaType } from '../../server/registry/registered-version.ts';
import { type SchemasRecord, schemasRecord, type TopicRecord } from './schemas-record.ts';

/** A version as the topic tells it. */
export interface ToldVersion {
  readonly schemaId: number;
  readonly schemaType: SchemaType;
  /** null: let go once the catalog had it. */
  readonly schema: string | null;
  readonly digest: string;
  readonly references: readonly SchemaReference[];
  readonly deleted: boolean;
}
export interface ContentCounts {
  readonly records: number;
  /** Of key types that this reader does not know. */
  readonly unknown: number;
  readonly unreadable: number;
  /** Schemas under an id that has another schema: every registry that follows the topic passes over them. */
  readonly conflicting: number;
}

/** Most text of schemas held until the catalog has them, UTF-16 units: 50,000 subjects of five versions of 2,000 each, as much in memory. */
const MOST_TEXT = 512 * 1024 * 1024;
/** The mode of a registry that was told none. */
const USUAL_MODE = 'READWRITE';

/**
 * What a registry holds, by the records of its topic: each a pure step, in the order of their offsets. A record that comes
 * again, or whose predecessors were compacted away, leads to the same.
 */
export class RegistryContent {
  readonly #subjects = new Map<string, Map<number, ToldVersion>>();
  readonly #removed = new Map<string, Set<number>>();
  readonly #settings = { level: new Map<string, string>(), mode: new Map<string, string>() };
  /** By context and id, the schema that has it, and where. */
  readonly #ids = new Map<string, { readonly digest: string; readonly places: Set<string> }>();
  readonly #mostText: number;
  #text = 0;
  readonly #counts = { records: 0, unknown: 0, unreadable: 0, conflicting: 0 };
  /** Subjects with something new since it was last taken note of. */
  readonly touched = new Set<string>();
  /** By key, of whom a record speaks that cannot be read, until one with the same key can. */
  readonly #doubts = new Map<string, { readonly scope: string; readonly reason: string }>();

  constructor(mostText = MOST_TEXT) {
    this.#mostText = mostText;
  }

  get counts(): ContentCounts {
    return { ...this.#counts };
  }
  get subjects(): number {
    return this.#subjects.size;
  }
  versions(subject: string): ReadonlyMap<number, ToldVersion> {
    return this.#subjects.get(subject) ?? NO_VERSIONS;
  }
  /** Versions that were deleted for good, as far as the topic still tells. */
  removed(subject: string): ReadonlySet<number> {
    return this.#removed.get(subject) ?? NO_NUMBERS;
  }
  /** The level in force; null where the topic has no record of one: it is the registry's own setting then. */
  level(subject: string): string | null {
    return this.#inForce('level', subject);
  }
  mode(subject: string): string {
    return this.#inForce('mode', subject) ?? USUAL_MODE;
  }
  version(subject: string, version: number): Omit<RegisteredVersion, 'schema'> & { readonly schema: string | null } | null {
    const told = this.versions(subject).get(version);
    return told === undefined ? null : { subject, version, schemaId: told.schemaId, schemaType: told.schemaType, schema: told.schema, references: told.references };
  }
  /** Why nothing is to be said of a subject now: a record of it, of its context or of the registry cannot be read. */
  doubt(subject: string): string | null {
    if (this.#doubts.size === 0) return null;
    const scopes = scopesOf(subject);
    return [...this.#doubts.values()].find((doubt) => scopes.includes(doubt.scope))?.reason ?? null;
  }
  /** Lets go of the text of a version that the catalog has, unless another has come meanwhile. */
  letGo(subject: string, version: number, told: ToldVersion): void {
    const versions = this.#subjects.get(subject);
    if (versions?.get(version) !== told) return;
    versions.set(version, { ...told, schema: null });
    this.#text -= told.schema?.length ?? 0;
  }

  take(record: TopicRecord): void {
    const read = schemasRecord(record);
    this.#counts.records++;
    const key = record.key ?? '';
    const doubted = this.#doubts.get(key);
    this.#doubts.delete(key);
    if (read.says === 'unreadable' && read.subject !== null) this.#doubts.set(key, { scope: read.subject, reason: read.reason });
    for (const scope of [doubted?.scope, this.#doubts.get(key)?.scope]) if (scope !== undefined) this.#touch(scope);
    this.#apply(read);
  }

  #apply(record: SchemasRecord): void {
    switch (record.says) {
      case 'schema': {
        const { schema, ...rest } = record.schema;
        return this.#register(record.subject, record.version, { ...rest, schema, digest: digestOf(schema) });
      }
      case 'version-removed':
        return this.#remove(record.subject, record.version);
      case 'subject-deleted':
        return this.#markDeleted(record.subject, record.through);
      case 'subject-cleared':
        for (const [version, { deleted }] of [...this.versions(record.subject)]) if (deleted) this.#remove(record.subject, version);
        return;
      case 'level': case 'mode':
        return this.#set(record);
      case 'unknown':
        return void this.#counts.unknown++;
      case 'unreadable':
        return void this.#counts.unreadable++;
      case 'nothing':
    }
  }

  #register(subject: string, version: number, told: ToldVersion): void {
    const [id, place] = [`${contextOf(subject)} ${told.schemaId}`, `${version} ${subject}`];
    const known = this.#ids.get(id);
    if (known !== undefined && known.digest !== told.digest) return void this.#counts.conflicting++;
    this.#touch(subject);
    const before = this.versions(subject).get(version);
    if (before !== undefined) this.#release(subject, version, before);
    (this.#ids.get(id) ?? setIn(this.#ids, id, { digest: told.digest, places: new Set() })).places.add(place);
    const same = before !== undefined && before.schemaId === told.schemaId && before.digest === told.digest && before.deleted === told.deleted;
    const kept = same ? before : told;
    (this.#subjects.get(subject) ?? setIn(this.#subjects, subject, new Map())).set(version, kept);
    this.#text += kept.schema?.length ?? 0;
    if (this.#text > this.#mostText) throw new OutsideFailure('too-large', `the topic has more than ${this.#mostText} characters of schemas that the catalog has not`);
    this.#removed.get(subject)?.delete(version);
  }

  #remove(subject: string, version: number): void {
    const versions = this.#subjects.get(subject);
    const before = versions?.get(version);
    if (before !== undefined) this.#release(subject, version, before);
    versions?.delete(version);
    if (versions?.size === 0) this.#subjects.delete(subject);
    (this.#removed.get(subject) ?? setIn(this.#removed, subject, new Set())).add(version);
    this.#touch(subject);
  }

  #markDeleted(subject: string, through: number): void {
    for (const [version, told] of this.versions(subject)) if (version <= through) this.#subjects.get(subject)?.set(version, { ...told, deleted: true });
    this.#touch(subject);
  }

  #set({ says, scope, value }: Extract<SchemasRecord, { says: 'level' | 'mode' }>): void {
    if (value === null) this.#settings[says].delete(scope);
    else this.#settings[says].set(scope, value);
    this.#touch(scope);
  }

  #inForce(what: 'level' | 'mode', subject: string): string | null {
    for (const scope of scopesOf(subject)) {
      const value = this.#settings[what].get(scope);
      if (value !== undefined) return value;
    }
    return null;
  }

  /** What is no longer so of a version: its text, its claim to an id. */
  #release(subject: string, version: number, { schemaId, schema }: ToldVersion): void {
    this.#text -= schema?.length ?? 0;
    const id = `${contextOf(subject)} ${schemaId}`;
    const held = this.#ids.get(id);
    held?.places.delete(`${version} ${subject}`);
    if (held?.places.size === 0) this.#ids.delete(id);
  }

  /** A context, and the registry, stand for all that is in them. */
  #touch(scope: string): void {
    if (contextOf(scope) !== scope) return void this.touched.add(scope);
    for (const subject of this.#subjects.keys()) if (scope === '' || contextOf(subject) === scope) this.touched.add(subject);
  }
}

const NO_VERSIONS: ReadonlyMap<number, ToldVersion> = new Map();
const NO_NUMBERS: ReadonlySet<number> = new Set();

/** `:.staging:` of `:.staging:orders-value`; '' where the name has none. */
function contextOf(subject: string): string {
  return /^:\.[^:]*:/.exec(subject)?.[0] ?? '';
}

/** Where a subject's level and mode are looked for: at itself, its context, the registry. */
function scopesOf(subject: string): readonly string[] {
  return [...new Set([subject, contextOf(subject), ''])];
}

function digestOf(schema: string): string {
  return createHash('sha256').update(schema).digest('base64');
}

function setIn<K, V>(map: Map<K, V>, key: K, value: V): V {
  map.set(key, value);
  return value;
}
