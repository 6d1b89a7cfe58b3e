import type { SampleEvent } from './encode.ts';
import { CORE_SCHEMAS, type CoreTopic, newest } from './core-schemas.ts';
import { CLUSTER, connector, derived, EventMaker, flinkJob, pipeline, processor, record, subject, topic, use } from './event-maker.ts';
import type { Named } from '../../server/catalog/names.ts';

/**
 * The part of the sample that was written by hand and can be followed by one: a shop whose payments reach
 * checkout, finance, risk and a search index through two pipelines, and a streaming service beside it.
 */
export function corePlatform(now: number): readonly SampleEvent[] {
  const maker = new EventMaker('core', now);
  teams(maker);
  processors(maker);
  tables(maker);
  topics(maker);
  sources(maker);
  checkout(maker);
  risk(maker);
  streaming(maker);
  consumers(maker);
  observations(maker);
  return maker.events;
}

const TABLES = {
  payments: { namespace: 'postgres://payments-db:5432', name: 'payments.public.payments' },
  orders: { namespace: 'mysql://shop-db:3306', name: 'shop.orders' },
  customers: { namespace: 'cockroachdb://crm-db:26257', name: 'crm.public.customers' },
  'viewing-history': { namespace: 'cassandra://history-db:9042', name: 'history.viewing' },
} as const satisfies Partial<Record<CoreTopic, Named>>;

const KAFKA_TABLE = `'connector' = 'kafka', 'properties.bootstrap.servers' = '${CLUSTER}', 'format' = 'avro-confluent'`;
const FRAUD_ALERTS_SQL = `CREATE TABLE fraud_scores (order_id STRING NOT NULL, score DOUBLE NOT NULL) WITH ('topic' = 'fraud-scores', ${KAFKA_TABLE});
CREATE TABLE fraud_alerts (order_id STRING NOT NULL, score DOUBLE NOT NULL, raised_at TIMESTAMP(3) NOT NULL) WITH ('topic' = 'fraud-alerts', ${KAFKA_TABLE});
INSERT INTO fraud_alerts SELECT order_id, score, LOCALTIMESTAMP FROM fraud_scores WHERE score > 0.9;`;

const OWNERS: Readonly<Record<CoreTopic, string>> = {
  payments: 'team-payments', orders: 'team-shop', customers: 'team-crm', 'viewing-history': 'team-playback', 'playback-events': 'team-playback', catalog: 'team-content',
  'orders-enriched': 'team-checkout', 'fraud-scores': 'team-risk', 'fraud-alerts': 'team-risk', 'watch-minutes': 'team-playback',
};
const TAGS: Partial<Record<CoreTopic, string[]>> = { payments: ['finance'], customers: ['pii'], orders: ['finance'], 'fraud-alerts': ['risk'] };
const LEVELS: Partial<Record<CoreTopic, string>> = { payments: 'BACKWARD_TRANSITIVE', orders: 'FULL', 'orders-enriched': 'BACKWARD_TRANSITIVE' };

function teams(maker: EventMaker): void {
  for (const name of new Set([...Object.values(OWNERS), 'team-finance', 'team-search', 'team-platform', 'team-reporting'])) {
    maker.control('io.sluice.control.TeamDeclared', 90, { name, contact: `#${name}`, members: [] });
  }
}

function processors(maker: EventMaker): void {
  const stock: readonly (readonly [string, string, 'OPT_IN' | 'OPT_OUT'])[] = [
    ['projection', 'Keeps the fields it is told to', 'OPT_OUT'], ['filter', 'Passes records that meet a condition', 'OPT_IN'], ['union', 'Joins topics of one schema', 'OPT_IN'],
    ['column-rename', 'Renames fields', 'OPT_OUT'], ['graphql-enrichment', 'Adds what a GraphQL query answers', 'OPT_OUT'], ['iceberg-sink', 'Writes an Iceberg table', 'OPT_IN'],
    ['elasticsearch-sink', 'Writes a search index', 'OPT_IN'], ['kafka-sink', 'Writes another topic', 'OPT_IN'],
  ];
  for (const [name, description, evolution] of stock) {
    maker.control('io.sluice.control.ProcessorRegistered', 90, { processor: processor(name), version: '4.2.0', image: `processors/${name}:4.2.0`, stock: true, evolution, owner: 'team-platform', description });
  }
  maker.control('io.sluice.control.ProcessorRegistered', 60, { processor: processor('fraud-model'), version: '1.7.3', image: 'risk/fraud-model:1.7.3', stock: false, evolution: 'OPT_OUT', owner: 'team-risk', description: 'Scores orders with the model of the day' });
  for (const [name, description, owner] of [['checkout', 'Orders as checkout needs them', 'team-checkout'], ['risk', 'Fraud detection', 'team-risk'], ['playback', 'What is watched', 'team-playback']] as const) {
    maker.control('io.sluice.control.PipelineDeclared', 80, { pipeline: pipeline(name), description, owner });
  }
}

