import type { FieldFact } from '../catalog/changes.ts';
import type { DatasetRef, FieldRef } from '../catalog/names.ts';
import type { FieldOrigin, FieldReader } from '../graph/usage.ts';
import type { EntityRecord } from '../store/store.ts';
import { factsOf, ownerOf } from './catalog-reader.ts';
import { writerDocument } from './dataset-view.ts';
import type { FieldAges } from './field-ages.ts';
import { bearingsOf, evidenceDocument, type QueryParts, requireEntity, trueAt, type View } from './view.ts';

/** The fields of a dataset in schema order; those known only by use come last, by path. */
export async function fieldsView(dataset: DatasetRef, view: View, window: { readonly offset: number; readonly limit: number }, parts: QueryParts & { readonly ages: FieldAges }): Promise<{ fields: object[]; total: number }> {
  const record = await requireEntity({ kind: 'dataset', ...dataset }, parts.catalog, view.asOf);
  const all = allFields(dataset, record, view, parts);
  const page = all.slice(window.offset, window.offset + window.limit);
  const since = await parts.ages.of(record, page.map(({ path }) => path), view.asOf);
  const fields = page.map(({ path, fact }) => {
    const { readers, writers, derivesFrom } = parts.index.fieldUse({ ...dataset, path }, view);
    const known = readers.filter(({ certainty }) => certainty === 'known').length;
    return {
      path,
      type: fact?.type ?? null,
      nullable: fact?.nullable ?? null,
      ...(fact?.doc === undefined ? {} : { doc: fact.doc }),
      ...(fact?.default === undefined ? {} : { default: fact.default }),
      ...(fact?.recursive === undefined ? {} : { recursive: true }),
      since: since.get(path) ?? null,
      readers: known,
      unknownReaders: readers.length - known,
      writers: writers.length,
      derivesFrom: derivesFrom.length,
    };
  });
  return { fields, total: all.length };
}

/** One field: who reads and writes it, why, and on what evidence. */
export async function fieldView(ref: FieldRef, view: View, parts: QueryParts): Promise<object> {
  const { catalog, index } = parts;
  await requireEntity({ kind: 'field', ...ref }, catalog, view.asOf);
  const { readers, writers, derivesFrom, derivesTo } = index.fieldUse(ref, view);
  return {
    field: { kind: 'field', namespace: ref.namespace, name: ref.name, path: ref.path },
    owner: ownerOf(await catalog.entity({ kind: 'dataset', namespace: ref.namespace, name: ref.name }, view.asOf)),
    readers: await Promise.all(readers.map((reader) => fieldReaderDocument(reader, parts))),
    writers: await Promise.all(writers.map((writer) => writerDocument(writer, parts))),
    derivesFrom: derivesFrom.map(originDocument),
    derivesTo: derivesTo.map(originDocument),
    completeness: readers.some(({ certainty }) => certainty === 'possible') ? 'unknown' : 'complete',
    ...trueAt(index, view),
  };
}

function allFields(dataset: DatasetRef, record: EntityRecord, view: View, { index }: QueryParts): { path: string; fact: FieldFact | null }[] {
  const facts = new Map(factsOf(record, 'fields').flatMap(({ body }) => body.fields.map((fact) => [fact.path, fact] as const)));
  const used = index.fieldsOf(dataset, view).map(({ path }) => path).filter((path) => !facts.has(path));
  return [...[...facts].map(([path, fact]) => ({ path, fact })), ...used.sort().map((path) => ({ path, fact: null }))];
}

async function fieldReaderDocument({ ref, reasons, certainty, evidence }: FieldReader, { catalog }: QueryParts): Promise<object> {
  return { ...ref, ...(await bearingsOf(ref, catalog)), reasons, certainty, evidence: evidenceDocument(evidence) };
}

function originDocument({ field, via, identity, evidence }: FieldOrigin): object {
  return { field, via, identity, evidence: evidenceDocument(evidence) };
}
