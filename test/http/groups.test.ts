import { afterAll, beforeAll, expect, test } from 'vitest';
import { control, NOON, openTestCatalog, PAYMENT, recordText, smallPlatform, type TestCatalog } from './catalog.ts';

const topic = (name: string) => ({ namespace: 'kafka://main', name });
const registered = (name: string, version: number, schema: string, more: { deleted?: boolean; part?: 'VALUE' | 'KEY'; dataset?: string } = {}) => control('io.sluice.control.SchemaRegistered', {
  subject: { namespace: 'registry://main', name }, version, schemaId: 100 + version, schemaType: 'AVRO', schema, references: [], deleted: more.deleted ?? false, dataset: topic(more.dataset ?? 'payments'), part: more.part ?? 'VALUE',
}, version);
const runs = (name: string, state: 'RUNNING' | 'STOPPED') => [
  control('io.sluice.control.JobDeployed', { job: { namespace: 'flink://main', name }, kind: 'FLINK_SQL', processor: { namespace: 'images', name: 'alerter/α' }, artifactDigest: null, description: null, pipeline: { namespace: 'mesh', name: 'risk' }, owner: 'team-risk', reads: [], writes: [{ dataset: topic('alerts'), writerSchema: null, derivations: null }] }),
  control('io.sluice.control.JobStateChanged', { job: { namespace: 'flink://main', name }, state }, 1),
];

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await openTestCatalog();
  await catalog.say(
    ...smallPlatform(), registered('payments-value', 2, recordText({ id: 'string' }), { deleted: true }), registered('gone-value', 1, '"string"', { deleted: true, dataset: 'enriched', part: 'KEY' }),
    ...runs('extra-1', 'RUNNING'), ...runs('extra-2', 'STOPPED'),
    control('io.sluice.control.PipelineDeclared', { pipeline: { namespace: 'mesh', name: 'risk' }, description: 'Finds fraud', owner: 'team-risk' }),
    control('io.sluice.control.TeamDeclared', { name: 'team-risk', contact: '#risk', members: [] }),
    control('io.sluice.control.PipelineDeclared', { pipeline: { namespace: 'mesh', name: 'idle' }, description: 'Nothing yet', owner: null }),
    control('io.sluice.control.ProcessorRegistered', { processor: { namespace: 'images', name: 'alerter/α' }, version: '2', image: 'alerter:2', stock: false, evolution: 'OPT_IN', owner: 'team-images', description: 'Raises alerts' }),
  );
});
afterAll(() => catalog.stop());

test('shows a subject with its versions and whose datasets it governs', async () => {
  const { status, body } = await catalog.get('/v1/subjects/registry%3A%2F%2Fmain/payments-value');
  expect(status).toBe(200);
  expect(body).toMatchObject({ namespace: 'registry://main', name: 'payments-value', level: 'BACKWARD', deleted: false, tags: [], doc: null, revision: 1, asOf: new Date(NOON).toISOString() });
  expect(body.versions).toMatchObject([{ version: 2, deleted: true }, { version: 1, schemaId: 11, deleted: false, schema: PAYMENT }]);
  expect(body.versions).toEqual((await catalog.get('/v1/datasets/kafka%3A%2F%2Fmain/payments/versions')).body.versions);
  expect(body.datasets).toEqual([{ part: 'value', ...topic('payments'), owner: 'team-payments' }]);
});

test('a subject of which every version is deleted is, and may govern a key', async () => {
  const { body } = await catalog.get('/v1/subjects/registry%3A%2F%2Fmain/gone-value');
  expect(body).toMatchObject({ level: null, deleted: true, datasets: [{ part: 'key', name: 'enriched', owner: 'team-checkout' }] });
});

test('shows a pipeline with its jobs, page by page, and what they read and write', async () => {
  const { body } = await catalog.get('/v1/pipelines/mesh/risk?limit=2');
  expect(body).toMatchObject({ kind: 'pipeline', namespace: 'mesh', name: 'risk', owner: 'team-risk', tags: [], doc: 'Finds fraud', facts: { description: 'Finds fraud' }, total: 3, deployed: 2, revision: 1 });
  expect(body.jobs).toEqual([
    { namespace: 'flink://main', name: 'alerts', owner: 'team-risk', state: 'DEPLOYING', reads: [topic('enriched')], writes: [topic('alerts')] },
    { namespace: 'flink://main', name: 'extra-1', owner: 'team-risk', state: 'RUNNING', reads: [], writes: [topic('alerts')] },
  ]);
  const rest = (await catalog.get(`/v1/pipelines/mesh/risk?limit=2&cursor=${body.nextCursor}`)).body;
  expect([rest.jobs.map(({ name }: { name: string }) => name), rest.total, rest.nextCursor]).toEqual([['extra-2'], 3, null]);
});

test('a pipeline that only a job names is known by that, and one without jobs has none', async () => {
  expect((await catalog.get('/v1/pipelines/mesh/checkout')).body).toMatchObject({ owner: null, doc: null, facts: {}, total: 1, jobs: [{ name: 'orders-enrich' }] });
  expect((await catalog.get('/v1/pipelines/mesh/idle')).body).toMatchObject({ doc: 'Nothing yet', total: 0, deployed: 0, jobs: [], nextCursor: null });
});

test('shows a processor with the jobs that run it', async () => {
  const { body } = await catalog.get(`/v1/processors/images/${encodeURIComponent('alerter/α')}`);
  expect(body).toMatchObject({ kind: 'processor', name: 'alerter/α', owner: 'team-images', doc: 'Raises alerts', facts: { version: '2', image: 'alerter:2', stock: false, evolution: 'opt-in' }, total: 2, deployed: 1, jobs: [{ name: 'extra-1' }, { name: 'extra-2' }] });
});

test('everything that is found can be opened', async () => {
  const { hits, total } = (await catalog.get('/v1/search?limit=1000')).body;
  expect(hits).toHaveLength(total);
  const at = (...parts: string[]): string => `/v1/${parts.map(encodeURIComponent).join('/')}`;
  for (const { kind, namespace, name, path } of hits as { kind: string; namespace: string; name: string; path?: string }[]) {
    const url = kind === 'team' ? at('teams', name) : kind === 'field' ? at('datasets', namespace, name, 'fields', path!) : at(`${kind}s`, namespace, name);
    expect([url, (await catalog.get(url)).status]).toEqual([url, 200]);
  }
  expect(new Set(hits.map(({ kind }: { kind: string }) => kind))).toEqual(new Set(['dataset', 'field', 'job', 'consumer', 'processor', 'pipeline', 'subject', 'team']));
});

test.each([
  ['/v1/subjects/registry%3A%2F%2Fmain/nothing', 404, 'subject-not-found'],
  ['/v1/pipelines/mesh/nothing', 404, 'entity-not-found'],
  ['/v1/processors/images/nothing', 404, 'entity-not-found'],
  ['/v1/pipelines/mesh/risk?cursor=nonsense', 400, 'cursor-invalid'],
])('answers %s with a problem', async (url, status, slug) => {
  const answer = await catalog.get(url);
  expect([answer.status, answer.body.type]).toEqual([status, `urn:sluice:problem:${slug}`]);
});
