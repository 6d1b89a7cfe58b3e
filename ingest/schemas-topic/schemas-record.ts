import { membersOf } from '../../server/outside/json-reader.ts';
import { SCHEMA_TYPES, type SchemaReference, type SchemaType } from '../../server/registry/registered-version.ts';

/** A record of a registry's own topic, as texts; a null value is a tombstone. */
export interface TopicRecord {
  readonly key: string | null;
  readonly value: string | null;
}
/**
 * What a record says, in the shape that Confluent's registry and those after it write. '' is the registry's own scope,
 * where no subject is named.
 */
export type SchemasRecord =
  | { readonly says: 'schema'; readonly subject: string; readonly version: number; readonly schema: RecordedSchema }
  | { readonly says: 'version-removed'; readonly subject: string; readonly version: number }
  /** null: what was set is set no longer. */
  | { readonly says: 'level' | 'mode'; readonly scope: string; readonly value: string | null }
  /** All versions up to this one are soft-deleted. */
  | { readonly says: 'subject-deleted'; readonly subject: string; readonly through: number }
  /** Its soft-deleted versions are served no longer. */
  | { readonly says: 'subject-cleared'; readonly subject: string }
  | { readonly says: 'nothing' }
  /** A key type that this reader does not know. */
  | { readonly says: 'unknown'; readonly keytype: string }
  /** It should say something of a subject, '' of all of them, and cannot be read; null: nor can it be told of which. */
  | { readonly says: 'unreadable'; readonly subject: string | null; readonly reason: string };

export interface RecordedSchema {
  readonly schemaId: number;
  readonly schemaType: SchemaType;
  readonly schema: string;
  readonly references: readonly SchemaReference[];
  readonly deleted: boolean;
}

/** Reads a record; writers differ in the order of members and in which they leave out, and any member unknown is passed over. */
export function schemasRecord({ key, value }: TopicRecord): SchemasRecord {
  const members = membersOf(parsed(key));
  const { keytype, subject = '' } = members;
  if (typeof keytype !== 'string') return { says: 'unreadable', subject: null, reason: 'a key without a key type' };
  const read = RECORDS.get(keytype);
  if (read === undefined) return { says: 'unknown', keytype };
  try {
    const body = value === null ? null : parsed(value);
    if (body === undefined) throw new Unreadable(`the value of a ${keytype} record is no JSON`);
    return read(members, body);
  } catch (failure) {
    if (failure instanceof Unreadable) return { says: 'unreadable', subject: typeof subject === 'string' ? subject : null, reason: failure.message };
    throw failure;
  }
}

class Unreadable extends Error {}

type Members = Readonly<Record<string, unknown>>;
const RECORDS: ReadonlyMap<string, (key: Members, body: unknown) => SchemasRecord> = new Map(Object.entries({
  SCHEMA: (key, body) => {
    const place = { subject: subjectOf(key), version: versionOf(key) };
    return body === null ? { says: 'version-removed', ...place } : { says: 'schema', ...place, schema: schemaOf(membersOf(body), place) };
  },
  CONFIG: (key, body) => ({ says: 'level', scope: scopeOf(key), value: wordOf(body, 'compatibilityLevel') }),
  MODE: (key, body) => ({ says: 'mode', scope: scopeOf(key), value: wordOf(body, 'mode') }),
  DELETE_SUBJECT: (key, body) => (body === null ? { says: 'nothing' } : { says: 'subject-deleted', subject: subjectOf(key), through: versionOf(membersOf(body)) }),
  CLEAR_SUBJECT: (key, body) => (body === null ? { says: 'nothing' } : { says: 'subject-cleared', subject: subjectOf(key) }),
  NOOP: () => ({ says: 'nothing' }),
} satisfies Record<string, (key: Members, body: unknown) => SchemasRecord>));

function schemaOf(body: Members, place: { readonly subject: string; readonly version: number }): RecordedSchema {
  const { subject = place.subject, version = place.version, id, schema, schemaType, references, deleted } = body;
  if (subject !== place.subject || version !== place.version) throw new Unreadable(`the record of version ${place.version} speaks of ${JSON.stringify(version)} of ${JSON.stringify(subject)}`);
  if (!Number.isSafeInteger(id) || typeof schema !== 'string') throw new Unreadable(`the record of version ${place.version} lacks id or schema`);
  const type = SCHEMA_TYPES.find((known) => known === (schemaType ?? 'AVRO'));
  if (type === undefined) throw new Unreadable(`version ${place.version} is of type ${JSON.stringify(schemaType)}`);
  return { schemaId: id as number, schemaType: type, schema, references: referencesOf(references ?? [], place.version), deleted: deleted === true };
}

function referencesOf(listed: unknown, of: number): SchemaReference[] {
  if (!Array.isArray(listed)) throw new Unreadable(`the references of version ${of} are no list`);
  return listed.map((listedOne) => {
    const { name, subject, version } = membersOf(listedOne);
    if (typeof name !== 'string' || typeof subject !== 'string' || typeof version !== 'number') throw new Unreadable(`a reference of version ${of} lacks name, subject or version`);
    return { name, subject, version };
  });
}

function subjectOf({ subject }: Members): string {
  if (typeof subject !== 'string' || subject === '') throw new Unreadable('a key without a subject');
  return subject;
}
function scopeOf({ subject = null }: Members): string {
  if (subject !== null && typeof subject !== 'string') throw new Unreadable('a key whose subject is no text');
  return subject ?? '';
}
function versionOf({ version }: Members): number {
  if (!Number.isSafeInteger(version) || (version as number) < 1) throw new Unreadable(`version ${JSON.stringify(version)} is no version number`);
  return version as number;
}

/** null where the record, or the member in it, is not there: it sets something else, or nothing any more. */
function wordOf(body: unknown, member: string): string | null {
  const value = membersOf(body)[member] ?? null;
  if (value !== null && typeof value !== 'string') throw new Unreadable(`${member} is no word`);
  return value;
}

/** undefined: no JSON. */
function parsed(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
