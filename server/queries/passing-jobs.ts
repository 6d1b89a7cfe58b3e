import type { PassingJob } from '../catalog/schema-change/evolution.ts';
import { datasetKey, type DatasetRef } from '../catalog/names.ts';
import type { DatasetReader } from '../graph/usage.ts';
import type { EntityRecord } from '../store/store.ts';
import { factOf, factsOf, ownerOf } from './catalog-reader.ts';
import { sameName } from './dataset-state.ts';
import { isDeployed } from './job-state.ts';
import type { QueryParts } from './view.ts';

/** The deployed jobs behind these topics, and behind whatever opt-in jobs among them write. */
export async function loadPassingJobs(topics: readonly DatasetRef[], parts: QueryParts): Promise<(dataset: DatasetRef) => readonly PassingJob[]> {
  const behind = new Map<string, readonly PassingJob[]>();
  const open = [...topics];
  for (let dataset = open.pop(); dataset !== undefined; dataset = open.pop()) {
    const key = datasetKey(dataset);
    if (behind.has(key)) continue;
    const jobs = await jobsReading(dataset, parts);
    behind.set(key, jobs);
    open.push(...jobs.filter(({ evolution }) => evolution === 'opt-in').flatMap(({ writes }) => writes));
  }
  return (dataset) => behind.get(datasetKey(dataset)) ?? [];
}

async function jobsReading(dataset: DatasetRef, { catalog, index }: QueryParts): Promise<PassingJob[]> {
  const jobs = index.readersOf(dataset).filter(({ ref }) => ref.kind === 'job').map(async (reader): Promise<PassingJob | null> => {
    const record = await catalog.entity(reader.ref);
    if (!isDeployed(record)) return null;
    const processor = factOf(record, 'job')?.processor ?? null;
    const byProcessor = processor === null ? null : (factOf(await catalog.entity({ kind: 'processor', ...processor }), 'processor')?.evolution ?? null);
    return passingJob(reader, { dataset, record, processor, byProcessor });
  });
  return (await Promise.all(jobs)).filter((job) => job !== null);
}

interface Known {
  readonly dataset: DatasetRef;
  readonly record: EntityRecord | null;
  readonly processor: PassingJob['processor'];
  readonly byProcessor: PassingJob['evolution'];
}

function passingJob({ ref, fields }: DatasetReader, { dataset, record, processor, byProcessor }: Known): PassingJob {
  const programs = factsOf(record, 'program');
  const ofInput = programs.flatMap(({ body }) => body.reads).find((use) => sameName(use.dataset, dataset) && use.evolution !== null)?.evolution ?? null;
  const writes = new Map(programs.flatMap(({ body }) => body.writes.map((write) => [datasetKey(write.dataset), write.dataset] as const)));
  return { ref, owner: ownerOf(record), evolution: ofInput ?? byProcessor, processor, reads: fields.map(({ path }) => path), writes: [...writes.values()] };
}
