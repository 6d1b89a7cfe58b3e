import type { JWK } from 'jose';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreUnavailable } from '../../server/store/store.ts';
import { verifyPermit } from '../../server/permits/permit-token.ts';
import { openTestOffice, type TestOffice } from '../permits/test-office.ts';
import { control, NOON, openTestCatalog, PAYMENT, recordText, redeploy, smallPlatform, type TestCatalog } from './catalog.ts';

const DECISIONS = '/v1/gate/decisions';
const MINUTE = 60_000;
const topic = (name: string) => ({ namespace: 'kafka://main', name });
const job = (name: string) => ({ namespace: 'flink://main', name });

let catalog: TestCatalog;
let office: TestOffice;
let now: number;
beforeEach(async () => {
  now = NOON;
  office = await openTestOffice(() => now);
  catalog = await openTestCatalog(undefined, { clock: () => now, permits: office.office });
  await catalog.say(...smallPlatform());
  await catalog.say(control('io.sluice.control.ConsumerDeclared', { consumer: topic('legacy'), kind: 'CONSUMER_GROUP', owner: 'team-reporting', contact: null, description: null, reads: [{ dataset: topic('payments'), readerSchema: null, fields: [{ path: 'id', why: [] }], whole: true, evolution: null }] }));
});
afterEach(() => catalog.stop());

const ask = async (body: object, key?: string) => catalog.post(DECISIONS, body, key === undefined ? {} : { 'idempotency-key': key });
/** A job that reads fields of payments, and may write a topic of its own. */
const reader = (name: string, fields: readonly string[], more: { readonly owner?: string; readonly digest?: string; readonly writes?: string; readonly from?: string } = {}) => ({
  job: { ...job(name), owner: more.owner ?? `team-${name}`, ...(more.digest === undefined ? {} : { artifact: { digest: more.digest } }) },
  program: {
    kind: 'declared', inputs: [{ dataset: topic('payments'), fields }],
    outputs: more.writes === undefined ? [] : [{ dataset: topic(more.writes), writerSchema: recordText({ out: 'string' }, 'Out'), mapping: [{ to: 'out', from: [{ dataset: topic('payments'), field: more.from ?? fields[0]! }] }] }],
  },
});
/** Nobody deployed reads note. */
const WITHOUT_NOTE = redeploy(recordText({ id: 'string', amount: 'long' }));
const started = (name: string, minutes: number, state: 'RUNNING' | 'STOPPED' | 'DEPLOYING' = 'RUNNING') => control('io.sluice.control.JobStateChanged', { job: job(name), state }, minutes);
const open = async () => (await catalog.get('/v1/permits')).body.permits as { permitId: string; job: { name: string } }[];
const rules = (answer: { body: { findings: { severity: string; rule: string; affected: { name: string }[] }[] } }) => answer.body.findings.filter(({ severity }) => severity === 'error').map(({ rule, affected }) => [rule, ...affected.map(({ name }) => name)]);
const permitEntries = async () => (await catalog.store.ledger({ kind: 'permit', limit: 99 })).entries.map(({ outcome }) => outcome);
const bypasses = async () => (await catalog.get('/v1/bypasses')).body.bypasses as { job: { name: string }; reason: string; start: { evidence: string } }[];

test('an allowed job gets a permit that its published keys prove, bound to artifact, schemas, revision and decision', async () => {
  const { body } = await ask(reader('fraud', ['note'], { digest: 'sha256:a' }));
  const keys = (await catalog.get('/.well-known/jwks.json')).body.keys as JWK[];
  const verdict = await verifyPermit(body.permit.token, { job: job('fraud'), digest: 'sha256:a', keys, now });
  expect(verdict).toMatchObject({ outcome: 'valid', claims: { jti: body.permit.permitId, decision: body.decisionId, revision: body.revision, inputs: [{ ...topic('payments'), schemaId: 11 }], outputs: [], exp: (NOON + 15 * MINUTE) / 1000 } });
  expect(Date.parse(body.permit.expiresAt)).toBe(NOON + 15 * MINUTE);
  expect((await ask(redeploy(PAYMENT))).body.permit.token).not.toBe(body.permit.token);
});

test('a permit is part of the decision: the same key gives the same bytes, and one permit', async () => {
  const first = await ask(reader('fraud', ['note']), 'k');
  now += MINUTE;
  expect((await ask(reader('fraud', ['note']), 'k')).text).toBe(first.text);
  expect(await permitEntries()).toEqual(['given']);
});

