import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { specification } from '../../server/catalog-service.ts';
import { PROBLEMS } from '../../server/problem.ts';
import { isScope } from '../../server/catalog/identity.ts';
import { openTestOffice } from '../permits/test-office.ts';
import { control, NOON, openTestCatalog, PAYMENT, recordText, redeploy, smallPlatform, type TestCatalog } from './catalog.ts';

interface Operation {
  readonly operationId: string;
  readonly 'x-scope'?: string;
  readonly responses: Record<string, { readonly $ref?: string; readonly content?: Record<string, unknown> }>;
}
interface Api {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: { readonly Problem: { readonly properties: { readonly type: { readonly enum: readonly string[] } } } } };
}
const api = specification() as Api;
const ajv = ajvFormats.default(new Ajv2020({ strict: false, allErrors: true }));
ajv.addSchema(api, 'api');

function violations(path: string, method: string, body: unknown): unknown {
  const pointer = `api#/paths/${path.replaceAll('~', '~0').replaceAll('/', '~1')}/${method}/responses/200/content/application~1json/schema`;
  const validate = ajv.getSchema(encodeURI(pointer)) ?? ajv.compile({ $ref: encodeURI(pointer) });
  void validate(body);
  return validate.errors ?? [];
}

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await openTestCatalog();
  await catalog.say(...smallPlatform(), control('io.sluice.control.ProcessorRegistered', { processor: { namespace: 'images', name: 'enricher' }, version: '1', image: null, stock: true, evolution: 'OPT_OUT', owner: null, description: 'Enriches' }));
});
afterAll(() => catalog.stop());

test('describes exactly the problems the code has', () => {
  expect([...api.components.schemas.Problem.properties.type.enum].sort()).toEqual(Object.keys(PROBLEMS).map((slug) => `urn:sluice:problem:${slug}`).sort());
});

test('names a scope for every operation', () => {
  const operations = Object.values(api.paths).flatMap((methods) => Object.values(methods));
  expect(operations.filter((operation) => !isScope(operation['x-scope'])).map(({ operationId }) => operationId)).toEqual([]);
});

test.each([
  ['/v1/datasets/{namespace}/{name}', '/v1/datasets/kafka%3A%2F%2Fmain/payments'],
  ['/v1/datasets/{namespace}/{name}/fields', '/v1/datasets/kafka%3A%2F%2Fmain/payments/fields'],
  ['/v1/datasets/{namespace}/{name}/fields/{path}', '/v1/datasets/kafka%3A%2F%2Fmain/payments/fields/amount'],
  ['/v1/datasets/{namespace}/{name}/versions', '/v1/datasets/kafka%3A%2F%2Fmain/payments/versions'],
  ['/v1/datasets/{namespace}/{name}/diff', '/v1/datasets/kafka%3A%2F%2Fmain/payments/diff?from=1&to=1'],
  ['/v1/jobs/{namespace}/{name}', '/v1/jobs/flink%3A%2F%2Fmain/orders-enrich'],
  ['/v1/subjects/{namespace}/{name}', '/v1/subjects/registry%3A%2F%2Fmain/payments-value'],
  ['/v1/pipelines/{namespace}/{name}', '/v1/pipelines/mesh/checkout'],
  ['/v1/processors/{namespace}/{name}', '/v1/processors/images/enricher'],
  ['/v1/consumers/{namespace}/{name}', '/v1/consumers/kafka%3A%2F%2Fmain/legacy'],
  ['/v1/lineage', '/v1/lineage?kind=dataset&namespace=kafka%3A%2F%2Fmain&name=payments&paths=true'],
  ['/v1/search', '/v1/search?q=pay'],
  ['/v1/approvals', '/v1/approvals'],
  ['/v1/permits', '/v1/permits'],
  ['/v1/bypasses', '/v1/bypasses'],
  ['/.well-known/jwks.json', '/.well-known/jwks.json'],
  ['/v1/platform', '/v1/platform'],
  ['/v1/platform/unread-topics', '/v1/platform/unread-topics'],
  ['/v1/platform/repeated-jobs', '/v1/platform/repeated-jobs'],
  ['/v1/platform/job-groups', '/v1/platform/job-groups?by=pipeline'],
  ['/v1/platform/connectors', '/v1/platform/connectors'],
  ['/v1/platform/recent-changes', '/v1/platform/recent-changes'],
  ['/v1/policy', '/v1/policy'],
  ['/v1/revision', '/v1/revision'],
  ['/v1/ledger/head', '/v1/ledger/head'],
  ['/v1/webhooks', '/v1/webhooks'],
  ['/readyz', '/readyz'],
  ['/healthz', '/healthz'],
])('answers GET %s in the form it describes', async (path, url) => {
  const { status, body } = await catalog.get(url);
  expect(status).toBe(200);
  expect(violations(path, 'get', body)).toEqual([]);
});

test('answers about webhooks in the form it describes', async () => {
  const registered = (await catalog.post('/v1/webhooks', { url: 'https://93.184.215.14/hook', events: ['deploy.denied'], teams: ['finance'] })).body;
  expect(violations('/v1/webhooks', 'post', registered)).toEqual([]);
  const path = `/v1/webhooks/${registered.webhookId}`;
  expect(violations('/v1/webhooks', 'get', (await catalog.get('/v1/webhooks')).body)).toEqual([]);
  expect(violations('/v1/webhooks/{webhookId}/deliveries', 'get', (await catalog.get(`${path}/deliveries`)).body)).toEqual([]);
  expect(violations('/v1/webhooks/{webhookId}/secret', 'post', (await catalog.post(`${path}/secret`, {})).body)).toEqual([]);
});

