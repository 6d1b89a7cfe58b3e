import type { ReaderRef } from '../catalog/names.ts';
import { factOf } from './catalog-reader.ts';
import { stateOfJob } from './job-state.ts';
import { aboutOf } from './dataset-view.ts';
import { evidenceDocument, type QueryParts, requireEntity, trueAt, type View } from './view.ts';

/** A job or consumer: what it is, what it reads and why, what it writes. */
export async function programView(ref: ReaderRef, view: View, { catalog, index }: QueryParts): Promise<object> {
  const record = await requireEntity(ref, catalog, view.asOf);
  const { reads, writes } = index.programOf(ref, view);
  return {
    ...ref,
    ...aboutOf(record),
    state: stateOfJob(record),
    facts: factOf(record, ref.kind === 'job' ? 'job' : 'consumer') ?? {},
    reads: reads.map(({ dataset, completeness, evidence, fields }) => ({
      dataset,
      completeness,
      evidence: evidenceDocument(evidence),
      fields: fields.map(({ path, reasons }) => ({ path, reasons })),
    })),
    writes: writes.map(({ dataset, completeness, evidence }) => ({ dataset, completeness, evidence: evidenceDocument(evidence) })),
    ...trueAt(index, view),
  };
}
