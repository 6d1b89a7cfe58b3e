import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreUnavailable } from '../../server/store/store.ts';
import { ledgerHash } from '../../server/store/ledger-hash.ts';
import { control, openTestCatalog, PAYMENT, recordText, redeploy, smallPlatform, type TestCatalog } from './catalog.ts';

const DECISIONS = '/v1/gate/decisions';
const WITHOUT_AMOUNT = recordText({ id: 'string', note: 'string' });
let catalog: TestCatalog;
beforeEach(async () => {
  catalog = await openTestCatalog();
  await catalog.say(...smallPlatform());
});
afterEach(() => catalog.stop());

test('denies a writer that drops a field others read, naming field, reader, owner and path', async () => {
  const { status, body } = await catalog.post(DECISIONS, redeploy(WITHOUT_AMOUNT));
  expect(status).toBe(200);
  expect(body).toMatchObject({ outcome: 'deny', completeness: 'unknown', dryRun: false });
  const breaks = body.findings.filter((f: { rule: string }) => f.rule === 'output-breaks-reader');
  expect(breaks.map((f: { field: string; affected: { name: string; owner: string }[] }) => [f.field, f.affected[0]!.name, f.affected[0]!.owner]).sort()).toEqual([
    ['amount', 'ledger', 'finance'], ['amount', 'orders-enrich', 'team-checkout'],
  ]);
  expect(breaks[0].affected[0].path[0]).toEqual({ kind: 'field', namespace: 'kafka://main', name: 'payments', path: 'amount' });
});

test('an unknown reader is not taken for one that reads nothing', async () => {
  const { body } = await catalog.post(DECISIONS, redeploy(recordText({ id: 'string', amount: 'long' })));
  expect(body.outcome).toBe('deny');
  expect(body.findings.map((f: { rule: string; field: string }) => [f.rule, f.field])).toEqual([['output-unknown-use', 'note']]);
});

test('allows what every reader can read', async () => {
  const { body } = await catalog.post(DECISIONS, redeploy(PAYMENT));
  expect(body).toMatchObject({ outcome: 'allow', findings: [] });
});

test('follows a dropped field into other pipelines', async () => {
  const { body } = await catalog.post(DECISIONS, redeploy(recordText({ amount: 'long', note: 'string' })));
  const far = body.findings.find((f: { rule: string }) => f.rule === 'downstream-reach');
  expect(far.affected).toMatchObject([{ kind: 'job', name: 'alerts', owner: 'team-risk' }]);
  expect(far.affected[0].path.map((step: { kind: string; name: string; path?: string }) => step.path ?? step.name)).toEqual(['id', 'orders-enrich', 'id', 'alerts']);
});

test('a schema that somebody registers past Sluice opens no gate: its readers are still there', async () => {
  const before = (await catalog.post(DECISIONS, redeploy(WITHOUT_AMOUNT))).body;
  await catalog.say(control('io.sluice.control.SchemaRegistered', { subject: { namespace: 'registry://main', name: 'payments-value' }, version: 2, schemaId: 13, schemaType: 'AVRO', schema: WITHOUT_AMOUNT, references: [], deleted: false, dataset: { namespace: 'kafka://main', name: 'payments' }, part: 'VALUE' }, 3));
  const after = (await catalog.post(DECISIONS, redeploy(WITHOUT_AMOUNT))).body;
  const ids = (decision: { findings: readonly { id: string }[] }) => decision.findings.map(({ id }) => id).sort();
  expect([after.outcome, ids(after)]).toEqual(['deny', ids(before)]);
});

test('changes its answer with the next event, without a restart', async () => {
  const drop = redeploy(recordText({ id: 'string', amount: 'long' }));
  await catalog.say(control('io.sluice.control.ConsumerDeclared', { consumer: { namespace: 'kafka://main', name: 'legacy' }, kind: 'CONSUMER_GROUP', owner: 'team-reporting', contact: null, description: null, reads: [{ dataset: { namespace: 'kafka://main', name: 'payments' }, readerSchema: null, fields: [{ path: 'id', why: [] }], whole: true, evolution: null }] }));
  expect((await catalog.post(DECISIONS, drop)).body.outcome).toBe('allow');
});

test('a stopped job no longer counts as deployed', async () => {
  await catalog.say(
    control('io.sluice.control.JobStateChanged', { job: { namespace: 'flink://main', name: 'orders-enrich' }, state: 'STOPPED' }, 5),
    control('io.sluice.control.ConsumerRetired', { consumer: { namespace: 'kafka://main', name: 'ledger' } }, 5),
  );
  const { body } = await catalog.post(DECISIONS, redeploy(WITHOUT_AMOUNT));
  expect(body.findings.map((f: { rule: string }) => f.rule)).toEqual(['output-unknown-use']);
});