test('a denial, a dry run and a gate without keys give no permit and reserve nothing', async () => {
  expect((await ask(redeploy(recordText({ id: 'string', note: 'string' })))).body).toMatchObject({ outcome: 'deny' });
  expect((await ask({ ...reader('fraud', ['note']), dryRun: true })).body.permit).toBeUndefined();
  expect((await ask(WITHOUT_NOTE)).body.outcome).toBe('allow');
  const keyless = await openTestCatalog();
  await keyless.say(...smallPlatform());
  expect((await keyless.post(DECISIONS, redeploy(PAYMENT))).body.permit).toBeUndefined();
  expect((await keyless.get('/.well-known/jwks.json')).body).toEqual({ keys: [] });
  await keyless.stop();
});

test('no permit is given, and nothing allowed, while the keys cannot be used', async () => {
  const broken = await openTestCatalog(undefined, { permits: { ...office.office, signer: { sign: () => Promise.reject(new Error('the file is gone')) } } });
  await broken.say(...smallPlatform());
  const { status, body, headers } = await broken.post(DECISIONS, redeploy(PAYMENT));
  expect([status, body.type, headers['retry-after']]).toEqual([503, 'urn:sluice:problem:permit-unavailable', '5']);
  expect((await broken.store.ledger({ limit: 1 })).total).toBe(0);
  await broken.stop();
});

