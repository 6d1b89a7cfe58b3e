import type { Connected, ConnectedDataset, Flow, Flows } from './flow.ts';
import { subscribed, topicNamed } from './flow.ts';
import { type Settings, toldOr, Untold } from './kept-config.ts';

/** A database that a JDBC URL leads to. */
interface JdbcDatabase {
  readonly platform: string;
  readonly namespace: string;
  readonly database: string;
  /** Whether tables stand in schemas inside the database. */
  readonly hasSchemas: boolean;
}
const DRIVERS: Readonly<Record<string, { readonly scheme: string; readonly platform: string; readonly port: string; readonly hasSchemas: boolean }>> = {
  postgresql: { scheme: 'postgres', platform: 'postgresql', port: '5432', hasSchemas: true },
  mysql: { scheme: 'mysql', platform: 'mysql', port: '3306', hasSchemas: false },
  mariadb: { scheme: 'mysql', platform: 'mysql', port: '3306', hasSchemas: false },
};
const TOPIC_IN_FORMAT = '${topic}';

/** Confluent's JDBC source: `<topic.prefix><table>` by table, or `<topic.prefix>` for a query. */
export function jdbcSource({ settings, route, kafka }: Connected): Flows {
  const prefix = settings.text('topic.prefix') ?? '';
  const to = (table: string): ConnectedDataset => topicNamed(kafka, route(prefix + table));
  if (settings.text('query') !== null) {
    return { flows: [{ from: null, to: to(''), shape: null }], unknownReads: ["which tables its 'query' reads is not looked into"], unknownWrites: [] };
  }
  const tables = settings.list('table.whitelist');
  if (tables.length === 0) throw new Untold("no 'table.whitelist' says which tables are read");
  const database = toldOr(() => jdbcDatabase(settings));
  const schema = settings.text('schema.pattern');
  const named = tables.map((table) => ({ table, from: database.told === null ? null : tableIn(database.told, unquoted(table), schema) }));
  return {
    flows: named.map(({ table, from }): Flow => ({ from, to: to(unquoted(table).at(-1) ?? ''), shape: 'row' })),
    unknownReads: database.untold !== null ? [database.untold] : named.filter(({ from }) => from === null).map(({ table }) => `table '${table}' is named without its schema`),
    unknownWrites: [],
  };
}

/** Confluent's JDBC sink: the table is `table.name.format` with the topic in it. */
export function jdbcSink(connected: Connected): Flows {
  return intoTables(connected, connected.settings.text('table.name.format') ?? TOPIC_IN_FORMAT, (topic) => topic);
}

/** Debezium's JDBC sink: as Confluent's, with dots of the topic as underscores. */
export function debeziumJdbcSink(connected: Connected): Flows {
  const { settings } = connected;
  const strategy = settings.text('collection.naming.strategy') ?? settings.text('table.naming.strategy');
  if (strategy !== null && !/^io\.debezium\..*\.Default(?:Collection|Table)NamingStrategy$/.test(strategy)) throw new Untold(`tables are named by ${strategy}`);
  return intoTables(connected, settings.text('collection.name.format') ?? settings.text('table.name.format') ?? TOPIC_IN_FORMAT, (topic) => topic.replaceAll('.', '_'));
}

function intoTables(connected: Connected, format: string, inTable: (topic: string) => string): Flows {
  const { settings, route, kafka } = connected;
  if (/\$\{(?!topic\})/.test(format)) throw new Untold(`the table's name is made of record fields: ${format.slice(0, 100)}`);
  const { topics, open } = subscribed(connected);
  const database = jdbcDatabase(settings);
  const shape = settings.text('fields.whitelist') === null ? 'row' : null;
  const flows = topics.map((topic): Flow => ({ from: topicNamed(kafka, topic), to: tableIn(database, unquoted(format.replaceAll(TOPIC_IN_FORMAT, () => inTable(route(topic)))), null), shape }));
  const others = open === null ? [] : [open];
  return { flows, unknownReads: others, unknownWrites: [...others, ...flows.filter(({ to }) => to === null).map(({ from }) => `the table of topic '${from?.name ?? ''}' is named without its schema`)] };
}

function jdbcDatabase(settings: Settings): JdbcDatabase {
  const url = settings.required('connection.url');
  const match = /^jdbc:([a-z]+):\/\/([^/?;,@]+)\/([^/?;,@]+)/.exec(url);
  const driver = match !== null && Object.hasOwn(DRIVERS, match[1] ?? '') ? DRIVERS[match[1] ?? ''] : undefined;
  if (match === null || driver === undefined) throw new Untold("'connection.url' is no address of one known database");
  const host = match[2] ?? '';
  return { platform: driver.platform, namespace: `${driver.scheme}://${host.includes(':') ? host : `${host}:${driver.port}`}`, database: match[3] ?? '', hasSchemas: driver.hasSchemas };
}

/** The parts of a name, `"shop"."orders"` or `shop.orders`. */
function unquoted(name: string): readonly string[] {
  return name.split('.').map((part) => part.replace(/^["`]|["`]$/g, ''));
}

/** null: it is named without the schema it stands in. */
function tableIn({ platform, namespace, database, hasSchemas }: JdbcDatabase, parts: readonly string[], schema: string | null): ConnectedDataset | null {
  const literalSchema = schema !== null && !/[%_]/.test(schema) ? [schema] : [];
  const wanted = hasSchemas ? 3 : 2;
  const known = parts.length === 1 && hasSchemas ? [...literalSchema, ...parts] : parts;
  if (known.length > wanted || known.some((part) => part === '')) throw new Untold(`'${parts.join('.')}' is no name of a table`);
  const whole = known.length === wanted ? known : [database, ...known];
  return whole.length === wanted ? { namespace, name: whole.join('.'), kind: 'table', platform } : null;
}
