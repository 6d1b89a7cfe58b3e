import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANNOTATIONS, artifactDigest, FlinkAdmission } from '../../server/actions/flink-admission.ts';
import { flinkResourceOf } from '../../server/catalog/admission/flink-resource.ts';
import { openTestOffice } from '../permits/test-office.ts';
import { deployment, review } from '../catalog/admission/resources.ts';
import { NOON, openTestCatalog, PAYMENT, recordText, redeploy, smallPlatform, type TestCatalog } from './catalog.ts';

const URL = '/v1/admission/flink';
let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await openTestCatalog();
  await catalog.say(...smallPlatform());
});
afterAll(() => catalog.stop());

const programOf = (schema: string): Record<string, string> => {
  const { job, program } = redeploy(schema) as { job: { namespace: string; name: string; owner: string }; program: object };
  return { [ANNOTATIONS.job]: `${job.namespace}/${job.name}`, [ANNOTATIONS.owner]: job.owner, [ANNOTATIONS.program]: JSON.stringify(program) };
};
const entries = async (): Promise<number> => (await catalog.store.ledger({ limit: 1 })).total;

test('asks the gate for a resource that brings its program, and records the decision with the digest', async () => {
  const { status, body } = await catalog.post(URL, review('CREATE', deployment({}, programOf(PAYMENT)), null, { uid: 'a1' }));
  expect([status, body.response.uid, body.response.allowed]).toEqual([200, 'a1', true]);
  const record = (await catalog.get(`/v1/gate/decisions/${body.response.auditAnnotations['sluice-decision']}`)).body;
  expect(record.request.job).toMatchObject({ name: 'payments-cdc', artifact: { digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) } });
});

test('tells whoever applied a denied one which field breaks whom', async () => {
  const { status, body } = await catalog.post(URL, review('CREATE', deployment({}, programOf(recordText({ id: 'string', note: 'string' }))), null, { uid: 'a2' }));
  expect([status, body.response.allowed, body.response.status.code]).toEqual([200, false, 403]);
  expect(body.response.status.message).toContain('reads `payments.amount`');
});

test('a repeated review is answered as before, and a dry run is recorded as one', async () => {
  const asked = review('CREATE', deployment({}, programOf(PAYMENT)), null, { uid: 'a3', dryRun: true });
  const [first, second] = [await catalog.post(URL, asked), await catalog.post(URL, asked)];
  expect(second.text).toBe(first.text);
  expect((await catalog.get(`/v1/gate/decisions/${first.body.response.auditAnnotations['sluice-decision']}`)).body.decision.dryRun).toBe(true);
});

test.each([
  ['nothing that says what it runs', {}, /--job flink:\/\/shop\/orders-enrich --digest sha256:[0-9a-f]{64}/],
  ['a program that is not JSON', { [ANNOTATIONS.program]: '{' }, /is not JSON/],
  ['a program of no known form', { [ANNOTATIONS.program]: '{"kind":"jar"}' }, /cannot judge/],
  ['SQL that Flink would not take', { [ANNOTATIONS.program]: '{"kind":"flink-sql","script":"SELEC"}' }, /cannot judge/],
  ['a job that is no name', { [ANNOTATIONS.job]: 'orders' }, /is not <namespace>\/<name>/],
  ['a permit nobody here has given', { [ANNOTATIONS.permit]: 'x.y.z' }, /does not let flink:\/\/shop\/orders-enrich start/],
])('refuses a start with %s, says what to do, and records nothing', async (_, annotations, message) => {
  const before = await entries();
  const { status, body } = await catalog.post(URL, review('CREATE', deployment({}, annotations)));
  expect([status, body.response.allowed]).toEqual([200, false]);
  expect(body.response.status.message).toMatch(message);
  expect(await entries()).toBe(before);
});

test('lets pass what starts nothing, without asking for anything', async () => {
  const { body } = await catalog.post(URL, review('UPDATE', deployment({ job: { parallelism: 9 } }), deployment()));
  expect(body.response).toEqual({ uid: 'uid-UPDATE', allowed: true, auditAnnotations: { 'sluice-why': 'it runs the same program as before' } });
});

test('a body that is no AdmissionReview is a problem, not an answer', async () => {
  const { status, body } = await catalog.post(URL, { kind: 'Pod' });
  expect([status, body.type]).toEqual([422, 'urn:sluice:problem:admission-review-invalid']);
});

test('a permit that fits lets a start pass, for exactly this job and artifact', async () => {
  const asked: unknown[] = [];
  const admission = new FlinkAdmission({
    jobNamespace: 'flink://{namespace}',
    ask: () => Promise.reject(new Error('not asked')),
    checkPermit: (token, start) => {
      asked.push([token, start]);
      return Promise.resolve(token === 'good' ? { outcome: 'valid', permitId: 'p1' } : { outcome: 'refused', reason: 'it is for another digest' });
    },
  });
  const answer = (token: string) => admission.review(review('CREATE', deployment({}, { [ANNOTATIONS.permit]: token })) as never);
  expect(await answer('good')).toMatchObject({ response: { allowed: true, auditAnnotations: { 'sluice-permit': 'p1' } } });
  expect(await answer('bad')).toMatchObject({ response: { allowed: false, status: { message: expect.stringContaining('it is for another digest') as unknown } } });
  expect(asked).toMatchObject([['good', { job: { namespace: 'flink://shop', name: 'orders-enrich' }, digest: expect.stringMatching(/^sha256:/) as unknown }], ['bad', {}]]);
});

test('a permit the gate gave lets the resource in that it was asked for, with its digest, and no other', async () => {
  const { office } = await openTestOffice(() => NOON);
  const permitting = await openTestCatalog(undefined, { permits: office });
  await permitting.say(...smallPlatform());
  const { job, program } = redeploy(PAYMENT) as { job: { namespace: string; name: string; owner: string }; program: object };
  const named = { [ANNOTATIONS.job]: `${job.namespace}/${job.name}` };
  const resource = flinkResourceOf(deployment({}, named) as never);
  if (resource.outcome === 'refused') throw new Error(resource.reason);
  const decision = (await permitting.post('/v1/gate/decisions', { job: { ...job, artifact: { digest: artifactDigest(resource.resource) } }, program })).body;
  const answer = async (annotations: Record<string, string>, spec: object = {}) => (await permitting.post(URL, review('CREATE', deployment({ ...spec }, { ...annotations, [ANNOTATIONS.permit]: decision.permit.token })))).body.response;
  expect(await answer(named)).toMatchObject({ allowed: true, auditAnnotations: { 'sluice-permit': decision.permit.permitId } });
  expect(await answer(named, { image: 'another' })).toMatchObject({ allowed: false, status: { message: expect.stringContaining('artifact') as unknown } });
  expect(await answer({ [ANNOTATIONS.job]: 'flink://main/another' })).toMatchObject({ allowed: false });
  await permitting.stop();
});
