import type { JobKind } from '../changes.ts';
import { MAX_NAME_LENGTH } from '../names.ts';
import { debeziumCassandra, debeziumMongo, debeziumMysql, debeziumOracle, debeziumPostgres, debeziumSqlServer } from './debezium.ts';
import type { Connected, ConnectedDataset, Flow, Flows, ReadConnector, RecordShape } from './flow.ts';
import { TOPIC_NAME, topicNamed } from './flow.ts';
import { debeziumJdbcSink, jdbcSink, jdbcSource } from './jdbc.ts';
import { type KeptConfig, Settings, toldOr, Untold, VALUES_CHANGED } from './kept-config.ts';
import { mirrorCheckpoints, mirrorHeartbeats, mirrorSource } from './mirror-maker.ts';
import { elasticsearchSink, fileStreamSink, fileStreamSource, icebergSink, s3Sink } from './sinks.ts';
import { isRegexRouter, topicRoute, transformsOf, UNWRAPPING } from './topic-route.ts';

/** Classes of connectors whose naming rules are known. */
const CONNECTORS: Readonly<Record<string, ReadConnector>> = {
  'io.debezium.connector.postgresql.PostgresConnector': debeziumPostgres,
  'io.debezium.connector.mysql.MySqlConnector': debeziumMysql,
  'io.debezium.connector.mariadb.MariaDbConnector': debeziumMysql,
  'io.debezium.connector.sqlserver.SqlServerConnector': debeziumSqlServer,
  'io.debezium.connector.oracle.OracleConnector': debeziumOracle,
  'io.debezium.connector.mongodb.MongoDbConnector': debeziumMongo,
  'io.debezium.connector.cassandra.CassandraConnector': debeziumCassandra,
  'io.confluent.connect.jdbc.JdbcSourceConnector': jdbcSource,
  'io.confluent.connect.jdbc.JdbcSinkConnector': jdbcSink,
  'io.debezium.connector.jdbc.JdbcSinkConnector': debeziumJdbcSink,
  'io.confluent.connect.elasticsearch.ElasticsearchSinkConnector': elasticsearchSink,
  'org.apache.iceberg.connect.IcebergSinkConnector': icebergSink,
  'io.tabular.iceberg.connect.IcebergSinkConnector': icebergSink,
  'io.confluent.connect.s3.S3SinkConnector': s3Sink,
  'org.apache.kafka.connect.file.FileStreamSinkConnector': fileStreamSink,
  'org.apache.kafka.connect.file.FileStreamSourceConnector': fileStreamSource,
  'org.apache.kafka.connect.mirror.MirrorSourceConnector': mirrorSource,
  'org.apache.kafka.connect.mirror.MirrorCheckpointConnector': mirrorCheckpoints,
  'org.apache.kafka.connect.mirror.MirrorHeartbeatConnector': mirrorHeartbeats,
};
/** Converters that write a record's fields as they are; MirrorMaker's carries bytes. Others, or the worker's own, are not known to. */
const FIELD_KEEPING: ReadonlySet<string> = new Set(['io.confluent.connect.avro.AvroConverter', 'io.apicurio.registry.utils.converter.AvroConverter']);
const BYTE_CARRYING = 'org.apache.kafka.connect.mirror.MirrorSourceConnector';
/** Datasets of one connector; more is a configuration gone wrong, and would not fit one statement. */
export const MAX_DATASETS = 10_000;

export interface ConnectorConfig {
  readonly type: 'source' | 'sink';
  readonly config: KeptConfig;
  /** Topics it was seen to use since it was made; null: not known. */
  readonly activeTopics: readonly string[] | null;
  /** Namespace of the Kafka cluster its worker works on. */
  readonly kafka: string;
}
export interface ConnectorLineage {
  readonly kind: JobKind;
  /** '' when it is not known. */
  readonly class: string;
  readonly reads: readonly ConnectedDataset[];
  readonly writes: readonly ConnectedDataset[];
  /** Pairs of a dataset and what its records become, where the fields of the one are known to be those of the other. */
  readonly copies: readonly Copy[];
  /** What may be read or written besides, a sentence each; empty: nothing. */
  readonly unknownReads: readonly string[];
  readonly unknownWrites: readonly string[];
}
export interface Copy {
  readonly from: ConnectedDataset;
  readonly to: ConnectedDataset;
  readonly shape: RecordShape;
}

/** What a connector reads and writes: for certain, by its own naming rules and what it was seen to use, and what cannot be told. */
export function connectorLineage(asked: ConnectorConfig): ConnectorLineage {
  const connector = { ...asked, activeTopics: asked.activeTopics?.filter((topic) => TOPIC_NAME.test(topic)) ?? null };
  const settings = new Settings(connector.config);
  const own = told(() => flowsOf(connector, settings));
  const flows = own.flows.filter(hasNames);
  const inTopics = flows.map((flow) => (connector.type === 'source' ? flow.to : flow.from));
  const seen = seenBesides(connector, inTopics, own);
  const dead = told(() => deadLetters(connector, settings));
  const tooLong = flows.length < own.flows.length ? [`a name is longer than ${MAX_NAME_LENGTH} characters`] : [];
  const isSource = connector.type === 'source';
  return {
    kind: isSource ? 'source-connector' : 'sink-connector',
    class: toldOr(() => settings.text('connector.class')).told ?? '',
    reads: distinct([...flows.map(({ from }) => from), ...(isSource ? [] : seen)]),
    writes: distinct([...flows.map(({ to }) => to), ...(isSource ? seen : []), ...dead.flows.map(({ to }) => to)]),
    copies: keepsFields(settings) ? flows.flatMap((flow) => copyOf(flow, settings)) : [],
    unknownReads: [...own.unknownReads, ...tooLong],
    unknownWrites: [...own.unknownWrites, ...tooLong, ...dead.unknownWrites],
  };
}

