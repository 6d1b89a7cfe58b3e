import { withoutCredentials } from '../flink/kept-options.ts';

/** The settings of a connector that name things; see `keptConfig`. */
export type KeptConfig = Readonly<Record<string, Setting>>;
/** `hidden`: the value is taken from a config provider, and is not known here. */
export type Setting = { readonly value: string } | 'hidden';

/** Settings that name what is read and written, or how one name follows from another. Any other may hold a password, and is dropped where it is read. */
const NAMING_SETTINGS: ReadonlySet<string> = new Set([
  'connector.class', 'topic', 'topics', 'topics.regex', 'topic.prefix', 'topic.delimiter', 'topic.naming.strategy', 'transforms', 'predicates', 'value.converter', 'errors.deadletterqueue.topic.name',
  'producer.override.bootstrap.servers', 'consumer.override.bootstrap.servers',
  'database.hostname', 'database.port', 'database.dbname', 'database.names', 'database.pdb.name', 'database.server.name', 'mongodb.connection.string', 'collection.include.list', 'collection.exclude.list', 'database.include.list', 'database.exclude.list',
  'schema.include.list', 'schema.exclude.list', 'table.include.list', 'table.exclude.list', 'table.whitelist', 'table.blacklist', 'schema.pattern', 'catalog.pattern', 'query',
  'heartbeat.interval.ms', 'heartbeat.topics.prefix', 'topic.heartbeat.prefix', 'provide.transaction.metadata', 'topic.transaction', 'include.schema.changes',
  'schema.history.internal', 'schema.history.internal.kafka.topic', 'schema.history.internal.kafka.bootstrap.servers', 'cassandra.hosts', 'cassandra.port', 'kafka.topic.prefix',
  'notification.enabled.channels', 'notification.sink.topic.name', 'signal.enabled.channels', 'signal.kafka.topic', 'signal.kafka.bootstrap.servers',
  'connection.url', 'table.name.format', 'collection.name.format', 'table.naming.strategy', 'collection.naming.strategy', 'fields.whitelist',
  'external.resource.usage', 'topic.to.external.resource.mapping', 'topic.index.map', 'data.stream.type', 'data.stream.dataset', 'data.stream.namespace',
  'iceberg.catalog', 'iceberg.tables', 'iceberg.tables.dynamic-enabled', 'iceberg.tables.route-field', 's3.bucket.name', 'topics.dir',
  'source.cluster.alias', 'source.cluster.bootstrap.servers', 'replication.policy.class', 'replication.policy.separator', 'topics.exclude',
]);
const TRANSFORM_SETTING = /^transforms\.[^.]+\.(type|predicate|negate|regex|replacement|topic\.regex|topic\.replacement|topic\.regex\.list|route\.by\.field|route\.topic\.by\.field)$/;
const PREDICATE_SETTING = /^predicates\.[^.]+\.(type|pattern)$/;
/** That they are set changes values on the way; what to is nobody's business. */
const VALUE_CHANGING = /^(converters|column\.(mask|truncate|hash)\..+)$/;
export const VALUES_CHANGED = 'values-changed';
/** A query names tables, but may hold literals of people's data. */
const PRESENCE_ONLY: ReadonlySet<string> = new Set(['query']);
/** Their user info and parameters are where passwords stand. */
const LOCATIONS: ReadonlySet<string> = new Set(['connection.url', 'database.hostname', 'mongodb.connection.string', 'cassandra.hosts', 'signal.kafka.bootstrap.servers', 'source.cluster.bootstrap.servers', 'producer.override.bootstrap.servers', 'consumer.override.bootstrap.servers', 'schema.history.internal.kafka.bootstrap.servers']);
/** What Kafka Connect replaces by what a config provider says: `${file:/etc/secrets:password}`, `${env:PREFIX}`. */
const PLACEHOLDER = /\$\{[^}:]*:[^}]*\}/;
/** UTF-16 units of one value; a thousand long table names. */
const MAX_VALUE_LENGTH = 500_000;

/** The settings that name things, without credentials; all others are left out. */
export function keptConfig(config: Readonly<Record<string, unknown>>): KeptConfig {
  const kept: Record<string, Setting> = Object.create(null) as Record<string, Setting>;
  for (const [key, value] of Object.entries(config)) {
    if (VALUE_CHANGING.test(key)) kept[VALUES_CHANGED] = { value: 'true' };
    if (typeof value !== 'string' || !(NAMING_SETTINGS.has(key) || TRANSFORM_SETTING.test(key) || PREDICATE_SETTING.test(key))) continue;
    if (PLACEHOLDER.test(value) || value.length > MAX_VALUE_LENGTH) kept[key] = 'hidden';
    else if (PRESENCE_ONLY.has(key)) kept[key] = { value: value.trim() === '' ? '' : 'set' };
    else kept[key] = { value: LOCATIONS.has(key) ? value.split(',').map((one) => withoutCredentials(one.trim())).join(',') : value };
  }
  return kept;
}

/** Something cannot be told from the configuration; the message says what. Caught in connector-lineage.ts, never seen outside this folder. */
export class Untold extends Error {}

/** What a reading gives, or why it cannot be told. */
export function toldOr<T>(read: () => T): { readonly told: T; readonly untold: null } | { readonly told: null; readonly untold: string } {
  try {
    return { told: read(), untold: null };
  } catch (failure) {
    if (failure instanceof Untold) return { told: null, untold: failure.message };
    throw failure;
  }
}

/** Reads settings, or is Untold of those a config provider holds. */
export class Settings {
  readonly #config: KeptConfig;
  constructor(config: KeptConfig) {
    this.#config = config;
  }

  /** null: not set, or set to nothing. */
  text(key: string): string | null {
    const setting = this.#config[key];
    if (setting === 'hidden') throw new Untold(`'${key}' is held by a config provider`);
    const value = setting?.value.trim() ?? '';
    return value === '' ? null : value;
  }
  required(...keys: readonly string[]): string {
    for (const key of keys) {
      const value = this.text(key);
      if (value !== null) return value;
    }
    throw new Untold(`'${keys[0] ?? ''}' is not set`);
  }
  /** Of a comma-separated list. */
  list(key: string): readonly string[] {
    return (this.text(key) ?? '').split(',').map((item) => item.trim()).filter((item) => item !== '');
  }
  isOn(key: string, byDefault = false): boolean {
    const value = this.text(key);
    return value === null ? byDefault : value.toLowerCase() === 'true';
  }
}
