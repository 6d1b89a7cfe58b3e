import { answerOf, api, Failure, type Schemas } from '../shared/api.ts';

export type SchemaPart = 'key' | 'value';
export interface DatasetAsked {
  readonly path: Schemas['DatasetName'];
  readonly query: { readonly asOf?: string };
}

/** The versions of a part of a dataset's schema; null where no subject is known to govern it. */
export async function versionsOf(part: SchemaPart, { path, query }: DatasetAsked, signal: AbortSignal): Promise<Schemas['VersionList'] | null> {
  try {
    return await answerOf(api.GET('/v1/datasets/{namespace}/{name}/versions', { params: { path, query: { ...query, part } }, signal }));
  } catch (cause) {
    if (cause instanceof Failure && cause.problem?.type === 'urn:sluice:problem:version-not-found') return null;
    throw cause;
  }
}

/** The newest that is not deleted; null where there is none. */
export function newestOf<Version extends { readonly version: number; readonly deleted: boolean }>(versions: readonly Version[]): Version | null {
  return versions.filter(({ deleted }) => !deleted).reduce<Version | null>((newest, one) => (newest === null || one.version > newest.version ? one : newest), null);
}
