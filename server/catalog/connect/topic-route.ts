import { MAX_NAME_LENGTH } from '../names.ts';
import { parseJavaPattern } from './java-pattern.ts';
import { type Settings, Untold } from './kept-config.ts';

/** The topic a record stands under after the transforms, when it stood under `topic` before. Untold where that cannot be followed. */
export type TopicRoute = (topic: string) => string;

const KAFKA = 'org.apache.kafka.connect.transforms.';
const DEBEZIUM = 'io.debezium.transforms.';
const CONFLUENT = 'io.confluent.connect.transforms.';

/** Transforms that leave the topic alone, whatever they do to key, value and headers. */
const TOPIC_KEEPING: ReadonlySet<string> = new Set([
  ...['Cast', 'DropHeaders', 'ExtractField', 'Filter', 'Flatten', 'HeaderFrom', 'HoistField', 'InsertField', 'InsertHeader', 'MaskField', 'ReplaceField', 'SetSchemaMetadata', 'TimestampConverter', 'ValueToKey'].map((name) => KAFKA + name),
  ...['ExtractChangedRecordState', 'Filter', 'HeaderToValue', 'SchemaChangeEventFilter', 'TimezoneConverter', 'VectorToJsonConverter', 'partitions.PartitionRouting', 'tracing.ActivateTracingSpan'].map((name) => DEBEZIUM + name),
  'io.debezium.connector.mongodb.transforms.ExtractNewDocumentState',
  ...['Drop', 'Filter', 'Flatten', 'GzipDecompress', 'ReplaceField', 'TombstoneHandler'].map((name) => CONFLUENT + name),
  ...['org.apache.iceberg.connect.transforms.', 'io.tabular.iceberg.connect.transforms.'].flatMap((start) => ['CopyValue', 'DebeziumTransform', 'DmsTransform', 'JsonToMapTransform', 'KafkaMetadataTransform', 'MongoDebeziumTransform'].map((name) => start + name)),
]);
export const UNWRAPPING: ReadonlySet<string> = new Set([`${DEBEZIUM}ExtractNewRecordState`]);
/** Regex routers by class, with the settings that hold their pattern and replacement. */
const REGEX_ROUTERS: Readonly<Record<string, readonly [string, string]>> = {
  [`${KAFKA}RegexRouter`]: ['regex', 'replacement'],
  [`${DEBEZIUM}ByLogicalTableRouter`]: ['topic.regex', 'topic.replacement'],
};
const TOPIC_NAME_MATCHES = `${KAFKA}predicates.TopicNameMatches`;

/** Transforms of one connector; people chain a handful. */
const MAX_TRANSFORMS = 100;

/** A transform of the chain of a connector. */
export interface Transform {
  readonly alias: string;
  /** Without `$Key` or `$Value`. */
  readonly class: string;
}

/** In the order in which they are applied. */
export function transformsOf(settings: Settings): readonly Transform[] {
  const aliases = settings.list('transforms');
  if (aliases.length > MAX_TRANSFORMS) throw new Untold(`there are more than ${MAX_TRANSFORMS} transforms`);
  return aliases.map((alias) => ({ alias, class: settings.required(`transforms.${alias}.type`).replace(/\$(Key|Value)$/, '') }));
}

/** Whether a transform does nothing but rename topics. */
export function isRegexRouter({ class: name }: Transform): boolean {
  return Object.hasOwn(REGEX_ROUTERS, name);
}

/** What the chain of transforms makes of a topic name; predicates on the topic's name are followed too, no others. */
export function topicRoute(settings: Settings): TopicRoute {
  const steps = transformsOf(settings).map((transform) => stepOf(settings, transform));
  return (topic) => steps.reduce((name, step) => step(name), topic);
}

function stepOf(settings: Settings, transform: Transform): TopicRoute {
  const { alias, class: name } = transform;
  const of = (key: string): string => `transforms.${alias}.${key}`;
  if (TOPIC_KEEPING.has(name)) return (topic) => topic;
  if (UNWRAPPING.has(name)) {
    if (settings.text(of('route.by.field')) === null) return (topic) => topic;
    throw new Untold(`transform '${alias}' (${name}) routes by the value of a field`);
  }
  const keys = Object.hasOwn(REGEX_ROUTERS, name) ? REGEX_ROUTERS[name] : undefined;
  if (keys === undefined) throw new Untold(`transform '${alias}' (${name}) may change the topic in a way that cannot be followed`);
  const route = regexRoute(transform, settings.required(of(keys[0])), settings.text(of(keys[1])) ?? '');
  const predicate = settings.text(of('predicate'));
  if (predicate === null) return route;
  const holds = predicateOf(settings, transform, predicate);
  const negated = settings.isOn(of('negate'));
  return (topic) => (holds(topic) !== negated ? route(topic) : topic);
}

function regexRoute({ alias, class: name }: Transform, source: string, replacement: string): TopicRoute {
  const pattern = parseJavaPattern(source);
  if (pattern === null) throw new Untold(`transform '${alias}' (${name}) has a pattern that cannot be followed: ${source.slice(0, 100)}`);
  return (topic) => {
    // A name may be a step between two; one no topic can have is long, or comes from a setting that is no name.
    if (topic.length > MAX_NAME_LENGTH) throw new Untold(`a name is longer than ${MAX_NAME_LENGTH} characters`);
    if (pattern.matches(topic) === null) return topic;
    const routed = pattern.replaced(topic, replacement);
    if (routed === null || routed === '') throw new Untold(`transform '${alias}' (${name}) has a replacement that gives no topic`);
    return routed;
  };
}

function predicateOf(settings: Settings, { alias, class: name }: Transform, predicate: string): (topic: string) => boolean {
  const type = settings.required(`predicates.${predicate}.type`);
  if (type !== TOPIC_NAME_MATCHES) throw new Untold(`transform '${alias}' (${name}) renames only the records that predicate '${predicate}' (${type}) holds of`);
  const pattern = parseJavaPattern(settings.required(`predicates.${predicate}.pattern`));
  if (pattern === null) throw new Untold(`predicate '${predicate}' of transform '${alias}' (${name}) has a pattern that cannot be followed`);
  return (topic) => pattern.matches(topic) !== null;
}
