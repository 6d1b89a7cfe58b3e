import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connectorLineage } from '../../../server/catalog/connect/connector-lineage.ts';
import { keptConfig } from '../../../server/catalog/connect/kept-config.ts';

const KAFKA = 'kafka://main';
type Config = Readonly<Record<string, string>>;
const lineage = (type: 'source' | 'sink', config: Config, activeTopics: readonly string[] | null = null) => connectorLineage({ type, config: keptConfig(config), activeTopics, kafka: KAFKA });
const names = (datasets: readonly { namespace: string; name: string }[]): string[] => datasets.map(({ namespace, name }) => `${namespace} ${name}`);

const POSTGRES: Config = { 'connector.class': 'io.debezium.connector.postgresql.PostgresConnector', 'database.hostname': 'payments-db', 'database.dbname': 'payments', 'database.user': 'cdc', 'database.password': 'hunter2', 'topic.prefix': 'pay' };
const MYSQL: Config = { 'connector.class': 'io.debezium.connector.mysql.MySqlConnector', 'database.hostname': 'shop-db', 'database.port': '3307', 'topic.prefix': 'shop', 'include.schema.changes': 'false' };
const CASSANDRA: Config = { 'connector.class': 'io.debezium.connector.cassandra.CassandraConnector', 'cassandra.hosts': 'history-db', 'topic.prefix': 'hist' };
const SQL_SERVER: Config = { 'connector.class': 'io.debezium.connector.sqlserver.SqlServerConnector', 'database.hostname': 'erp-db', 'database.names': 'erp', 'topic.prefix': 'erp1', 'table.include.list': 'dbo.orders', 'include.schema.changes': 'false' };
const ORACLE: Config = { 'connector.class': 'io.debezium.connector.oracle.OracleConnector', 'database.hostname': 'ora', 'database.dbname': 'ORCLCDB', 'database.pdb.name': 'PDB1', 'topic.prefix': 'o', 'table.include.list': 'INVENTORY.ORDERS', 'include.schema.changes': 'false' };
const MONGO: Config = { 'connector.class': 'io.debezium.connector.mongodb.MongoDbConnector', 'mongodb.connection.string': 'mongodb://u:hunter2@m1:27017,m2:27017/?replicaSet=rs0', 'topic.prefix': 'm', 'collection.include.list': 'shop.carts' };
const JDBC_SOURCE: Config = { 'connector.class': 'io.confluent.connect.jdbc.JdbcSourceConnector', 'connection.url': 'jdbc:mysql://crm-db:3306/crm?user=a&password=hunter2', 'topic.prefix': 'crm-' };
const JDBC_SINK: Config = { 'connector.class': 'io.confluent.connect.jdbc.JdbcSinkConnector', 'connection.url': 'jdbc:postgresql://dwh/dwh', topics: 'orders,payments' };
const SEARCH: Config = { 'connector.class': 'io.confluent.connect.elasticsearch.ElasticsearchSinkConnector', 'connection.url': 'https://es-1:9200,https://es-2:9200', topics: 'Fraud-Alerts' };
const ICEBERG: Config = { 'connector.class': 'org.apache.iceberg.connect.IcebergSinkConnector', 'iceberg.catalog': 'lake', 'iceberg.tables': 'checkout.orders', topics: 'orders' };
const MIRROR: Config = { 'connector.class': 'org.apache.kafka.connect.mirror.MirrorSourceConnector', 'source.cluster.alias': 'ads', 'source.cluster.bootstrap.servers': 'ads-1:9092,ads-2:9092', topics: 'clicks' };
const route = (regex: string, replacement: string, more: Config = {}): Config => ({ transforms: 'r', 'transforms.r.type': 'org.apache.kafka.connect.transforms.RegexRouter', 'transforms.r.regex': regex, 'transforms.r.replacement': replacement, ...more });
const PAYMENTS = 'postgres://payments-db:5432 payments.public.payments';

