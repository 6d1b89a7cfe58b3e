import { answerOf, api, type Schemas } from '../shared/api.ts';
import { pagesOf } from '../shared/pages-of.ts';
import { type DatasetAsked, type SchemaPart, versionsOf } from './known-versions.ts';

export interface WholeDataset {
  readonly dataset: Schemas['Dataset'];
  readonly fields: readonly Schemas['Field'][];
  /** null where no subject is known to govern that part. */
  readonly versions: Readonly<Record<SchemaPart, Schemas['VersionList'] | null>>;
}

/** Fields asked for at once: the most that the API answers. */
const FIELDS_AT_ONCE = 1_000;

/** Everything that the page of a dataset shows at once, so that nothing moves when more arrives. */
export async function wholeDataset(asked: DatasetAsked, signal: AbortSignal): Promise<WholeDataset> {
  const [dataset, fields, key, value] = await Promise.all([
    answerOf(api.GET('/v1/datasets/{namespace}/{name}', { params: asked, signal })),
    allFields(asked, signal),
    versionsOf('key', asked, signal),
    versionsOf('value', asked, signal),
  ]);
  return { dataset, fields, versions: { key, value } };
}

async function allFields({ path, query }: DatasetAsked, signal: AbortSignal): Promise<Schemas['Field'][]> {
  const all: Schemas['Field'][] = [];
  const ask = (from: { cursor?: string }) => answerOf(api.GET('/v1/datasets/{namespace}/{name}/fields', { params: { path, query: { ...query, limit: FIELDS_AT_ONCE, ...from } }, signal }));
  for await (const { fields } of pagesOf(ask)) all.push(...fields);
  return all;
}