test('a decision that does not reach the disk reserves nothing', async () => {
  let down = false;
  const frail = await openTestCatalog((store) => new Proxy(store, {
    get(target, name) {
      if (down && name === 'appendToLedger') return () => Promise.reject(new StoreUnavailable('full', 'the disk is full'));
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  }), { clock: () => now, permits: office.office });
  await frail.say(...smallPlatform());
  down = true;
  expect((await frail.post(DECISIONS, reader('fraud', ['amount']))).status).toBe(503);
  down = false;
  expect((await frail.get('/v1/permits')).body.permits).toEqual([]);
  expect(rules(await frail.post(DECISIONS, redeploy(recordText({ id: 'string', note: 'string' })))).flat()).not.toContain('fraud');
  await frail.stop();
});

test('what a permit reserves counts as deployed: two changes that do not go together never both pass', async () => {
  expect((await ask(WITHOUT_NOTE)).body.outcome).toBe('allow');
  const denied = await ask(reader('fraud', ['note']));
  expect(denied.body.outcome).toBe('deny');
  expect(rules(denied)).toEqual([['input-field-not-written', 'payments-cdc']]);
});

test('a writer may not drop what a job with a permit is about to read, and is told that it may start', async () => {
  await ask(reader('fraud', ['note']));
  const denied = await ask(WITHOUT_NOTE);
  expect(rules(denied)).toEqual([['output-breaks-reader', 'fraud']]);
  expect(denied.body.findings[0].message).toContain('permitted to start');
  expect(denied.body.findings[0].affected[0].owner).toBe('team-fraud');
});

test('a field is followed through what jobs with permits would make of it, and further', async () => {
  await ask(reader('fraud', ['note'], { writes: 'scores' }));
  await ask({ job: { ...job('board'), owner: 'team-board' }, program: { kind: 'declared', inputs: [{ dataset: topic('enriched'), fields: ['id'] }], outputs: [] } });
  await catalog.say(control('io.sluice.control.DatasetDeclared', { dataset: topic('scores'), kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: recordText({ out: 'string' }, 'Out'), owner: 'team-fraud', description: null, tags: null }));
  await ask({ job: { ...job('cases'), owner: 'team-cases' }, program: { kind: 'declared', inputs: [{ dataset: topic('scores'), fields: ['out'] }], outputs: [] } });
  const denied = await ask(WITHOUT_NOTE);
  const far = denied.body.findings.find(({ rule }: { rule: string }) => rule === 'downstream-reach');
  expect(far.affected.map(({ name, owner }: { name: string; owner: string }) => [name, owner])).toEqual([['cases', 'team-cases']]);
  expect(far.affected[0].path.map((step: { path?: string; name: string }) => step.path ?? step.name)).toEqual(['note', 'fraud', 'out', 'cases']);
  const further = (await ask(redeploy(recordText({ amount: 'long', note: 'string' })))).body.findings.filter(({ rule }: { rule: string }) => rule === 'downstream-reach');
  expect(further.flatMap(({ affected }: { affected: { name: string }[] }) => affected.map(({ name }) => name)).sort()).toEqual(['alerts', 'board']);
});

test('a second writer and a cycle are seen through permits', async () => {
  await ask(reader('fraud', ['note'], { writes: 'scores' }));
  const second = await ask({ job: { ...job('other'), owner: 'o' }, program: { kind: 'declared', inputs: [], outputs: [{ dataset: topic('scores'), writerSchema: recordText({ out: 'string' }, 'Out') }] } });
  expect(rules(second)).toEqual([['output-second-writer', 'fraud']]);
  await catalog.say(control('io.sluice.control.DatasetDeclared', { dataset: topic('scores'), kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: recordText({ out: 'string' }, 'Out'), owner: 'team-fraud', description: null, tags: null }));
  const cycle = await ask({ job: { ...job('loop'), owner: 'o' }, program: { kind: 'declared', inputs: [{ dataset: topic('scores'), fields: ['out'] }], outputs: [{ dataset: topic('payments'), writerSchema: PAYMENT }] } });
  expect(cycle.body.findings.map(({ rule }: { rule: string }) => rule)).toContain('cycle');
});

test('what a permit reserves is free once it has expired and nobody was seen starting', async () => {
  await ask(reader('fraud', ['note']));
  now += 15 * MINUTE;
  expect(await open()).toEqual([]);
  // A start in its last second may be seen a little later.
  expect((await ask(WITHOUT_NOTE)).body.outcome).toBe('deny');
  now += 2 * MINUTE;
  expect((await ask(WITHOUT_NOTE)).body.outcome).toBe('allow');
});

test('seen running, the job is deployed without its permit: its program, its owner, its lineage', async () => {
  await ask(reader('fraud', ['note'], { writes: 'scores' }));
  expect((await open()).map((permit) => permit.job.name)).toEqual(['fraud']);
  await catalog.say(started('fraud', 1));
  expect(await catalog.lookAtJobs()).toBe(1);
  expect([await open(), await permitEntries()]).toEqual([[], ['settled', 'given']]);
  const seen = (await catalog.get('/v1/jobs/flink%3A%2F%2Fmain/fraud')).body;
  expect(seen).toMatchObject({ owner: 'team-fraud', state: 'RUNNING', reads: [{ dataset: topic('payments'), fields: [{ path: 'note' }] }], writes: [{ dataset: topic('scores') }], permits: [], bypasses: [] });
  now += 60 * MINUTE;
  const denied = await ask(WITHOUT_NOTE);
  expect(rules(denied)).toEqual([['output-breaks-reader', 'fraud']]);
  expect(denied.body.findings[0].message).not.toContain('permitted to start');
  await catalog.say(started('fraud', 62, 'STOPPED'));
  expect((await ask(WITHOUT_NOTE)).body.outcome).toBe('allow');
});

test('seen running just before its reservation ends, the job is deployed before what it reserves is free', async () => {
  await ask(reader('fraud', ['note']));
  await catalog.say(started('fraud', 14));
  now += 20 * MINUTE;
  expect(rules(await ask(WITHOUT_NOTE))).toEqual([['output-breaks-reader', 'fraud']]);
  expect(await permitEntries()).toEqual(['settled', 'given']);
});

test('a redeployment takes the place of what the job did, when it is seen', async () => {
  await ask(reader('fraud', ['note']));
  await catalog.say(started('fraud', 1));
  await catalog.lookAtJobs();
  now += 5 * MINUTE;
  await ask(reader('fraud', ['id']));
  // Until then both count.
  expect(rules(await ask(WITHOUT_NOTE))).toEqual([['output-breaks-reader', 'fraud']]);
  await catalog.say(control('io.sluice.control.JobStateChanged', { job: job('fraud'), state: 'STOPPED' }, 5), control('io.sluice.control.JobStateChanged', { job: job('fraud'), state: 'RUNNING' }, 6));
  await catalog.lookAtJobs();
  expect((await ask(WITHOUT_NOTE)).body.outcome).toBe('allow');
});

test('what somebody says of the program after the start stands', async () => {
  await ask(reader('fraud', ['note']));
  const program = { reads: [{ dataset: topic('payments'), readerSchema: null, fields: [{ path: 'id', why: ['VALUE' as const] }], completeness: 'complete' as const, evolution: null }], writes: [] };
  await catalog.say(started('fraud', 1));
  await catalog.store.apply({ changes: [{ change: 'statement', about: { kind: 'job', ...job('fraud') }, aspect: 'program', part: '', evidence: 'declared', at: { time: NOON + 3 * MINUTE, sequence: 0, event: 'later' }, body: program }], committedAt: now, offset: null });
  await catalog.lookAtJobs();
  expect((await catalog.get('/v1/jobs/flink%3A%2F%2Fmain/fraud')).body.reads[0].fields.map(({ path }: { path: string }) => path)).toEqual(['id']);
});

test('a deployment that says less of itself than was permitted loses nothing of it, and adds what it says', async () => {
  await ask(reader('fraud', ['note']));
  const filters = { dataset: topic('payments'), readerSchema: null, fields: [{ path: 'amount', why: ['FILTER'] }], whole: true, evolution: null };
  await catalog.say(control('io.sluice.control.JobDeployed', { job: job('fraud'), kind: 'FLINK_JAR', processor: null, artifactDigest: null, description: null, pipeline: null, owner: 'team-fraud', reads: [filters], writes: [] }, 1));
  await catalog.lookAtJobs();
  expect(Object.fromEntries((await catalog.get('/v1/jobs/flink%3A%2F%2Fmain/fraud')).body.reads[0].fields.map(({ path, reasons }: { path: string; reasons: string[] }) => [path, reasons]))).toEqual({ note: ['VALUE'], amount: ['FILTER'] });
});

test('a job that came and went frees what it reserved', async () => {
  await ask(reader('fraud', ['note']));
  await catalog.say(started('fraud', 1), started('fraud', 2, 'STOPPED'));
  await catalog.lookAtJobs();
  expect(await permitEntries()).toEqual(['released', 'given']);
  expect((await ask(WITHOUT_NOTE)).body.outcome).toBe('allow');
});

test('the stop of the run before is no end of what was permitted', async () => {
  await catalog.say(control('io.sluice.control.JobStateChanged', { job: job('orders-enrich'), state: 'RUNNING' }, -60));
  await ask({ job: { ...job('orders-enrich'), owner: 'team-checkout' }, program: { kind: 'declared', inputs: [{ dataset: topic('payments'), fields: ['note'] }], outputs: [] } });
  await catalog.say(started('orders-enrich', 1, 'STOPPED'));
  await catalog.lookAtJobs();
  expect(rules(await ask(WITHOUT_NOTE))).toEqual([['output-breaks-reader', 'orders-enrich']]);
});

test('many at once that cannot all stand: as many pass as would one after the other', async () => {
  const asked = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? { ...WITHOUT_NOTE } : reader(`fraud-${i}`, ['note'])));
  const answers = await Promise.all(asked.map((body) => ask(body)));
  const allowed = answers.map(({ status, body }, i) => [status, body.outcome, i % 2] as const).filter(([status, outcome]) => status === 200 && outcome !== 'deny').map(([, , kind]) => kind);
  expect(allowed.length).toBeGreaterThan(0);
  expect(new Set(allowed).size).toBe(1);
  expect(answers.every(({ status, body }) => status === 200 || body.type === 'urn:sluice:problem:gate-contended')).toBe(true);
});

