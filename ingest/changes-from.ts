import { fieldFacts } from '../server/catalog/avro/fields.ts';
import { COMPATIBILITY_LEVELS, type Aspect, type Evidence, type FactBodies, type GraphChange, type Instant, type Observation, type Statement } from '../server/catalog/changes.ts';
import { entityKey, type EntityRef, type Named, type ReaderRef } from '../server/catalog/names.ts';
import { checkedName, checkedSchema, checkedText, checkedTime, checkedWord } from './checked.ts';
import { type AuditEvent, type AuditPayloads, type ControlEvent, type ControlPayloads, OWNABLE_KINDS, type OwnableKind } from './contracts/events.ts';
import { FLINK_EVIDENCES, programFrom, programsFrom } from './program-from.ts';
import { Refusal } from './refusal.ts';

export type ChangesOutcome =
  | { readonly outcome: 'changes'; readonly changes: readonly GraphChange[] }
  /** The event can never be applied. */
  | { readonly outcome: 'refused'; readonly reason: string };

/** What an event says of the graph: a pure function, so that a replay says the same. */
export function changesFrom(event: ControlEvent | AuditEvent): ChangesOutcome {
  const [kind, payload] = Object.entries(event.payload)[0] ?? ['', null];
  const rule = RULES.get(kind);
  if (rule === undefined) return { outcome: 'refused', reason: `"${kind}" is no payload of the contracts` };
  try {
    const at = { time: checkedTime('occurredAt', event.occurredAt), sequence: event.sequence, event: checkedWord('id', event.id) };
    return { outcome: 'changes', changes: rule(payload as never, at) };
  } catch (failure) {
    if (failure instanceof Refusal) return { outcome: 'refused', reason: failure.message };
    throw failure;
  }
}

type Payloads = ControlPayloads & AuditPayloads;
type Rules = { readonly [K in keyof Payloads]: (payload: Payloads[K], at: Instant) => GraphChange[] };

