import type { ClusterAliases } from '../cluster-aliases.ts';
import type { Aspect, FactBodies, GraphChange, Instant, JobFact, JobState, Statement } from '../changes.ts';
import { datasetKey, type EntityRef, type Named } from '../names.ts';
import { type MeantDataset, meantDatasets } from './dataset-names.ts';
import { type EventDataset, type EventJob, type Facets, type OpenLineageEvent, readEvent, type RunState } from './event.ts';
import { datasetProgram, programChanges } from './event-programs.ts';
import { isDeleted } from './facet.ts';
import { BadEvent, object, optionalArray, optionalText } from './json-place.ts';
import { schemaFields } from './schema-facet.ts';

export type EventOutcome =
  | { readonly outcome: 'changes'; readonly changes: readonly GraphChange[]; readonly run: RunFacts | null }
  /** The event can never be applied; the reason names the place. */
  | { readonly outcome: 'refused'; readonly reason: string };

/** What of a run decides over what earlier runs of its job said. */
export interface RunFacts {
  readonly job: Named;
  readonly runId: string;
  readonly eventType: RunState | null;
  readonly at: Instant;
  /** Its START lists all it will ever read and write, as those of streaming jobs do. */
  readonly isSnapshot: boolean;
}

/** Of a job that reads or writes more than was named. */
const UNNAMED_TAG = 'openlineage-unnamed-dataset';
const TEAM = /^(team|group):/;
/** Longest text kept of a description. */
const MOST_TEXT = 20_000;
/** Slot of a running run's state: it holds until the run ends, or its job starts another as a whole. */
export const RUN_PART = 'run:';

/**
 * What an OpenLineage event says of the graph, evidence 'openlineage'. Events of a run add up, so each dataset a job reads or
 * writes has a slot of its own. Without column lineage a dataset is read with unknown fields and written from unknown
 * origins: inputs × outputs never become edges between fields.
 */
export function changesOfEvent(value: unknown, aliases: ClusterAliases): EventOutcome {
  try {
    const event = readEvent(value);
    const at: Instant = { time: event.at.time, sequence: event.at.nanoseconds, event: idOf(event) };
    if (event.kind === 'dataset') return { outcome: 'changes', changes: [...datasetChanges(event.dataset, at, { aliases, withSchema: true }), ...datasetProgram(event.dataset, at, aliases)], run: null };
    const run = event.kind === 'run' ? runFactsOf(event, at) : null;
    return { outcome: 'changes', changes: [...jobChanges(event, at, aliases), ...stateChanges(run)], run };
  } catch (failure) {
    if (failure instanceof BadEvent) return { outcome: 'refused', reason: failure.message };
    throw failure;
  }
}

function idOf(event: OpenLineageEvent): string {
  if (event.kind === 'run') return `${event.runId} ${event.eventType ?? ''}`;
  return event.kind === 'job' ? 'job-event' : 'dataset-event';
}

type JobEvent = Exclude<OpenLineageEvent, { readonly kind: 'dataset' }>;

function jobChanges({ job, inputs, outputs, hasUnnamed }: JobEvent, at: Instant, aliases: ClusterAliases): GraphChange[] {
  const about = { kind: 'job' as const, namespace: job.namespace, name: job.name };
  const { integration } = jobType(job.facets);
  // Flink's facet lists what a table declares, not what the topic holds.
  const facts = [...inputs, ...outputs].flatMap((dataset) => datasetChanges(dataset, at, { aliases, withSchema: integration !== 'FLINK' || !dataset.namespace.startsWith('kafka:') }));
  return [
    said(about, 'job', jobFact(job), at),
    ...describing(about, job.facets, at),
    ...(hasUnnamed ? [{ ...said(about, 'tags', { tags: [UNNAMED_TAG] }, at), part: 'unnamed' }] : []),
    ...facts,
    ...programChanges({ job, inputs, outputs }, at, aliases),
  ];
}

function datasetChanges(dataset: EventDataset, at: Instant, { aliases, withSchema }: { readonly aliases: ClusterAliases; readonly withSchema: boolean }): GraphChange[] {
  return meantDatasets(dataset, aliases).flatMap((meant) => [
    ...lifecycleChanges(meant, dataset.facets, { at, aliases }),
    ...(withSchema ? schemaChanges(meant, dataset.facets, at) : []),
    ...describing({ kind: 'dataset', ...meant.ref }, meant.isPattern ? new Map() : dataset.facets, at),
    ...(meant.isPattern ? [said({ kind: 'dataset', ...meant.ref }, 'doc', { text: 'A pattern of topic names; which topics match is unknown' }, at)] : []),
  ]);
}