test('a job seen running that no permit covers is a bypass, told once, and counts as deployed', async () => {
  await ask(reader('fraud', ['note']));
  now += 30 * MINUTE;
  const sneaked = control('io.sluice.control.JobDeployed', { job: job('sneaky'), kind: 'FLINK_JAR', processor: null, artifactDigest: 'sha256:z', description: null, pipeline: null, owner: null, reads: [{ dataset: topic('payments'), readerSchema: null, fields: [{ path: 'note', why: ['VALUE'] }], whole: true, evolution: null }], writes: [] }, 25);
  await catalog.say(sneaked);
  expect(await catalog.lookAtJobs()).toBe(1);
  await catalog.say(started('sneaky', 26), sneaked);
  expect(await catalog.lookAtJobs()).toBe(0);
  expect(await bypasses()).toMatchObject([{ job: { name: 'sneaky' }, reason: 'no-permit', digest: 'sha256:z', start: { evidence: 'declared' } }]);
  expect((await catalog.get('/v1/jobs/flink%3A%2F%2Fmain/sneaky')).body.bypasses).toMatchObject([{ reason: 'no-permit' }]);
  expect((await catalog.get('/metrics')).text).toMatch(/sluice_bypasses\{part="gate"\} 1\n/);
  expect(rules(await ask(WITHOUT_NOTE))).toEqual([['output-breaks-reader', 'sneaky']]);
});

