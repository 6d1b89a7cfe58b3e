import type { Named } from '../catalog/names.ts';
import { factOf } from './catalog-reader.ts';
import { aboutOf } from './dataset-view.ts';
import { sameName } from './dataset-state.ts';
import { type GroupedBy, jobDocument, jobPage, type Place } from './job-groups.ts';
import type { JobWork, KnownJob } from './job-work.ts';
import { type QueryParts, requireEntity, trueAt } from './view.ts';

/** A pipeline or processor, which may be known only because jobs name it, with a page of those jobs. */
export async function groupView(ref: Named & { readonly kind: GroupedBy }, place: Place, parts: QueryParts & { readonly work: JobWork }): Promise<{ readonly body: object; readonly next: string | null }> {
  const { catalog, index, work } = parts;
  const { kind, namespace, name } = ref;
  const head = trueAt(index);
  const jobs = (await work.jobs()).filter((job) => job[kind] !== null && sameName(job[kind], ref));
  const entity = { kind, namespace, name };
  const record = jobs.length === 0 ? await requireEntity(entity, catalog, null) : await catalog.entity(entity);
  const { page, next } = jobPage(jobs, place);
  const body = {
    ...entity,
    ...aboutOf(record),
    facts: factOf(record, kind) ?? {},
    jobs: page.map((job) => ({ ...jobDocument(job), ...usesOf(job, parts) })),
    total: jobs.length,
    deployed: jobs.filter(({ deployed }) => deployed).length,
    ...head,
  };
  return { body, next };
}

function usesOf({ namespace, name }: KnownJob, { index }: QueryParts): object {
  const { reads, writes } = index.programOf({ kind: 'job', namespace, name });
  return { reads: reads.map(({ dataset }) => dataset), writes: writes.map(({ dataset }) => dataset) };
}
