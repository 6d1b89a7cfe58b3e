import { afterAll, beforeAll, expect, test } from 'vitest';
import { control, NOON, openTestCatalog, PAYMENT, recordText, smallPlatform, type TestCatalog } from './catalog.ts';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await openTestCatalog();
  await catalog.say(...smallPlatform());
  await catalog.say(
    control('io.sluice.control.SchemaRegistered', { subject: { namespace: 'registry://main', name: 'payments-value' }, version: 2, schemaId: 13, schemaType: 'AVRO', schema: recordText({ id: 'string', amount: 'long', note: 'string', currency: { type: 'string' } }), references: [], deleted: false, dataset: { namespace: 'kafka://main', name: 'payments' }, part: 'VALUE' }, 60),
  );
});
afterAll(() => catalog.stop());

const PAYMENTS = '/v1/datasets/kafka%3A%2F%2Fmain/payments';
const FIELD = '/v1/lineage?namespace=kafka%3A%2F%2Fmain&name=payments&path=id';

test('shows a dataset with subject, level, readers known and unknown, and writers', async () => {
  const { body } = await catalog.get(PAYMENTS);
  expect(body).toMatchObject({ kind: 'topic', platform: 'kafka', cluster: 'main', owner: 'team-payments', tags: ['pii'], doc: 'Every payment', fieldCount: 4 });
  expect(body.subjects).toEqual([{ part: 'value', namespace: 'registry://main', name: 'payments-value', level: 'BACKWARD', versions: 2 }]);
  const readers = Object.fromEntries(body.readers.map((r: { name: string }) => [r.name, r]));
  expect(readers['legacy']).toMatchObject({ kind: 'consumer', completeness: 'unknown', fields: 0, evidence: [{ evidence: 'observed' }] });
  expect(readers['orders-enrich']).toMatchObject({ kind: 'job', owner: 'team-checkout', completeness: 'complete', fields: 2, state: 'DEPLOYING' });
  expect(body.writers).toMatchObject([{ name: 'payments-cdc', completeness: 'unknown' }]);
});

test('counts readers of each field, the unknown ones apart', async () => {
  const { body } = await catalog.get(`${PAYMENTS}/fields?limit=2`);
  expect(body.fields).toMatchObject([{ path: 'id', type: 'string', readers: 1, unknownReaders: 1 }, { path: 'amount', readers: 2, unknownReaders: 1 }]);
  const rest = (await catalog.get(`${PAYMENTS}/fields?limit=2&cursor=${body.nextCursor}`)).body;
  expect([rest.fields.map((f: { path: string }) => f.path), rest.total, rest.nextCursor]).toEqual([['note', 'currency'], 4, null]);
});

test('says who reads a field, why, and on what evidence', async () => {
  const { body } = await catalog.get(`${PAYMENTS}/fields/amount`);
  const readers = Object.fromEntries(body.readers.map((r: { name: string }) => [r.name, r]));
  expect(readers['orders-enrich']).toMatchObject({ reasons: ['FILTER'], certainty: 'known', evidence: [{ evidence: 'declared' }] });
  expect(readers['ledger']).toMatchObject({ reasons: ['VALUE'], owner: 'finance' });
  expect(readers['legacy']).toMatchObject({ reasons: [], certainty: 'possible' });
  expect(body.completeness).toBe('unknown');
});

test('shows where a field comes from and goes to', async () => {
  const { body } = await catalog.get('/v1/datasets/kafka%3A%2F%2Fmain/enriched/fields/id');
  expect(body.derivesFrom).toMatchObject([{ field: { name: 'payments', path: 'id' }, via: { kind: 'job', name: 'orders-enrich' }, identity: true }]);
  expect(body.derivesTo).toMatchObject([{ field: { name: 'alerts', path: 'key' }, identity: false }]);
});

