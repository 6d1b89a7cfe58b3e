import type { Named } from '../catalog/names.ts';
import { Problem } from '../problem.ts';
import { factOf, ownerOf } from './catalog-reader.ts';
import { aboutOf } from './dataset-view.ts';
import type { Governed, GovernedTopics } from './governed-topics.ts';
import { subjectVersions, versionDocument } from './schema-versions.ts';
import { type QueryParts, trueAt } from './view.ts';

/** A subject with its versions and the datasets it governs. It is deleted when none of its versions is left, or it was withdrawn. */
export async function subjectView({ namespace, name }: Named, parts: QueryParts & { readonly governed: GovernedTopics }): Promise<object> {
  const subject = { namespace, name };
  const record = await parts.catalog.entity({ kind: 'subject', ...subject });
  if (record === null) throw new Problem('subject-not-found', `the catalog knows no subject ${namespace}/${name}`, { subject });
  const versions = await subjectVersions(record, parts.catalog);
  const { tags, doc } = aboutOf(record);
  const datasets = await parts.governed.of(subject);
  return {
    ...subject,
    level: factOf(record, 'compatibility')?.level ?? null,
    deleted: versions.length === 0 ? record.facts.length === 0 : versions.every(({ body }) => body.deleted),
    tags,
    doc,
    versions: versions.map(versionDocument),
    datasets: await Promise.all(datasets.map((dataset) => governedDocument(dataset, parts))),
    ...trueAt(parts.index),
  };
}

async function governedDocument({ dataset, part }: Governed, { catalog }: QueryParts): Promise<object> {
  return { part, ...dataset, owner: ownerOf(await catalog.entity({ kind: 'dataset', ...dataset })) };
}