const rules: Rules = {
  'io.sluice.control.DatasetDeclared': ({ dataset, kind, platform, cluster, schema, owner, description, tags }, at) => {
    const about = named('dataset', dataset);
    return [
      state(about, 'dataset', { kind: DATASET_KINDS[kind], platform: checkedWord('platform', platform), cluster: checkedWord('cluster', cluster) }, { at }),
      ...(schema === null ? [] : [state(about, 'fields', { fields: fieldFacts(checkedSchema('schema', schema)) }, { at, part: 'value' })]),
      ...aboutIt(about, { owner, description, tags }, at),
    ];
  },
  'io.sluice.control.DatasetRetired': ({ dataset }, at) => withdraw(named('dataset', dataset), ['dataset'], at).concat(['value', 'key'].map((part) => state(named('dataset', dataset), 'fields', null, { at, part }))),
  'io.sluice.control.SchemaRegistered': schemaRegistered,
  'io.sluice.control.SubjectConfigured': ({ subject, level }, at) => {
    const known = COMPATIBILITY_LEVELS.find((l) => l === level);
    if (known === undefined) throw new Refusal(`level is "${level}", not one of ${COMPATIBILITY_LEVELS.join(', ')}`);
    return [state(named('subject', subject), 'compatibility', { level: known }, { at, evidence: 'registry' })];
  },
  'io.sluice.control.ProcessorRegistered': ({ processor, version, image, stock, evolution, owner, description }, at) => {
    const about = named('processor', processor);
    return [state(about, 'processor', { version, image, stock, evolution: evolution === 'OPT_IN' ? 'opt-in' : 'opt-out' }, { at }), ...aboutIt(about, { owner, description }, at)];
  },
  'io.sluice.control.ProcessorRetired': ({ processor }, at) => withdraw(named('processor', processor), ['processor'], at),
  'io.sluice.control.PipelineDeclared': ({ pipeline, description, owner }, at) => {
    const about = named('pipeline', pipeline);
    return [state(about, 'pipeline', { description }, { at }), ...aboutIt(about, { owner, description }, at)];
  },
  'io.sluice.control.PipelineRetired': ({ pipeline }, at) => withdraw(named('pipeline', pipeline), ['pipeline'], at),
  'io.sluice.control.JobDeployed': ({ job, kind, processor, pipeline, owner, artifactDigest, description, ...program }, at) => {
    const about = named('job', job);
    const facts = { kind: JOB_KINDS[kind], processor: processor && checkedName('processor', processor), pipeline: pipeline && checkedName('pipeline', pipeline), artifactDigest };
    return [
      state(about, 'job', facts, { at }),
      ...programsFrom(program, kind.startsWith('FLINK')).map(({ evidence, body }) => state(about, 'program', body, { at, evidence })),
      // Deployed is the beginning of running; whatever is said of its state later holds.
      state(about, 'state', { state: 'DEPLOYING' }, { at }),
      ...aboutIt(about, { owner, description }, at),
    ];
  },
  'io.sluice.control.JobStateChanged': ({ job, state: now }, at) => [state(named('job', job), 'state', { state: now }, { at })],
  'io.sluice.control.JobRetired': ({ job }, at) => [...withdraw(named('job', job), ['job', 'program', 'state'], at), ...FLINK_EVIDENCES.map((evidence) => state(named('job', job), 'program', null, { at, evidence }))],
  'io.sluice.control.ConsumerDeclared': ({ consumer, kind, owner, contact, description, reads }, at) => {
    const about = named('consumer', consumer);
    return [state(about, 'consumer', { kind: CONSUMER_KINDS[kind], contact }, { at }), state(about, 'program', programFrom(reads, []), { at }), ...aboutIt(about, { owner, description }, at)];
  },
  'io.sluice.control.ConsumerRetired': ({ consumer }, at) => withdraw(named('consumer', consumer), ['consumer', 'program'], at),
  'io.sluice.control.OwnershipDeclared': ({ entityKind, entity, owner }, at) => [state(ownable(entityKind, entity), 'owner', owner === null ? null : { team: checkedWord('owner', owner) }, { at })],
  'io.sluice.control.TagsDeclared': ({ entityKind, entity, tags }, at) => [state(ownable(entityKind, entity), 'tags', { tags: tags.map((tag) => checkedWord('tags', tag)) }, { at })],
  'io.sluice.control.DocumentationDeclared': ({ entityKind, entity, text }, at) => [state(ownable(entityKind, entity), 'doc', text === null ? null : { text: checkedText('text', text) }, { at })],
  'io.sluice.control.TeamDeclared': ({ name, contact, members }, at) => [state({ kind: 'team', namespace: '', name: checkedWord('name', name) }, 'team', { contact: checkedText('contact', contact), members: members.map((m) => checkedWord('members', m)) }, { at })],

  'io.sluice.audit.ConsumptionObserved': ({ readerKind, reader, dataset, readerSchemaId, fields, windowStart, windowEnd }) => {
    const seen = observation('reads', READER_KINDS[readerKind], reader, windowOf(windowStart, windowEnd));
    return (fields ?? [null]).map((path) => ({ ...seen, dataset: checkedName('dataset', dataset), path: path === null ? null : checkedWord('fields', path), schemaId: readerSchemaId }));
  },
  'io.sluice.audit.ProductionObserved': ({ job, dataset, writerSchemaId, windowStart, windowEnd }) => [
    { ...observation('writes', 'job', job, windowOf(windowStart, windowEnd)), dataset: checkedName('dataset', dataset), schemaId: writerSchemaId },
  ],
  'io.sluice.audit.Heartbeat': ({ readerKind, reader, at }) => [observation('alive', READER_KINDS[readerKind], reader, windowOf(at, at))],
  'io.sluice.audit.AuditResult': ({ source, sink, sourceCount, missing, mismatched, ...window }, at) => {
    const [windowStart, windowEnd] = windowOf(window.windowStart, window.windowEnd);
    const about = named('dataset', sink);
    const from = checkedName('source', source);
    const verdict = missing === 0 && mismatched === 0 ? 'match' : 'mismatch';
    return [state(about, 'audit-result', { source: from, windowStart, windowEnd, sourceCount, missing, mismatched, verdict }, { at, part: entityKey({ kind: 'dataset', ...from }), evidence: 'observed' })];
  },
};
const RULES: ReadonlyMap<string, (payload: never, at: Instant) => GraphChange[]> = new Map(Object.entries(rules));

