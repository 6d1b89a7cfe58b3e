import { afterEach, beforeEach, expect, test } from 'vitest';
import { ProcessNotes } from '../../server/status/process-notes.ts';
import { StoreUnavailable } from '../../server/store/store.ts';
import { audit, control, NOON, openTestCatalog, smallPlatform, type TestCatalog } from './catalog.ts';

let catalog: TestCatalog;
let now = NOON;
beforeEach(async () => {
  now = NOON;
  catalog = await openTestCatalog(undefined, { clock: () => now });
  await catalog.say(...smallPlatform());
});
afterEach(() => catalog.stop());

const topic = (name: string, namespace = 'kafka://main') => ({ namespace, name });
const job = (name: string) => ({ namespace: 'flink://main', name });
const declared = (name: string, namespace = 'kafka://main') => control('io.sluice.control.DatasetDeclared', { dataset: topic(name, namespace), kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: null, owner: 'team-quiet', description: null, tags: null });
/** The same work as `alerts`, under another name and into another topic. */
const copyOfAlerts = (name: string, { to = `${name}-out`, why = 'GROUP', fields = true } = {}) => control('io.sluice.control.JobDeployed', {
  job: job(name), kind: 'FLINK_SQL', processor: { namespace: 'images', name: 'alerter' }, artifactDigest: null, description: null, pipeline: { namespace: 'mesh', name: 'risk' }, owner: 'team-other',
  reads: [{ dataset: topic('enriched'), readerSchema: null, fields: fields ? [{ path: 'id', why: [why] }] : null, whole: true, evolution: null }],
  writes: [{ dataset: topic(to), writerSchema: null, derivations: [{ to: 'key', from: [{ read: 0, path: 'id', identity: false }] }] }],
});
interface Unread { readonly topics: readonly { readonly namespace: string; readonly name: string; readonly looked: string; readonly writers: readonly { readonly name: string }[] }[]; readonly total: number; readonly unobserved: number; readonly blankPrograms: number; readonly nextCursor: string | null }
const unread = async (query = ''): Promise<Unread> => (await catalog.get(`/v1/platform/unread-topics${query}`)).body as Unread;
interface Groups { readonly groups: readonly { readonly name?: string; readonly total: number; readonly deployed: number; readonly jobs: readonly { readonly name: string }[] }[]; readonly total: number; readonly unknown: number; readonly without: number; readonly nextCursor: string | null }
const repeated = async (query = ''): Promise<Groups> => (await catalog.get(`/v1/platform/repeated-jobs${query}`)).body as Groups;
const namesIn = ({ groups }: Groups): string[][] => groups.map(({ jobs }) => jobs.map(({ name }) => name));

test('names the topics that nobody is known to open, with who writes them', async () => {
  const { topics, total } = await unread();
  expect([total, topics.map(({ name, writers }) => [name, writers.map((writer) => writer.name)])]).toEqual([1, [['alerts', ['alerts']]]]);
});

test('a topic whose only reader reads nobody knows what is read', async () => {
  await catalog.say(declared('shadow'));
  expect((await unread()).topics.map(({ name }) => name)).toEqual(['alerts', 'shadow']);
  await catalog.say(audit('io.sluice.audit.ConsumptionObserved', { readerKind: 'CONSUMER', reader: topic('legacy'), dataset: topic('shadow'), readerSchemaId: null, fields: null, windowStart: NOON - 1000, windowEnd: NOON }));
  expect((await unread()).topics.map(({ name }) => name)).toEqual(['alerts']);
});

test('says where nobody looked, and how many programs are known by name alone', async () => {
  await catalog.say(declared('quiet', 'kafka://ads'), control('io.sluice.control.JobStateChanged', { job: job('stranger'), state: 'RUNNING' }));
  const { topics, unobserved, blankPrograms } = await unread();
  expect(topics.map(({ namespace, name, looked }) => [namespace, name, looked])).toEqual([['kafka://ads', 'quiet', 'declared-only'], ['kafka://main', 'alerts', 'observed']]);
  expect([unobserved, blankPrograms]).toEqual([1, 1]);
});

test('a table is no topic', async () => {
  await catalog.say(control('io.sluice.control.DatasetDeclared', { dataset: { namespace: 'postgres://db', name: 'shop.orders' }, kind: 'TABLE', platform: 'postgresql', cluster: 'db', schema: null, owner: null, description: null, tags: null }));
  expect((await unread()).total).toBe(1);
});

test('goes through unread topics page by page, also when the catalog moves on meanwhile', async () => {
  await catalog.say(declared('b'), declared('c'), declared('d'));
  const first = await unread('?limit=2');
  expect(first.topics.map(({ name }) => name)).toEqual(['alerts', 'b']);
  await catalog.say(declared('a'));
  const second = await unread(`?limit=2&cursor=${first.nextCursor}`);
  expect([second.topics.map(({ name }) => name), second.nextCursor, second.total]).toEqual([['c', 'd'], null, 5]);
  expect((await catalog.get('/v1/platform/unread-topics?cursor=nonsense')).body.type).toBe('urn:sluice:problem:cursor-invalid');
});

test('names jobs that compute the same from the same, whatever they write it to', async () => {
  expect(namesIn(await repeated())).toEqual([]);
  await catalog.say(copyOfAlerts('alarms'), copyOfAlerts('filtered', { why: 'FILTER' }));
  const { groups, total } = await repeated();
  expect([total, groups[0]?.jobs.map(({ name }) => name), groups[0]?.total]).toEqual([1, ['alarms', 'alerts', 'filtered'], 3]);
});

test('no job is called a repetition of which not everything is known', async () => {
  const before = (await repeated()).unknown;
  await catalog.say(copyOfAlerts('guess', { fields: false }));
  const { groups, unknown } = await repeated();
  expect([groups, unknown - before]).toEqual([[], 1]);
});