interface Case {
  readonly what: string;
  readonly type: 'source' | 'sink';
  readonly config: Config;
  readonly active?: readonly string[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** Of reads, of writes: part of what is said. */
  readonly unknown?: readonly [string | null, string | null];
}
const CASES: readonly Case[] = [
  { what: 'Debezium for PostgreSQL', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments' }, reads: [PAYMENTS], writes: ['kafka://main pay.public.payments'] },
  { what: 'its names written as patterns of one name', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public\\.payments' }, reads: [PAYMENTS], writes: ['kafka://main pay.public.payments'] },
  { what: 'its heartbeats and transactions', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', 'heartbeat.interval.ms': '5000', 'provide.transaction.metadata': 'true' }, reads: [PAYMENTS], writes: ['kafka://main pay.public.payments', 'kafka://main __debezium-heartbeat.pay', 'kafka://main pay.transaction'] },
  { what: 'patterns of tables, by the topics it was seen to write', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public\\.pay.*' }, active: ['pay.public.payments', 'pay.public.orders'], reads: [PAYMENTS], writes: ['kafka://main pay.public.payments', 'kafka://main pay.public.orders'], unknown: ['patterns', 'patterns'] },
  { what: 'no list of tables', type: 'source', config: POSTGRES, active: ['pay.public.payments', '__debezium-heartbeat.pay'], reads: [PAYMENTS], writes: ['kafka://main pay.public.payments', 'kafka://main __debezium-heartbeat.pay'], unknown: ['no list', 'no list'] },
  { what: 'a schema left out', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments,audit.log', 'schema.exclude.list': 'aud.*' }, reads: [PAYMENTS], writes: ['kafka://main pay.public.payments'] },
  { what: 'a delimiter and characters no topic may have', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.pay\\$s', 'topic.delimiter': '_' }, reads: ['postgres://payments-db:5432 payments.public.pay$s'], writes: ['kafka://main pay_public_pay_s'] },
  { what: 'another naming strategy', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', 'topic.naming.strategy': 'com.acme.Names' }, reads: [], writes: [], unknown: ['com.acme.Names', 'com.acme.Names'] },
  { what: 'a host held by a config provider', type: 'source', config: { ...POSTGRES, 'database.hostname': '${file:/etc/db:host}', 'table.include.list': 'public.payments' }, reads: [], writes: ['kafka://main pay.public.payments'], unknown: ["'database.hostname' is held by a config provider", null] },
  { what: 'a prefix held by a config provider', type: 'source', config: { ...POSTGRES, 'topic.prefix': '${env:PREFIX}', 'table.include.list': 'public.payments' }, reads: [], writes: [], unknown: ['topic.prefix', 'topic.prefix'] },
  { what: 'Debezium for MySQL with its schema changes', type: 'source', config: { ...MYSQL, 'include.schema.changes': 'true', 'table.include.list': 'shop.orders', 'schema.history.internal.kafka.topic': 'shop-history', 'schema.history.internal.kafka.bootstrap.servers': 'k1:9092' }, reads: ['mysql://shop-db:3307 shop.orders'], writes: ['kafka://main shop.shop.orders', 'kafka://main shop', 'kafka://k1:9092 shop-history'] },
  { what: 'Debezium for Cassandra, by the topics it was seen to write', type: 'source', config: CASSANDRA, active: ['hist.history.viewing'], reads: ['cassandra://history-db:9042 history.viewing'], writes: ['kafka://main hist.history.viewing'], unknown: ['no list', 'no list'] },
  { what: 'Debezium for SQL Server', type: 'source', config: SQL_SERVER, reads: ['mssql://erp-db:1433 erp.dbo.orders'], writes: ['kafka://main erp1.erp.dbo.orders'] },
  { what: 'Debezium for SQL Server, by the topics it was seen to write', type: 'source', config: { ...SQL_SERVER, 'table.include.list': 'dbo\\..*' }, active: ['erp1.erp.dbo.orders', 'erp1.other.dbo.orders'], reads: ['mssql://erp-db:1433 erp.dbo.orders'], writes: ['kafka://main erp1.erp.dbo.orders', 'kafka://main erp1.other.dbo.orders'], unknown: ['patterns', 'patterns'] },
  { what: 'tables of several databases', type: 'source', config: { ...SQL_SERVER, 'database.names': 'erp,crm' }, active: ['erp1.erp.dbo.orders'], reads: [], writes: ['kafka://main erp1.erp.dbo.orders'], unknown: ['several databases', 'several databases'] },
  { what: 'Debezium for Oracle', type: 'source', config: ORACLE, reads: ['oracle://ora:1521 PDB1.INVENTORY.ORDERS'], writes: ['kafka://main o.INVENTORY.ORDERS'] },
  { what: 'Debezium for MongoDB', type: 'source', config: MONGO, reads: ['mongodb://m1:27017 shop.carts'], writes: ['kafka://main m.shop.carts'] },
  { what: "the naming strategy of another database's", type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', 'topic.naming.strategy': 'io.debezium.schema.DefaultTopicNamingStrategy' }, reads: [], writes: [], unknown: ['DefaultTopicNamingStrategy', 'DefaultTopicNamingStrategy'] },
  { what: 'its own naming strategy by name', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', 'topic.naming.strategy': 'io.debezium.schema.SchemaTopicNamingStrategy' }, reads: [PAYMENTS], writes: ['kafka://main pay.public.payments'] },
  { what: 'a delimiter in the names of all its topics', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', 'topic.delimiter': '_', 'heartbeat.interval.ms': '1', 'provide.transaction.metadata': 'true' }, reads: [PAYMENTS], writes: ['kafka://main pay_public_payments', 'kafka://main __debezium-heartbeat_pay', 'kafka://main pay_transaction'] },
  { what: 'a table in other letters than the database has it', type: 'source', config: { ...POSTGRES, 'table.include.list': 'Public.Payments' }, active: ['pay.public.payments'], reads: [PAYMENTS], writes: ['kafka://main pay.public.payments'] },
  { what: 'a name of three parts, in which a dot may be any character', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments,public.pay.late' }, active: ['pay.public.pay_late'], reads: [PAYMENTS], writes: ['kafka://main pay.public.payments', 'kafka://main pay.public.pay_late'], unknown: ['patterns', 'patterns'] },
  { what: 'signals and notifications', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', 'signal.enabled.channels': 'source,kafka', 'notification.enabled.channels': 'log,sink', 'notification.sink.topic.name': 'told' }, reads: [PAYMENTS, 'kafka://main pay-signal'], writes: ['kafka://main pay.public.payments', 'kafka://main told'] },
  { what: 'topics it may create, which names none', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', 'topic.creation.default.partitions': '3', 'topic.creation.default.replication.factor': '1', 'topic.creation.groups': 'g', 'topic.creation.g.include': 'pay.*' }, reads: [PAYMENTS], writes: ['kafka://main pay.public.payments'] },
  { what: 'tables named by another strategy', type: 'sink', config: { ...JDBC_SINK, 'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector', 'collection.naming.strategy': 'com.acme.Names' }, reads: ['kafka://main orders', 'kafka://main payments'], writes: [], unknown: [null, 'com.acme.Names'] },
  { what: 'the transforms of the Iceberg sink, which keep topics', type: 'sink', config: { ...ICEBERG, transforms: 'd', 'transforms.d.type': 'org.apache.iceberg.connect.transforms.DebeziumTransform' }, reads: ['kafka://main orders'], writes: ['iceberg://lake checkout.orders'] },
  { what: 'several Iceberg tables, each of which a field may choose', type: 'sink', config: { ...ICEBERG, 'iceberg.tables': 'checkout.orders,checkout.refunds', 'iceberg.tables.route-field': 'type', 'iceberg.table.checkout.orders.route-regex': 'order' }, reads: ['kafka://main orders'], writes: ['iceberg://lake checkout.orders', 'iceberg://lake checkout.refunds'] },
  { what: 'indexes behind a router', type: 'sink', config: { ...SEARCH, ...route('(.*)-Alerts', '_$1') }, reads: ['kafka://main Fraud-Alerts'], writes: ['elasticsearch://es-1:9200 fraud'] },
  { what: 'a regex router', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', ...route('[^.]+\\.[^.]+\\.(.*)', 'cdc-$1') }, reads: [PAYMENTS], writes: ['kafka://main cdc-payments'] },
  { what: 'routers in their order', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', ...route('pay\\.(.*)', 'x.$1'), transforms: 'r, s', 'transforms.s.type': 'io.debezium.transforms.ByLogicalTableRouter', 'transforms.s.topic.regex': 'x\\.public\\.(?<t>.*)', 'transforms.s.topic.replacement': '${t}' }, reads: [PAYMENTS], writes: ['kafka://main payments'] },
  { what: 'a router no topic matches', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', ...route('orders', 'x') }, reads: [PAYMENTS], writes: ['kafka://main pay.public.payments'] },
  { what: 'shards that become one topic are no tables', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public\\..*', ...route('(.*)_\\d', '$1') }, active: ['pay.public.payments'], reads: [], writes: ['kafka://main pay.public.payments'], unknown: ['patterns', 'patterns'] },
  { what: 'a transform nobody knows', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', transforms: 'mine', 'transforms.mine.type': 'com.acme.Router' }, reads: [PAYMENTS], writes: [], unknown: [null, "'mine' (com.acme.Router)"] },
  { what: 'what it was seen to write behind such a transform', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', transforms: 'mine', 'transforms.mine.type': 'com.acme.Router' }, active: ['payments'], reads: [PAYMENTS], writes: ['kafka://main payments'], unknown: [null, 'com.acme.Router'] },
  { what: 'a pattern that cannot be followed', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', ...route('(?i)PAY.*', 'x') }, reads: [PAYMENTS], writes: [], unknown: [null, '(?i)PAY'] },
  { what: 'a predicate on the name of the topic', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments,public.orders', ...route('.*', 'paid', { 'transforms.r.predicate': 'p', predicates: 'p', 'predicates.p.type': 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches', 'predicates.p.pattern': '.*payments' }) }, reads: [PAYMENTS, 'postgres://payments-db:5432 payments.public.orders'], writes: ['kafka://main paid', 'kafka://main pay.public.orders'] },
  { what: 'its negation', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', ...route('.*', 'other', { 'transforms.r.predicate': 'p', 'transforms.r.negate': 'true', 'predicates.p.type': 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches', 'predicates.p.pattern': '.*payments' }) }, reads: [PAYMENTS], writes: ['kafka://main pay.public.payments'] },
  { what: 'a predicate on records', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.payments', ...route('.*', 'x', { 'transforms.r.predicate': 'p', 'predicates.p.type': 'org.apache.kafka.connect.transforms.predicates.RecordIsTombstone' }) }, reads: [PAYMENTS], writes: [], unknown: [null, 'RecordIsTombstone'] },
  { what: 'an outbox', type: 'source', config: { ...POSTGRES, 'table.include.list': 'public.outbox', transforms: 'o', 'transforms.o.type': 'io.debezium.transforms.outbox.EventRouter' }, reads: ['postgres://payments-db:5432 payments.public.outbox'], writes: [], unknown: [null, 'EventRouter'] },
  { what: 'the JDBC source', type: 'source', config: { ...JDBC_SOURCE, 'table.whitelist': 'customers, crm.segments' }, reads: ['mysql://crm-db:3306 crm.customers', 'mysql://crm-db:3306 crm.segments'], writes: ['kafka://main crm-customers', 'kafka://main crm-segments'] },
  { what: 'a query', type: 'source', config: { ...JDBC_SOURCE, query: 'SELECT secret FROM t' }, reads: [], writes: ['kafka://main crm-'], unknown: ["'query'", null] },
  { what: 'a table without its schema', type: 'source', config: { ...JDBC_SOURCE, 'connection.url': 'jdbc:postgresql://crm-db/crm', 'table.whitelist': 'customers' }, reads: [], writes: ['kafka://main crm-customers'], unknown: ['without its schema', null] },
  { what: 'the schema of all its tables', type: 'source', config: { ...JDBC_SOURCE, 'connection.url': 'jdbc:postgresql://crm-db/crm', 'table.whitelist': 'customers', 'schema.pattern': 'public' }, reads: ['postgres://crm-db:5432 crm.public.customers'], writes: ['kafka://main crm-customers'] },
  { what: 'the JDBC sink', type: 'sink', config: { ...JDBC_SINK, 'table.name.format': 'kafka.${topic}' }, reads: ['kafka://main orders', 'kafka://main payments'], writes: ['postgres://dwh:5432 dwh.kafka.orders', 'postgres://dwh:5432 dwh.kafka.payments'] },
  { what: 'tables the search path decides', type: 'sink', config: JDBC_SINK, reads: ['kafka://main orders', 'kafka://main payments'], writes: [], unknown: [null, 'without its schema'] },
  { what: 'a database held by a config provider', type: 'sink', config: { ...JDBC_SINK, 'connection.url': '${vault:db:url}' }, reads: ['kafka://main orders', 'kafka://main payments'], writes: [], unknown: [null, "'connection.url'"] },
  { what: "Debezium's JDBC sink", type: 'sink', config: { ...JDBC_SINK, 'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector', 'connection.url': 'jdbc:mysql://dwh/dwh', topics: 'pay.public.payments' }, reads: ['kafka://main pay.public.payments'], writes: ['mysql://dwh:3306 dwh.pay_public_payments'] },
  { what: 'the Elasticsearch sink and its dead letters', type: 'sink', config: { ...SEARCH, 'errors.deadletterqueue.topic.name': 'dead' }, reads: ['kafka://main Fraud-Alerts'], writes: ['elasticsearch://es-1:9200 fraud-alerts', 'kafka://main dead'] },
  { what: 'an index named for a topic', type: 'sink', config: { ...SEARCH, 'external.resource.usage': 'INDEX', 'topic.to.external.resource.mapping': 'Fraud-Alerts:alerts-v2' }, reads: ['kafka://main Fraud-Alerts'], writes: ['elasticsearch://es-1:9200 alerts-v2'] },
  { what: 'a data stream', type: 'sink', config: { ...SEARCH, 'data.stream.type': 'logs', 'data.stream.dataset': 'risk' }, reads: ['kafka://main Fraud-Alerts'], writes: ['elasticsearch://es-1:9200 logs-risk-fraud-alerts'] },
  { what: 'an index by the day', type: 'sink', config: { ...SEARCH, transforms: 't', 'transforms.t.type': 'org.apache.kafka.connect.transforms.TimestampRouter' }, reads: ['kafka://main Fraud-Alerts'], writes: [], unknown: [null, 'TimestampRouter'] },
  { what: 'the Iceberg sink', type: 'sink', config: ICEBERG, reads: ['kafka://main orders'], writes: ['iceberg://lake checkout.orders'] },
  { what: 'tables named by a field', type: 'sink', config: { ...ICEBERG, 'connector.class': 'io.tabular.iceberg.connect.IcebergSinkConnector', 'iceberg.tables.dynamic-enabled': 'true', 'iceberg.tables.route-field': 'db_table' }, reads: ['kafka://main orders'], writes: [], unknown: [null, "'db_table'"] },
  { what: 'a pattern of topics, by those it was seen to read', type: 'sink', config: { ...ICEBERG, topics: '', 'topics.regex': 'ord.*' }, active: ['orders', 'payments'], reads: ['kafka://main orders', 'kafka://main payments'], writes: ['iceberg://lake checkout.orders'], unknown: ["'topics.regex'", null] },
  { what: 'the S3 sink', type: 'sink', config: { 'connector.class': 'io.confluent.connect.s3.S3SinkConnector', 's3.bucket.name': 'lake', topics: 'orders' }, reads: ['kafka://main orders'], writes: ['s3://lake topics/orders'] },
  { what: 'MirrorMaker', type: 'source', config: MIRROR, reads: ['kafka://ads-1:9092 clicks'], writes: ['kafka://main ads.clicks'] },
  { what: 'MirrorMaker that keeps names', type: 'source', config: { ...MIRROR, 'replication.policy.class': 'org.apache.kafka.connect.mirror.IdentityReplicationPolicy' }, reads: ['kafka://ads-1:9092 clicks'], writes: ['kafka://main clicks'] },
  { what: 'MirrorMaker with patterns', type: 'source', config: { ...MIRROR, topics: 'cl.*' }, active: ['ads.clicks'], reads: ['kafka://ads-1:9092 clicks'], writes: ['kafka://main ads.clicks'], unknown: ['patterns', 'patterns'] },
  { what: 'another cluster than the worker works on', type: 'sink', config: { ...ICEBERG, 'consumer.override.bootstrap.servers': 'ads-1:9092' }, reads: ['kafka://ads-1:9092 orders'], writes: ['iceberg://lake checkout.orders'] },
  { what: 'a source nobody knows', type: 'source', config: { 'connector.class': 'com.acme.Source' }, active: ['orders'], reads: [], writes: ['kafka://main orders'], unknown: ['com.acme.Source', 'com.acme.Source'] },
  { what: 'a sink nobody knows', type: 'sink', config: { 'connector.class': 'com.acme.Sink', topics: 'orders' }, reads: ['kafka://main orders'], writes: [], unknown: [null, 'com.acme.Sink'] },
  { what: 'a connector without a class', type: 'source', config: {}, reads: [], writes: [], unknown: ["'connector.class'", "'connector.class'"] },
];

test.each(CASES)('follows $what', ({ type, config, active, reads, writes, unknown = [null, null] }) => {
  const told = lineage(type, config, active ?? null);
  expect([names(told.reads), names(told.writes)]).toEqual([reads, writes]);
  for (const [said, part] of [[told.unknownReads, unknown[0]], [told.unknownWrites, unknown[1]]] as const) {
    if (part === null) expect(said).toEqual([]);
    else expect(said.join('; ')).toContain(part);
  }
});

describe('what is copied field by field', () => {
  const AVRO = { 'value.converter': 'io.confluent.connect.avro.AvroConverter' };
  const UNWRAP = { transforms: 'u', 'transforms.u.type': 'io.debezium.transforms.ExtractNewRecordState' };
  const tables = { ...POSTGRES, 'table.include.list': 'public.payments' };
  test.each([
    ['an envelope', 'source', { ...tables, ...AVRO }, ['envelope']], ['an envelope unwrapped', 'source', { ...tables, ...AVRO, ...UNWRAP }, ['row']],
    ['not with a converter the worker decides', 'source', tables, []], ['not with masked columns', 'source', { ...tables, ...AVRO, 'column.mask.hash.v2.SHA-256.with.salt.x': 'public.payments.card' }, []],
    ['not through a transform of values', 'source', { ...tables, ...AVRO, transforms: 'c', 'transforms.c.type': 'org.apache.kafka.connect.transforms.Cast$Value' }, []],
    ['not unwrapped now and then', 'source', { ...tables, ...AVRO, ...UNWRAP, 'transforms.u.predicate': 'p' }, []],
    ['a table', 'sink', { ...ICEBERG, ...AVRO }, ['row']], ['not an envelope that a sink unwraps', 'sink', { ...ICEBERG, ...AVRO, ...UNWRAP }, []],
    ['a mirrored topic', 'source', MIRROR, ['row']],
  ] as const)('%s', (_, type, config, shapes) => expect(lineage(type, config).copies.map(({ shape }) => shape)).toEqual(shapes));
});

test.each([
  ['a thousand patterns', { ...POSTGRES, 'table.include.list': Array.from({ length: 1_000 }, (_, i) => `public\\.t${i}.*`).join(',') }, 'more than 50 patterns'],
  ['patterns made to be slow', { ...POSTGRES, 'table.include.list': '((a+)+(a+)+(a+)+)+!.*' }, 'more than 5000000 steps'],
  ['a chain of a thousand transforms', { ...POSTGRES, 'table.include.list': 'a.b', transforms: 't,'.repeat(1_000) }, 'more than 100 transforms'],
  ['a table name as long as a book', { ...JDBC_SOURCE, ...route('(.*)', 'x'), 'table.whitelist': 'a'.repeat(100_000) }, 'longer than 512'],
])('is not held up by %s, and names the limit', (_, config, said) => {
  const seen = Array.from({ length: 9_000 }, (_, i) => `pay.${'a'.repeat(200)}.${i}`);
  expect(lineage('source', config, seen).unknownWrites.join()).toContain(said);
});

test('takes ten thousand tables by one pattern', () => {
  const seen = Array.from({ length: 9_000 }, (_, i) => `pay.public.customer_orders_of_the_year_${i}`);
  expect(lineage('source', { ...POSTGRES, 'table.include.list': 'public\\.(customer|client)_.*' }, seen).reads).toHaveLength(9_000);
});

describe('whatever the configuration', () => {
  const bases = [POSTGRES, MYSQL, SQL_SERVER, ORACLE, MONGO, CASSANDRA, JDBC_SOURCE, JDBC_SINK, SEARCH, ICEBERG, MIRROR].map((base) => ({ 'table.include.list': 'a.b', 'table.whitelist': 'b', ...base }));
  const typeOf = (config: Config): 'source' | 'sink' => ((config['connector.class'] ?? '').includes('Sink') ? 'sink' : 'source');

  test('a transform that cannot be followed leaves nothing certain behind it', () => {
    fc.assert(fc.property(fc.constantFrom(...bases), fc.array(fc.constantFrom('known', 'router'), { maxLength: 3 }), fc.nat(3), (base, chain, at) => {
      const aliases = [...chain.slice(0, at), 'odd', ...chain.slice(at)].map((kind, i) => ({ alias: `${kind}${i}`, kind }));
      const types: Config = { known: 'org.apache.kafka.connect.transforms.InsertField$Value', router: 'org.apache.kafka.connect.transforms.RegexRouter', odd: 'com.acme.Odd' };
      const config: Record<string, string> = { ...base, transforms: aliases.map(({ alias }) => alias).join(',') };
      for (const { alias, kind } of aliases) Object.assign(config, { [`transforms.${alias}.type`]: types[kind] ?? '', [`transforms.${alias}.regex`]: '(.*)', [`transforms.${alias}.replacement`]: 'x-$1' });
      const told = lineage(typeOf(config), config);
      expect(told.writes).toEqual([]);
      expect(told.copies).toEqual([]);
      expect(told.unknownWrites.join()).toContain('com.acme.Odd');
    }));
  });

  test('nothing is thrown, no password is told, and nothing held by a provider', () => {
    const keys = [...new Set(bases.flatMap(Object.keys)), 'topics.regex', 'query', 'transforms', 'transforms.x.type', '__proto__', 'constructor'];
    const values = fc.oneof(fc.constantFrom('${file:/s:hunter2}', '', ',', '(', '(a+)+', 'x'.repeat(600)), fc.string());
    const addresses = fc.constantFrom('jdbc:mysql://u:hunter2@h/d', 'jdbc:postgresql://h/d?user=u&password=hunter2', 'http://u:hunter2@h', 'https://u:hunter2@h:1,http://v:hunter2@i', 'u:hunter2@h', 'mongodb://u:hunter2@h:1,i:2/?authSource=admin', 'mongodb+srv://u:hunter2@h/d');
    const located = fc.dictionary(fc.constantFrom('connection.url', 'database.hostname', 'cassandra.hosts', 'source.cluster.bootstrap.servers', 'producer.override.bootstrap.servers', 'mongodb.connection.string', 'signal.kafka.bootstrap.servers'), addresses);
    fc.assert(fc.property(fc.constantFrom(...bases), fc.dictionary(fc.constantFrom(...keys), values), located, fc.array(fc.string()), (base, changed, where, active) => {
      const config = { ...base, ...changed, ...where, 'database.password': 'hunter2', 'connection.password': 'hunter2' };
      const told = JSON.stringify([lineage('source', config, active), lineage('sink', config, active)]);
      expect(told).not.toContain('hunter2');
    }), { numRuns: 1_000 });
  });
});
