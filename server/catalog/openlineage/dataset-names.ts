import { canonical, type ClusterAliases } from '../cluster-aliases.ts';
import type { DatasetFact } from '../changes.ts';
import type { DatasetRef } from '../names.ts';
import type { EventDataset } from './event.ts';
import { object, optionalArray, optionalText } from './json-place.ts';

/** What Kafka takes as a topic's name; anything else in its place is a pattern. */
const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;
const KAFKA = /^kafka:\/\/(.+)$/;

export function isTopicName(name: string): boolean {
  return TOPIC_NAME.test(name);
}

/** A dataset an event means. */
export interface MeantDataset {
  readonly ref: DatasetRef;
  readonly fact: DatasetFact;
  /** It stands for every topic whose name matches, and nobody says which those are. */
  readonly isPattern: boolean;
}

/**
 * The datasets a name stands for: Flink joins the topics of one source by commas, or as its SQL does by semicolons, or gives
 * their pattern, and the bootstrap addresses of one cluster may come in a list.
 */
export function meantDatasets(dataset: EventDataset, aliases: ClusterAliases): readonly MeantDataset[] {
  const { namespace, name } = kafkaSymlink(dataset) ?? dataset;
  const kafka = KAFKA.exec(namespace);
  if (kafka === null) return [{ ref: { namespace, name }, fact: factOf(namespace, dataset), isPattern: false }];
  const cluster = clusterNamespace(kafka[1] ?? '', aliases);
  const names = name.split(/[,;]/).map((topic) => topic.trim()).filter((topic) => topic !== '');
  // A pattern may hold commas of its own.
  const topics = names.every((topic) => TOPIC_NAME.test(topic)) ? names : [name];
  return [...new Set(topics)].map((topic) => ({
    ref: { namespace: cluster, name: topic },
    fact: { kind: 'topic', platform: 'kafka', cluster: cluster.replace(KAFKA, '$1') },
    isPattern: !TOPIC_NAME.test(topic),
  }));
}

/** A dataset of another system that is known to be a topic, is that topic. */
function kafkaSymlink({ namespace, facets }: EventDataset): DatasetRef | null {
  if (KAFKA.test(namespace)) return null;
  const symlinks = facets.get('symlinks');
  for (const place of symlinks === undefined ? [] : optionalArray(object(symlinks).get('identifiers'))) {
    const [to, name] = [optionalText(object(place).get('namespace')), optionalText(object(place).get('name'))];
    if (to !== null && name !== null && KAFKA.test(to) && name !== '') return { namespace: to, name };
  }
  return null;
}

/** The cluster that any of the addresses is an alias of, or else the first address. */
function clusterNamespace(addresses: string, aliases: ClusterAliases): string {
  const all = addresses.split(',').map((address) => ({ namespace: `kafka://${address.trim()}`, name: '' }));
  const known = all.map((ref) => canonical(aliases, ref).namespace).find((namespace, i) => namespace !== all[i]?.namespace);
  return known ?? all[0]?.namespace ?? `kafka://${addresses}`;
}

const PLATFORMS: readonly (readonly [scheme: RegExp, kind: DatasetFact['kind'], platform: string])[] = [
  [/^postgres(ql)?:/, 'table', 'postgresql'], [/^elasticsearch:|^opensearch:/, 'search-index', 'elasticsearch'], [/^iceberg:|^arn:aws:glue/, 'iceberg-table', 'iceberg'],
];

function factOf(namespace: string, { facets }: EventDataset): DatasetFact {
  const catalog = facets.get('catalog');
  const framework = catalog === undefined ? null : optionalText(object(catalog).get('framework'));
  const cluster = namespace.includes('://') ? namespace.slice(namespace.indexOf('://') + 3) : namespace;
  if (framework?.toLowerCase() === 'iceberg') return { kind: 'iceberg-table', platform: 'iceberg', cluster };
  const known = PLATFORMS.find(([scheme]) => scheme.test(namespace));
  if (known !== undefined) return { kind: known[1], platform: known[2], cluster };
  return { kind: 'table', platform: namespace.split(':')[0] || namespace, cluster };
}
