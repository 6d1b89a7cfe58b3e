import type { ClusterAliases } from '../cluster-aliases.ts';
import type { DatasetUse, DatasetWrite, FactBodies, Instant, ProgramFact, Statement } from '../changes.ts';
import { type DatasetRef, datasetKey, type EntityRef, type Named } from '../names.ts';
import { jobNamed, LineageCollector, type StatedLineage } from './column-lineage.ts';
import { meantDatasets } from './dataset-names.ts';
import { type EventDataset, type EventJob, type Facets, word } from './event.ts';
import { isDeleted } from './facet.ts';
import { object, optionalArray, type Place } from './json-place.ts';

export interface EventProgram {
  readonly job: EventJob;
  readonly inputs: readonly EventDataset[];
  readonly outputs: readonly EventDataset[];
}

/** The slots of what a job reads and writes; `role` 'read' or 'write'. */
export function programPart(role: 'read' | 'write', dataset: DatasetRef): string {
  return `${role}:${datasetKey(dataset)}`;
}

/**
 * What an event says that jobs read and write: its own job, and others that its `lineage` facet names. Events add up, so
 * each dataset has a slot of its own.
 */
export function programChanges({ job, inputs, outputs }: EventProgram, at: Instant, aliases: ClusterAliases): readonly Statement[] {
  const { own, others } = lineageOfEvent({ job, inputs, outputs }, aliases);
  const meant = (datasets: readonly EventDataset[]): readonly DatasetRef[] => datasets.flatMap((dataset) => meantDatasets(dataset, aliases).map(({ ref }) => ref));
  return [
    ...programOf(job, own, { inputs: meant(inputs), outputs: meant(outputs) }, at),
    ...others.flatMap((other) => programOf(other.job, other.stated, { inputs: [], outputs: [] }, at)),
  ];
}

/**
 * What a dataset event says of where the dataset comes from. No job is named, and one of the dataset's own name stands for it;
 * the newest event says all there is.
 */
export function datasetProgram(dataset: EventDataset, at: Instant, aliases: ClusterAliases): readonly Statement[] {
  const facets = ['lineage', 'columnLineage'].flatMap((name) => dataset.facets.get(name) ?? []);
  const [target, ...more] = meantDatasets(dataset, aliases);
  if (facets.length === 0 || target === undefined || target.isPattern || more.length > 0) return [];
  const about: EntityRef = { kind: 'job', ...target.ref };
  const say = <A extends 'job' | 'program' | 'doc'>(aspect: A, body: FactBodies[A] | null): Statement => ({ change: 'statement', about, aspect, part: '', evidence: 'openlineage', at, body }) as Statement;
  if (facets.every(isDeleted)) return [say('program', null), say('job', null), say('doc', null)];
  const { own } = lineageOfEvent({ job: { ...target.ref, facets: new Map() }, inputs: [], outputs: [dataset] }, aliases);
  const { reads, writes } = usesOf(own, { inputs: [], outputs: [target.ref] });
  return [
    say('job', { kind: 'application', processor: null, pipeline: null, artifactDigest: null }),
    say('doc', { text: `Stands for what was said of the dataset ${target.ref.name} itself; nobody named the job that writes it` }),
    say('program', { reads, writes }),
  ];
}

function programOf({ namespace, name }: Named, stated: StatedLineage, named: NamedDatasets, at: Instant): readonly Statement[] {
  const { reads, writes } = usesOf(stated, named);
  const say = (role: 'read' | 'write', dataset: DatasetRef, body: ProgramFact): Statement =>
    ({ change: 'statement', about: { kind: 'job', namespace, name }, aspect: 'program', part: programPart(role, dataset), evidence: 'openlineage', at, body });
  return [
    ...reads.map((use) => say('read', use.dataset, { reads: [use], writes: [] })),
    ...writes.map((write) => say('write', write.dataset, { reads: [], writes: [write] })),
  ];
}

interface NamedDatasets {
  readonly inputs: readonly DatasetRef[];
  readonly outputs: readonly DatasetRef[];
}

