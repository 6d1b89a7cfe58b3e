import { newestOf, versionsOf } from '../dataset/known-versions.ts';
import { answerOf, api, type Schemas } from '../shared/api.ts';

type Named = Schemas['DatasetName'];
/** What a change starts from. */
export interface Current {
  /** null: no subject is known to govern the dataset's values. */
  readonly subject: Named | null;
  /** The newest version that is not deleted; null: there is none, or nobody knows which. */
  readonly version: { readonly version: number; readonly schema: string } | null;
}

/** The schema in force of a subject, or of the subject that governs a dataset. */
export async function currentOf(of: Named & { readonly kind: 'dataset' | 'subject' }, signal: AbortSignal): Promise<Current> {
  const { namespace, name } = of;
  if (of.kind === 'dataset') return currentOfDataset({ namespace, name }, signal);
  const subject = { namespace, name };
  // What a subject governs is said by judging anything for it; the answer to `null` is not shown.
  const body = { subject, schema: '"null"', dryRun: true };
  const { evaluation } = await answerOf(api.POST('/v1/schema-changes', { body, signal }));
  const topic = evaluation?.topics[0];
  return topic === undefined ? { subject, version: null } : { ...(await currentOfDataset(topic, signal)), subject };
}

async function currentOfDataset(path: Named, signal: AbortSignal): Promise<Current> {
  const list = await versionsOf('value', { path, query: {} }, signal);
  if (list === null) return { subject: null, version: null };
  return { subject: list.subject, version: newestOf(list.versions) };
}