test('answers with permits, approvals and bypasses in the form it describes', async () => {
  let now = NOON;
  const people = { dora: { roles: ['deployer', 'auditor'] as const }, fin: { roles: ['approver'] as const, teams: ['finance'] }, night: { roles: ['break-glass'] as const } };
  const governed = await openTestCatalog(undefined, { clock: () => now, permits: (await openTestOffice(() => now)).office, people });
  await governed.say(...smallPlatform());
  const ask = async (schema: string) => (await governed.as('dora').post('/v1/gate/decisions', redeploy(schema))).body;
  const denied = await ask(recordText({ id: 'string', note: 'string' }));
  const own = denied.findings.filter(({ approvers }: { approvers: string[] }) => approvers.includes('finance')).map(({ id }: { id: string }) => id);
  const given = (await governed.as('fin').post('/v1/approvals', { decisionId: denied.decisionId, findings: own, reason: 'fine' })).body;
  expect(violations('/v1/approvals', 'post', given)).toEqual([]);
  expect(violations('/v1/approvals/break-glass', 'post', (await governed.as('night').post('/v1/approvals/break-glass', { decisionId: denied.decisionId, reason: 'down' })).body)).toEqual([]);
  expect(violations('/v1/approvals', 'get', (await governed.as('fin').get('/v1/approvals')).body)).toEqual([]);
  const allowed = await ask(recordText({ id: 'string', note: 'string' }));
  expect([allowed.permit.token.split('.').length, violations('/v1/gate/decisions', 'post', allowed)]).toEqual([3, []]);
  const permits = (await governed.as('fin').get('/v1/permits')).body;
  expect([permits.permits.length, violations('/v1/permits', 'get', permits)]).toEqual([1, []]);
  expect(violations('/.well-known/jwks.json', 'get', (await governed.get('/.well-known/jwks.json')).body)).toEqual([]);
  expect(violations('/v1/approvals/{approvalId}/revoke', 'post', (await governed.as('fin').post(`/v1/approvals/${given.approvals[0].approvalId}/revoke`, { reason: 'over' })).body)).toEqual([]);
  now += 60_000;
  await governed.say(control('io.sluice.control.JobStateChanged', { job: { namespace: 'flink://main', name: 'sneaky' }, state: 'RUNNING' }, 1));
  await governed.lookAtJobs();
  const bypasses = (await governed.as('dora').get('/v1/bypasses')).body;
  expect([bypasses.total, violations('/v1/bypasses', 'get', bypasses)]).toEqual([1, []]);
  expect(violations('/v1/jobs/{namespace}/{name}', 'get', (await governed.as('fin').get('/v1/jobs/flink%3A%2F%2Fmain/sneaky')).body)).toEqual([]);
  expect(violations('/v1/gate/decisions/{decisionId}', 'get', (await governed.as('dora').get(`/v1/gate/decisions/${allowed.decisionId}`)).body)).toEqual([]);
  await governed.stop();
});

test('answers gate, impact and compatibility in the form it describes', async () => {
  const decision = (await catalog.post('/v1/gate/decisions', redeploy(recordText({ id: 'string' })))).body;
  expect(violations('/v1/gate/decisions', 'post', decision)).toEqual([]);
  expect(violations('/v1/gate/decisions', 'get', (await catalog.get('/v1/gate/decisions')).body)).toEqual([]);
  expect(violations('/v1/gate/decisions/{decisionId}', 'get', (await catalog.get(`/v1/gate/decisions/${decision.decisionId}`)).body)).toEqual([]);
  const impact = await catalog.post('/v1/impact', { dataset: { namespace: 'kafka://main', name: 'payments' }, path: 'amount', change: { kind: 'remove' } });
  expect(violations('/v1/impact', 'post', impact.body)).toEqual([]);
  const change = (await catalog.post('/v1/schema-changes', { subject: { namespace: 'registry://main', name: 'payments-value' }, schema: recordText({ id: 'string' }), reason: 'why not' })).body;
  expect(violations('/v1/schema-changes', 'post', change)).toEqual([]);
  const unknown = (await catalog.get(`/v1/schema-changes?state=proposed`)).body;
  expect([unknown.total, violations('/v1/schema-changes', 'get', unknown)]).toEqual([1, []]);
  for (const [act, body] of [['comment', { text: 'x' }], ['withdraw', {}]] as const) {
    const acted = (await catalog.post(`/v1/schema-changes/${change.proposal.id}/${act}`, body)).body;
    expect(violations(`/v1/schema-changes/{changeId}/${act}`, 'post', acted)).toEqual([]);
  }
  expect(violations('/v1/schema-changes/{changeId}', 'get', (await catalog.get(`/v1/schema-changes/${change.proposal.id}`)).body)).toEqual([]);
  const verdict = await catalog.post('/v1/compatibility', { reader: PAYMENT, writer: '"string"' });
  expect(violations('/v1/compatibility', 'post', verdict.body)).toEqual([]);
});