test('a dry run gives the same verdict and is recorded as one', async () => {
  const real = (await catalog.post(DECISIONS, redeploy(WITHOUT_AMOUNT))).body;
  const dry = (await catalog.post(DECISIONS, redeploy(WITHOUT_AMOUNT, { dryRun: true }))).body;
  expect({ ...dry, decisionId: '', dryRun: false }).toEqual({ ...real, decisionId: '' });
  expect((await catalog.get(`${DECISIONS}/${dry.decisionId}`)).body.decision.dryRun).toBe(true);
});

test('repeats a decision byte for byte for the same key, even when the catalog has moved on', async () => {
  const first = await catalog.post(DECISIONS, redeploy(WITHOUT_AMOUNT), { 'idempotency-key': 'k1' });
  await catalog.say(control('io.sluice.control.ConsumerRetired', { consumer: { namespace: 'kafka://main', name: 'ledger' } }, 9));
  const again = await catalog.post(DECISIONS, redeploy(WITHOUT_AMOUNT), { 'idempotency-key': 'k1' });
  expect(again.text).toBe(first.text);
  expect((await catalog.get(DECISIONS)).body.total).toBe(1);
});

test('refuses a key that was used for another body', async () => {
  await catalog.post(DECISIONS, redeploy(PAYMENT), { 'idempotency-key': 'k1' });
  const { status, body } = await catalog.post(DECISIONS, redeploy(WITHOUT_AMOUNT), { 'idempotency-key': 'k1' });
  expect([status, body.type]).toEqual([422, 'urn:sluice:problem:idempotency-key-reused']);
});

test('many at once with one key make one decision', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => catalog.post(DECISIONS, redeploy(PAYMENT), { 'idempotency-key': 'k2' })));
  const texts = new Set(answers.filter(({ status }) => status === 200).map(({ text }) => text));
  expect(texts.size).toBe(1);
  expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  expect((await catalog.get(DECISIONS)).body.total).toBe(1);
});