function lifecycleChanges({ ref, fact }: MeantDataset, facets: Facets, { at, aliases }: { readonly at: Instant; readonly aliases: ClusterAliases }): GraphChange[] {
  const facet = facets.get('lifecycleStateChange');
  const about = { kind: 'dataset' as const, ...ref };
  const change = facet === undefined ? null : optionalText(object(facet).get('lifecycleStateChange'))?.toUpperCase();
  if (change === 'DROP') return gone(about, at);
  const previous = facet === undefined || change !== 'RENAME' ? undefined : object(facet).get('previousIdentifier');
  if (previous === undefined || previous.value === undefined || previous.value === null) return [said(about, 'dataset', fact, at)];
  const [namespace, name] = [optionalText(object(previous).get('namespace')), optionalText(object(previous).get('name'))];
  const old = namespace === null || name === null ? [] : meantDatasets({ namespace, name, facets: new Map() }, aliases).filter(({ ref: before }) => datasetKey(before) !== datasetKey(ref));
  return [...old.flatMap(({ ref: before }) => gone({ kind: 'dataset', ...before }, at)), said(about, 'dataset', fact, at)];
}

function gone(about: EntityRef, at: Instant): GraphChange[] {
  return [said(about, 'dataset', null, at), { ...said(about, 'fields', null, at), part: 'value' }];
}

function schemaChanges({ ref }: MeantDataset, facets: Facets, at: Instant): GraphChange[] {
  const facet = facets.get('schema');
  if (facet === undefined) return [];
  const about = { kind: 'dataset' as const, ...ref };
  if (isDeleted(facet)) return [{ ...said(about, 'fields', null, at), part: 'value' }];
  const fields = schemaFields(facet);
  return fields === null ? [] : [{ ...said(about, 'fields', { fields }, at), part: 'value' }];
}

/** Owner, tags and description, where their facets are there; a deleted facet takes back what it said. */
function describing(about: EntityRef, facets: Facets, at: Instant): GraphChange[] {
  const changes: GraphChange[] = [];
  const take = <A extends 'owner' | 'tags' | 'doc'>(name: string, aspect: A, bodyOf: (facet: ReturnType<typeof object>) => FactBodies[A] | null): void => {
    const facet = facets.get(name);
    if (facet === undefined) return;
    if (isDeleted(facet)) return void changes.push(said(about, aspect, null, at));
    const body = bodyOf(object(facet));
    if (body !== null) changes.push(said(about, aspect, body, at));
  };
  take('ownership', 'owner', (facet) => {
    const names = optionalArray(facet.get('owners')).map((owner) => optionalText(object(owner).get('name')));
    // `team:data` is the form the specification recommends; the catalog has teams alone.
    const owner = names.find((name) => name !== null && TEAM.test(name)) ?? names.find((name) => name !== null && name !== '');
    return owner ? { team: owner.replace(TEAM, '').slice(0, 512) } : null;
  });
  take('tags', 'tags', (facet) => ({ tags: [...new Set(optionalArray(facet.get('tags')).filter((tag) => optionalText(object(tag).get('field')) === null).map(tagText))].filter((tag) => tag !== '') }));
  take('documentation', 'doc', (facet) => {
    const description = optionalText(facet.get('description'));
    return description ? { text: description.slice(0, MOST_TEXT) } : null;
  });
  return changes;
}

function tagText(place: Parameters<typeof object>[0]): string {
  const [key, value] = [optionalText(object(place).get('key')) ?? '', optionalText(object(place).get('value')) ?? ''];
  return (value === '' || value === 'true' ? key : `${key}:${value}`).slice(0, 512);
}

function jobType(facets: Facets): { readonly processing: string; readonly integration: string } {
  const facet = facets.get('jobType');
  const member = (name: string): string => (facet === undefined ? '' : (optionalText(object(facet).get(name)) ?? '').toUpperCase());
  return { processing: member('processingType'), integration: member('integration') };
}

function jobFact({ name, facets }: EventJob): JobFact {
  const { integration } = jobType(facets);
  const isSql = facets.has('sql') || name.startsWith('insert-into_');
  const kind = integration !== 'FLINK' ? 'application' : isSql ? 'flink-sql' : 'flink-jar';
  return { kind, processor: null, pipeline: null, artifactDigest: null };
}

function runFactsOf({ job, runId, eventType, inputs, outputs }: Extract<OpenLineageEvent, { readonly kind: 'run' }>, at: Instant): RunFacts {
  const { processing } = jobType(job.facets);
  return { job: { namespace: job.namespace, name: job.name }, runId, eventType, at, isSnapshot: eventType === 'START' && processing === 'STREAMING' && inputs.length + outputs.length > 0 };
}

const ENDS: Partial<Record<RunState, JobState>> = { COMPLETE: 'FINISHED', ABORT: 'STOPPED', FAIL: 'FAILED' };

/** A run that began runs until it ends; how it ended is the job's state once no run of it is left. */
function stateChanges(run: RunFacts | null): GraphChange[] {
  if (run === null || run.eventType === null || run.eventType === 'OTHER') return [];
  const about = { kind: 'job' as const, ...run.job };
  const ended = ENDS[run.eventType];
  const running: Statement = { ...said(about, 'state', ended === undefined ? { state: 'RUNNING' } : null, run.at), part: `${RUN_PART}${run.runId}` };
  return ended === undefined ? [running] : [running, said(about, 'state', { state: ended }, run.at)];
}

function said<A extends Aspect>(about: EntityRef, aspect: A, body: FactBodies[A] | null, at: Instant): Statement {
  return { change: 'statement', about, aspect, part: '', evidence: 'openlineage', at, body } as Statement;
}
