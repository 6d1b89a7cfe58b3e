import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { control, openTestCatalog, recordText, smallPlatform, type TestCatalog } from './catalog.ts';

const DECISIONS = '/v1/gate/decisions';
const SECRET = 'not-a-real-secret';
const KAFKA = `'connector' = 'kafka', 'properties.bootstrap.servers' = 'broker-1:9092', 'format' = 'avro-confluent',
  'properties.sasl.jaas.config' = 'org.apache.kafka.PlainLoginModule required password="${SECRET}";'`;
const SCRIPT = `CREATE TABLE payments (id STRING NOT NULL, amount BIGINT NOT NULL, note STRING NOT NULL) WITH ('topic' = 'payments', ${KAFKA});
CREATE TABLE big (id STRING NOT NULL, note STRING NOT NULL) WITH ('topic' = 'large-payments', ${KAFKA});
INSERT INTO big
SELECT id, note FROM payments
WHERE amount > 1000;
`;
const job = { namespace: 'flink://main', name: 'large-payments', owner: 'team-fraud' };
const ask = (program: object) => ({ job, program });

let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await openTestCatalog();
  await catalog.say(...smallPlatform());
});
afterEach(() => catalog.stop());

/** payments-cdc is deployed anew and no longer writes amount; the registry still has it. */
async function dropAmount(): Promise<void> {
  const writes = [{ dataset: { namespace: 'kafka://main', name: 'payments' }, writerSchema: recordText({ id: 'string', note: 'string' }), derivations: null }];
  await catalog.say(control('io.sluice.control.JobDeployed', { job: { namespace: 'flink://main', name: 'payments-cdc' }, kind: 'SOURCE_CONNECTOR', processor: null, pipeline: null, artifactDigest: null, description: null, owner: 'team-payments', reads: [], writes }, 1));
}

test('allows a Flink SQL job whose fields are all there', async () => {
  const { status, body } = await catalog.post(DECISIONS, ask({ kind: 'flink-sql', script: SCRIPT }));
  expect({ status, outcome: body.outcome, findings: body.findings }).toEqual({ status: 200, outcome: 'allow', findings: [] });
});

test('denies a Flink SQL job that filters on a field a deployed writer drops, naming field, clause and owner', async () => {
  await dropAmount();
  const { body } = await catalog.post(DECISIONS, ask({ kind: 'flink-sql', script: SCRIPT }));
  expect(body.outcome).toBe('deny');
  const [found] = body.findings;
  expect(found).toMatchObject({ severity: 'error', field: 'amount', dataset: { name: 'payments' }, clause: { why: 'FILTER', line: 7, column: 7 } });
  expect(found.affected).toMatchObject([{ kind: 'job', name: 'payments-cdc', owner: 'team-payments' }]);
  expect(found.message).toContain('line 7, column 7 (FILTER)');
});

test('a nullable column in the table does not hide that the field is gone', async () => {
  await dropAmount();
  const { body } = await catalog.post(DECISIONS, ask({ kind: 'flink-sql', script: SCRIPT.replace('amount BIGINT NOT NULL', 'amount BIGINT') }));
  expect(body).toMatchObject({ outcome: 'deny', findings: [{ rule: 'input-field-not-written', field: 'amount', clause: { why: 'FILTER' } }] });
});

test('a field the script reads that no schema has is denied at its clause', async () => {
  const { body } = await catalog.post(DECISIONS, ask({ kind: 'flink-sql', script: SCRIPT.replace('amount BIGINT NOT NULL', 'amuont BIGINT').replace('amount >', 'amuont >') }));
  expect(body).toMatchObject({ outcome: 'deny', findings: [{ rule: 'input-field-missing', field: 'amuont', clause: { line: 7, column: 7 } }] });
});

test('a script Flink would refuse is no decision: line, column and what was expected', async () => {
  const { status, body } = await catalog.post(DECISIONS, ask({ kind: 'flink-sql', script: 'CREATE TABLE t (a INT) WITH ();\nINSERT INTO t SELECT b FROM t;' }));
  expect(status).toBe(422);
  expect(body).toMatchObject({ type: 'urn:sluice:problem:program-invalid', line: 2, column: 22 });
  expect(body.detail).toContain("column 'b'");
});

