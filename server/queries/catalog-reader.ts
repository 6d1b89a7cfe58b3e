import { type JsonValue, type ParseOutcome, parseSchema } from '../catalog/avro/parse.ts';
import type { Aspect, Evidence, FactBodies } from '../catalog/changes.ts';
import type { JudgedSchema } from '../catalog/gate/world.ts';
import { entityKey, type EntityRef } from '../catalog/names.ts';
import type { EntityRecord, FactRecord, Store } from '../store/store.ts';
import { BoundedCache } from './bounded-cache.ts';

/** Records kept in memory; at ~2 kB each, a few hundred MB at the very most. */
const CACHED_RECORDS = 50_000;
/** Parsed schemas kept in memory. */
const CACHED_SCHEMAS = 20_000;

/**
 * Entity records and parsed schemas, remembered until the change feed says they changed. It holds only
 * what is in force now; questions about the past go to the store.
 */
export class CatalogReader {
  readonly #store: Pick<Store, 'entity' | 'statedSince'>;
  readonly #records = new BoundedCache<string, EntityRecord>(CACHED_RECORDS);
  readonly #keyById = new Map<number, string>();
  #changes = 0;
  readonly #schemas = new BoundedCache<string, JudgedSchema>(CACHED_SCHEMAS);
  readonly #candidates = new BoundedCache<string, JudgedSchema>(CACHED_SCHEMAS);

  constructor(store: Pick<Store, 'entity' | 'statedSince'>) {
    this.#store = store;
  }

  async entity(ref: EntityRef, asOf: number | null = null): Promise<EntityRecord | null> {
    if (asOf !== null) return this.#store.entity(ref, asOf);
    const key = entityKey(ref);
    const known = this.#records.get(key);
    if (known !== undefined) return known;
    const before = this.#changes;
    const record = await this.#store.entity(ref);
    // What changed while it was read may be in it or not: it is not kept.
    if (record === null || before !== this.#changes) return record;
    this.#records.set(key, record);
    this.#keyById.set(record.id, key);
    return record;
  }

  /** Since when what is said under an aspect now has been said without a break, whatever was said of it meanwhile; not remembered. */
  statedSince(ref: EntityRef, aspect: Aspect): ReturnType<Store['statedSince']> {
    return this.#store.statedSince(ref, aspect);
  }

  /** Forgets entities by store id; to be called with what each revision changed. */
  forget(ids: readonly number[] | 'everything'): void {
    this.#changes++;
    if (ids === 'everything') {
      this.#records.clear();
      this.#keyById.clear();
      return;
    }
    for (const id of ids) {
      const key = this.#keyById.get(id);
      if (key === undefined) continue;
      this.#keyById.delete(id);
      this.#records.delete(key);
    }
  }

  /** Parses a schema once; the same text gives the same object, so verdicts on it can be remembered by identity. */
  schema(text: string, references: readonly string[] = []): JudgedSchema {
    const key = references.length === 0 ? text : JSON.stringify([text, ...references]);
    const known = this.#schemas.get(key);
    if (known !== undefined) return known;
    const schema = judged(parseSchema(text, { references, validateDefaults: false }));
    this.#schemas.set(key, schema);
    return schema;
  }

  /** The same for a schema that is not registered yet: its defaults are checked as well. */
  candidate(value: JsonValue, references: readonly string[] = []): JudgedSchema {
    const key = JSON.stringify(references.length === 0 ? value : [value, ...references]);
    const known = this.#candidates.get(key);
    if (known !== undefined) return known;
    // A bare word names a type; every other text is the schema's JSON.
    const isWord = typeof value === 'string' && !/^\s*[[{"]/.test(value);
    const schema = judged(parseSchema(isWord ? JSON.stringify(value) : value, { references }));
    this.#candidates.set(key, schema);
    return schema;
  }
}

function judged(parsed: ParseOutcome): JudgedSchema {
  if (parsed.outcome === 'parsed') return { readable: true, schema: parsed.schema };
  return { readable: false, reason: parsed.message, ...(parsed.location === null ? {} : { location: parsed.location }) };
}

/** What is said under an aspect, by the strongest evidence: declared before everything else, then the newest. */
export function factOf<A extends Aspect>(record: EntityRecord | null, aspect: A, part = ''): FactBodies[A] | null {
  const facts = factsOf(record, aspect).filter((fact) => fact.part === part);
  const declared = facts.find(({ evidence }) => evidence === 'declared');
  return (declared ?? facts.sort((a, b) => b.at.time - a.at.time)[0])?.body ?? null;
}

/** Everything said under an aspect, one entry for each part and evidence. */
export function factsOf<A extends Aspect>(record: EntityRecord | null, aspect: A): FactOf<A>[] {
  return (record?.facts ?? []).filter((fact): fact is Extract<FactRecord, { aspect: A }> => fact.aspect === aspect) as unknown as FactOf<A>[];
}
export interface FactOf<A extends Aspect> {
  readonly part: string;
  readonly evidence: Evidence;
  readonly at: { readonly time: number };
  readonly body: FactBodies[A];
}

export function ownerOf(record: EntityRecord | null): string | null {
  return factOf(record, 'owner')?.team ?? null;
}
