import { parseArgs } from 'node:util';
import neo4j, { type Driver } from 'neo4j-driver';
import { encodeEvent } from '../../ingest/demo/encode.ts';
import { SAMPLE_CONTRACTS } from '../../ingest/demo/feed.ts';
import type { Message } from '../../ingest/message.ts';
import { createIngestWorker } from '../../ingest/worker.ts';
import { openNeo4jStore } from '../../server/store/neo4j-store.ts';
import type { ChangeBatch } from '../../server/store/store.ts';
import { LASTING, missingForNeo4j, type Neo4jServer, startNeo4j } from '../stack/servers/neo4j-server.ts';
import { decoderHere } from './decoder-here.ts';
import { generatePlatform } from './platform.ts';

/** Messages in a batch, as in the load of the embedded store, and batches, unless told otherwise: all there are, some 26,000 rows each. */
const USUAL = { messages: 500, batches: 1_000, runs: 3 };
/** Rows in a transaction of the bare insert. */
const ROWS = 10_000;
const SEED = 1;

type Properties = Readonly<Record<string, unknown>>;
/** One kind of row: how it is read off the filled database, and how it is written bare. */
interface BareForm {
  readonly read: string;
  readonly write: string;
  /** Nodes and relationships that one row writes. */
  readonly writes: number;
}
const OF_LABEL = ['Dataset', 'Job', 'Consumer', 'Processor', 'Pipeline', 'Subject', 'Team'].map((label): BareForm => ({
  read: `MATCH (n:${label}) RETURN { p: properties(n) }`, write: `UNWIND $rows AS row CREATE (n:Entity:${label}) SET n = row.p`, writes: 1,
}));
const OF_TYPE = ['DERIVES', 'READS', 'USES', 'WRITES', 'GENERATES', 'SEEN'].map((type): BareForm => ({
  read: `MATCH (a)-[r:${type}]->(b) RETURN { a: a.id, b: b.id, p: properties(r) }`,
  write: `UNWIND $rows AS row MATCH (a:Entity { id: row.a }) MATCH (b:Entity { id: row.b }) CREATE (a)-[r:${type}]->(b) SET r = row.p`, writes: 1,
}));
const FORMS: readonly BareForm[] = [
  ...OF_LABEL,
  { read: 'MATCH (n:Owner) RETURN { p: properties(n) }', write: 'UNWIND $rows AS row CREATE (n:Owner) SET n = row.p', writes: 1 },
  {
    read: 'MATCH (d)-[:HAS_FIELD]->(n) RETURN { a: d.id, p: properties(n) }',
    write: 'UNWIND $rows AS row MATCH (d:Entity { id: row.a }) CREATE (d)-[:HAS_FIELD]->(n:Entity:Field) SET n = row.p', writes: 2,
  },
  { read: 'MATCH (e)-[:HAS_SLOT]->(n) RETURN { a: e.id, p: properties(n) }', write: 'UNWIND $rows AS row MATCH (e:Entity { id: row.a }) CREATE (e)-[:HAS_SLOT]->(n:Slot) SET n = row.p', writes: 2 },
  { read: 'MATCH (s)-[:HAS_STATEMENT]->(n) RETURN { a: s.id, p: properties(n) }', write: 'UNWIND $rows AS row MATCH (s:Slot { id: row.a }) CREATE (s)-[:HAS_STATEMENT]->(n:Statement) SET n = row.p', writes: 2 },
  { read: 'MATCH (a)-[:OWNED_BY]->(o) RETURN { a: a.id, b: o.name }', write: 'UNWIND $rows AS row MATCH (a:Entity { id: row.a }) MATCH (o:Owner { name: row.b }) CREATE (a)-[:OWNED_BY]->(o)', writes: 1 },
  ...OF_TYPE,
];

/** What the ingest worker gives the store for a platform of size S, batch by batch. */
async function batchesOf(messagesAtOnce: number): Promise<readonly ChangeBatch[]> {
  const messages = { control: [] as Message[], audit: [] as Message[] };
  for (const sample of generatePlatform({ size: 'S', seed: SEED })) {
    const list = messages[sample.topic];
    list.push({ offset: list.length, key: Buffer.from(sample.key), value: await encodeEvent(sample), headers: new Map(), tooLarge: null, timestamp: sample.event.occurredAt });
  }
  const batches: ChangeBatch[] = [];
  const store = { apply: async (batch: ChangeBatch) => ({ outcome: 'applied', revision: batches.push(batch), changed: true }) as const, offsets: async () => new Map(), entity: async () => null, entities: async () => [] };
  const refuse = (): Promise<void> => Promise.reject(new Error('a message of the benchmark cannot be applied'));
  const worker = createIngestWorker({ store, decoder: decoderHere(), deadLetters: { send: refuse }, aliases: new Map(), clock: Date.now, contracts: SAMPLE_CONTRACTS });
  for (const [topic, contract] of SAMPLE_CONTRACTS) {
    const all = messages[contract];
    for (let start = 0; start < all.length; start += messagesAtOnce) await worker.handle({ topic, partition: 0, generation: 0, messages: all.slice(start, start + messagesAtOnce) });
  }
  return batches;
}

