import { expect, test } from 'vitest';
import { type AdmissionNeed, admissionQuestionOf, admissionReview } from '../../../server/catalog/admission/admission-review.ts';
import { canonicalJson } from '../../../server/catalog/admission/canonical-json.ts';
import { flinkResourceOf } from '../../../server/catalog/admission/flink-resource.ts';
import { deployment, review, sessionJob } from './resources.ts';

function needOf(body: object): AdmissionNeed | string {
  const outcome = admissionQuestionOf(body as never);
  return outcome.outcome === 'refused' ? outcome.reason : outcome.question.need;
}
function artifact(resource: object): string {
  const outcome = flinkResourceOf(resource as never);
  if (outcome.outcome === 'refused') throw new Error(outcome.reason);
  return canonicalJson(outcome.resource.artifact);
}

test.each([
  ['a new deployment', review('CREATE', deployment()), 'start'],
  ['a new session job', review('CREATE', sessionJob()), 'start'],
  ['another jar', review('UPDATE', deployment({ job: { jarURI: 'local:///b.jar' } }), deployment()), 'start'],
  ['another image', review('UPDATE', deployment({ image: 'flink:2' }), deployment()), 'start'],
  ['another jar in the configuration', review('UPDATE', deployment({ flinkConfiguration: { 'pipeline.jars': 'x.jar' } }), deployment()), 'start'],
  ['another program in the pod template', review('UPDATE', deployment({ podTemplate: { spec: { initContainers: [{ image: 'x' }] } } }), deployment()), 'start'],
  ['a field of a newer operator', review('UPDATE', deployment({ program: 'x' }), deployment()), 'start'],
  ['a job that goes on after a suspension', review('UPDATE', deployment(), deployment({ job: { state: 'suspended' } })), 'start'],
  ['a session cluster that is given a job', review('UPDATE', deployment(), deployment({ job: null })), 'start'],
  ['a suspended one', review('CREATE', deployment({ job: { state: 'suspended' } })), 'none'],
  ['a session cluster', review('CREATE', deployment({ job: null })), 'none'],
  ['a deletion', { ...review('DELETE', null), }, 'none'],
  ['a change of the status', review('UPDATE', deployment({ image: 'flink:2' }), deployment(), { subResource: 'status' }), 'none'],
  ['more parallelism', review('UPDATE', deployment({ job: { parallelism: 8 }, taskManager: { resource: { cpu: 4 }, replicas: 3 } }), deployment()), 'none'],
  ['a restart of the same program', review('UPDATE', deployment({ restartNonce: 2, job: { upgradeMode: 'savepoint' } }), deployment()), 'none'],
  ['a suspension', review('UPDATE', deployment({ job: { state: 'suspended' } }), deployment()), 'none'],
  ['what empty parts Kubernetes adds', review('UPDATE', deployment({ job: { args: [] }, podTemplate: {}, mode: null }), deployment()), 'none'],
])('%s needs: %s', (_, body, need) => {
  expect(needOf(body)).toMatchObject({ need });
});

test('lets what is being deleted lose its finalizers, whatever it runs', () => {
  const leaving = deployment({ image: 'flink:2' });
  leaving.metadata = { ...leaving.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
  expect(needOf(review('UPDATE', leaving, deployment()))).toMatchObject({ need: 'none' });
});

test.each([
  ['no object', 'text', /not an AdmissionReview/],
  ['another version', { ...review('CREATE', deployment()), apiVersion: 'admission.k8s.io/v1beta1' }, /admission.k8s.io\/v1 /],
  ['a response', { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: {} }, /with a request/],
  ['no uid', { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: { operation: 'CREATE' } }, /no uid/],
  ['another resource', review('CREATE', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: {} }), /"Deployment" of "apps\/v1", not a FlinkDeployment/],
  ['a resource without a name', review('CREATE', { apiVersion: 'flink.apache.org/v1beta1', kind: 'FlinkDeployment', spec: {} }), /no metadata.name/],
  ['an update without what was before', review('UPDATE', deployment()), /of the oldObject/],
  ['a spec that never ends', review('CREATE', deployment({ podTemplate: JSON.parse(`${'{"a":'.repeat(500)}1${'}'.repeat(500)}`) as object })), /nested more than 64/],
])('refuses %s with the reason', (_, body, reason) => {
  expect(needOf(body as object)).toMatch(reason);
});

test('the artifact is the same however its parts are ordered and scaled', () => {
  const { spec, ...rest } = deployment();
  const reversed = { ...rest, spec: Object.fromEntries(Object.entries(spec).reverse()) };
  expect(artifact(reversed)).toBe(artifact(deployment({ job: { parallelism: 99 } })));
  expect(artifact(deployment({ job: { args: ['a', 'b'] } }))).not.toBe(artifact(deployment({ job: { args: ['b', 'a'] } })));
});

test('an answer repeats the uid, and keeps within what Kubernetes shows', () => {
  const answer = admissionReview('u1', { allowed: false, message: 'm'.repeat(9_000), warnings: Array.from({ length: 40 }, () => 'w'.repeat(900)), audit: { a: 'b' } }) as { response: { uid: string; status: { code: number; message: string }; warnings: string[] } };
  expect(answer.response).toMatchObject({ uid: 'u1', allowed: false, status: { code: 403 }, auditAnnotations: { a: 'b' } });
  expect([answer.response.status.message.length, answer.response.warnings.length, answer.response.warnings[0]?.length]).toEqual([4_000, 16, 256]);
  expect(admissionReview('u2', { allowed: true, message: '', warnings: [], audit: {} })).toEqual({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: 'u2', allowed: true } });
});