test('records decisions in an unbroken hash chain', async () => {
  for (const schema of [PAYMENT, WITHOUT_AMOUNT, PAYMENT]) await catalog.post(DECISIONS, redeploy(schema));
  const { entries } = await catalog.store.ledger({ limit: 10 });
  const chain = [...entries].reverse();
  let previous = '0'.repeat(64);
  for (const entry of chain) {
    expect(entry.previous).toBe(previous);
    expect(entry.hash).toBe(ledgerHash(previous, entry.sequence, entry));
    previous = entry.hash;
  }
  expect(chain.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
});

test('lists decisions newest first, filtered and paged', async () => {
  for (const schema of [PAYMENT, WITHOUT_AMOUNT, PAYMENT]) await catalog.post(DECISIONS, redeploy(schema));
  expect((await catalog.get(`${DECISIONS}?outcome=deny`)).body).toMatchObject({ total: 1, decisions: [{ outcome: 'deny', job: { name: 'payments-cdc' } }] });
  const first = (await catalog.get(`${DECISIONS}?limit=2`)).body;
  const second = (await catalog.get(`${DECISIONS}?limit=2&cursor=${first.nextCursor}`)).body;
  expect([first.decisions.length, second.decisions.length, first.total, second.nextCursor]).toEqual([2, 1, 3, null]);
});

test('lists the decisions about jobs of some teams', async () => {
  const of = (owner: string | null, schema: unknown) => {
    const asked = redeploy(schema);
    return catalog.post(DECISIONS, { ...asked, job: { ...asked.job, owner } });
  };
  for (const owner of ['team-payments', 'team-a', null, 'team-b', '']) await of(owner, owner === 'team-b' ? WITHOUT_AMOUNT : PAYMENT);
  const owners = async (query: string): Promise<unknown> => {
    const { decisions, total, nextCursor } = (await catalog.get(`${DECISIONS}?${query}`)).body;
    return [decisions.map(({ owner }: { owner: string | null }) => owner), total, nextCursor !== null];
  };
  expect(await owners('limit=9')).toEqual([[null, 'team-b', null, 'team-a', 'team-payments'], 5, false]);
  expect(await owners('team=team-a')).toEqual([['team-a'], 1, false]);
  expect(await owners('team=team-a&team=team-b&team=nobody')).toEqual([['team-b', 'team-a'], 2, false]);
  expect(await owners('team=team-a&team=team-b&outcome=deny')).toEqual([['team-b'], 1, false]);
  expect(await owners('team=team-a&job=flink://main/payments-cdc')).toEqual([['team-a'], 1, false]);
  expect(await owners('team=nobody')).toEqual([[], 0, false]);
  const first = (await catalog.get(`${DECISIONS}?team=team-a&team=team-b&limit=1`)).body;
  expect(await owners(`team=team-a&team=team-b&limit=1&cursor=${first.nextCursor}`)).toEqual([['team-a'], 2, true]);
});

test.each([
  ['an unknown input', { inputs: [{ dataset: { namespace: 'kafka://main', name: 'nowhere' } }], outputs: [] }, 404, 'dataset-not-found'],
  ['an input without any known schema', { inputs: [{ dataset: { namespace: 'kafka://main', name: 'alerts' }, readerSchema: '"string"' }], outputs: [] }, 422, 'schema-not-found'],
  ['a schema Avro refuses', { inputs: [], outputs: [{ dataset: { namespace: 'kafka://main', name: 'payments' }, writerSchema: { type: 'record', name: 'A', fields: [{ name: 'x' }] } }] }, 422, 'schema-invalid'],
  ['a schema 3,000 levels deep', { inputs: [], outputs: [{ dataset: { namespace: 'kafka://main', name: 'payments' }, writerSchema: `${'{"type":"array","items":'.repeat(3000)}"int"${'}'.repeat(3000)}` }] }, 422, 'schema-invalid'],
  ['an unknown program kind', { kind: 'flink-jar', inputs: [], outputs: [] }, 400, 'request-invalid'],
  ['an empty name', { inputs: [{ dataset: { namespace: 'kafka://main', name: '' } }], outputs: [] }, 400, 'request-invalid'],
  ['a member nobody described', { inputs: [], outputs: [], extra: 1 }, 400, 'request-invalid'],
])('answers %s with a problem, never an allow', async (_, program, status, slug) => {
  const answer = await catalog.post(DECISIONS, { job: { namespace: 'flink://main', name: 'j', owner: 'me' }, program: { kind: 'declared', ...program } });
  expect([answer.status, answer.body.type]).toEqual([status, `urn:sluice:problem:${slug}`]);
  expect((await catalog.get(DECISIONS)).body.total).toBe(0);
});

test('knows a topic by whichever address of its cluster names it', async () => {
  const asked = redeploy(WITHOUT_AMOUNT);
  const renamed = { ...asked, program: { ...asked.program, outputs: [{ dataset: { namespace: 'kafka://broker-1:9092', name: 'payments' }, writerSchema: WITHOUT_AMOUNT }] } };
  expect((await catalog.post(DECISIONS, renamed)).body.outcome).toBe('deny');
});

test.each([
  ['text/plain', '{}', 415],
  ['application/jsonx', '{}', 415],
  ['application/json', '{', 400],
  ['application/json', '', 400],
  ['application/json', '{"__proto__": {"a": 1}}', 400],
  ['application/json', `{"a":"${'x'.repeat(5_000_000)}"}`, 413],
])('refuses a body of type %s (%#)', async (type, payload, status) => {
  const response = await catalog.app.inject({ method: 'POST', url: DECISIONS, headers: { 'content-type': type }, payload });
  expect(response.statusCode).toBe(status);
  expect(response.headers['content-type']).toContain('application/problem+json');
});

test('no answer is given that is not on disk: a store that fails at any step gives 503 with retry-after', async () => {
  const methods = ['revision', 'delta', 'entity', 'ledger', 'ledgerAfter', 'appendToLedger', 'ledgerEntryByKey'] as const;
  for (const method of methods) {
    let broken = false;
    const faulty = await openTestCatalog((store) => new Proxy(store, {
      get(target, name) {
        if (broken && name === method) return () => Promise.reject(new StoreUnavailable('down', `${method} is down`));
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }));
    await faulty.say(...smallPlatform());
    broken = true;
    const { status, headers, body } = await faulty.post(DECISIONS, redeploy(PAYMENT), { 'idempotency-key': 'k' });
    expect([method, status, body.type]).toEqual([method, 503, 'urn:sluice:problem:store-unavailable']);
    expect(headers['retry-after']).toBeDefined();
    broken = false;
    expect((await faulty.post(DECISIONS, redeploy(PAYMENT), { 'idempotency-key': 'k' })).body.outcome).toBe('allow');
    await faulty.stop();
  }
});