function tables(maker: EventMaker): void {
  for (const [name, dataset] of Object.entries(TABLES)) {
    const platform = dataset.namespace.slice(0, dataset.namespace.indexOf(':')).replace('postgres', 'postgresql');
    const database = dataset.namespace.slice(dataset.namespace.indexOf('//') + 2, dataset.namespace.lastIndexOf(':'));
    maker.control('io.sluice.control.DatasetDeclared', 85, { dataset, kind: 'TABLE', platform, cluster: database, schema: newest(name as CoreTopic), owner: OWNERS[name as CoreTopic], description: `Table behind the topic ${name}`, tags: TAGS[name as CoreTopic] ?? null });
  }
}

function topics(maker: EventMaker): void {
  let schemaId = 100;
  for (const [name, versions] of Object.entries(CORE_SCHEMAS) as [CoreTopic, readonly string[]][]) {
    const dataset = topic(name);
    maker.control('io.sluice.control.DatasetDeclared', 84, { dataset, kind: 'TOPIC', platform: 'kafka', cluster: CLUSTER, schema: null, owner: OWNERS[name], description: (JSON.parse(newest(name)) as { doc?: string }).doc ?? null, tags: TAGS[name] ?? null });
    maker.control('io.sluice.control.SubjectConfigured', 84, { subject: subject(`${name}-value`), level: LEVELS[name] ?? 'BACKWARD' });
    const registered = versions.map((schema, i) => ({ subject: subject(`${name}-value`), version: i + 1, schemaId: schemaId++, schemaType: 'AVRO' as const, schema, references: [], deleted: false, dataset, part: 'VALUE' as const }));
    for (const [i, version] of registered.entries()) maker.control('io.sluice.control.SchemaRegistered', 83 - i * 20, version);
    // The first payments carried card numbers: the version was taken back, its records are still in the log.
    if (name === 'payments' && registered[0] !== undefined) maker.control('io.sluice.control.SchemaRegistered', 60, { ...registered[0], deleted: true });
    maker.control('io.sluice.control.SchemaRegistered', 83, { subject: subject(`${name}-key`), version: 1, schemaId: schemaId++, schemaType: 'AVRO', schema: record('Key', { id: 'string' }), references: [], deleted: false, dataset, part: 'KEY' });
  }
}

function sources(maker: EventMaker): void {
  for (const [name, table] of Object.entries(TABLES) as [keyof typeof TABLES, Named][]) {
    const fields = (JSON.parse(newest(name)) as { fields: { name: string }[] }).fields.map((field) => field.name);
    maker.deploy(80, {
      job: connector(`${name}-cdc`), kind: 'SOURCE_CONNECTOR', owner: OWNERS[name], description: `Change data of ${table.name}`,
      reads: [use(table, fields)], writes: [derived(topic(name), newest(name), Object.fromEntries(fields.map((field) => [field, [`=${field}`]])))],
    });
  }
  maker.deploy(80, { job: { namespace: 'app://player', name: 'player-backend' }, kind: 'APPLICATION', owner: 'team-playback', description: 'Reports playback', reads: [], writes: [derived(topic('playback-events'), newest('playback-events'), null)] });
  maker.deploy(80, { job: { namespace: 'app://studio', name: 'title-service' }, kind: 'APPLICATION', owner: 'team-content', description: 'Publishes the catalog', reads: [], writes: [derived(topic('catalog'), newest('catalog'), null)] });
}