function told(read: () => Flows): Flows {
  const { told: flows, untold } = toldOr(() => withinBounds(read()));
  return flows ?? nothingKnown(untold ?? '');
}

function withinBounds(flows: Flows): Flows {
  if (flows.flows.length > MAX_DATASETS) throw new Untold(`it takes more than ${MAX_DATASETS} datasets`);
  return flows;
}

function flowsOf({ type, activeTopics, kafka }: ConnectorConfig, settings: Settings): Flows {
  if ((activeTopics?.length ?? 0) > MAX_DATASETS) throw new Untold(`it was seen to use more than ${MAX_DATASETS} topics`);
  const name = settings.required('connector.class');
  const read = Object.hasOwn(CONNECTORS, name) ? CONNECTORS[name] : undefined;
  const connected: Connected = { settings, activeTopics, kafka: clusterOf(settings, type, kafka), route: (topic) => topic, renames: true };
  if (read === undefined) return type === 'sink' ? anySink(connected, `how ${name} names what it writes is not known`) : nothingKnown(`how ${name} names what it reads and writes is not known`);
  const routed = toldOr(() => read({ ...connected, route: topicRoute(settings), renames: transformsOf(settings).some(isRegexRouter) }));
  if (routed.told !== null) return routed.told;
  // What lies before the transforms is told all the same.
  if (type === 'sink') return anySink(connected, routed.untold);
  const unrouted = toldOr(() => read(connected));
  return unrouted.told === null ? nothingKnown(routed.untold) : sourceOnly(unrouted.told, routed.untold);
}

/** The topics of any sink are in its settings; where they go is its own affair. */
function anySink(connected: Connected, reason: string): Flows {
  const { flows, unknownReads } = fileStreamSink(connected);
  return { flows, unknownReads, unknownWrites: [reason] };
}

function sourceOnly({ flows, unknownReads, unknownWrites }: Flows, reason: string): Flows {
  return { flows: flows.map(({ from }) => ({ from, to: null, shape: null })), unknownReads, unknownWrites: [...unknownWrites, reason] };
}

function nothingKnown(reason: string): Flows {
  return { flows: [], unknownReads: [reason], unknownWrites: [reason] };
}

/** A connector may be sent to another cluster than its worker's. */
function clusterOf(settings: Settings, type: ConnectorConfig['type'], kafka: string): string {
  const brokers = settings.text(`${type === 'source' ? 'producer' : 'consumer'}.override.bootstrap.servers`);
  return brokers === null ? kafka : `kafka://${brokers.split(',')[0] ?? ''}`;
}

/** Topics it was seen to use though the rules do not name them: taken where the rules leave room, for they may be from an older configuration. */
function seenBesides({ type, activeTopics, kafka }: ConnectorConfig, known: readonly (ConnectedDataset | null)[], { unknownReads, unknownWrites }: Flows): readonly ConnectedDataset[] {
  if ((type === 'source' ? unknownWrites : unknownReads).length === 0) return [];
  const names = new Set(known.map((dataset) => dataset?.name));
  return (activeTopics ?? []).slice(0, MAX_DATASETS).filter((topic) => !names.has(topic)).map((topic) => topicNamed(kafka, topic));
}

function deadLetters({ type, kafka }: ConnectorConfig, settings: Settings): Flows {
  const topic = type === 'sink' ? settings.text('errors.deadletterqueue.topic.name') : null;
  return { flows: topic === null ? [] : [{ from: null, to: topicNamed(kafka, topic), shape: null }], unknownReads: [], unknownWrites: [] };
}

function hasNames({ from, to }: Flow): boolean {
  return [from, to].every((dataset) => dataset === null || (dataset.name.length <= MAX_NAME_LENGTH && dataset.namespace.length <= MAX_NAME_LENGTH && dataset.name !== ''));
}

function distinct(datasets: readonly (ConnectedDataset | null)[]): readonly ConnectedDataset[] {
  return [...new Map(datasets.flatMap((dataset) => (dataset === null ? [] : [[JSON.stringify([dataset.namespace, dataset.name]), dataset] as const]))).values()];
}

/** Whether the values of fields are known to pass through unchanged. */
function keepsFields(settings: Settings): boolean {
  const kept = toldOr(() => {
    if (settings.text(VALUES_CHANGED) !== null) return false;
    const carried = settings.text('connector.class') === BYTE_CARRYING || FIELD_KEEPING.has(settings.text('value.converter') ?? '');
    return carried && transformsOf(settings).every((transform) => isRegexRouter(transform) || (UNWRAPPING.has(transform.class) && settings.text(`transforms.${transform.alias}.predicate`) === null));
  });
  return kept.told ?? false;
}

function copyOf({ from, to, shape }: Flow, settings: Settings): readonly Copy[] {
  if (from === null || to === null || shape === null) return [];
  const unwraps = transformsOf(settings).some(({ class: name }) => UNWRAPPING.has(name));
  // A sink that unwraps reads envelopes and writes rows: its topic's fields are others than its table's.
  if (unwraps && shape === 'row') return [];
  return [{ from, to, shape: unwraps ? 'row' : shape }];
}
