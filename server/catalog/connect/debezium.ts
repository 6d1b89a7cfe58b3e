import type { Connected, ConnectedDataset, Flow, ReadConnector } from './flow.ts';
import { topicNamed } from './flow.ts';
import { type Settings, toldOr, Untold } from './kept-config.ts';
import { type NameList, nameList } from './name-list.ts';

/** What differs from database to database. */
interface Database {
  readonly platform: string;
  /** Namespace of the tables. Untold where it is not in the configuration. */
  readonly namespace: (settings: Settings) => string;
  /** Dataset name of `schema.table`, `database.table`, `keyspace.table`. */
  readonly named: (settings: Settings) => (table: string) => string;
  /** The settings that list tables, `<this>.include.list`. */
  readonly listed: 'table' | 'collection';
  /** The setting that filters by the first part of a table's name. */
  readonly outerFilter: string | null;
  /** The naming strategy unless told otherwise. With another the same table has another topic. */
  readonly strategy: string;
  /** What stands between prefix and table in a topic's name. Untold where it is not in the configuration. */
  readonly inside?: (settings: Settings) => string;
  /** Whether rows stand in `before` and `after` field by field. */
  readonly hasRows: boolean;
  /** Whether changes of the schema are written to the topic named as the prefix, and kept in a history topic. */
  readonly keepsHistory: boolean;
}

const prefixed = (start: string) => (name: string): string => start + name;
const relational = (scheme: string, port: string) => (settings: Settings): string => `${scheme}://${settings.required('database.hostname')}:${settings.text('database.port') ?? port}`;
/** By the database and the table: what systems use whose tables stand in databases. */
const BY_DATABASE = 'io.debezium.schema.DefaultTopicNamingStrategy';
/** By the schema and the table. */
const BY_SCHEMA = 'io.debezium.schema.SchemaTopicNamingStrategy';
const MYSQL: Database = { platform: 'mysql', namespace: relational('mysql', '3306'), named: () => (table) => table, listed: 'table', outerFilter: 'database', strategy: BY_DATABASE, hasRows: true, keepsHistory: true };
/** `schema.table`, `database.table`, `keyspace.table`. */
const TABLE = /^[^.]+\.[^.]+$/;
/** What Debezium leaves of a table's name in a topic's. */
const NOT_IN_TOPICS = /[^A-Za-z0-9._-]/g;

export const debeziumPostgres = debezium({
  platform: 'postgresql', namespace: relational('postgres', '5432'), named: (settings) => prefixed(`${settings.required('database.dbname')}.`), listed: 'table', outerFilter: 'schema', strategy: BY_SCHEMA, hasRows: true, keepsHistory: false,
});
export const debeziumMysql = debezium(MYSQL);
export const debeziumSqlServer = debezium({
  platform: 'sqlserver', namespace: relational('mssql', '1433'), named: (settings) => prefixed(`${oneDatabase(settings)}.`), listed: 'table', outerFilter: 'schema', strategy: BY_SCHEMA, inside: oneDatabase, hasRows: true, keepsHistory: true,
});
export const debeziumOracle = debezium({
  platform: 'oracle', namespace: relational('oracle', '1521'), named: (settings) => prefixed(`${settings.text('database.pdb.name') ?? settings.required('database.dbname')}.`), listed: 'table', outerFilter: 'schema', strategy: BY_SCHEMA, hasRows: true, keepsHistory: true,
});
/** A document stands in one text in its envelope. */
export const debeziumMongo = debezium({
  platform: 'mongodb', namespace: mongoServer, named: () => (table) => table, listed: 'collection', outerFilter: 'database', strategy: BY_DATABASE, hasRows: false, keepsHistory: false,
});
/** Runs beside a node of Cassandra; which tables it takes, their own definition says (`cdc = true`). */
export const debeziumCassandra = debezium({
  platform: 'cassandra', named: () => (table) => table, listed: 'table', outerFilter: null, strategy: BY_DATABASE, hasRows: true, keepsHistory: false,
  namespace: (settings) => `cassandra://${(settings.required('cassandra.hosts').split(',')[0] ?? '').replace(/:\d+$/, '')}:${settings.text('cassandra.port') ?? '9042'}`,
});

/** Debezium's rules: one topic by table, `<topic.prefix>.<schema>.<table>`, and a few for its own ends. */
function debezium(database: Database): ReadConnector {
  return (connected) => {
    const { settings } = connected;
    const strategy = settings.text('topic.naming.strategy');
    if (strategy !== null && strategy !== database.strategy) throw new Untold(`topics are named by ${strategy}`);
    const prefix = settings.required('topic.prefix', 'database.server.name', 'kafka.topic.prefix');
    const delimiter = settings.text('topic.delimiter') ?? '.';
    const start = [prefix, ...(database.inside === undefined ? [] : [database.inside(settings)])].join(delimiter) + delimiter;
    const captured = capturedTables(settings, database, tablesSeen(connected, start, delimiter));
    const own = ownTopics(settings, database, { prefix, delimiter });
    const server = toldOr(() => tableNames(database, settings));
    const flows: Flow[] = captured.tables.map((table) => ({
      from: server.told === null ? null : server.told(table),
      to: routed(connected, `${start}${table.replaceAll('.', delimiter)}`.replaceAll(NOT_IN_TOPICS, '_')),
      shape: database.hasRows ? 'envelope' : null,
    }));
    const others = captured.open === null ? [] : [captured.open];
    return { flows: [...flows, ...own.map((topic): Flow => ({ from: null, to: routed(connected, topic), shape: null })), ...history(connected, database), ...signals(connected, prefix)], unknownReads: [...others, ...(server.untold === null ? [] : [server.untold])], unknownWrites: others };
  };
}