async function ingest({ url, user, password }: Neo4jServer, batches: readonly ChangeBatch[]): Promise<number> {
  const store = await openNeo4jStore({ url, user, password, transactionMs: 120_000 });
  const started = performance.now();
  for (const batch of batches) await store.apply(batch);
  const seconds = (performance.now() - started) / 1_000;
  await store.close();
  return seconds;
}

async function rowsIn(driver: Driver): Promise<readonly (readonly Properties[])[]> {
  const rows: (readonly Properties[])[] = [];
  for (const { read } of FORMS) rows.push((await driver.executeQuery(read)).records.map((record) => record.get(0) as Properties));
  return rows;
}

/** The same rows under the same constraints and indexes, and nothing else: nothing looked up but the ends, nothing worked out. */
async function insertBare(driver: Driver, rows: readonly (readonly Properties[])[]): Promise<number> {
  const session = driver.session();
  const started = performance.now();
  for (const [i, { write }] of FORMS.entries()) {
    const all = rows[i] ?? [];
    // Planned once, as the store's own statements are.
    for (let from = 0; from < all.length; from += ROWS) await session.executeWrite((transaction) => transaction.run(`CYPHER replan=skip ${write}`, { rows: all.slice(from, from + ROWS) }));
  }
  const seconds = (performance.now() - started) / 1_000;
  await session.close();
  return seconds;
}

/** CPU time spent so far, s, here and by Neo4j: what others do on the machine changes it less than the clock. */
async function cpuSeconds(driver: Driver): Promise<number> {
  const { user, system } = process.cpuUsage();
  const { records } = await driver.executeQuery("CALL dbms.queryJmx('java.lang:type=OperatingSystem') YIELD attributes RETURN attributes.ProcessCpuTime.value");
  return (user + system) / 1e6 + Number(records[0]?.get(0)) / 1e9;
}

interface Cost {
  readonly seconds: number;
  readonly cpu: number;
}

/** What it takes to fill an empty database. */
async function costOf(driver: Driver, work: () => Promise<number>): Promise<Cost> {
  await clear(driver);
  const before = await cpuSeconds(driver);
  const seconds = await work();
  return { seconds, cpu: (await cpuSeconds(driver)) - before };
}

function ratios(rows: number, store: Cost, bare: Cost): object {
  const two = (x: number): number => Math.round(x * 100) / 100;
  return {
    rowsPerSecond: Math.round(rows / store.seconds), bareRowsPerSecond: Math.round(rows / bare.seconds), ratio: two(bare.seconds / store.seconds),
    cpuSeconds: two(store.cpu), bareCpuSeconds: two(bare.cpu), cpuRatio: two(bare.cpu / store.cpu),
  };
}

async function clear(driver: Driver): Promise<void> {
  const session = driver.session();
  await session.run('MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS');
  await session.close();
}

interface Count {
  readonly messages: number;
  readonly batches: number;
  readonly runs: number;
}

async function compare({ messages, batches: most, runs }: Count): Promise<void> {
  const batches = (await batchesOf(messages)).slice(0, most);
  const server = await startNeo4j({ heap: 2_048, pageCache: 1_024, java: LASTING });
  const driver = neo4j.driver(server.url, neo4j.auth.basic(server.user, server.password));
  try {
    // A cold server takes seconds longer for its first rows, whoever writes them: both once for nothing, then in turn.
    await ingest(server, batches);
    const rows = await rowsIn(driver);
    const count = rows.reduce((sum, list, i) => sum + list.length * (FORMS[i]?.writes ?? 1), 0);
    await clear(driver);
    await insertBare(driver, rows);
    for (let run = 1; run <= runs; run++) {
      const store = await costOf(driver, () => ingest(server, batches));
      const bare = await costOf(driver, () => insertBare(driver, rows));
      console.log(JSON.stringify({ run, batches: batches.length, rows: count, ...ratios(count, store, bare) }));
    }
  } finally {
    await driver.close();
    await server.close();
  }
}

if (import.meta.main) {
  const option = (usual: number) => ({ type: 'string', default: String(usual) }) as const;
  const { values } = parseArgs({ options: { messages: option(USUAL.messages), batches: option(USUAL.batches), runs: option(USUAL.runs) } });
  const missing = missingForNeo4j();
  if (missing === null) await compare({ messages: Number(values.messages), batches: Number(values.batches), runs: Number(values.runs) });
  else console.log(`skipped: this machine lacks ${missing}`);
}