function checkout(maker: EventMaker): void {
  maker.deploy(40, {
    job: flinkJob('orders-enrich'), kind: 'FLINK_SQL', pipeline: pipeline('checkout'), owner: 'team-checkout', description: 'Joins orders with their payments and customers',
    reads: [
      use(topic('orders'), [['order_id', 'VALUE', 'JOIN'], ['customer_id', 'JOIN'], ['created_at', 'VALUE', 'WATERMARK']]),
      use(topic('payments'), [['order_id', 'JOIN'], ['amount', 'VALUE', 'FILTER'], 'currency']),
      use(topic('customers'), [['customer_id', 'JOIN'], 'segment', 'address.country']),
    ],
    writes: [derived(topic('orders-enriched'), newest('orders-enriched'), {
      order_id: ['=order_id'], customer_segment: ['=2:segment'], country: ['=2:address.country'], total: ['1:amount'], currency: ['=1:currency'], paid: ['1:amount'], at: ['=created_at'],
    })],
  });
  const table: Named = { namespace: 'iceberg://lake', name: 'checkout.orders_enriched' };
  maker.control('io.sluice.control.DatasetDeclared', 39, { dataset: table, kind: 'ICEBERG_TABLE', platform: 'iceberg', cluster: 'lake', schema: newest('orders-enriched'), owner: 'team-checkout', description: 'Enriched orders for analysis', tags: ['finance'] });
  const fields = ['order_id', 'customer_segment', 'country', 'total', 'currency', 'paid', 'at'];
  maker.deploy(38, {
    job: connector('orders-lake'), kind: 'SINK_CONNECTOR', processor: processor('iceberg-sink'), pipeline: pipeline('checkout'), owner: 'team-checkout', description: 'Drains enriched orders into the lake',
    reads: [use(topic('orders-enriched'), fields, { evolution: 'OPT_IN' })], writes: [derived(table, newest('orders-enriched'), Object.fromEntries(fields.map((field) => [field, [`=${field}`]])))],
  });
}

function risk(maker: EventMaker): void {
  maker.deploy(35, {
    job: flinkJob('fraud-scores'), kind: 'FLINK_JAR', processor: processor('fraud-model'), pipeline: pipeline('risk'), owner: 'team-risk', description: 'Scores every enriched order',
    reads: [use(topic('orders-enriched'), ['order_id', 'total', 'country'], { evolution: 'OPT_OUT' })],
    // How the model computes a score, nobody wrote down.
    writes: [{ dataset: topic('fraud-scores'), writerSchema: newest('fraud-scores'), derivations: [{ to: 'order_id', from: [{ read: 0, path: 'order_id', identity: true }] }, { to: 'model', from: [] }] }],
  });
  maker.deploy(34, {
    job: flinkJob('fraud-alerts'), kind: 'FLINK_SQL', pipeline: pipeline('risk'), owner: 'team-risk', description: 'Scores above the threshold',
    reads: [use(topic('fraud-scores'), ['order_id', ['score', 'VALUE', 'FILTER']])], writes: [derived(topic('fraud-alerts'), newest('fraud-alerts'), { order_id: ['=order_id'], score: ['=score'], raised_at: [] })],
    sql: FRAUD_ALERTS_SQL,
  });
  const index: Named = { namespace: 'elasticsearch://search', name: 'fraud-alerts' };
  maker.control('io.sluice.control.DatasetDeclared', 33, { dataset: index, kind: 'SEARCH_INDEX', platform: 'elasticsearch', cluster: 'search', schema: newest('fraud-alerts'), owner: 'team-search', description: 'What the risk desk searches', tags: ['risk'] });
  maker.deploy(33, {
    job: connector('fraud-alerts-search'), kind: 'SINK_CONNECTOR', processor: processor('elasticsearch-sink'), pipeline: pipeline('risk'), owner: 'team-search', description: 'Indexes fraud alerts',
    reads: [use(topic('fraud-alerts'), ['order_id', 'score', 'raised_at'], { evolution: 'OPT_IN' })], writes: [derived(index, null, { order_id: ['=order_id'], score: ['=score'], raised_at: ['=raised_at'] })],
  });
}