test('dates a version by when it was registered, also after it was deleted', async () => {
  const own = await openTestCatalog();
  const dataset = { namespace: 'kafka://main', name: 'orders' };
  const registered = (version: number, minutes: number, deleted = false) =>
    control('io.sluice.control.SchemaRegistered', { subject: { namespace: 'registry://main', name: 'orders-value' }, version, schemaId: version, schemaType: 'AVRO', schema: recordText({ id: 'string' }), references: [], deleted, dataset, part: 'VALUE' }, minutes);
  await own.say(registered(1, 1), registered(2, 2), registered(1, 30, true));
  const at = (minutes: number): string => new Date(NOON + minutes * 60_000).toISOString();
  const versions = [{ version: 2, deleted: false, registeredAt: at(2) }, { version: 1, deleted: true, registeredAt: at(1) }];
  expect((await own.get('/v1/datasets/kafka%3A%2F%2Fmain/orders/versions')).body).toMatchObject({ versions });
  expect((await own.get('/v1/subjects/registry%3A%2F%2Fmain/orders-value')).body).toMatchObject({ versions });
  await own.stop();
});

test('lists versions newest first and tells two apart by meaning', async () => {
  expect((await catalog.get(`${PAYMENTS}/versions`)).body).toMatchObject({ level: 'BACKWARD', versions: [{ version: 2, schemaId: 13 }, { version: 1, schema: PAYMENT }] });
  const { body } = await catalog.get(`${PAYMENTS}/diff?from=1&to=2`);
  expect(body.changes).toMatchObject([{ kind: 'added', path: 'currency' }]);
  expect(body.newReadsOld).toEqual({ compatible: false, incompatibilities: [{ type: 'READER_FIELD_MISSING_DEFAULT_VALUE', location: '/fields/3', message: 'currency' }] });
  expect(body.oldReadsNew.compatible).toBe(true);
});

test('walks downstream with distances, certainty and paths', async () => {
  const { body } = await catalog.get(`${FIELD}&paths=true`);
  const reached = Object.fromEntries(body.entries.map((e: { name: string; path?: string }) => [`${e.name}${e.path ? `.${e.path}` : ''}`, e]));
  expect(reached['orders-enrich']).toMatchObject({ kind: 'job', distance: 1, certainty: 'known' });
  expect(reached['enriched.id']).toMatchObject({ distance: 1, owner: 'team-checkout' });
  expect(reached['alerts.key']).toMatchObject({ distance: 2 });
  expect(reached['legacy']).toMatchObject({ certainty: 'possible', distance: 1 });
  expect(reached['alerts.key'].steps.map((s: { name: string; path?: string }) => s.path ?? s.name)).toEqual(['id', 'orders-enrich', 'id', 'alerts', 'key']);
  expect(body).toMatchObject({ total: 5, completeness: 'unknown', nextCursor: null });
});

test('walks upstream, and only as deep as asked', async () => {
  const up = '/v1/lineage?namespace=kafka%3A%2F%2Fmain&name=alerts&path=key&direction=upstream';
  expect((await catalog.get(`${up}&depth=1`)).body.entries.map((e: { name: string }) => e.name).sort()).toEqual(['alerts', 'enriched']);
  const names = (await catalog.get(up)).body.entries.map((e: { name: string }) => e.name);
  expect(names).toContain('payments');
  expect(names).toContain('payments-cdc');
});

test('pages a closure that stays of one revision, and streams it whole', async () => {
  const first = (await catalog.get(`${FIELD}&limit=2`)).body;
  await catalog.say(control('io.sluice.control.DocumentationDeclared', { entityKind: 'dataset', entity: { namespace: 'kafka://main', name: 'alerts' }, text: 'moved on' }, 90));
  const second = (await catalog.get(`${FIELD}&limit=1000&cursor=${first.nextCursor}`)).body;
  expect(second.revision).toBe(first.revision);
  expect(first.entries.length + second.entries.length).toBe(first.total);
  const streamed = await catalog.app.inject({ url: FIELD, headers: { accept: 'application/x-ndjson' } });
  const lines = streamed.body.trim().split('\n').map((line) => JSON.parse(line) as object);
  expect(lines).toHaveLength(first.total + 1);
});

test('answers as of an earlier time', async () => {
  await catalog.say(control('io.sluice.control.JobRetired', { job: { namespace: 'flink://main', name: 'alerts' } }, 120));
  expect((await catalog.get(FIELD)).body.entries.some((e: { name: string }) => e.name === 'alerts')).toBe(false);
  const before = encodeURIComponent(new Date(NOON + 100 * 60_000).toISOString());
  expect((await catalog.get(`${FIELD}&asOf=${before}`)).body.entries.some((e: { name: string }) => e.name === 'alerts')).toBe(true);
});

