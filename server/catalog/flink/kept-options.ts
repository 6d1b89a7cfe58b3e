import type { KeptOptions } from './lineage.ts';

/** Options that name what a table is bound to. Whatever is not listed may hold a password and is dropped where it is read. */
const NAMING_OPTIONS: ReadonlySet<string> = new Set([
  'connector', 'topic', 'topic-pattern', 'properties.bootstrap.servers',
  'format', 'value.format', 'key.format', 'key.fields', 'key.fields-prefix', 'value.fields-include',
  'path', 'table-name', 'database-name', 'schema-name', 'keyspace', 'index', 'hostname', 'port', 'hosts', 'url',
]);
/** Subjects of the schema registry: `value.avro-confluent.subject`, `avro-confluent.schema-registry.subject`, … */
const SUBJECT_OPTION = /(^|\.)(subject|schema-registry\.subject|avro-confluent\.subject)$/;
/** How an Avro format maps timestamps: part of the schema it reads and writes. */
const TIMESTAMP_MAPPING = /(^|\.)timestamp_mapping\.legacy$/;
/** Values that are URLs, or may be: their user info and parameters are where passwords stand. */
const LOCATIONS: ReadonlySet<string> = new Set(['url', 'path', 'hostname', 'hosts', 'properties.bootstrap.servers']);

/** The options of a table that name things, without user info and parameters in URLs; all others are left out. */
export function keptOptions(options: { readonly [option: string]: unknown }): KeptOptions {
  const kept: { [option: string]: string } = {};
  for (const [option, value] of Object.entries(options)) {
    if (typeof value !== 'string' || !(NAMING_OPTIONS.has(option) || SUBJECT_OPTION.test(option) || TIMESTAMP_MAPPING.test(option))) continue;
    kept[option] = LOCATIONS.has(option) ? withoutCredentials(value) : value;
  }
  return kept;
}

/** `jdbc:mysql://user:secret@db:3306/crm?password=x` → `jdbc:mysql://db:3306/crm`. */
export function withoutCredentials(location: string): string {
  const start = location.indexOf('//') === -1 ? 0 : location.indexOf('//') + 2;
  const cut = location.slice(start).search(/[?;#]/);
  const address = cut === -1 ? location.slice(start) : location.slice(start, start + cut);
  const scheme = location.slice(0, start);
  // A password may hold a separator unescaped, so the last `@` ends the user info, whatever stands before it.
  const at = address.lastIndexOf('@');
  if (at !== -1) return scheme + address.slice(at + 1);
  // One after the cut may end a password that was cut in two: then what is left must look like hosts.
  return cut !== -1 && location.includes('@', start + cut) && !HOSTS.test(address) ? scheme : scheme + address;
}

/** `db`, `db:3306/crm`, `a:9092,b:9092`; a user and half a password have something else after the colon, or no path. */
const HOSTS = /^[^:/@]+(:\d+)?(,[^:/@]+(:\d+)?)*\/[^@]*$/;
