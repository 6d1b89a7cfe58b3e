import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import kafkajs from 'kafkajs';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KafkaPlatform } from './kafka-platform.ts';
import { freePorts } from './servers/child-server.ts';
import { type FlinkCluster, startFlink } from './servers/flink-cluster.ts';
import { missingForStory } from './servers/missing-part.ts';
import { until } from './until.ts';

const missing = missingForStory();
const MAIN = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
const ORDER = JSON.stringify({
  type: 'record', name: 'Order', namespace: 'shop',
  fields: [{ name: 'id', type: ['null', 'string'], default: null }, { name: 'amount', type: ['null', 'double'], default: null }, { name: 'note', type: ['null', 'string'], default: null }],
});
function withoutAmount(): object {
  const order = JSON.parse(ORDER) as { readonly fields: readonly { readonly name: string }[] };
  return { ...order, fields: order.fields.filter(({ name }) => name !== 'amount') };
}
function scriptOf(statements: readonly string[]): string {
  return statements.map((statement) => `${statement};\n`).join('');
}
const JOB = { namespace: 'flink://main', name: 'large-orders' };

/** What a person would see of the answers of Sluice; looked into freely. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are held to openapi.yaml elsewhere
type Answer = any;

describe.skipIf(missing !== null)(`a pipeline deployer, Flink, Kafka, a registry and Sluice${missing === null ? '' : ` (needs ${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-story-'));
  let platform: KafkaPlatform;
  let flink: FlinkCluster;
  let sluice: ChildProcess;
  let url: string;
  let names: ReturnType<KafkaPlatform['newNames']>;

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    url = `http://127.0.0.1:${port}`;
    [platform, flink] = await Promise.all([KafkaPlatform.start(), startFlink({ lineage: url, namespace: JOB.namespace })]);
    names = platform.newNames();
    await platform.createTopics(names.topics, 1);
    sluice = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', MAIN], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env['PATH'], PORT: String(port), SLUICE_DATA: folder, SLUICE_LOG_LEVEL: 'error',
        SLUICE_KAFKA_BROKERS: platform.broker.address, SLUICE_KAFKA_GROUP: names.group, SLUICE_CONTROL_TOPIC: names.topics.control, SLUICE_AUDIT_TOPIC: names.topics.audit, SLUICE_DEAD_LETTER_TOPIC: names.topics.deadLetter,
        SLUICE_CLUSTER_ALIASES: `main=${platform.broker.address}`, SLUICE_REGISTRY_URL: platform.registry.url, SLUICE_REGISTRY_POLL_INTERVAL: '1',
        SLUICE_FLINK_CLUSTERS: `main=${flink.url}`, SLUICE_FLINK_POLL_INTERVAL: '1',
      },
    });
    await until(async () => (await fetch(`${url}/readyz`).catch(() => null))?.status === 200, { seen: async () => (await fetch(`${url}/readyz`)).json() });
  });
  afterAll(async () => {
    const ended = sluice === undefined ? Promise.resolve(0) : new Promise((resolve) => sluice.once('exit', resolve));
    sluice?.kill('SIGTERM');
    expect(await ended).toBe(0);
    await Promise.all([flink?.close(), platform?.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  const get = async (path: string): Promise<Answer> => (await fetch(`${url}${path}`)).json();
  const ask = async (job: object, program: object): Promise<Answer> =>
    (await fetch(`${url}/v1/gate/decisions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ job, program }) })).json();
  const seenJob = (): Promise<Answer> => get(`/v1/jobs/${encodeURIComponent(JOB.namespace)}/${JOB.name}`);
  const table = (name: string, topic: string, columns: string): string => `CREATE TABLE ${name} (${columns}) WITH (
    'connector' = 'kafka', 'topic' = '${topic}', 'properties.bootstrap.servers' = '${platform.broker.address}', 'scan.startup.mode' = 'earliest-offset',
    'format' = 'avro-confluent', 'avro-confluent.url' = '${platform.registry.url}')`;

  /** As a deployer does: ask first, start only what is allowed. */
  async function deploy(job: { readonly namespace: string; readonly name: string }, statements: readonly string[]): Promise<{ readonly decision: Answer; readonly jobId: string | null }> {
    const decision = await ask({ ...job, owner: 'team-shop' }, { kind: 'flink-sql', script: scriptOf(statements) });
    if (!String(decision.outcome).startsWith('allow')) return { decision, jobId: null };
    const session = await flink.session();
    await session.run(`SET 'pipeline.name' = '${job.name}'`);
    let jobId: string | null = null;
    for (const statement of statements) jobId = (await session.run(statement)) ?? jobId;
    return { decision, jobId };
  }

  /** What COMPILE PLAN makes of a script; the gateway writes it to its own disk, which is this machine's. */
  async function compiled(statements: readonly string[]): Promise<unknown> {
    const file = join(folder, `plan-${randomUUID()}.json`);
    const session = await flink.session();
    for (const statement of statements.slice(0, -1)) await session.run(statement);
    await session.run(`COMPILE PLAN '${file}' FOR ${statements.at(-1) ?? ''}`);
    return JSON.parse(readFileSync(file, 'utf8'));
  }

  async function produceOrders(): Promise<void> {
    const registry = new SchemaRegistry({ host: platform.registry.url });
    const id = await platform.registry.register('orders-value', ORDER);
    const admin = platform.kafka.admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: ['orders', 'large-orders'].map((topic) => ({ topic, numPartitions: 1 })) });
    await admin.disconnect();
    const producer = platform.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    const orders = [['a', 20], ['b', 2_000], ['c', 3_000]] as const;
    await producer.send({ topic: 'orders', messages: await Promise.all(orders.map(async ([order, amount]) => ({ value: await registry.encode(id, { id: order, amount, note: null }) }))) });
    await producer.disconnect();
  }

  async function outputs(count: number): Promise<readonly unknown[]> {
    const registry = new SchemaRegistry({ host: platform.registry.url });
    const consumer = platform.kafka.consumer({ groupId: 'story-reader', maxWaitTimeInMs: 200 });
    const decoded: unknown[] = [];
    await consumer.connect();
    await consumer.subscribe({ topics: ['large-orders'], fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void decoded.push(message.value === null ? null : await registry.decode(message.value)) });
    await until(() => decoded.length >= count, { seen: () => decoded });
    await consumer.disconnect();
    return decoded;
  }

  test('asks, is allowed, starts the job, sees it run with its lineage, and is denied what would break it', { timeout: 180_000 }, async () => {
    await produceOrders();
    await until(async () => (await fetch(`${url}/v1/datasets/kafka%3A%2F%2Fmain/orders`)).status === 200);

    const statements = [table('orders', 'orders', 'id STRING, amount DOUBLE'), table('large_orders', 'large-orders', 'id STRING, amount DOUBLE'), 'INSERT INTO large_orders SELECT id, amount FROM orders WHERE amount > 1000'];
    const { decision, jobId } = await deploy(JOB, statements);
    expect([decision.outcome, decision.findings.filter(({ severity }: Answer) => severity === 'error')]).toEqual([expect.stringMatching(/^allow/), []]);
    expect(jobId).toMatch(/^[0-9a-f]{32}$/);
    expect(await outputs(2)).toMatchObject([{ id: 'b', amount: 2_000 }, { id: 'c', amount: 3_000 }]);

    // The cluster tells that it runs and what topic it reads, OpenLineage what it writes; neither tells a field. The permit it
    // started by does: what the gate was asked about is what runs, from the moment the job is seen.
    const running = await until(async () => {
      const job = await seenJob();
      const evidence = (job.reads ?? []).flatMap((read: Answer) => read.evidence.map((seen: Answer) => seen.evidence));
      return job.state === 'RUNNING' && ['flink-rest', 'openlineage', 'flink-sql'].every((door) => evidence.includes(door)) && job.writes.length > 0 && job;
    }, { seen: seenJob });
    expect(running.reads).toMatchObject([{ dataset: { namespace: 'kafka://main', name: 'orders' }, completeness: 'complete' }]);
    expect(running.writes).toMatchObject([{ dataset: { namespace: 'kafka://main', name: 'large-orders' } }]);
    expect([typeof decision.permit.token, (await get('/v1/bypasses')).total]).toEqual(['string', 0]);
    const lineage = await until(async () => {
      const { entries } = await get('/v1/lineage?kind=field&namespace=kafka%3A%2F%2Fmain&name=orders&path=amount');
      return (entries ?? []).some((entry: Answer) => entry.name === 'large-orders' && entry.certainty === 'known') && entries;
    }, { seen: () => get('/v1/lineage?kind=field&namespace=kafka%3A%2F%2Fmain&name=orders&path=amount') });
    expect(lineage.filter(({ certainty }: Answer) => certainty === 'known').map(({ kind, name, path }: Answer) => path === undefined ? `${kind} ${name}` : `${kind} ${name} ${path}`)).toEqual(expect.arrayContaining(['job large-orders', 'field large-orders amount']));

    // A new version of what writes the orders would leave the amount out.
    const writer = (): Promise<Answer> => ask({ namespace: 'apps://main', name: 'order-service', owner: 'team-shop' }, { kind: 'declared', inputs: [], outputs: [{ dataset: { namespace: 'kafka://main', name: 'orders' }, writerSchema: withoutAmount() }] });
    const denied = await writer();
    expect(denied.outcome).toBe('deny');
    expect(denied.findings).toContainEqual(expect.objectContaining({ rule: 'output-field-not-written', field: 'amount', affected: [expect.objectContaining({ name: 'large-orders', owner: 'team-shop' })] }));

    // A second job of the deployer's, which would fill the topic again, and leaves the amount out or makes another type of it.
    const orders = /CREATE TABLE orders[\s\S]*/.exec(statements[0] ?? '')?.[0] ?? '';
    const refill = (columns: string, values: string): readonly string[] => [orders.replace('id STRING, amount DOUBLE', columns), "CREATE TABLE backup (id STRING, amount INT, note STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '1')", `INSERT INTO orders SELECT ${values} FROM backup`];
    const breaking = [[refill('id STRING, note STRING', 'id, note'), 'output-field-not-written'], [refill('id STRING, amount STRING, note STRING', 'id, CAST(amount AS STRING), note'), 'output-breaks-reader']] as const;
    for (const [second, rule] of breaking) {
      const job = { namespace: JOB.namespace, name: 'orders-refill' };
      const broken = await deploy(job, second);
      expect([broken.decision.outcome, broken.jobId]).toEqual(['deny', null]);
      const finding = expect.objectContaining({ rule, severity: 'error', field: 'amount', affected: expect.arrayContaining([expect.objectContaining({ name: 'large-orders', owner: 'team-shop' })]) });
      expect(broken.decision.findings).toContainEqual(finding);
      // What Flink's own planner makes of the same script is denied for the same.
      const plan = await compiled(second);
      for (const program of [{ kind: 'compiled-plan', plan }, { kind: 'flink-sql', script: scriptOf(second), plan }]) {
        const byPlan = await ask({ ...job, owner: 'team-shop' }, program);
        expect([byPlan.outcome, byPlan.findings]).toEqual(['deny', expect.arrayContaining([finding])]);
      }
    }
    const whole = await ask({ namespace: JOB.namespace, name: 'orders-refill', owner: 'team-shop' }, { kind: 'flink-sql', script: scriptOf(refill('id STRING, amount DOUBLE, note STRING', 'id, CAST(amount AS DOUBLE), note')) });
    expect(whole.findings.filter(({ rule }: Answer) => breaking.some(([, broken]) => broken === rule))).toEqual([]);
    const { jobs } = (await (await fetch(`${flink.url}/jobs/overview`)).json()) as { readonly jobs: readonly { readonly name: string }[] };
    expect(jobs.map(({ name }) => name)).toEqual([JOB.name]);

    await flink.cancel(jobId ?? '');
    await until(async () => (await seenJob()).state === 'STOPPED', { seen: seenJob });
  });
});