test('filters by evidence', async () => {
  const { body } = await catalog.get(`${FIELD}&evidence=observed`);
  expect(body.entries.map((e: { name: string }) => e.name)).toEqual(['legacy']);
});

test('says what removing a field breaks, in a sentence and one by one', async () => {
  const { body } = await catalog.post('/v1/impact', { dataset: { namespace: 'kafka://main', name: 'payments' }, path: 'amount', change: { kind: 'remove' } });
  expect(body.sentence).toBe('Removing `payments.amount` breaks 2 readers and reaches 1 job and 2 consumers of 2 teams; of 1 nobody knows whether they read it.');
  const effects = Object.fromEntries(body.affected.map((a: { name: string; effect: string }) => [a.name, a.effect]));
  expect(effects).toEqual({ 'orders-enrich': 'breaks', ledger: 'breaks', legacy: 'possible' });
  expect(body.affected[0].steps).toHaveLength(2);
});

test('a retype that every reader can take breaks nobody', async () => {
  const retype = (type: unknown) => catalog.post('/v1/impact', { dataset: { namespace: 'kafka://main', name: 'payments' }, path: 'amount', change: { kind: 'retype', type } });
  expect((await retype('string')).body.summary.breaks).toBe(2);
  expect((await retype('int')).body).toMatchObject({ summary: { breaks: 0 }, sentence: expect.stringContaining('breaks nobody known') as string });
  expect((await retype('nonsense')).status).toBe(422);
});

const impactOf = (path: string, change: object) => catalog.post('/v1/impact', { dataset: { namespace: 'kafka://main', name: 'payments' }, path, change });

test('says what renaming a field breaks: whoever knows it by its old name alone', async () => {
  const { body } = await impactOf('amount', { kind: 'rename', name: 'total' });
  expect(body).toMatchObject({ change: 'rename', sentence: 'Renaming `payments.amount` to `total` breaks 2 readers and reaches 1 job and 2 consumers of 2 teams; of 1 nobody knows whether they read it.' });
});

test('a reader whose schema has the new name as an alias can go on after a rename', async () => {
  const other = await openTestCatalog();
  const dataset = { namespace: 'kafka://main', name: 'payments' };
  const reads = (name: string, field: object) => control('io.sluice.control.ConsumerDeclared', {
    consumer: { namespace: 'kafka://main', name }, kind: 'CONSUMER_GROUP', owner: null, contact: null, description: null,
    reads: [{ dataset, readerSchema: JSON.stringify({ type: 'record', name: 'Payment', namespace: 'shop', fields: [field] }), fields: [{ path: 'amount', why: [] }], whole: true, evolution: null }],
  });
  await other.say(...smallPlatform(), reads('ready', { name: 'amount', type: 'long', aliases: ['total'] }), reads('defaulting', { name: 'amount', type: 'long', default: 0 }), reads('late', { name: 'amount', type: 'long' }));
  const { body } = await other.post('/v1/impact', { dataset, path: 'amount', change: { kind: 'rename', name: 'total' } });
  const effects = Object.fromEntries(body.affected.map((a: { name: string; effect: string }) => [a.name, a.effect]));
  expect(effects).toMatchObject({ ready: 'unaffected', defaulting: 'unaffected', late: 'breaks' });
  await other.stop();
});

test.each<[string, string, object, number, string]>([
  ['a rename without a name', 'amount', { kind: 'rename' }, 400, 'request-invalid'],
  ['a removal with a name', 'amount', { kind: 'remove', name: 'total' }, 400, 'request-invalid'],
  ['a retype with a name', 'amount', { kind: 'retype', type: 'int', name: 'total' }, 400, 'request-invalid'],
  ['a rename with a type', 'amount', { kind: 'rename', name: 'total', type: 'int' }, 400, 'request-invalid'],
  ['a name Avro refuses', 'amount', { kind: 'rename', name: 'to-tal' }, 400, 'request-invalid'],
  ['a path for a name', 'amount', { kind: 'rename', name: 'order.total' }, 400, 'request-invalid'],
  ['a name that another field has', 'amount', { kind: 'rename', name: 'note' }, 422, 'name-taken'],
  ['a field nobody heard of', 'nothing', { kind: 'rename', name: 'total' }, 404, 'entity-not-found'],
])('refuses %s', async (_, path, change, status, slug) => {
  const answer = await impactOf(path, change);
  expect([answer.status, answer.body.type]).toEqual([status, `urn:sluice:problem:${slug}`]);
});

