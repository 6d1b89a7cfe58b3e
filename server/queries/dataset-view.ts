import type { DatasetRef, EntityRef } from '../catalog/names.ts';
import type { DatasetReader, DatasetWriter } from '../graph/usage.ts';
import type { EntityRecord } from '../store/store.ts';
import { factOf, factsOf, ownerOf } from './catalog-reader.ts';
import { bearingsOf, evidenceDocument, type QueryParts, requireEntity, trueAt, type View } from './view.ts';

/** A dataset with its subjects, readers and writers. */
export async function datasetView(ref: DatasetRef, view: View, parts: QueryParts): Promise<object> {
  const { catalog, index } = parts;
  const record = await requireEntity({ kind: 'dataset', ...ref }, catalog, view.asOf);
  const declared = factOf(record, 'dataset');
  const [readers, writers, subjects] = await Promise.all([
    Promise.all(index.readersOf(ref, view).map((reader) => readerDocument(reader, parts))),
    Promise.all(index.writersOf(ref, view).map((writer) => writerDocument(writer, parts))),
    subjectsOf(record, view, parts),
  ]);
  return {
    ...ref,
    kind: declared?.kind ?? null,
    platform: declared?.platform ?? null,
    cluster: declared?.cluster ?? null,
    ...aboutOf(record),
    subjects,
    fieldCount: index.fieldsOf(ref, view).length,
    readers,
    writers,
    ...trueAt(index, view),
  };
}

/** Owner, tags and doc, which any entity may have. */
export function aboutOf(record: EntityRecord | null): { owner: string | null; tags: string[]; doc: string | null } {
  const tags = factsOf(record, 'tags').flatMap(({ body }) => body.tags);
  return { owner: ownerOf(record), tags: [...new Set(tags)].sort(), doc: factOf(record, 'doc')?.text ?? null };
}

export async function writerDocument({ ref, completeness, evidence }: DatasetWriter, { catalog }: QueryParts): Promise<object> {
  return { ...ref, ...(await bearingsOf(ref, catalog)), completeness, evidence: evidenceDocument(evidence) };
}

async function readerDocument({ ref, completeness, evidence, fields }: DatasetReader, { catalog }: QueryParts): Promise<object> {
  return { ...ref, ...(await bearingsOf(ref, catalog)), completeness, evidence: evidenceDocument(evidence), fields: fields.length };
}

async function subjectsOf(record: EntityRecord, view: View, { catalog }: QueryParts): Promise<object[]> {
  const governed = factsOf(record, 'governed-by').map(async ({ part, body: { subject } }) => {
    const ref: EntityRef = { kind: 'subject', ...subject };
    const subjectRecord = await catalog.entity(ref, view.asOf);
    return { part, ...subject, level: factOf(subjectRecord, 'compatibility')?.level ?? null, versions: factsOf(subjectRecord, 'schema-version').length };
  });
  return Promise.all(governed);
}