test('a job that was stopped repeats nothing any more', async () => {
  await catalog.say(copyOfAlerts('alarms'));
  expect((await repeated()).total).toBe(1);
  await catalog.say(control('io.sluice.control.JobStateChanged', { job: job('alarms'), state: 'STOPPED' }, 1));
  expect((await repeated()).total).toBe(0);
});

test('counts jobs by pipeline and by processor, and those that name none', async () => {
  await catalog.say(copyOfAlerts('alarms'));
  const byPipeline = (await catalog.get('/v1/platform/job-groups?by=pipeline')).body as Groups;
  expect([byPipeline.groups.map(({ name, total }) => [name, total]), byPipeline.without]).toEqual([[['checkout', 1], ['risk', 2]], 1]);
  const byProcessor = (await catalog.get('/v1/platform/job-groups?by=processor&limit=1')).body as Groups;
  expect([byProcessor.groups.map(({ name, jobs }) => [name, jobs.map((one) => one.name)]), byProcessor.nextCursor]).toEqual([[['alerter', ['alarms']]], null]);
  expect((await catalog.get('/v1/platform/job-groups')).status).toBe(400);
});

test('names the connectors, and no other job', async () => {
  const { connectors, total } = (await catalog.get('/v1/platform/connectors')).body;
  expect([total, connectors]).toEqual([1, [{ kind: 'source-connector', namespace: 'flink://main', name: 'payments-cdc', owner: 'team-payments', state: 'DEPLOYING' }]]);
});

test('tells what the newest revisions were about, and what was before the first question in one step', async () => {
  interface Step { readonly after: number; readonly revision: number; readonly changed: number; readonly entities: readonly { readonly kind: string; readonly name: string }[] }
  const steps = async (): Promise<readonly Step[]> => (await catalog.get('/v1/platform/recent-changes')).body.steps as readonly Step[];
  const [only] = await steps();
  expect([only?.after, only?.revision, only?.entities.slice(0, 2).map(({ name }) => name).sort()]).toEqual([0, 1, ['enriched', 'payments']]);
  await catalog.say(declared('new'));
  const after = await steps();
  expect(after.map((step) => [step.after, step.revision])).toEqual([[1, 2], [0, 1]]);
  expect(after[0]?.entities).toContainEqual({ kind: 'dataset', ...topic('new') });
});

test('tells what the process says of its parts, and what they counted', async () => {
  const { parts, figures, index, revision } = (await catalog.get('/v1/platform')).body;
  expect(parts.map(({ part }: { part: string }) => part)).toEqual(['store', 'index', 'gate']);
  expect(figures).toContainEqual({ part: 'gate', name: 'bypasses', help: 'Starts of jobs that no permit covers', kind: 'gauge', value: 0 });
  expect([index.nodes > 0, revision]).toEqual([true, 1]);
});

interface Said { readonly kind: string; readonly instance: string; readonly startedAt: string; readonly heardAt: string; readonly state: string; readonly parts: readonly object[]; readonly figures: readonly object[] }
const processes = async (): Promise<readonly Said[]> => (await catalog.get('/v1/platform')).body.processes as readonly Said[];

test('tells of the process that answers as one of those on the store', async () => {
  const { parts, figures, processes: all, othersUnknown } = (await catalog.get('/v1/platform')).body;
  expect(all).toEqual([{ kind: 'server', instance: expect.stringMatching(new RegExp(`/${process.pid}/[0-9a-f]{8}$`)) as string, startedAt: new Date(NOON).toISOString(), heardAt: new Date(NOON).toISOString(), state: 'here', parts, figures }]);
  expect(othersUnknown).toBeNull();
});

test('tells what another process said last, that it is silent when it is, and how it is when it comes back', async () => {
  const ingest = new ProcessNotes({ store: catalog.store, own: { kind: 'ingest', instance: 'ingest-0/1/3fa85f64', startedAt: NOON - 5_000 }, clock: () => now });
  const behind = (lag: number) => ({ parts: [{ part: 'ingest', required: true, ready: lag === 0, detail: `${lag} messages behind` }], figures: [{ part: 'ingest', name: 'ingest_lag', help: 'Messages behind the end of the topics', kind: 'gauge' as const, value: lag }] });
  await ingest.say(behind(12));
  const at = (instant: number): string => new Date(instant).toISOString();
  const other = { kind: 'ingest', instance: 'ingest-0/1/3fa85f64', startedAt: at(NOON - 5_000) };
  expect((await processes()).slice(1)).toEqual([{ ...other, heardAt: at(NOON), state: 'heard', ...behind(12) }]);
  now += 60_000;
  expect((await processes()).slice(1)).toEqual([{ ...other, heardAt: at(NOON), state: 'silent', ...behind(12) }]);
  await ingest.say(behind(0));
  expect((await processes()).map(({ state, heardAt }) => [state, heardAt])).toEqual([['here', at(now)], ['heard', at(now)]]);
  await ingest.leave();
  expect((await processes()).map(({ state }) => state)).toEqual(['here']);
});

test('says so where the store cannot tell of other processes, and answers for itself', async () => {
  const down = () => Promise.reject(new StoreUnavailable('down', 'Neo4j does not answer'));
  const alone = await openTestCatalog((store) => new Proxy(store, { get: (target, name) => (name === 'notes' ? down : Reflect.get(target, name, target).bind?.(target)) }));
  const { status, body } = await alone.get('/v1/platform');
  expect([status, body.processes.length, body.processes[0].state, body.othersUnknown]).toEqual([200, 1, 'here', 'Neo4j does not answer']);
  await alone.stop();
});
