import { type CompatibilityVerdict, checkCompatibility } from '../catalog/avro/compatibility.ts';
import { diffSchemas } from '../catalog/avro/diff.ts';
import type { AvroSchema } from '../catalog/avro/schema.ts';
import type { Evidence, SchemaVersionFact } from '../catalog/changes.ts';
import type { DatasetRef, Named } from '../catalog/names.ts';
import { Problem } from '../problem.ts';
import type { EntityRecord } from '../store/store.ts';
import { type CatalogReader, factOf, factsOf } from './catalog-reader.ts';
import { type QueryParts, requireEntity, trueAt } from './view.ts';

export type SchemaPart = 'value' | 'key';

/** Every version of a dataset's schema, newest first. */
export async function listVersions(dataset: DatasetRef, part: SchemaPart, parts: QueryParts): Promise<object> {
  const { subject, level, versions } = await versionsOf(dataset, part, parts);
  return {
    subject,
    level,
    versions: versions.map(versionDocument),
    ...trueAt(parts.index),
  };
}

export function versionDocument({ body, at }: RegisteredVersion): object {
  return {
    version: body.version,
    schemaId: body.schemaId,
    schemaType: body.schemaType,
    deleted: body.deleted,
    registeredAt: new Date(at).toISOString(),
    schema: body.schema,
  };
}

/** The versions of a subject, newest first. A version that was deleted is dated by when it was first heard of, not by its deletion. */
export async function subjectVersions(subject: EntityRecord | null, catalog: Pick<CatalogReader, 'statedSince'>): Promise<readonly RegisteredVersion[]> {
  const facts = factsOf(subject, 'schema-version');
  const since = subject !== null && facts.some(({ body }) => body.deleted) ? await catalog.statedSince(subject.ref, 'schema-version') : [];
  const firstOf = ({ part, evidence }: { readonly part: string; readonly evidence: Evidence }) => since.find((one) => one.part === part && one.evidence === evidence)?.time;
  const versions = facts.map((fact) => ({ body: fact.body, at: fact.body.deleted ? (firstOf(fact) ?? fact.at.time) : fact.at.time }));
  return versions.sort((a, b) => b.body.version - a.body.version);
}

/** What changed by meaning from one version to another, and whether each can read the other's records. */
export async function diffVersions(dataset: DatasetRef, part: SchemaPart, [from, to]: readonly [number, number], parts: QueryParts): Promise<object> {
  const { versions } = await versionsOf(dataset, part, parts);
  const [before, after] = [from, to].map((version) => readable(version, versions.map(({ body }) => body), parts));
  if (before === undefined || after === undefined) throw new Error('two versions in, two schemas out');
  return {
    from,
    to,
    changes: diffSchemas(before, after),
    newReadsOld: verdictDocument(checkCompatibility(after, before)),
    oldReadsNew: verdictDocument(checkCompatibility(before, after)),
    ...trueAt(parts.index),
  };
}

/** A verdict as it is answered; a pair that cannot be judged is a problem, never a verdict. */
export function verdictDocument(verdict: CompatibilityVerdict): { compatible: boolean; incompatibilities: readonly object[] } {
  switch (verdict.outcome) {
    case 'compatible':
      return { compatible: true, incompatibilities: [] };
    case 'incompatible':
      return { compatible: false, incompatibilities: verdict.incompatibilities };
    case 'failed':
      throw new Problem('schema-undecidable', verdict.message);
  }
}

export interface RegisteredVersion {
  readonly body: SchemaVersionFact;
  /** ms. */
  readonly at: number;
}
interface Versions {
  readonly subject: Named;
  readonly level: string | null;
  readonly versions: readonly RegisteredVersion[];
}

async function versionsOf(dataset: DatasetRef, part: SchemaPart, { catalog }: QueryParts): Promise<Versions> {
  const record = await requireEntity({ kind: 'dataset', ...dataset }, catalog, null);
  const subject = factOf(record, 'governed-by', part)?.subject;
  if (subject === undefined) throw new Problem('version-not-found', `no subject governs the ${part} of ${dataset.namespace}/${dataset.name}`);
  const subjectRecord = await catalog.entity({ kind: 'subject', ...subject });
  return { subject, level: factOf(subjectRecord, 'compatibility')?.level ?? null, versions: await subjectVersions(subjectRecord, catalog) };
}

function readable(version: number, versions: readonly SchemaVersionFact[], { catalog }: QueryParts): AvroSchema {
  const found = versions.find((v) => v.version === version);
  if (found === undefined) throw new Problem('version-not-found', `there is no version ${version}; there are ${versions.map((v) => v.version).join(', ')}`);
  const judged = catalog.schema(found.schema, found.references);
  if (judged.readable) return judged.schema;
  throw new Problem('schema-undecidable', `version ${version} cannot be read: ${judged.reason}`);
}
