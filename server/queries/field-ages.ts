import { fieldAt, fieldEntries } from '../catalog/avro/fields.ts';
import type { AvroSchema } from '../catalog/avro/schema.ts';
import type { SchemaVersionFact } from '../catalog/changes.ts';
import { isWithin } from '../catalog/avro/within.ts';
import type { EntityRecord } from '../store/store.ts';
import { type CatalogReader, type FactOf, factOf, factsOf } from './catalog-reader.ts';
import { Turns } from './turns.ts';

/** What the paths of a key's schema begin with. */
const KEY = '$key';

/** The version since which a field is there. */
export interface Since {
  readonly version: number;
  /** ISO 8601. */
  readonly registeredAt: string;
}
type Part = 'value' | 'key';
type Version = FactOf<'schema-version'>;

/**
 * Since which version the fields of a dataset are there: the first of the unbroken run of versions with such a path, up to the
 * newest one. Soft-deleted versions do not count, and one that cannot be read ends the run. What was found is kept as long as
 * the catalog keeps the subject's record.
 */
export class FieldAges {
  readonly #catalog: CatalogReader;
  readonly #known = new WeakMap<EntityRecord, Map<string, Since | null>>();

  constructor(catalog: CatalogReader) {
    this.#catalog = catalog;
  }

  /** For those paths of a dataset that its newest versions have; at an event time by the versions known then. */
  async of(dataset: EntityRecord, paths: readonly string[], asOf: number | null): Promise<ReadonlyMap<string, Since | null>> {
    const { key = [], value = [] } = Object.groupBy(paths, (path): Part => (isWithin(path, KEY) ? 'key' : 'value'));
    return new Map([...(await this.#ofPart(dataset, 'value', value, asOf)), ...(await this.#ofPart(dataset, 'key', key, asOf))]);
  }

  async #ofPart(dataset: EntityRecord, part: Part, paths: readonly string[], asOf: number | null): Promise<ReadonlyMap<string, Since | null>> {
    const subject = factOf(dataset, 'governed-by', part)?.subject;
    const record = subject === undefined || paths.length === 0 ? null : await this.#catalog.entity({ kind: 'subject', ...subject }, asOf);
    if (record === null) return new Map();
    const known = this.#known.get(record) ?? new Map<string, Since | null>();
    this.#known.set(record, known);
    const asked = paths.filter((path) => !known.has(path));
    if (asked.length > 0) for (const [path, since] of await this.#walk(record, { part, asked, all: known.size === 0 })) known.set(path, since);
    return known;
  }

  /** From the newest version back, as far as any of the paths goes; `all`: every path of the newest version is taken along. */
  async #walk(subject: EntityRecord, { part, asked, all }: { readonly part: Part; readonly asked: readonly string[]; readonly all: boolean }): Promise<ReadonlyMap<string, Since | null>> {
    const prefix = part === 'key' ? KEY : undefined;
    const since = new Map<string, Since | null>(asked.map((path) => [path, null]));
    const versions = factsOf(subject, 'schema-version').filter(({ body }) => !body.deleted).sort((a, b) => b.body.version - a.body.version);
    let open: ReadonlySet<string> | null = null;
    const turns = new Turns();
    for (const version of versions) {
      const schema = this.#schemaOf(version.body);
      if (schema === null) break;
      const here = new Set(fieldEntries(schema, prefix).map(({ path }) => path));
      open = new Set([...(open ?? new Set(all ? [...here, ...asked] : asked))].filter((path) => here.has(path) || isDeeper(schema, path, prefix)));
      if (open.size === 0) break;
      for (const path of open) since.set(path, sinceOf(version));
      if (turns.isOver) await turns.next();
    }
    return since;
  }

  #schemaOf({ schema, references, schemaType }: SchemaVersionFact): AvroSchema | null {
    const judged = schemaType === 'AVRO' ? this.#catalog.schema(schema, references) : null;
    return judged?.readable === true ? judged.schema : null;
  }
}

/** A path that goes on where a list of paths does not: into a type that is inside itself. */
function isDeeper(schema: AvroSchema, path: string, prefix: string | undefined): boolean {
  return fieldAt(schema, path, prefix) !== null;
}

function sinceOf({ body, at }: Version): Since {
  return { version: body.version, registeredAt: new Date(at.time).toISOString() };
}