test('jobs that ran before there were permits are no bypasses, however often they are told of', async () => {
  now += 10 * MINUTE;
  await ask(reader('fraud', ['note']));
  await catalog.say(started('orders-enrich', 11), started('alerts', 12), started('payments-cdc', 12));
  await catalog.lookAtJobs();
  expect(await bypasses()).toEqual([]);
  // Stopped and started again it is a start like any other.
  await catalog.say(started('alerts', 13, 'STOPPED'), started('alerts', 14));
  await catalog.lookAtJobs();
  expect((await bypasses()).map((bypass) => [bypass.job.name, bypass.reason])).toEqual([['alerts', 'no-permit']]);
});

test('a permit for another artifact, a used one and one long expired cover nothing', async () => {
  await ask(reader('fraud', ['note'], { digest: 'sha256:a' }));
  const deployed = (digest: string, minutes: number) => control('io.sluice.control.JobDeployed', { job: job('fraud'), kind: 'FLINK_JAR', processor: null, artifactDigest: digest, description: null, pipeline: null, owner: null, reads: [], writes: [] }, minutes);
  await catalog.say(deployed('sha256:b', 1));
  await catalog.lookAtJobs();
  await catalog.say(deployed('sha256:a', 2));
  await catalog.lookAtJobs();
  await catalog.say(deployed('sha256:a', 4));
  await catalog.lookAtJobs();
  await catalog.say(deployed('sha256:a', 30));
  await catalog.lookAtJobs();
  expect((await bypasses()).map(({ reason }) => reason)).toEqual(['permit-expired', 'permit-used', 'another-artifact']);
});

test('a repeated look, and another process, record a settlement and a bypass once', async () => {
  const twin = await openTestCatalog(undefined, { clock: () => now, permits: office.office, store: catalog.store });
  await ask(reader('fraud', ['note']));
  await catalog.say(started('fraud', 1), started('sneaky', 2));
  await Promise.all([catalog.lookAtJobs(), twin.lookAtJobs(), catalog.lookAtJobs()]);
  expect([await permitEntries(), (await bypasses()).length]).toEqual([['settled', 'given'], 1]);
  expect(rules(await twin.post(DECISIONS, WITHOUT_NOTE))).toEqual([['output-breaks-reader', 'fraud']]);
  await twin.stop();
});

test('a process that begins anew knows what is reserved', async () => {
  await ask(reader('fraud', ['note']));
  now += MINUTE;
  const second = await openTestCatalog(undefined, { clock: () => now, permits: office.office, store: catalog.store });
  expect(rules(await second.post(DECISIONS, WITHOUT_NOTE))).toEqual([['output-breaks-reader', 'fraud']]);
  await second.stop();
});

test('a SQL job reserves what its script reads and writes', async () => {
  const script = `CREATE TABLE payments (id STRING, amount BIGINT, note STRING) WITH ('connector'='kafka','topic'='payments','properties.bootstrap.servers'='broker-1:9092','format'='avro-confluent');
    CREATE TABLE notes (note STRING) WITH ('connector'='kafka','topic'='notes','properties.bootstrap.servers'='broker-1:9092','format'='avro-confluent');
    INSERT INTO notes SELECT note FROM payments WHERE amount > 5;`;
  const { body } = await ask({ job: { ...job('noter'), owner: 'team-notes' }, program: { kind: 'flink-sql', script } });
  expect([body.outcome === 'deny', body.permit === undefined]).toEqual([false, false]);
  expect(rules(await ask(WITHOUT_NOTE)).map(([, who]) => who)).toContain('noter');
  await catalog.say(started('noter', 1));
  await catalog.lookAtJobs();
  expect((await catalog.get('/v1/jobs/flink%3A%2F%2Fmain/noter')).body.reads).toMatchObject([{ evidence: [{ evidence: 'flink-sql' }] }]);
});