test('finds by words, facets and prefixes', async () => {
  const { body } = await catalog.get('/v1/search?q=paym');
  expect(body.hits[0]).toMatchObject({ kind: 'dataset', name: 'payments', owner: 'team-payments' });
  const { revision, asOf } = (await catalog.get('/v1/revision')).body;
  expect(body).toMatchObject({ revision, asOf });
  expect(body.facets.kind.map((f: { value: string }) => f.value)).toContain('dataset');
  expect((await catalog.get('/v1/search?q=amount&kind=field')).body.hits).toMatchObject([{ kind: 'field', namespace: 'kafka://main', name: 'payments', path: 'amount' }]);
  expect((await catalog.get('/v1/search?q=&kind=job&kind=consumer')).body.total).toBe(4);
});

test('shows a job with what it reads and writes', async () => {
  const { body } = await catalog.get('/v1/jobs/flink%3A%2F%2Fmain/orders-enrich');
  expect(body).toMatchObject({ owner: 'team-checkout', facts: { kind: 'flink-sql', pipeline: { name: 'checkout' } }, reads: [{ dataset: { name: 'payments' }, completeness: 'complete' }], writes: [{ dataset: { name: 'enriched' } }] });
  expect((await catalog.get('/v1/consumers/kafka%3A%2F%2Fmain/ledger')).body.reads[0].fields).toEqual([{ path: 'amount', reasons: ['VALUE'] }]);
});

test('judges a pair of schemas as Avro Java does', async () => {
  const { body } = await catalog.post('/v1/compatibility', { reader: 'int', writer: 'long' });
  expect(body).toEqual({ compatible: false, incompatibilities: [{ type: 'TYPE_MISMATCH', location: '/', message: 'reader type: INT not compatible with writer type: LONG' }] });
});

test('changes the policy only from the revision in force', async () => {
  const put = (revision: number) => catalog.app.inject({ method: 'PUT', url: '/v1/policy', payload: { revision, reason: 'trial', exceptions: [{ rule: 'cycle', severity: 'off' }] } });
  expect((await put(0)).json()).toMatchObject({ revision: 1, exceptions: [{ rule: 'cycle', severity: 'off' }] });
  expect((await put(0)).statusCode).toBe(409);
  expect((await catalog.get('/v1/policy')).body.rules.length).toBeGreaterThan(10);
});

test.each([
  ['/v1/datasets/kafka%3A%2F%2Fmain/nowhere', 404, 'entity-not-found'],
  [`${PAYMENTS}/fields/nothing`, 404, 'entity-not-found'],
  [`${PAYMENTS}/versions?part=key`, 404, 'version-not-found'],
  [`${PAYMENTS}/diff?from=1&to=9`, 404, 'version-not-found'],
  ['/v1/lineage?namespace=kafka%3A%2F%2Fmain&name=payments', 400, 'request-invalid'],
  [`${FIELD}&direction=sideways`, 400, 'request-invalid'],
  [`${FIELD}&limit=0`, 400, 'request-invalid'],
  [`${FIELD}&cursor=nonsense`, 400, 'cursor-invalid'],
  [`${FIELD}&cursor=${Buffer.from('{"answer":"gone","offset":3}').toString('base64url')}`, 410, 'cursor-expired'],
  [`${FIELD}&asOf=yesterday`, 400, 'request-invalid'],
  ['/v1/gate/decisions/none', 404, 'decision-not-found'],
  ['/v1/nothing', 404, 'route-not-found'],
])('GET %s is refused with its own reason', async (url, status, slug) => {
  const answer = await catalog.get(url);
  expect([answer.status, answer.body.type]).toEqual([status, `urn:sluice:problem:${slug}`]);
});

test('is ready, alive and measured', async () => {
  expect((await catalog.get('/readyz')).body).toMatchObject({ ready: true, parts: [{ part: 'store', ready: true }, { part: 'index', ready: true }, { part: 'gate', ready: true }] });
  expect((await catalog.get('/healthz')).status).toBe(200);
  expect((await catalog.get('/metrics')).text).toContain('sluice_http_request_seconds');
  expect((await catalog.get('/docs/')).status).toBe(200);
  expect((await catalog.get('/')).text).toContain('Sluice');
});
