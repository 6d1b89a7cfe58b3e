import { fieldFacts } from '../catalog/avro/fields.ts';
import type { AvroSchema } from '../catalog/avro/schema.ts';
import { changedFields } from '../catalog/gate/changed-fields.ts';
import { signatureOf, signatureOfFact } from '../catalog/gate/program-signature.ts';
import { obstacles, standsOf } from '../catalog/gate/judge-reader.ts';
import type { GateRequest } from '../catalog/gate/request.ts';
import type { Reservation } from '../catalog/gate/reservation.ts';
import type { DatasetState, DeployedReader, DownstreamReader, GateWorld, ProgramSignature } from '../catalog/gate/world.ts';
import { type DatasetRef, datasetKey, entityKey } from '../catalog/names.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import { Problem } from '../problem.ts';
import { BoundedCache } from '../queries/bounded-cache.ts';
import { type CatalogReader, factsOf } from '../queries/catalog-reader.ts';
import { loadDatasetState } from '../queries/dataset-state.ts';
import { DatasetFlows } from './dataset-flows.ts';
import { downstreamReaders } from './downstream-readers.ts';
import { PermitBook } from './permit-book.ts';
import { ReservedStates } from './reserved-states.ts';

/** Datasets whose state is remembered within one revision. */
const REMEMBERED_DATASETS = 5_000;

/** How often what is deployed and reserved is read before a request is asked to wait. */
const MOST_TRIES = 5;

/** What is deployed or may start, as the gate's rules look at it. */
export interface LoadedWorld extends GateWorld {
  /** Whether the verdict might have been another had this been reserved as well. */
  readonly touches: (reservation: Reservation) => boolean;
}

/**
 * Loads what the gate's rules look at. Everything it works out it remembers while the revision stays, and
 * verdicts on pairs of schemas as long as the schemas live.
 */
export class GateWorlds {
  readonly #catalog: CatalogReader;
  readonly #index: LineageIndex;
  #revision = -1;
  #states = new BoundedCache<string, Promise<DatasetState | null>>(REMEMBERED_DATASETS);
  readonly #flows: DatasetFlows;
  readonly #obstacles = rememberingPairs(obstacles);
  readonly #stands = rememberingPairs((reader: DeployedReader, { current }: Current) => standsOf(reader, current));
  readonly #changes = rememberingPairs(changedFields);
  readonly #paths = new WeakMap<AvroSchema, ReadonlySet<string>>();
  readonly #currents = new WeakMap<AvroSchema, Current>();
  readonly #permits: PermitBook;
  readonly #reserved: ReservedStates;

  constructor(catalog: CatalogReader, index: LineageIndex, permits: PermitBook = new PermitBook()) {
    this.#catalog = catalog;
    this.#index = index;
    this.#permits = permits;
    this.#reserved = new ReservedStates(permits, catalog);
    this.#flows = new DatasetFlows(index, permits);
  }

