import type { Connected, ConnectedDataset, Flow, Flows } from './flow.ts';
import { subscribed, topicNamed } from './flow.ts';
import { type Settings, Untold } from './kept-config.ts';

/** A sink whose target follows from the topic alone. */
function byTopic(connected: Connected, target: (topic: string) => ConnectedDataset, shape: Flow['shape']): Flows {
  const { topics, open } = subscribed(connected);
  const others = open === null ? [] : [open];
  return { flows: topics.map((topic) => ({ from: topicNamed(connected.kafka, topic), to: target(connected.route(topic)), shape })), unknownReads: others, unknownWrites: others };
}

/** Confluent's Elasticsearch sink: the index is the topic in lower case, unless a resource is named for it. */
export function elasticsearchSink(connected: Connected): Flows {
  const { settings } = connected;
  const namespace = `elasticsearch://${hostOf(settings.required('connection.url'))}`;
  const resource = resourceNames(settings);
  return byTopic(connected, (topic) => ({ namespace, name: resource(topic), kind: 'search-index', platform: 'elasticsearch' }), 'row');
}

function resourceNames(settings: Settings): (topic: string) => string {
  const mapped = new Map([...settings.list('topic.to.external.resource.mapping'), ...settings.list('topic.index.map')].map((entry) => [entry.slice(0, entry.lastIndexOf(':')), entry.slice(entry.lastIndexOf(':') + 1)] as const));
  const mustBeMapped = (settings.text('external.resource.usage') ?? 'DISABLED').toUpperCase() !== 'DISABLED';
  const [type, dataset] = [settings.text('data.stream.type'), settings.text('data.stream.dataset')];
  const stream = dataset === null || type === null || type.toUpperCase() === 'NONE' ? null : `${type}-${dataset}-${settings.text('data.stream.namespace') ?? '${topic}'}`.toLowerCase();
  return (topic) => {
    const named = mapped.get(topic);
    if (named !== undefined) return named;
    if (mustBeMapped) throw new Untold(`topic '${topic}' has no resource in 'topic.to.external.resource.mapping'`);
    return stream === null ? topic.toLowerCase().replace(/^[-_]/, '') : stream.replaceAll('${topic}', () => topic.toLowerCase());
  };
}

/** The first host, as one address names the cluster; the scheme is no part of it. */
function hostOf(urls: string): string {
  const host = (urls.split(',')[0] ?? '').replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  if (!/^[^\s/@]+$/.test(host)) throw new Untold("'connection.url' is no address of a server");
  return host.includes(':') ? host : `${host}:9200`;
}

/** Iceberg's sink: every listed table may get rows of every topic; which of several is decided by a field of the record. */
export function icebergSink(connected: Connected): Flows {
  const { settings, kafka } = connected;
  const { topics, open } = subscribed(connected);
  const catalog = settings.text('iceberg.catalog') ?? 'iceberg';
  const others = open === null ? [] : [open];
  const sources = topics.map((topic) => topicNamed(kafka, topic));
  if (settings.isOn('iceberg.tables.dynamic-enabled')) {
    const field = settings.text('iceberg.tables.route-field');
    return { flows: sources.map((from) => ({ from, to: null, shape: null })), unknownReads: others, unknownWrites: [`the table is named by ${field === null ? 'a field' : `field '${field}'`} of each record`] };
  }
  const tables = settings.list('iceberg.tables');
  if (tables.length === 0) throw new Untold("'iceberg.tables' is not set");
  const targets = tables.map((name): ConnectedDataset => ({ namespace: `iceberg://${catalog}`, name, kind: 'iceberg-table', platform: 'iceberg' }));
  // The tables are listed: topics that are not known add none.
  return { flows: sources.flatMap((from) => targets.map((to): Flow => ({ from, to, shape: 'row' }))), unknownReads: others, unknownWrites: [] };
}

/** Confluent's S3 sink: objects under `<topics.dir>/<topic>`. */
export function s3Sink(connected: Connected): Flows {
  const { settings } = connected;
  const [bucket, folder] = [settings.required('s3.bucket.name'), settings.text('topics.dir') ?? 'topics'];
  return byTopic(connected, (topic) => ({ namespace: `s3://${bucket}`, name: `${folder}/${topic}`, kind: null, platform: 's3' }), null);
}

/** Apache Kafka's example connectors: a file of the worker is nothing the catalog knows. */
export function fileStreamSink(connected: Connected): Flows {
  const { topics, open } = subscribed(connected);
  return { flows: topics.map((topic) => ({ from: topicNamed(connected.kafka, topic), to: null, shape: null })), unknownReads: open === null ? [] : [open], unknownWrites: [] };
}
export function fileStreamSource({ settings, route, kafka }: Connected): Flows {
  return { flows: [{ from: null, to: topicNamed(kafka, route(settings.required('topic'))), shape: null }], unknownReads: [], unknownWrites: [] };
}
