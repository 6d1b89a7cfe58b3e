import { isDeepStrictEqual } from 'node:util';
import { type Aspect, compareInstants, type FactBodies, type GraphChange, type Instant, type Statement } from '../../server/catalog/changes.ts';
import type { ConnectorLineage } from '../../server/catalog/connect/connector-lineage.ts';
import { connectorProgram, type KnownPaths } from '../../server/catalog/connect/connector-program.ts';
import { type ConnectorStatus, jobStateOf } from '../../server/catalog/connect/connector-state.ts';
import type { ConnectedDataset } from '../../server/catalog/connect/flow.ts';
import { datasetKey, type EntityRef, type Named } from '../../server/catalog/names.ts';
import type { EntityRecord } from '../../server/store/store.ts';

export interface SeenConnector {
  readonly job: Named;
  /** When the poll began, ms. */
  readonly at: number;
  readonly lineage: ConnectorLineage;
  readonly status: ConnectorStatus;
}
/** What the catalog holds of a connector and of the datasets it touches, by their keys. */
export interface KnownBefore {
  readonly job: EntityRecord | null;
  readonly datasets: ReadonlyMap<string, EntityRecord | null>;
}

const EVIDENCE = 'kafka-connect';
const ASPECTS = ['job', 'program', 'state', 'doc', 'tags'] as const;
/** Sentences told of what is unknown; the rest is counted. */
const TOLD_UNKNOWNS = 8;
/** Tags of a connector that may read or write more than the catalog says. */
const UNKNOWN_READS_TAG = 'connect-unknown-reads';
const UNKNOWN_WRITES_TAG = 'connect-unknown-writes';

/** What the catalog lacks of what a poll saw; what it says already, or was told later than the poll began, is left alone. */
export function changesOfConnector(seen: SeenConnector, known: KnownBefore): readonly GraphChange[] {
  const { job, at, lineage, status } = seen;
  const about: EntityRef = { kind: 'job', ...job };
  const { state } = jobStateOf(status);
  const tags = [...(lineage.unknownReads.length > 0 ? [UNKNOWN_READS_TAG] : []), ...(lineage.unknownWrites.length > 0 ? [UNKNOWN_WRITES_TAG] : [])];
  const say = <A extends Aspect>(aspect: A, body: FactBodies[A] | null): GraphChange[] => lacking(known.job, about, { aspect, body, at });
  return [
    ...[...lineage.reads, ...lineage.writes].flatMap((dataset) => changesOfDataset(dataset, at, known)),
    ...say('job', { kind: lineage.kind, processor: null, pipeline: null, artifactDigest: null }),
    ...say('program', connectorProgram(lineage, knownPaths(known))),
    // A word that is not known says nothing of the state; what was said before stays.
    ...(state === null ? [] : say('state', { state })),
    ...say('doc', { text: textOf(seen) }),
    ...say('tags', tags.length === 0 ? null : { tags }),
  ];
}

/** The changes a connector brings that its cluster no longer has. */
export function changesOfGoneConnector(job: Named, at: number, known: EntityRecord | null): readonly GraphChange[] {
  return ASPECTS.flatMap((aspect) => lacking(known, { kind: 'job', ...job }, { aspect, body: null, at }));
}

/** Whether anything in the catalog says so on the evidence of Kafka Connect. */
export function isTold(record: EntityRecord | null): boolean {
  return record?.facts.some(({ evidence }) => evidence === EVIDENCE) ?? false;
}

/** What a dataset is: told once, where nobody else did. */
function changesOfDataset({ namespace, name, kind, platform }: ConnectedDataset, at: number, { datasets }: KnownBefore): readonly GraphChange[] {
  const record = datasets.get(datasetKey({ namespace, name })) ?? null;
  if (kind === null || record?.facts.some(({ aspect }) => aspect === 'dataset') === true) return [];
  const cluster = namespace.slice(namespace.indexOf('://') + 3).replace(/:\d+$/, '');
  return lacking(record, { kind: 'dataset', namespace, name }, { aspect: 'dataset', body: { kind, platform, cluster }, at });
}

function knownPaths({ datasets }: KnownBefore): KnownPaths {
  return new Map([...datasets].flatMap(([key, record]) => {
    const paths = (record?.facts ?? []).flatMap((fact) => (fact.aspect === 'fields' && fact.part === 'value' ? fact.body.fields.map(({ path }) => path) : []));
    return paths.length === 0 ? [] : [[key, new Set(paths)] as const];
  }));
}

function textOf({ lineage: { class: name, unknownReads, unknownWrites }, status }: SeenConnector): string {
  const { state, failedTasks } = jobStateOf(status);
  const sentences = (what: string, reasons: readonly string[]): string[] => {
    const said = reasons.slice(0, TOLD_UNKNOWNS);
    return reasons.length === 0 ? [] : [`Not all it ${what} is known: ${said.join('; ')}${reasons.length > said.length ? `; and ${reasons.length - said.length} more` : ''}.`];
  };
  const failed = failedTasks.length === 0 ? [] : [`Failed of its ${status.tasks.length} tasks: ${failedTasks.slice(0, TOLD_UNKNOWNS).join(', ')}${failedTasks.length > TOLD_UNKNOWNS ? ', …' : ''}.`];
  const unknownState = state === null ? ['Its state has a name that is not known.'] : [];
  return [`Kafka Connect connector ${name === '' ? 'of unknown class' : name}.`, ...failed, ...unknownState, ...sentences('reads', unknownReads), ...sentences('writes', unknownWrites)].join(' ');
}

interface Said<A extends Aspect> {
  readonly aspect: A;
  readonly body: FactBodies[A] | null;
  readonly at: number;
}

/** The statement, unless it is in force already or something newer is. */
function lacking<A extends Aspect>(record: EntityRecord | null, about: EntityRef, { aspect, body, at }: Said<A>): GraphChange[] {
  const inForce = (record?.facts ?? []).find((fact) => fact.aspect === aspect && fact.part === '' && fact.evidence === EVIDENCE);
  const instant: Instant = { time: at, sequence: 0, event: EVIDENCE };
  if (inForce === undefined ? body === null : isDeepStrictEqual(inForce.body, body) || compareInstants(instant, inForce.at) <= 0) return [];
  return [{ change: 'statement', about, aspect, part: '', evidence: EVIDENCE, at: instant, body } as Statement];
}