function usesOf({ derivations, reads, inputs, targets }: StatedLineage, named: NamedDatasets): { readonly reads: readonly DatasetUse[]; readonly writes: readonly DatasetWrite[] } {
  const read = distinct([...named.inputs, ...inputs]);
  const written = distinct([...named.outputs, ...targets]);
  return {
    reads: read.map((dataset) => {
      const fields = reads.get(datasetKey(dataset))?.fields ?? null;
      return { dataset, readerSchema: null, fields, completeness: fields === null ? 'unknown' : 'partial', evolution: null };
    }),
    writes: written.map((dataset) => ({ dataset, writerSchema: null, derivations: derivations.get(datasetKey(dataset)) ?? null })),
  };
}

interface EventLineage {
  readonly own: StatedLineage;
  readonly others: readonly { readonly job: Named; readonly stated: StatedLineage }[];
}

/** Reads the `lineage` facets before `columnLineage`: of an output that has both, only the first counts. */
function lineageOfEvent({ job, inputs, outputs }: EventProgram, aliases: ClusterAliases): EventLineage {
  const datasets = new Map([...inputs, ...outputs].map((dataset) => [datasetKey(dataset), dataset]));
  const own = new LineageCollector({ aliases, job, datasets });
  const others = new Map<string, { readonly job: Named; readonly collector: LineageCollector }>();
  const of = (other: Named): LineageCollector => {
    if (other.namespace === job.namespace && other.name === job.name) return own;
    const key = datasetKey(other);
    const known = others.get(key) ?? { job: other, collector: new LineageCollector({ aliases, job: other, datasets }) };
    others.set(key, known);
    return known.collector;
  };
  for (const entry of entriesOf(job.facets)) addEntry(entry, job, of);
  for (const output of outputs) addOutput(output, own);
  return { own: own.stated(), others: [...others.values()].map((other) => ({ job: other.job, stated: other.collector.stated() })) };
}

function entriesOf(facets: Facets): readonly Place[] {
  const facet = facets.get('lineage');
  return facet === undefined || isDeleted(facet) ? [] : optionalArray(object(facet).get('entries'));
}

/** An entry of a job's `lineage` facet: a dataset and what feeds it, or a job and what feeds that. */
function addEntry(place: Place, own: Named, of: (job: Named) => LineageCollector): void {
  const entry = object(place);
  const inputs = optionalArray(entry.get('inputs'));
  const job = jobNamed(place, own);
  if (job !== null) return of(job).addInputs(inputs);
  const target = { namespace: word(entry.get('namespace')), name: word(entry.get('name')), facets: new Map() };
  const fields = entry.get('fields');
  const all = [...inputs, ...(fields.value === undefined || fields.value === null ? [] : [...object(fields).entries()].flatMap(([, field]) => optionalArray(object(field).get('inputs'))))];
  const feeding = all.flatMap((input) => jobNamed(input, own) ?? []);
  for (const other of feeding) if (of(other) !== of(own)) of(other).addWritten(target);
  // Where other jobs alone feed it, the job of the event only tells of it.
  if (feeding.length === 0 || feeding.length < all.length || feeding.some((other) => of(other) === of(own))) of(own).addTarget(target, entry.get('inputs'), fields);
}

function addOutput(output: EventDataset, own: LineageCollector): void {
  if (own.hasSaidOf(output)) return;
  const [explicit, columns] = ['lineage', 'columnLineage'].map((name) => output.facets.get(name));
  if (explicit !== undefined && !isDeleted(explicit)) return own.addTarget(output, object(explicit).get('inputs'), object(explicit).get('fields'));
  if (columns !== undefined && !isDeleted(columns)) own.addColumns(output, columns);
}

function distinct(refs: readonly DatasetRef[]): readonly DatasetRef[] {
  return [...new Map(refs.map(({ namespace, name }) => [datasetKey({ namespace, name }), { namespace, name }])).values()];
}
