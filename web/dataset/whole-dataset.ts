import { answerOf, api, Failure, type Schemas } from '../shared/api.ts';

export type SchemaPart = 'key' | 'value';
export interface WholeDataset {
  readonly dataset: Schemas['Dataset'];
  readonly fields: readonly Schemas['Field'][];
  /** null where no subject is known to govern that part. */
  readonly versions: Readonly<Record<SchemaPart, Schemas['VersionList'] | null>>;
}
interface Asked {
  readonly path: { readonly namespace: string; readonly name: string };
  readonly query: { readonly asOf?: string };
}

/** Fields asked for at once: the most that the API answers. */
const FIELDS_AT_ONCE = 1_000;

/** Everything that the page of a dataset shows at once, so that nothing moves when more arrives. */
export async function wholeDataset(asked: Asked, signal: AbortSignal): Promise<WholeDataset> {
  const [dataset, fields, key, value] = await Promise.all([
    answerOf(api.GET('/v1/datasets/{namespace}/{name}', { params: asked, signal })),
    allFields(asked, signal),
    versionsOf('key', asked, signal),
    versionsOf('value', asked, signal),
  ]);
  return { dataset, fields, versions: { key, value } };
}

async function allFields({ path, query }: Asked, signal: AbortSignal): Promise<Schemas['Field'][]> {
  const all: Schemas['Field'][] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const from: { cursor?: string } = cursor === '' ? {} : { cursor };
    const page: Schemas['FieldPage'] = await answerOf(api.GET('/v1/datasets/{namespace}/{name}/fields', { params: { path, query: { ...query, limit: FIELDS_AT_ONCE, ...from } }, signal }));
    all.push(...page.fields);
    cursor = page.nextCursor;
  }
  return all;
}

async function versionsOf(part: SchemaPart, { path, query }: Asked, signal: AbortSignal): Promise<Schemas['VersionList'] | null> {
  try {
    return await answerOf(api.GET('/v1/datasets/{namespace}/{name}/versions', { params: { path, query: { ...query, part } }, signal }));
  } catch (cause) {
    if (cause instanceof Failure && cause.problem?.type === 'urn:sluice:problem:version-not-found') return null;
    throw cause;
  }
}