function routed({ route, kafka }: Connected, topic: string): ConnectedDataset {
  return topicNamed(kafka, route(topic));
}

function tableNames({ platform, namespace, named }: Database, settings: Settings): (table: string) => ConnectedDataset {
  const [server, inServer] = [namespace(settings), named(settings)];
  return (table) => ({ namespace: server, name: inServer(table), kind: 'table', platform });
}

/** The tables of topics it was seen to write, where their names follow the rule and no transform renames any. */
function tablesSeen({ activeTopics, renames }: Connected, start: string, delimiter: string): readonly string[] {
  if (renames) return [];
  return (activeTopics ?? []).filter((topic) => topic.startsWith(start)).map((topic) => topic.slice(start.length).split(delimiter).join('.')).filter((table) => TABLE.test(table));
}

/** The tables it takes for certain, and why there may be others; null: there are none. */
function capturedTables(settings: Settings, { listed, outerFilter }: Database, seen: readonly string[]): { readonly tables: readonly string[]; readonly open: string | null } {
  const filter = (...keys: readonly string[]) => filterIn(settings, keys);
  const [included, excluded] = [filter(`${listed}.include.list`, `${listed}.whitelist`), filter(`${listed}.exclude.list`, `${listed}.blacklist`)];
  const [outer, notOuter] = outerFilter === null ? [null, null] : [filter(`${outerFilter}.include.list`), filter(`${outerFilter}.exclude.list`)];
  const admits = (table: string): boolean => {
    const outside = table.slice(0, table.indexOf('.'));
    return (included?.admits(table) ?? true) && !(excluded?.admits(table) ?? false) && (outer?.admits(outside) ?? true) && !(notOuter?.admits(outside) ?? false);
  };
  // Lists are read without regard to case, and a topic that was seen has the table's own.
  const asSeen = (table: string): string => seen.find((one) => one.toLowerCase() === table.toLowerCase()) ?? table;
  const literals = (included?.literals ?? []).filter((table) => TABLE.test(table)).map(asSeen);
  const tables = [...new Set([...literals, ...seen])].filter(admits);
  // A name of other parts than two is a pattern in which a dot stands for any character.
  if (included?.closed === true && included.literals.every((table) => TABLE.test(table))) return { tables, open: null };
  return { tables, open: `${included === null ? 'no list says which tables are captured' : `'${listed}.include.list' has patterns`}: there may be other tables` };
}

function filterIn(settings: Settings, keys: readonly string[]): NameList | null {
  const key = keys.find((k) => settings.text(k) !== null);
  return key === undefined ? null : nameList(settings.list(key), key);
}

/** Heartbeats, transactions, notifications and changes of the schema: topics that hold no rows. */
function ownTopics(settings: Settings, { keepsHistory }: Database, { prefix, delimiter }: { readonly prefix: string; readonly delimiter: string }): readonly string[] {
  const heartbeat = Number(settings.text('heartbeat.interval.ms') ?? '0') > 0;
  const notifies = settings.list('notification.enabled.channels').includes('sink') ? settings.text('notification.sink.topic.name') : null;
  return [
    ...(heartbeat ? [`${settings.text('topic.heartbeat.prefix') ?? settings.text('heartbeat.topics.prefix') ?? '__debezium-heartbeat'}${delimiter}${prefix}`] : []),
    ...(settings.isOn('provide.transaction.metadata') ? [`${prefix}${delimiter}${settings.text('topic.transaction') ?? 'transaction'}`] : []),
    ...(keepsHistory && settings.isOn('include.schema.changes', true) ? [prefix] : []),
    ...(notifies === null ? [] : [notifies]),
  ];
}

/** The topic through which it is told what to do, where it listens to one. */
function signals({ settings, kafka }: Connected, prefix: string): readonly Flow[] {
  if (!settings.list('signal.enabled.channels').includes('kafka')) return [];
  const brokers = settings.text('signal.kafka.bootstrap.servers');
  const topic = topicNamed(brokers === null ? kafka : `kafka://${brokers.split(',')[0] ?? ''}`, settings.text('signal.kafka.topic') ?? `${prefix}-signal`);
  return [{ from: topic, to: null, shape: null }];
}

/** Tables of several databases have topics of their own, and nothing tells which table stands in which. */
function oneDatabase(settings: Settings): string {
  const names = settings.list('database.names');
  if (names.length !== 1) throw new Untold(names.length === 0 ? "'database.names' is not set" : "'database.names' has several databases, and which of them has a table is not told");
  return names[0] ?? '';
}

function mongoServer(settings: Settings): string {
  const host = /^mongodb(?:\+srv)?:\/\/([^/,?@]+)/.exec(settings.required('mongodb.connection.string'))?.[1];
  if (host === undefined) throw new Untold("'mongodb.connection.string' is no address of a server");
  return `mongodb://${host.includes(':') ? host : `${host}:27017`}`;
}

/** The topic in which it keeps the history of the schema: written by a producer of its own, past all transforms, and read again at every start. */
function history({ settings, kafka }: Connected, { keepsHistory }: Database): readonly Flow[] {
  const topic = keepsHistory ? settings.text('schema.history.internal.kafka.topic') : null;
  if (topic === null) return [];
  const brokers = settings.text('schema.history.internal.kafka.bootstrap.servers');
  const dataset = topicNamed(brokers === null ? kafka : `kafka://${brokers.split(',')[0] ?? ''}`, topic);
  return [{ from: null, to: dataset, shape: null }];
}