const DATASET_KINDS = { TOPIC: 'topic', TABLE: 'table', ICEBERG_TABLE: 'iceberg-table', SEARCH_INDEX: 'search-index' } as const;
const JOB_KINDS = { FLINK_SQL: 'flink-sql', FLINK_JAR: 'flink-jar', SOURCE_CONNECTOR: 'source-connector', SINK_CONNECTOR: 'sink-connector', APPLICATION: 'application' } as const;
const CONSUMER_KINDS = { CONSUMER_GROUP: 'consumer-group', APPLICATION: 'application', EXTERNAL_SINK: 'external-sink' } as const;
const READER_KINDS = { JOB: 'job', CONSUMER: 'consumer' } as const;

function schemaRegistered(payload: ControlPayloads['io.sluice.control.SchemaRegistered'], at: Instant): GraphChange[] {
  const { subject, version, schemaId, schemaType, schema, references, deleted, dataset, part } = payload;
  if (version < 1) throw new Refusal(`version is ${version}, versions start at 1`);
  const about = named('subject', subject);
  const registered = state(about, 'schema-version', { version, schemaId, schemaType, schema, references, deleted }, { at, part: String(version), evidence: 'registry' });
  const avro = schemaType === 'AVRO' ? checkedSchema('schema', schema, references) : null;
  if (dataset === null) return [registered];
  const side = part === 'KEY' ? 'key' : 'value';
  const governed = named('dataset', dataset);
  const fields = avro === null || deleted ? [] : [state(governed, 'fields', { fields: side === 'key' ? fieldFacts(avro, '$key') : fieldFacts(avro) }, { at, part: side, evidence: 'registry' })];
  return [registered, state(governed, 'governed-by', { subject: checkedName('subject', subject) }, { at, part: side, evidence: 'registry' }), ...fields];
}

interface Said {
  readonly at: Instant;
  readonly part?: string;
  readonly evidence?: Evidence;
}

function state<A extends Aspect>(about: EntityRef, aspect: A, body: FactBodies[A] | null, { at, part = '', evidence = 'declared' }: Said): Statement {
  return { change: 'statement', about, aspect, part, evidence, at, body } as Statement;
}

function withdraw(about: EntityRef, aspects: readonly Aspect[], at: Instant): Statement[] {
  return aspects.map((aspect) => state(about, aspect, null, { at }));
}

/** Owner, description and tags, each only where the event says one. */
function aboutIt(about: EntityRef, said: { readonly owner: string | null; readonly description?: string | null; readonly tags?: readonly string[] | null }, at: Instant): Statement[] {
  return [
    ...(said.owner === null ? [] : [state(about, 'owner', { team: checkedWord('owner', said.owner) }, { at })]),
    ...(said.description ? [state(about, 'doc', { text: checkedText('description', said.description) }, { at })] : []),
    ...(said.tags == null ? [] : [state(about, 'tags', { tags: said.tags.map((tag) => checkedWord('tags', tag)) }, { at })]),
  ];
}

function observation(what: Observation['what'], kind: ReaderRef['kind'], actor: Named, [firstSeen, lastSeen]: readonly [number, number]): Observation {
  return { change: 'observation', what, actor: { kind, ...checkedName('reader', actor) }, dataset: null, path: null, schemaId: null, firstSeen, lastSeen };
}

function windowOf(start: number, end: number): [number, number] {
  if (end < start) throw new Refusal(`the window ends (${end}) before it starts (${start})`);
  return [checkedTime('windowStart', start), checkedTime('windowEnd', end)];
}

function named<K extends Exclude<EntityRef['kind'], 'field'>>(kind: K, name: Named): { readonly kind: K } & Named {
  return { kind, ...checkedName(kind, name) };
}

function ownable(kind: OwnableKind, name: Named): EntityRef {
  if (!OWNABLE_KINDS.includes(kind)) throw new Refusal(`entityKind is "${kind}", not one of ${OWNABLE_KINDS.join(', ')}`);
  return named(kind, name);
}
