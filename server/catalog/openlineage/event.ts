import { MAX_NAME_LENGTH, type Named } from '../names.ts';
import { array, fail, object, optionalArray, optionalText, type Place, text } from './json-place.ts';

/** An OpenLineage event (spec 2-0-2) as far as the catalog looks at it. Facets are looked at one by one, where they are used. */
export type OpenLineageEvent =
  | { readonly kind: 'run'; readonly at: EventTime; readonly eventType: RunState | null; readonly runId: string; readonly job: EventJob; readonly inputs: readonly EventDataset[]; readonly outputs: readonly EventDataset[]; readonly hasUnnamed: boolean }
  | { readonly kind: 'job'; readonly at: EventTime; readonly job: EventJob; readonly inputs: readonly EventDataset[]; readonly outputs: readonly EventDataset[]; readonly hasUnnamed: boolean }
  | { readonly kind: 'dataset'; readonly at: EventTime; readonly dataset: EventDataset };

export const RUN_STATES = ['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER'] as const;
export type RunState = (typeof RUN_STATES)[number];
export interface EventTime {
  /** ms since epoch. */
  readonly time: number;
  /** Nanoseconds beyond that millisecond. */
  readonly nanoseconds: number;
}
export interface EventJob extends Named {
  readonly facets: Facets;
}
export interface EventDataset extends Named {
  /** As it was sent, `facets` and the facets of its role together. */
  readonly facets: Facets;
}
/** Facets by name; what somebody sent as null is left out. */
export type Facets = ReadonlyMap<string, Place>;

/** Datasets in one event; the widest jobs known have hundreds. */
const MOST_DATASETS = 10_000;
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

/** Reads an event. Throws `BadEvent`, which names the place. */
export function readEvent(value: unknown): OpenLineageEvent {
  const event = object({ value, pointer: '' });
  const at = eventTime(event.get('eventTime'));
  const dataset = event.get('dataset');
  if (dataset.value !== undefined && event.get('job').value === undefined) return { kind: 'dataset', at, dataset: readDataset(dataset) };
  const job = readJob(event.get('job'));
  const io = { inputs: datasets(event.get('inputs')), outputs: datasets(event.get('outputs')), hasUnnamed: ['inputs', 'outputs'].some((side) => optionalArray(event.get(side)).some(isUnnamed)) };
  const run = event.get('run');
  if (run.value === undefined || run.value === null) return { kind: 'job', at, job, ...io };
  return { kind: 'run', at, eventType: runState(event.get('eventType')), runId: word(object(run).get('runId')), job, ...io };
}

function readJob(place: Place): EventJob {
  const job = object(place);
  return { namespace: word(job.get('namespace')), name: word(job.get('name')), facets: facets(job.get('facets')) };
}

function readDataset(place: Place): EventDataset {
  const dataset = object(place);
  const roles = [dataset.get('facets'), dataset.get('inputFacets'), dataset.get('outputFacets')];
  return { namespace: word(dataset.get('namespace')), name: word(dataset.get('name')), facets: new Map(roles.flatMap((role) => [...facets(role)])) };
}

/** Flink's own emitter gives a source that subscribes to a pattern no name at all: that something is read is all it tells. */
function isUnnamed(place: Place): boolean {
  const name = object(place).get('name').value;
  return name === undefined || name === null;
}

/** Some emitters say null for none. */
function datasets(place: Place): readonly EventDataset[] {
  if (place.value === undefined || place.value === null) return [];
  const items = array(place);
  if (items.length > MOST_DATASETS) fail(place, `has ${items.length} datasets, the limit is ${MOST_DATASETS}`);
  return items.filter((item) => !isUnnamed(item)).map(readDataset);
}

function facets(place: Place): Facets {
  if (place.value === undefined || place.value === null) return new Map();
  return new Map([...object(place).entries()].filter(([, facet]) => facet.value !== null));
}

function runState(place: Place): RunState | null {
  const said = optionalText(place);
  if (said === null) return null;
  return RUN_STATES.find((state) => state === said.toUpperCase()) ?? fail(place, `is "${said.slice(0, 40)}", not one of ${RUN_STATES.join(', ')}`);
}

/** A name the catalog can hold. */
export function word(place: Place): string {
  const said = text(place);
  if (said === '') fail(place, 'is empty');
  if (said.length > MAX_NAME_LENGTH) fail(place, `has ${said.length} characters, the limit is ${MAX_NAME_LENGTH}`);
  return said;
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,9})\d*)?(?:Z|[+-]\d\d:?\d\d)?$/i;

/** RFC 3339; a time without a zone is taken as UTC, as some emitters mean it. */
function eventTime(place: Place): EventTime {
  const said = text(place);
  const match = TIME.exec(said);
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/i.test(said) ? said : `${said}Z`;
  const time = match === null ? Number.NaN : Date.parse(zoned.replace(/\.(\d{3})\d+/, '.$1'));
  if (!(time >= EARLIEST && time <= LATEST)) fail(place, `is "${said.slice(0, 40)}", no time between the years 2000 and 2200`);
  return { time, nanoseconds: Number((match?.[1] ?? '').padEnd(9, '0').slice(3)) };
}
