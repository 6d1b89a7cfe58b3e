import { changedFields } from '../catalog/gate/checks/downstream.ts';
import { signatureOf, signatureOfFact } from '../catalog/gate/program-signature.ts';
import type { GateRequest } from '../catalog/gate/request.ts';
import type { DatasetState, DownstreamReader, GateWorld, ProgramSignature } from '../catalog/gate/world.ts';
import { type DatasetRef, datasetKey, entityKey, type EntityRef, type ReaderRef } from '../catalog/names.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import { Problem } from '../problem.ts';
import { type CatalogReader, factsOf, ownerOf } from '../queries/catalog-reader.ts';
import { isDeployed, loadDatasetState, sameName } from '../queries/dataset-state.ts';

/** Loads everything the gate's rules look at, at the index's revision. What cannot be known ends the request. */
export async function loadWorld(request: GateRequest, catalog: CatalogReader, index: LineageIndex): Promise<GateWorld> {
  const { revision, committedAt } = index.revision;
  const datasets = await loadDatasets(request, catalog, index);
  const downstream = await loadDownstream(request, datasets, catalog, index);
  const programs = await loadPrograms(request, datasets, catalog);
  return {
    revision,
    asOf: committedAt,
    datasets,
    downstreamOf: (dataset, path) => downstream.get(fieldKey(dataset, path)) ?? [],
    flowsInto: (from, to) => flowsInto(from, to, index),
    programOf: (job) => programs.get(entityKey({ kind: 'job', ...job })) ?? null,
  };
}

async function loadDatasets(request: GateRequest, catalog: CatalogReader, index: LineageIndex): Promise<Map<string, DatasetState>> {
  const datasets = new Map<string, DatasetState>();
  for (const { dataset, readerSchema } of request.inputs) {
    const state = await loadDatasetState(dataset, catalog, index);
    if (state === null) throw new Problem('dataset-not-found', `the input ${dataset.namespace}/${dataset.name} is not in the catalog, so nothing can be said about reading it`, { dataset });
    if (readerSchema !== null && state.versions.length === 0) {
      throw new Problem('schema-not-found', `no schema of the input ${dataset.namespace}/${dataset.name} is known, so its reader schema cannot be judged`, { dataset });
    }
    datasets.set(datasetKey(dataset), state);
  }
  for (const { dataset } of request.outputs) {
    const key = datasetKey(dataset);
    if (!datasets.has(key)) datasets.set(key, (await loadDatasetState(dataset, catalog, index)) ?? newDataset(dataset));
  }
  return datasets;
}

/** An output the catalog has never heard of: the job is about to make it. */
function newDataset(ref: DatasetRef): DatasetState {
  return { ref, cluster: null, owner: null, subject: null, level: null, versions: [], fields: [], readers: [], writers: [] };
}

async function loadDownstream(request: GateRequest, datasets: ReadonlyMap<string, DatasetState>, catalog: CatalogReader, index: LineageIndex): Promise<Map<string, DownstreamReader[]>> {
  const reached = new Map<string, DownstreamReader[]>();
  for (const output of request.outputs) {
    const state = datasets.get(datasetKey(output.dataset));
    for (const { dataset, path } of state === undefined ? [] : changedFields(output, state)) {
      reached.set(fieldKey(dataset, path), await downstreamReaders({ kind: 'field', ...dataset, path }, request, catalog, index));
    }
  }
  return reached;
}

/** Readers two hops away and more; the direct ones are judged by their schemas. */
async function downstreamReaders(field: EntityRef, { job }: GateRequest, catalog: CatalogReader, index: LineageIndex): Promise<DownstreamReader[]> {
  const closure = index.closure({ from: [field], direction: 'downstream', depth: null, asOf: null, evidence: null });
  const readers: DownstreamReader[] = [];
  for (const { ref, distance, certainty } of closure.entries()) {
    if (distance < 2 || (ref.kind !== 'job' && ref.kind !== 'consumer') || (ref.kind === 'job' && sameName(ref, job))) continue;
    const reader: ReaderRef = { kind: ref.kind, namespace: ref.namespace, name: ref.name };
    const record = await catalog.entity(reader);
    if (isDeployed(record)) readers.push({ ref: reader, owner: ownerOf(record), certainty, path: closure.walkTo(ref) });
  }
  return readers;
}

function flowsInto(from: DatasetRef, to: DatasetRef, index: LineageIndex): boolean {
  if (sameName(from, to)) return true;
  if (index.readersOf(from).length === 0) return false;
  return index.closure({ from: [{ kind: 'dataset', ...from }], direction: 'downstream', depth: null, asOf: null, evidence: null }).reachesDataset(to);
}

/** What the jobs that read the first input compute, when the request says of itself what it computes. */
async function loadPrograms(request: GateRequest, datasets: ReadonlyMap<string, DatasetState>, catalog: CatalogReader): Promise<Map<string, ProgramSignature>> {
  const programs = new Map<string, ProgramSignature>();
  const [first] = request.inputs;
  if (first === undefined || signatureOf(request) === null) return programs;
  for (const { ref } of datasets.get(datasetKey(first.dataset))?.readers ?? []) {
    if (ref.kind !== 'job') continue;
    const signature = factsOf(await catalog.entity(ref), 'program').map(({ body }) => signatureOfFact(body)).find((s) => s !== null);
    if (signature !== undefined) programs.set(entityKey(ref), signature);
  }
  return programs;
}

function fieldKey(dataset: DatasetRef, path: string): string {
  return entityKey({ kind: 'field', ...dataset, path });
}