test('tables the script does not declare are the topics of the namespace it names', async () => {
  await dropAmount();
  const script = `CREATE TABLE big (id STRING) WITH ('topic' = 'large-payments', ${KAFKA});\nINSERT INTO big SELECT id FROM payments WHERE amount > 1000;`;
  const { body } = await catalog.post(DECISIONS, ask({ kind: 'flink-sql', script, namespace: 'kafka://broker-1:9092' }));
  expect(body.outcome).toBe('deny');
  expect(body.findings[0]).toMatchObject({ field: 'amount', clause: { line: 3, why: 'FILTER' } });
});

test('what cannot be resolved is said, never taken for nothing', async () => {
  const script = `CREATE TABLE big (id STRING) WITH ('topic' = 'large-payments', ${KAFKA});\nINSERT INTO big SELECT id FROM hive.shop.payments WHERE amount > 1000;`;
  const { body } = await catalog.post(DECISIONS, ask({ kind: 'flink-sql', script }));
  expect(body.completeness).not.toBe('complete');
  expect(body.findings.map((f: { rule: string }) => f.rule)).toContain('program-unknown');
});

/** A case of the planner's corpus: `o JOIN p ON … AND p.channel <> 'test' WHERE o.status = 'PAID'`, with a password among the options. */
const JOINED = readFileSync(new URL('../fixtures/flink-lineage/handmade.jsonl', import.meta.url), 'utf8').split('\n').map((line) => JSON.parse(line || '{}') as { id?: string; script: string; plan: object }).find(({ id }) => id === 'join-001')!;

async function declareShop(orders: readonly string[]): Promise<void> {
  const dataset = (name: string, fields: readonly string[]) => control('io.sluice.control.DatasetDeclared', { dataset: { namespace: 'kafka://main', name }, kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: recordText(Object.fromEntries(fields.map((field) => [field, 'string']))), owner: 'team-shop', description: null, tags: null });
  await catalog.say(dataset('shop.orders.v1', orders), dataset('billing.payments', ['payment_id', 'order_id', 'channel', 'paid', 'paid_at']));
}
const ORDER_FIELDS = ['order_id', 'customer_id', 'amount', 'status', 'order_time'];

test('a compiled plan is judged by what it reads', async () => {
  await declareShop(ORDER_FIELDS);
  expect((await catalog.post(DECISIONS, ask({ kind: 'compiled-plan', plan: JOINED.plan }))).body).toMatchObject({ outcome: 'allow', completeness: 'complete' });
  await declareShop(ORDER_FIELDS.filter((field) => field !== 'status'));
  const { body } = await catalog.post(DECISIONS, ask({ kind: 'compiled-plan', plan: JOINED.plan }));
  expect(body).toMatchObject({ outcome: 'deny', findings: [{ rule: 'input-field-missing', field: 'status', dataset: { name: 'shop.orders.v1' } }] });
});

test('script and plan together are judged as their union, and what differs is said', async () => {
  await declareShop(ORDER_FIELDS);
  expect((await catalog.post(DECISIONS, ask({ kind: 'flink-sql', script: JOINED.script, plan: JOINED.plan }))).body).toMatchObject({ outcome: 'allow', findings: [] });
  const other = JOINED.script.replace("WHERE o.status = 'PAID'", "WHERE o.coupon_code = 'PAID'");
  const { body } = await catalog.post(DECISIONS, ask({ kind: 'flink-sql', script: other, plan: JOINED.plan }));
  expect(body.findings.map((f: { rule: string; field?: string }) => [f.rule, f.field])).toEqual([['input-field-missing', 'coupon_code'], ['program-routes-differ', undefined]]);
  expect(body.findings[1].message).toContain('only the script reads default_catalog.default_database.orders.coupon_code');
});

test('connector secrets of a script and of a plan are in no record', async () => {
  await declareShop(ORDER_FIELDS);
  expect(JSON.stringify(JOINED)).toContain(SECRET);
  for (const program of [{ kind: 'flink-sql', script: SCRIPT }, { kind: 'compiled-plan', plan: JOINED.plan }, { kind: 'flink-sql', script: JOINED.script, plan: JOINED.plan }]) {
    const { body } = await catalog.post(DECISIONS, ask(program));
    const { text } = await catalog.get(`${DECISIONS}/${body.decisionId}`);
    expect(text).not.toContain(SECRET);
    expect(text).toContain(job.name);
  }
});
