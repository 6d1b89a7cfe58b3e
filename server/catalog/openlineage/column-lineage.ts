import type { ClusterAliases } from '../cluster-aliases.ts';
import type { Derivation, FieldUse, Origin, ReadReason } from '../changes.ts';
import { type DatasetRef, datasetKey, type Named } from '../names.ts';
import { meantDatasets } from './dataset-names.ts';
import { type EventDataset, word } from './event.ts';
import { inputTransformations } from './input-transformations.ts';
import { array, fail, object, optionalArray, optionalText, type Place } from './json-place.ts';

/** What the facets of an event say of fields, of one job. */
export interface StatedLineage {
  /** By `datasetKey` of the output; null: a facet is there and says nothing of its fields. */
  readonly derivations: ReadonlyMap<string, readonly Derivation[] | null>;
  /** Fields of inputs that end up in an output or decide about it, by `datasetKey`. */
  readonly reads: ReadonlyMap<string, { readonly dataset: DatasetRef; readonly fields: readonly FieldUse[] }>;
  /** Datasets named in a facet as feeding an output, whether or not fields are. */
  readonly inputs: readonly DatasetRef[];
  /** Datasets named in a facet as fed. */
  readonly targets: readonly DatasetRef[];
}

/** Pairs of input and output fields in one event. */
const MOST_PAIRS = 500_000;

/** What a collector has to know of the event. */
export interface CollectorParts {
  readonly aliases: ClusterAliases;
  /** The job that is spoken of where a facet names none. */
  readonly job: Named;
  /** Datasets of the event by `datasetKey` of the name they were sent under: facets of theirs say what they are. */
  readonly datasets: ReadonlyMap<string, EventDataset>;
}

/** Gathers what facets say of one job. */
export class LineageCollector {
  readonly #parts: CollectorParts;
  readonly #derivations = new Map<string, Map<string, Origin[]> | null>();
  readonly #reads = new Map<string, { readonly dataset: DatasetRef; readonly fields: Map<string, Set<ReadReason>> }>();
  readonly #inputs = new Map<string, DatasetRef>();
  readonly #targets = new Map<string, DatasetRef>();
  #pairs = 0;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
  }

  stated(): StatedLineage {
    return {
      derivations: new Map([...this.#derivations].map(([key, fields]) => [key, fields === null ? null : [...fields].map(([to, from]) => ({ to, from }))])),
      reads: new Map([...this.#reads].map(([key, { dataset, fields }]) => [key, { dataset, fields: [...fields].map(([path, why]) => ({ path, why: [...why] })) }])),
      inputs: [...this.#inputs.values()],
      targets: [...this.#targets.values()],
    };
  }

  /** Whether something was said of all datasets an output stands for. */
  hasSaidOf(output: EventDataset): boolean {
    return this.#meant(output).every((ref) => this.#derivations.has(datasetKey(ref)));
  }

  /** What feeds the job, and no output in particular. */
  addInputs(inputs: readonly Place[]): void {
    for (const input of inputs) this.#addInput(input, null, null);
  }

  /** A dataset that the job writes; nothing is said of its fields. */
  addWritten(target: EventDataset): void {
    this.#target(target, () => null);
  }

  /** `inputs` and `fields` as the `lineage` facet has them. */
  addTarget(target: EventDataset, inputs: Place, fields: Place): void {
    const said = fields.value !== undefined && fields.value !== null;
    this.#target(target, () => (said ? new Map() : null));
    this.addInputs(optionalArray(inputs));
    for (const [to, field] of said ? object(fields).entries() : []) {
      const from = optionalArray(object(field).get('inputs'));
      // What another job makes of it is that job's to say.
      if (from.length === 0 || !from.every((input) => this.isOtherJob(input))) this.#origins(target, to);
      for (const input of from) this.#addInput(input, { output: target, to }, null);
    }
  }

  /** A `columnLineage` facet. */
  addColumns(output: EventDataset, facet: Place): void {
    this.#target(output, () => new Map());
    this.addInputs(optionalArray(object(facet).get('dataset')));
    const fields = object(facet).get('fields');
    for (const [to, place] of fields.value === undefined || fields.value === null ? [] : object(fields).entries()) {
      const field = object(place);
      const asWhole = optionalText(field.get('transformationType'));
      this.#origins(output, to);
      for (const input of array(field.get('inputFields'))) this.#addInput(input, { output, to }, asWhole);
    }
  }

  isOtherJob(place: Place): boolean {
    const job = jobNamed(place, this.#parts.job);
    return job !== null && (job.namespace !== this.#parts.job.namespace || job.name !== this.#parts.job.name);
  }

  #target(target: EventDataset, fields: () => Map<string, Origin[]> | null): void {
    for (const ref of this.#meant(target)) {
      const key = datasetKey(ref);
      this.#targets.set(key, ref);
      // Entries of one target add up.
      this.#derivations.set(key, this.#derivations.get(key) ?? fields());
    }
  }

  /** One input of an output's field, or of the whole output (`into` null). */
  #addInput(place: Place, into: { readonly output: EventDataset; readonly to: string } | null, asWhole: string | null): void {
    if (++this.#pairs > MOST_PAIRS) fail(place, `is more than the ${MOST_PAIRS} pairs of fields an event may name`);
    if (jobNamed(place, this.#parts.job) !== null) return;
    const path = optionalText(object(place).get('field'));
    const { direct, identity, reasons } = inputTransformations(object(place).get('transformations'), asWhole, into === null);
    const named = { namespace: word(object(place).get('namespace')), name: word(object(place).get('name')), facets: new Map() };
    for (const dataset of this.#meant(named)) {
      this.#inputs.set(datasetKey(dataset), dataset);
      if (path === null || path === '') continue;
      for (const why of reasons) this.#read(dataset, path, why);
      if (into !== null && direct) this.#origins(into.output, into.to, { dataset, path, kind: identity ? 'IDENTITY' : 'TRANSFORM' });
    }
  }

  /** The datasets a name in a facet stands for, by what the event says of the dataset of that name. */
  #meant(named: EventDataset): readonly DatasetRef[] {
    return meantDatasets(this.#parts.datasets.get(datasetKey(named)) ?? named, this.#parts.aliases).map(({ ref }) => ref);
  }

  #read(dataset: DatasetRef, path: string, why: ReadReason): void {
    const key = datasetKey(dataset);
    let read = this.#reads.get(key);
    if (read === undefined) this.#reads.set(key, (read = { dataset, fields: new Map() }));
    const reasons = read.fields.get(path) ?? new Set<ReadReason>();
    read.fields.set(path, reasons.add(why));
  }

  #origins(output: EventDataset, to: string, origin?: Origin): void {
    for (const ref of this.#meant(output)) {
      const fields = this.#derivations.get(datasetKey(ref));
      if (fields === null || fields === undefined) continue;
      const from = fields.get(to) ?? [];
      if (origin !== undefined && !from.some((known) => datasetKey(known.dataset) === datasetKey(origin.dataset) && known.path === origin.path)) from.push(origin);
      fields.set(to, from);
    }
  }
}

/** The job that an entry or an input is: the one spoken of where it names none; null where it is no job. */
export function jobNamed(place: Place, own: Named): Named | null {
  const entity = object(place);
  if (optionalText(entity.get('type'))?.toUpperCase() !== 'JOB') return null;
  const [namespace, name] = [entity.get('namespace'), entity.get('name')];
  if (optionalText(namespace) === null && optionalText(name) === null) return own;
  return { namespace: word(namespace), name: word(name) };
}
