import type { DatasetRef } from '../names.ts';
import type { KeptOptions, TableUse } from './lineage.ts';

/** What a table of a Flink program stands for outside of it. */
export type TableTarget =
  | { readonly kind: 'datasets'; readonly datasets: readonly DatasetRef[]; readonly format: string | null }
  /** Nothing the catalog could know: generated rows, a console. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown'; readonly reason: string };

const WITHOUT_DATASET = new Set(['datagen', 'blackhole', 'print', 'values', 'faker', 'python-input-format']);
const NAMESPACES: { readonly [scheme: string]: string } = { postgresql: 'postgres', postgres: 'postgres', mysql: 'mysql', mariadb: 'mysql', sqlserver: 'sqlserver', oracle: 'oracle' };
const CDC_NAMESPACES: { readonly [connector: string]: { readonly scheme: string; readonly port: string } } = {
  'mysql-cdc': { scheme: 'mysql', port: '3306' }, 'postgres-cdc': { scheme: 'postgres', port: '5432' }, 'mongodb-cdc': { scheme: 'mongodb', port: '27017' },
};

/** The datasets a table is, named as OpenLineage names them. `clusterOf` gives a Kafka bootstrap address its canonical namespace, or null. */
export function targetOf({ table, options }: TableUse, clusterOf: (address: string) => string | null): TableTarget {
  const connector = options['connector'];
  if (connector === undefined) return { kind: 'unknown', reason: `nothing says where table '${table}' is kept` };
  if (WITHOUT_DATASET.has(connector)) return { kind: 'none' };
  if (connector === 'kafka' || connector === 'upsert-kafka') return topics(table, options, clusterOf);
  const named = elsewhere(connector, options);
  return named === null ? { kind: 'unknown', reason: `which dataset table '${table}' of connector '${connector}' is cannot be told` } : { kind: 'datasets', datasets: [named], format: options['format'] ?? null };
}

function topics(table: string, options: KeptOptions, clusterOf: (address: string) => string | null): TableTarget {
  const { topic } = options;
  if (topic === undefined) {
    const pattern = options['topic-pattern'];
    return { kind: 'unknown', reason: pattern === undefined ? `nothing says which topic table '${table}' is` : `table '${table}' reads every topic that matches ${pattern}` };
  }
  const servers = (options['properties.bootstrap.servers'] ?? '').split(',').map((address) => address.trim()).filter((address) => address !== '');
  if (servers.length === 0) return { kind: 'unknown', reason: `nothing says on which Kafka cluster table '${table}' is` };
  const namespace = servers.map(clusterOf).find((cluster) => cluster !== null) ?? `kafka://${servers[0] as string}`;
  const names = topic.split(';').map((name) => name.trim()).filter((name) => name !== '');
  return { kind: 'datasets', datasets: names.map((name) => ({ namespace, name })), format: valueFormat(options) };
}

export function valueFormat(options: KeptOptions): string | null {
  return options['value.format'] ?? options['format'] ?? null;
}

function elsewhere(connector: string, options: KeptOptions): DatasetRef | null {
  const table = options['table-name'];
  const cdc = Object.hasOwn(CDC_NAMESPACES, connector) ? CDC_NAMESPACES[connector] : undefined;
  if (cdc !== undefined && table !== undefined && options['hostname'] !== undefined) {
    const parts = [options['database-name'], options['schema-name'], table].filter((part) => part !== undefined);
    return { namespace: `${cdc.scheme}://${options['hostname']}:${options['port'] ?? cdc.port}`, name: parts.join('.') };
  }
  if (connector === 'jdbc' && table !== undefined) return jdbcTable(options['url'] ?? '', table);
  const { index } = options;
  const host = options['hosts']?.split(';')[0]?.replace(/^https?:\/\//, '');
  if (/^(elasticsearch|opensearch)/.test(connector) && index !== undefined && host !== undefined) return { namespace: `${connector.split('-')[0] as string}://${host}`, name: index };
  return null;
}

/** `jdbc:postgresql://db:5432/shop` and `public.orders` → `postgres://db:5432`, `shop.public.orders`. */
function jdbcTable(url: string, table: string): DatasetRef | null {
  const match = /^jdbc:([a-z]+):\/\/([^/?;]+)\/([^/?;]+)/.exec(url);
  if (match === null) return null;
  const [, driver, host, database] = match as unknown as [string, string, string, string];
  const scheme = Object.hasOwn(NAMESPACES, driver) ? NAMESPACES[driver] : undefined;
  return scheme === undefined ? null : { namespace: `${scheme}://${host}`, name: `${database}.${table}` };
}
