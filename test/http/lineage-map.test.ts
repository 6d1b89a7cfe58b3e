import { afterAll, beforeAll, expect, test } from 'vitest';
import { control, NOON, openTestCatalog, smallPlatform, type TestCatalog } from './catalog.ts';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await openTestCatalog();
  await catalog.say(...smallPlatform());
});
afterAll(() => catalog.stop());

interface Map {
  readonly nodes: readonly { readonly key: string; readonly name: string; readonly distance: number; readonly fields: readonly string[]; readonly fieldTotal: number }[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
  readonly groups: readonly { readonly node: string; readonly direction: string; readonly owner: string | null; readonly looked: boolean; readonly count: number }[];
  readonly fieldEdges: readonly { readonly fromPath: string; readonly toPath: string }[];
}
const key = (kind: string, namespace: string, name: string): string => `${kind}:${namespace}#${name}`;
async function mapOf(query: Record<string, string | readonly string[]>): Promise<Map> {
  const params = new URLSearchParams(Object.entries({ namespace: 'kafka://main', name: 'payments', ...query }).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, one as string])));
  const { status, body } = await catalog.get(`/v1/lineage/map?${params.toString()}`);
  expect(status).toBe(200);
  return body as Map;
}
const names = ({ nodes }: Map): string[] => nodes.map(({ name }) => name).sort();

test('shows the neighbours of a dataset, and the edges between them', async () => {
  const map = await mapOf({ kind: 'dataset', depth: '1' });
  expect(names(map)).toEqual(['ledger', 'legacy', 'orders-enrich', 'payments', 'payments-cdc']);
  expect(map.edges.map(({ from, to }) => `${from} ${to}`).sort()).toEqual([
    `${key('dataset', 'kafka://main', 'payments')} ${key('consumer', 'kafka://main', 'ledger')}`,
    `${key('dataset', 'kafka://main', 'payments')} ${key('consumer', 'kafka://main', 'legacy')}`,
    `${key('dataset', 'kafka://main', 'payments')} ${key('job', 'flink://main', 'orders-enrich')}`,
    `${key('job', 'flink://main', 'payments-cdc')} ${key('dataset', 'kafka://main', 'payments')}`,
  ].sort());
});

test('grows where a node is opened, one way or both', async () => {
  expect(names(await mapOf({ kind: 'dataset', depth: '1', direction: 'downstream' }))).not.toContain('payments-cdc');
  expect(names(await mapOf({ kind: 'dataset', depth: '1', direction: 'downstream', open: key('job', 'flink://main', 'orders-enrich') }))).toContain('enriched');
});

test('counts what is not drawn, by owner', async () => {
  const { nodes, groups } = await mapOf({ kind: 'dataset', depth: '0', direction: 'downstream' });
  expect(nodes).toHaveLength(1);
  expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(3);
  expect(groups).toContainEqual({ node: key('dataset', 'kafka://main', 'payments'), direction: 'downstream', owner: 'team-checkout', looked: true, count: 1 });
});

test('of a field shows only what its value goes through, and the fields on the way', async () => {
  const map = await mapOf({ kind: 'field', path: 'id', depth: '6', direction: 'downstream' });
  expect(map.nodes.find(({ name }) => name === 'payments')?.fields).toEqual(['id']);
  expect(map.nodes.find(({ name }) => name === 'enriched')?.fields).toContain('id');
  expect(map.fieldEdges).toContainEqual(expect.objectContaining({ fromPath: 'id', toPath: 'id' }));
  // The ledger reads the amount alone.
  expect(names(map)).not.toContain('ledger');
});

test('lists the fields of a dataset where asked', async () => {
  const { nodes } = await mapOf({ kind: 'dataset', depth: '0', listed: key('dataset', 'kafka://main', 'payments') });
  expect(nodes[0]).toMatchObject({ fields: ['id', 'amount', 'note'], fieldTotal: 3 });
});

test('draws a dozen readers of many, counts the others, and draws them when asked for all', async () => {
  const many = Array.from({ length: 60 }, (_, i) => control('io.sluice.control.JobDeployed', {
    job: { namespace: 'flink://main', name: `reader-${i}` }, kind: 'FLINK_SQL', processor: null, pipeline: null, owner: `team-${i % 3}`, artifactDigest: null, description: null, writes: [], sql: null,
    reads: [{ dataset: { namespace: 'kafka://main', name: 'enriched' }, readerSchema: null, fields: [], whole: true, evolution: null }],
  } as never));
  await catalog.say(...many);
  const query = { kind: 'dataset', name: 'enriched', depth: '1', direction: 'downstream' };
  const map = await mapOf(query);
  expect(map.nodes).toHaveLength(13);
  expect(map.nodes.length - 1 + map.groups.filter(({ node }) => node.endsWith('#enriched')).reduce((sum, { count }) => sum + count, 0)).toBe(61);
  expect((await mapOf({ ...query, whole: key('dataset', 'kafka://main', 'enriched') })).nodes).toHaveLength(62);
});

test('a start nobody heard of is a problem', async () => {
  expect((await catalog.get('/v1/lineage/map?kind=dataset&namespace=kafka%3A%2F%2Fmain&name=nothing')).body.type).toBe('urn:sluice:problem:entity-not-found');
});

test('tells when the readers and writers of the focus changed, the same at whatever time it is asked about', async () => {
  const moved = await openTestCatalog();
  await moved.say(...smallPlatform());
  const ask = async (more = ''): Promise<{ readonly moments: readonly string[]; readonly nodes: readonly { readonly name: string }[] }> => (await moved.get(`/v1/lineage/map?kind=dataset&namespace=kafka%3A%2F%2Fmain&name=enriched${more}`)).body;
  const before = await ask();
  const noon = before.moments.at(-1);
  await moved.say(control('io.sluice.control.JobDeployed', { job: { namespace: 'flink://main', name: 'alerts' }, kind: 'FLINK_SQL', processor: null, artifactDigest: null, description: null, pipeline: null, owner: 'team-risk', reads: [], writes: [] }, 30));
  const after = await ask();
  expect(after.moments.filter((moment) => !before.moments.includes(moment))).toEqual([new Date(NOON + 30 * 60_000).toISOString()]);
  expect(after.nodes.map(({ name }) => name)).not.toContain('alerts');
  const then = await ask(`&asOf=${encodeURIComponent(noon ?? '')}`);
  expect([then.moments, then.nodes.map(({ name }) => name).includes('alerts')]).toEqual([after.moments, true]);
  await moved.stop();
});

test('says of whom beyond a thousand nobody looked whose they are, instead of calling them nobody\'s', async () => {
  const many = Array.from({ length: 1_012 }, (_, i) => control('io.sluice.control.JobDeployed', {
    job: { namespace: 'flink://main', name: `watcher-${i}` }, kind: 'FLINK_SQL', processor: null, pipeline: null, owner: 'team-watch', artifactDigest: null, description: null, writes: [], sql: null,
    reads: [{ dataset: { namespace: 'kafka://main', name: 'watched' }, readerSchema: null, fields: [], whole: true, evolution: null }],
  } as never));
  await catalog.say(...many);
  const { groups } = await mapOf({ kind: 'dataset', name: 'watched', depth: '0', direction: 'downstream' });
  const side = { node: key('dataset', 'kafka://main', 'watched'), direction: 'downstream' };
  expect(groups).toEqual([{ ...side, owner: 'team-watch', looked: true, count: 1_000 }, { ...side, owner: null, looked: false, count: 12 }]);
});
