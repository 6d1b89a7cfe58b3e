import type { TopicRecord } from '../../../ingest/schemas-topic/schemas-record.ts';
import { SmallRegistry } from '../../registry/small-registry.ts';

type Schema = NonNullable<Parameters<SmallRegistry['register']>[2]>;

/** A small registry that writes what happens to it as the records a Confluent registry writes to `_schemas`. */
export class RecordedRegistry {
  readonly registry = new SmallRegistry();
  readonly records: TopicRecord[] = [];
  /** Subjects with a version number that was given twice, the first one deleted for good. */
  readonly reused = new Set<string>();
  readonly #given = new Set<string>();
  readonly #versions = new Map<string, Map<number, { readonly value: Record<string, unknown>; deleted: boolean }>>();
  #ids = 0;

  constructor() {
    this.level('', 'BACKWARD');
  }

  register(subject: string, schema: string, { references, schemaType }: Omit<Schema, 'id' | 'deleted'> = {}): number {
    const id = ++this.#ids;
    const more = { ...(references === undefined ? {} : { references }), ...(schemaType === undefined ? {} : { schemaType }) };
    const version = this.registry.register(subject, schema, { id, ...more });
    const place = `${version} ${subject}`;
    if (this.#given.has(place)) this.reused.add(subject);
    this.#given.add(place);
    const value = { subject, version, id, ...more, schema, deleted: false };
    const versions = this.#versions.get(subject) ?? new Map<number, never>();
    this.#versions.set(subject, versions.set(version, { value, deleted: false } as never));
    this.write({ keytype: 'SCHEMA', subject, version, magic: 1 }, value);
    return version;
  }
  isThere(subject: string, version: number): boolean {
    return this.#versions.get(subject)?.has(version) === true;
  }
  softDelete(subject: string, version: number): void {
    const known = this.#versions.get(subject)?.get(version);
    if (known === undefined || known.deleted) return;
    known.deleted = true;
    this.registry.softDelete(subject, version);
    this.write({ keytype: 'SCHEMA', subject, version, magic: 1 }, { ...known.value, deleted: true });
  }
  softDeleteAll(subject: string): void {
    const versions = this.#versions.get(subject);
    if (versions === undefined || versions.size === 0) return;
    for (const known of versions.values()) known.deleted = true;
    this.registry.softDelete(subject);
    this.write({ keytype: 'DELETE_SUBJECT', subject, magic: 0 }, { subject, version: Math.max(...versions.keys()) });
  }
  /** As a registry does: only what is soft-deleted and not referred to. */
  hardDelete(subject: string, version: number): void {
    const versions = this.#versions.get(subject);
    if (versions?.get(version)?.deleted !== true || this.#isReferredTo(subject, version)) return;
    versions.delete(version);
    if (versions.size === 0) this.registry.hardDelete(subject);
    else this.registry.hardDelete(subject, version);
    this.write({ keytype: 'SCHEMA', subject, version, magic: 1 }, null);
  }
  clear(subject: string): void {
    const versions = this.#versions.get(subject);
    const deleted = [...(versions ?? [])].filter(([, known]) => known.deleted).map(([version]) => version);
    if (deleted.length === 0 || [...(versions ?? [])].some(([version]) => this.#isReferredTo(subject, version))) return;
    for (const version of deleted) {
      versions?.delete(version);
      if (versions?.size === 0) this.registry.hardDelete(subject);
      else this.registry.hardDelete(subject, version);
    }
    this.write({ keytype: 'CLEAR_SUBJECT', subject, magic: 0 }, { subject });
  }
  level(scope: string, level: string | null): void {
    this.registry.level(scope, level);
    this.write({ keytype: 'CONFIG', ...(scope === '' ? {} : { subject: scope }), magic: 0 }, level === null ? null : { compatibilityLevel: level });
  }
  mode(scope: string, mode: string | null): void {
    this.registry.mode(scope, mode);
    this.write({ keytype: 'MODE', ...(scope === '' ? {} : { subject: scope }), magic: 0 }, mode === null ? null : { mode });
  }
  noise(): void {
    this.write({ keytype: 'NOOP', magic: 0 }, null);
    this.write({ keytype: 'CONTEXT', tenant: 'default', context: '.', magic: 0 }, { tenant: 'default', context: '.' });
  }
  #isReferredTo(subject: string, version: number): boolean {
    const references = [...this.#versions.values()].flatMap((versions) => [...versions.values()].flatMap(({ value }) => (value['references'] ?? []) as { subject: string; version: number }[]));
    return references.some((reference) => reference.subject === subject && reference.version === version);
  }
  write(key: object, value: object | null): void {
    this.records.push({ key: JSON.stringify(key), value: value && JSON.stringify(value) });
  }
}

/** What the log cleaner may leave of a topic: of each key the newest record, of the others those it has not come to yet. */
export function compacted(records: readonly TopicRecord[], keep: (index: number) => boolean): readonly TopicRecord[] {
  const newest = new Map(records.map(({ key }, index) => [key, index]));
  return records.filter(({ key }, index) => newest.get(key) === index || keep(index));
}
