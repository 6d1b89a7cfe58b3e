import type { ClusterAliases } from '../cluster-aliases.ts';
import type { Derivation, FieldUse, Origin, ReadReason } from '../changes.ts';
import { type DatasetRef, datasetKey } from '../names.ts';
import { meantDatasets } from './dataset-names.ts';
import { type EventDataset, type Facets, word } from './event.ts';
import { array, fail, object, optionalArray, optionalText, type Place } from './json-place.ts';

/** What the facets of an event say of fields. */
export interface StatedLineage {
  /** By `datasetKey` of the output; null: a facet is there and says nothing of its fields. */
  readonly derivations: ReadonlyMap<string, readonly Derivation[] | null>;
  /** Fields of inputs that end up in an output or decide about it, by `datasetKey`. */
  readonly reads: ReadonlyMap<string, { readonly dataset: DatasetRef; readonly fields: readonly FieldUse[] }>;
  /** Datasets named in a facet as feeding an output, whether or not fields are. */
  readonly inputs: readonly DatasetRef[];
}

/** Pairs of input and output fields in one event. */
const MOST_PAIRS = 500_000;
/** Why a field is read that no value comes from, by the subtypes emitters use. */
const INDIRECT: Readonly<Record<string, ReadReason>> = { JOIN: 'JOIN', GROUP_BY: 'GROUP', FILTER: 'FILTER', SORT: 'SORT', WINDOW: 'WINDOW', CONDITIONAL: 'CONDITION' };

/** Reads the `lineage` facets before `columnLineage`: of an output that has both, only the first counts. */
export function statedLineage({ jobFacets, outputs, aliases }: { readonly jobFacets: Facets; readonly outputs: readonly EventDataset[]; readonly aliases: ClusterAliases }): StatedLineage {
  const collector = new Collector(aliases);
  const explicit = jobFacets.get('lineage');
  for (const entry of explicit === undefined || isDeleted(explicit) ? [] : optionalArray(object(explicit).get('entries'))) collector.addEntry(entry);
  for (const output of outputs) collector.addOutput(output);
  return collector.stated();
}

export function isDeleted(facet: Place): boolean {
  return object(facet).get('_deleted').value === true;
}

class Collector {
  readonly #aliases: ClusterAliases;
  readonly #derivations = new Map<string, Map<string, Origin[]> | null>();
  readonly #reads = new Map<string, { readonly dataset: DatasetRef; readonly fields: Map<string, Set<ReadReason>> }>();
  readonly #inputs = new Map<string, DatasetRef>();
  #pairs = 0;

  constructor(aliases: ClusterAliases) {
    this.#aliases = aliases;
  }

