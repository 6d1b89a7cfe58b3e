import { fieldFacts } from '../catalog/avro/fields.ts';
import type { DatasetUse } from '../catalog/changes.ts';
import type { DatasetState, DeployedReader, DeployedWriter, JudgedSchema, ReadField, SchemaVersion } from '../catalog/gate/world.ts';
import type { DatasetRef, Named } from '../catalog/names.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import type { DatasetReader } from '../graph/usage.ts';
import type { EntityRecord } from '../store/store.ts';
import { type CatalogReader, factOf, factsOf, ownerOf } from './catalog-reader.ts';
import { isDeployed } from './job-state.ts';

/** Reads what the gate needs to know of one dataset; null when the catalog never heard of it. */
export async function loadDatasetState(ref: DatasetRef, catalog: CatalogReader, index: LineageIndex): Promise<DatasetState | null> {
  const record = await catalog.entity({ kind: 'dataset', ...ref });
  if (record === null) return null;
  const subject = factOf(record, 'governed-by', 'value')?.subject ?? null;
  const versions = await valueVersionsOf(record, catalog);
  const subjectRecord = subject === null ? null : await catalog.entity({ kind: 'subject', ...subject });
  return {
    ref,
    cluster: factOf(record, 'dataset')?.cluster ?? null,
    owner: ownerOf(record),
    subject,
    level: factOf(subjectRecord, 'compatibility')?.level ?? null,
    versions,
    fields: fieldsOf(record, versions),
    readers: await readersOf(ref, versions, catalog, index),
    writers: await writersOf(ref, catalog, index),
  };
}

/** The versions of a dataset's value schema, newest first. */
export async function valueVersionsOf(record: EntityRecord, catalog: CatalogReader): Promise<SchemaVersion[]> {
  const subject = factOf(record, 'governed-by', 'value')?.subject ?? null;
  return subject === null ? [] : versionsOf(subject, catalog);
}

/** The versions of a subject, newest first. */
export async function versionsOf(subject: Named, catalog: CatalogReader): Promise<SchemaVersion[]> {
  const record = await catalog.entity({ kind: 'subject', ...subject });
  return factsOf(record, 'schema-version')
    .map(({ body }) => body)
    .sort((a, b) => b.version - a.version)
    .map(({ version, deleted, schema, references, schemaType, schemaId }) => ({
      version,
      schemaId,
      deleted,
      schema: schemaType === 'AVRO' ? catalog.schema(schema, references) : { readable: false, reason: `it is a ${schemaType} schema` },
    }));
}

function fieldsOf(record: EntityRecord, versions: readonly SchemaVersion[]): string[] {
  const facts = factsOf(record, 'fields');
  // What an OpenLineage emitter lists is what it was configured with: it counts where nobody else said anything.
  const known = facts.some(({ evidence }) => evidence !== 'openlineage') ? facts.filter(({ evidence }) => evidence !== 'openlineage') : facts;
  const stated = known.flatMap(({ body }) => body.fields.map(({ path }) => path));
  if (stated.length > 0) return [...new Set(stated)];
  const newest = versions.find(({ deleted }) => !deleted)?.schema;
  return newest?.readable === true ? fieldFacts(newest.schema).map(({ path }) => path) : [];
}

async function readersOf(dataset: DatasetRef, versions: readonly SchemaVersion[], catalog: CatalogReader, index: LineageIndex): Promise<DeployedReader[]> {
  const readers = await Promise.all(index.readersOf(dataset).map((reader) => deployedReader(reader, dataset, versions, catalog)));
  return readers.filter((reader) => reader !== null);
}

async function deployedReader(reader: DatasetReader, dataset: DatasetRef, versions: readonly SchemaVersion[], catalog: CatalogReader): Promise<DeployedReader | null> {
  const record = await catalog.entity(reader.ref);
  if (!isDeployed(record)) return null;
  return {
    ref: reader.ref,
    owner: ownerOf(record),
    evidence: reader.evidence.map(({ evidence }) => evidence),
    readerSchema: readerSchemaOf(record, dataset, versions, catalog),
    fields: withFieldsSaid(reader.fields.map(({ path, reasons }) => ({ path, why: reasons })), record, dataset),
    completeness: reader.completeness,
  };
}

/** The lineage index tells of the fields a schema lists now; a field that the registry has dropped is read all the same. */
function withFieldsSaid(fields: readonly ReadField[], record: EntityRecord | null, dataset: DatasetRef): readonly ReadField[] {
  const known = new Set(fields.map(({ path }) => path));
  const used = usesOf(record, dataset).flatMap((use) => use.fields ?? []);
  const origins = factsOf(record, 'program').flatMap(({ body }) => body.writes.flatMap(({ derivations }) => (derivations ?? []).flatMap(({ from }) => from.filter((origin) => sameName(origin.dataset, dataset)))));
  const said = [...used, ...origins.map(({ path }) => ({ path, why: ['VALUE' as const] }))].filter(({ path }) => !known.has(path));
  return said.length === 0 ? fields : [...fields, ...new Map(said.toReversed().map((field) => [field.path, field])).values()];
}

/** The schema a reader was declared with, or else was last seen with. */
function readerSchemaOf(record: EntityRecord | null, dataset: DatasetRef, versions: readonly SchemaVersion[], catalog: CatalogReader): JudgedSchema | null {
  const declared = usesOf(record, dataset).find(({ readerSchema }) => readerSchema !== null)?.readerSchema;
  if (declared != null) return catalog.schema(declared);
  const seen = (record?.observations ?? [])
    .filter((o) => o.what === 'reads' && o.schemaId !== null && o.dataset?.namespace === dataset.namespace && o.dataset.name === dataset.name)
    .sort((a, b) => b.lastSeen - a.lastSeen)[0];
  return versions.find(({ schemaId }) => schemaId === seen?.schemaId)?.schema ?? null;
}

function usesOf(record: EntityRecord | null, dataset: DatasetRef): DatasetUse[] {
  return factsOf(record, 'program').flatMap(({ body }) => body.reads.filter((use) => sameName(use.dataset, dataset)));
}

async function writersOf(dataset: DatasetRef, catalog: CatalogReader, index: LineageIndex): Promise<DeployedWriter[]> {
  const writers = index.writersOf(dataset).map(async ({ ref }): Promise<DeployedWriter | null> => {
    const record = await catalog.entity(ref);
    if (!isDeployed(record)) return null;
    const write = factsOf(record, 'program').flatMap(({ body }) => body.writes.filter((w) => sameName(w.dataset, dataset)))[0];
    return { ref, owner: ownerOf(record), writerSchema: write?.writerSchema == null ? null : catalog.schema(write.writerSchema) };
  });
  return (await Promise.all(writers)).filter((writer) => writer !== null);
}

export function sameName(a: Named, b: Named): boolean {
  return a.namespace === b.namespace && a.name === b.name;
}
