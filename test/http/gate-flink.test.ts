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

test('connector secrets of a script and of a plan are in no record', async () => {
  const plan = { flinkVersion: '2.3', nodes: [], edges: [], options: { password: SECRET } };
  for (const program of [{ kind: 'flink-sql', script: SCRIPT }, { kind: 'compiled-plan', plan }, { kind: 'flink-sql', script: SCRIPT, plan }]) {
    const { body } = await catalog.post(DECISIONS, ask(program));
    const { text } = await catalog.get(`${DECISIONS}/${body.decisionId}`);
    expect(text).not.toContain(SECRET);
    expect(text).toContain(job.name);
  }
});