  stated(): StatedLineage {
    return {
      derivations: new Map([...this.#derivations].map(([key, fields]) => [key, fields === null ? null : [...fields].map(([to, from]) => ({ to, from }))])),
      reads: new Map([...this.#reads].map(([key, { dataset, fields }]) => [key, { dataset, fields: [...fields].map(([path, why]) => ({ path, why: [...why] })) }])),
      inputs: [...this.#inputs.values()],
    };
  }

  /** An entry of a job's `lineage` facet. Jobs that feed jobs are no lineage of data. */
  addEntry(place: Place): void {
    const entry = object(place);
    if (optionalText(entry.get('type')) === 'JOB') return void optionalArray(entry.get('inputs')).forEach((input) => this.#inputDatasets(input));
    const target = { namespace: word(entry.get('namespace')), name: word(entry.get('name')), facets: new Map() };
    this.#addTarget(target, entry.get('inputs'), entry.get('fields'));
  }

  addOutput(output: EventDataset): void {
    if (meantDatasets(output, this.#aliases).every(({ ref }) => this.#derivations.has(datasetKey(ref)))) return;
    const [explicit, columns] = ['lineage', 'columnLineage'].map((name) => output.facets.get(name));
    if (explicit !== undefined && !isDeleted(explicit)) return this.#addTarget(output, object(explicit).get('inputs'), object(explicit).get('fields'));
    if (columns === undefined || isDeleted(columns)) return;
    for (const { ref } of meantDatasets(output, this.#aliases)) this.#derivations.set(datasetKey(ref), new Map());
    const facet = object(columns);
    for (const place of optionalArray(facet.get('dataset'))) this.#addInput(place, null, null);
    for (const [to, field] of facet.get('fields').value === undefined ? [] : object(facet.get('fields')).entries()) {
      const { inputs, asWhole } = columnInputs(field);
      for (const input of inputs) this.#addInput(input, { output, to }, asWhole);
      if (inputs.length === 0) this.#origins(output, to);
    }
  }

  #addTarget(target: EventDataset, inputs: Place, fields: Place): void {
    const said = fields.value !== undefined && fields.value !== null;
    for (const { ref } of meantDatasets(target, this.#aliases)) this.#derivations.set(datasetKey(ref), said ? new Map() : null);
    for (const input of optionalArray(inputs)) this.#addInput(input, null, null);
    for (const [to, field] of said ? object(fields).entries() : []) {
      const from = optionalArray(object(field).get('inputs'));
      for (const input of from) this.#addInput(input, { output: target, to }, null);
      if (from.length === 0) this.#origins(target, to);
    }
  }

  /** One input of an output's field, or of the whole output (`to` null). */
  #addInput(place: Place, into: { readonly output: EventDataset; readonly to: string } | null, asWhole: string | null): void {
    if (++this.#pairs > MOST_PAIRS) fail(place, `is more than the ${MOST_PAIRS} pairs of fields an event may name`);
    const path = optionalText(object(place).get('field'));
    const { direct, identity, reasons } = transformations(object(place).get('transformations'), asWhole, into === null);
    for (const dataset of this.#inputDatasets(place)) {
      if (path === null || path === '') continue;
      for (const why of reasons) this.#read(dataset, path, why);
      if (into !== null && direct) this.#origins(into.output, into.to, { dataset, path, kind: identity ? 'IDENTITY' : 'TRANSFORM' });
    }
  }

  #inputDatasets(place: Place): readonly DatasetRef[] {
    const input = object(place);
    if (optionalText(input.get('type')) === 'JOB') return [];
    const datasets = meantDatasets({ namespace: word(input.get('namespace')), name: word(input.get('name')), facets: new Map() }, this.#aliases).map(({ ref }) => ref);
    for (const dataset of datasets) this.#inputs.set(datasetKey(dataset), dataset);
    return datasets;
  }

  #read(dataset: DatasetRef, path: string, why: ReadReason): void {
    const key = datasetKey(dataset);
    let read = this.#reads.get(key);
    if (read === undefined) this.#reads.set(key, (read = { dataset, fields: new Map() }));
    const reasons = read.fields.get(path) ?? new Set<ReadReason>();
    read.fields.set(path, reasons.add(why));
  }

  #origins(output: EventDataset, to: string, origin?: Origin): void {
    for (const { ref } of meantDatasets(output, this.#aliases)) {
      const fields = this.#derivations.get(datasetKey(ref));
      if (fields === null || fields === undefined) continue;
      const from = fields.get(to) ?? [];
      if (origin !== undefined && !from.some((known) => datasetKey(known.dataset) === datasetKey(origin.dataset) && known.path === origin.path)) from.push(origin);
      fields.set(to, from);
    }
  }
}

function columnInputs(place: Place): { readonly inputs: readonly Place[]; readonly asWhole: string | null } {
  const field = object(place);
  return { inputs: array(field.get('inputFields')), asWhole: optionalText(field.get('transformationType')) };
}

/** How an input counts: its value goes in (direct), unchanged or not, or it only decides. Without a word it is direct; for a whole output it decides. */
function transformations(place: Place, asWhole: string | null, wholeOutput: boolean): { readonly direct: boolean; readonly identity: boolean; readonly reasons: readonly ReadReason[] } {
  const all = optionalArray(place).map((item) => {
    const { type, subtype } = { type: optionalText(object(item).get('type')), subtype: optionalText(object(item).get('subtype')) };
    return { direct: type?.toUpperCase() !== 'INDIRECT', subtype: subtype?.toUpperCase() ?? '' };
  });
  if (all.length === 0) return { direct: !wholeOutput, identity: asWhole?.toUpperCase() === 'IDENTITY', reasons: [wholeOutput ? 'CONDITION' : 'VALUE'] };
  const direct = all.filter((one) => one.direct);
  const reasons = all.map((one): ReadReason => (one.direct ? 'VALUE' : (INDIRECT[one.subtype] ?? 'CONDITION')));
  return { direct: direct.length > 0 && !wholeOutput, identity: direct.length > 0 && direct.every(({ subtype }) => subtype === 'IDENTITY'), reasons: [...new Set(reasons)] };
}