  /** The world at the index's revision, with what is reserved now. What cannot be known ends the request. */
  async load(request: GateRequest): Promise<LoadedWorld> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const world = await this.#loadOnce(request);
      if (world !== null) return world;
    }
    throw new Problem('gate-contended', `jobs with a permit were seen starting each of the ${MOST_TRIES} times this was looked at`);
  }

  /** null: something was freed meanwhile, and may be missing both in what was read before and in what is reserved now. */
  async #loadOnce(request: GateRequest): Promise<LoadedWorld | null> {
    const { revision, committedAt } = this.#index.revision;
    this.#permits.caughtUp(revision);
    const { removals } = this.#permits;
    if (revision !== this.#revision) {
      this.#revision = revision;
      this.#states = new BoundedCache(REMEMBERED_DATASETS);
      this.#flows.forget();
    }
    const datasets = await this.#datasets(request);
    const downstream = await this.#downstream(request, datasets);
    const programs = await this.#programs(request, datasets);
    if (this.#permits.removals !== removals) return null;
    return {
      revision,
      asOf: committedAt,
      datasets,
      downstreamOf: (dataset, path) => downstream.get(fieldKey(dataset, path)) ?? [],
      flowsInto: (from, to) => this.#flows.flowsInto(from, to, request.job),
      touches: (reservation) => this.#flows.touches(reservation, request),
      obstacles: this.#obstacles,
      changedFields: this.#changes,
      pathsOf: (schema) => this.#pathsOf(schema),
      standsOf: (reader, current) => this.#stands(reader, current === null ? NO_SCHEMA : this.#currentOf(current)),
      programOf: (job) => programs.get(entityKey({ kind: 'job', ...job })) ?? null,
    };
  }

  async #datasets(request: GateRequest): Promise<Map<string, DatasetState>> {
    const datasets = new Map<string, DatasetState>();
    for (const { dataset, readerSchema } of request.inputs) datasets.set(datasetKey(dataset), this.#reserved.with(inputState(await this.#state(dataset), dataset, readerSchema !== null)));
    for (const { dataset } of request.outputs) {
      const key = datasetKey(dataset);
      if (!datasets.has(key)) datasets.set(key, this.#reserved.with((await this.#state(dataset)) ?? newDataset(dataset)));
    }
    return datasets;
  }

  async #downstream(request: GateRequest, datasets: ReadonlyMap<string, DatasetState>): Promise<Map<string, DownstreamReader[]>> {
    const reached = new Map<string, DownstreamReader[]>();
    const parts = { catalog: this.#catalog, index: this.#index, reserved: this.#permits };
    for (const { dataset: output, writerSchema } of request.outputs) {
      const state = datasets.get(datasetKey(output));
      if (writerSchema === null || state === undefined) continue;
      for (const { dataset, path } of this.#changes(writerSchema, state)) {
        reached.set(fieldKey(dataset, path), await downstreamReaders({ ...dataset, path }, request.job, parts));
      }
    }
    return reached;
  }

  /** What the jobs that read the first input compute, when the request says of itself what it computes. */
  async #programs(request: GateRequest, datasets: ReadonlyMap<string, DatasetState>): Promise<Map<string, ProgramSignature>> {
    const programs = new Map<string, ProgramSignature>();
    const [first] = request.inputs;
    const mine = first === undefined ? null : signatureOf(request);
    if (first === undefined || mine === null) return programs;
    for (const { ref } of datasets.get(datasetKey(first.dataset))?.readers ?? []) {
      if (ref.kind !== 'job') continue;
      const signature = factsOf(await this.#catalog.entity(ref), 'program').map(({ body }) => signatureOfFact(body)).find((s) => s !== null);
      if (signature !== undefined) programs.set(entityKey(ref), signature);
    }
    for (const { job, program } of this.#permits.touching(first.dataset)) {
      if (signatureOfFact(program) === mine) programs.set(entityKey({ kind: 'job', namespace: job.namespace, name: job.name }), mine);
    }
    return programs;
  }

  #pathsOf(schema: AvroSchema): ReadonlySet<string> {
    const known = this.#paths.get(schema);
    if (known !== undefined) return known;
    const paths = new Set(fieldFacts(schema).map(({ path }) => path));
    this.#paths.set(schema, paths);
    return paths;
  }

  #state(dataset: DatasetRef): Promise<DatasetState | null> {
    const key = datasetKey(dataset);
    const states = this.#states;
    const known = states.get(key);
    if (known !== undefined) return known;
    const state = loadDatasetState(dataset, this.#catalog, this.#index);
    states.set(key, state);
    state.catch(() => states.delete(key));
    return state;
  }

  #currentOf(schema: AvroSchema): Current {
    const known = this.#currents.get(schema);
    if (known !== undefined) return known;
    const current = { current: schema };
    this.#currents.set(schema, current);
    return current;
  }
}

/** A current schema, or that there is none, as one object for each: what pairs are remembered by. */
interface Current {
  readonly current: AvroSchema | null;
}
const NO_SCHEMA: Current = { current: null };

/** A pure function of two objects, with its answers remembered as long as both live. */
function rememberingPairs<A extends object, B extends object, R>(answer: (a: A, b: B) => R): (a: A, b: B) => R {
  const answers = new WeakMap<A, WeakMap<B, { readonly answer: R }>>();
  return (a, b) => {
    let ofA = answers.get(a);
    if (ofA === undefined) answers.set(a, (ofA = new WeakMap()));
    let known = ofA.get(b);
    if (known === undefined) ofA.set(b, (known = { answer: answer(a, b) }));
    return known.answer;
  };
}

function inputState(state: DatasetState | null, dataset: DatasetRef, hasReaderSchema: boolean): DatasetState {
  if (state === null) throw new Problem('dataset-not-found', `the input ${dataset.namespace}/${dataset.name} is not in the catalog, so nothing can be said about reading it`, { dataset });
  if (!hasReaderSchema || state.versions.length > 0) return state;
  throw new Problem('schema-not-found', `no schema of the input ${dataset.namespace}/${dataset.name} is known, so its reader schema cannot be judged`, { dataset });
}

/** An output the catalog has never heard of: the job is about to make it. */
function newDataset(ref: DatasetRef): DatasetState {
  return { ref, cluster: null, owner: null, subject: null, level: null, versions: [], fields: [], readers: [], writers: [] };
}

function fieldKey(dataset: DatasetRef, path: string): string {
  return entityKey({ kind: 'field', ...dataset, path });
}