function streaming(maker: EventMaker): void {
  maker.deploy(30, {
    job: flinkJob('watch-minutes'), kind: 'FLINK_SQL', pipeline: pipeline('playback'), owner: 'team-playback', description: 'Minutes watched by profile and title',
    reads: [use(topic('viewing-history'), [['profile_id', 'VALUE', 'GROUP'], ['title_id', 'VALUE', 'GROUP'], 'seconds', ['at', 'WINDOW', 'WATERMARK']])],
    writes: [derived(topic('watch-minutes'), newest('watch-minutes'), { profile_id: ['=profile_id'], title_id: ['=title_id'], minutes: ['seconds'] })],
  });
  // An old processor: a jar that takes records whole and says nothing of what it does with them.
  maker.deploy(70, { job: flinkJob('sessionizer'), kind: 'FLINK_JAR', pipeline: pipeline('playback'), owner: 'team-playback', description: 'Older than field lineage', reads: [use(topic('playback-events'), null)], writes: [{ dataset: topic('watch-minutes'), writerSchema: null, derivations: null }] });
  maker.control('io.sluice.control.JobStateChanged', 20, { job: flinkJob('sessionizer'), state: 'STOPPED' });
  maker.deploy(25, { job: flinkJob('trending'), kind: 'FLINK_SQL', pipeline: pipeline('playback'), owner: 'team-content', description: 'Titles of the hour', reads: [use(topic('watch-minutes'), [['title_id', 'VALUE', 'GROUP'], ['minutes', 'SORT']])], writes: [] });
  maker.control('io.sluice.control.JobStateChanged', 2, { job: flinkJob('trending'), state: 'PAUSED' });
}

function consumers(maker: EventMaker): void {
  const group = { kind: 'CONSUMER_GROUP' as const, contact: null };
  maker.control('io.sluice.control.ConsumerDeclared', 50, { consumer: topic('finance-ledger'), ...group, owner: 'team-finance', description: 'Books every payment', reads: [use(topic('payments'), ['payment_id', 'amount', 'currency'])] });
  maker.control('io.sluice.control.ConsumerDeclared', 45, { consumer: topic('crm-mailer'), ...group, owner: 'team-crm', description: 'Mails customers', reads: [use(topic('customers'), ['email', 'name', ['segment', 'FILTER']])] });
  maker.control('io.sluice.control.ConsumerDeclared', 28, { consumer: topic('legacy-reports'), ...group, owner: 'team-reporting', description: 'Generic records into a report builder', reads: [use(topic('orders-enriched'), null)] });
}

/** What the data plane saw: a reader nobody declared, one whose fields nobody can see, and what runs. */
function observations(maker: EventMaker): void {
  const window = { windowStart: maker.time(3), windowEnd: maker.time(0.1) };
  maker.audit('io.sluice.audit.ConsumptionObserved', 0.1, { readerKind: 'CONSUMER', reader: topic('audit-export'), dataset: topic('payments'), readerSchemaId: null, fields: ['payment_id', 'paid_at'], ...window });
  maker.audit('io.sluice.audit.ConsumptionObserved', 0.1, { readerKind: 'CONSUMER', reader: topic('console-tail'), dataset: topic('customers'), readerSchemaId: null, fields: null, ...window });
  maker.audit('io.sluice.audit.ConsumptionObserved', 0.1, { readerKind: 'CONSUMER', reader: topic('finance-ledger'), dataset: topic('payments'), readerSchemaId: 102, fields: ['payment_id', 'amount', 'currency'], ...window });
  for (const name of ['orders-enrich', 'fraud-scores', 'fraud-alerts', 'watch-minutes']) {
    maker.control('io.sluice.control.JobStateChanged', 1, { job: flinkJob(name), state: 'RUNNING' });
    maker.audit('io.sluice.audit.Heartbeat', 0.01, { readerKind: 'JOB', reader: flinkJob(name), at: maker.time(0.01) });
  }
  maker.audit('io.sluice.audit.ProductionObserved', 0.1, { job: connector('payments-cdc'), dataset: topic('payments'), writerSchemaId: 102, ...window });
  maker.audit('io.sluice.audit.AuditResult', 0.2, { source: TABLES.payments, sink: topic('payments'), ...window, sourceCount: 120_431, missing: 0, mismatched: 0 });
  maker.audit('io.sluice.audit.AuditResult', 0.2, { source: TABLES.customers, sink: topic('customers'), ...window, sourceCount: 8_210, missing: 3, mismatched: 1 });
}
