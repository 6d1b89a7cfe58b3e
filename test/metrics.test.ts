import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestCatalog, PAYMENT, recordText, redeploy, smallPlatform, type TestCatalog } from './http/catalog.ts';
import { type SluiceProcess, startSluice, temporaryFolder } from './processes.ts';

/** Nobody listens there: what a part counts is named all the same. */
const NOWHERE = '127.0.0.1:9';
const EVERY_DOOR = {
  SLUICE_KAFKA_BROKERS: NOWHERE, SLUICE_REGISTRY_URL: `http://${NOWHERE}`, SLUICE_REGISTRY_SCHEMAS_TOPIC: '_schemas', SLUICE_FLINK_CLUSTERS: `main=http://${NOWHERE};ads=http://${NOWHERE}`,
  SLUICE_CONNECT_CLUSTERS: `main=http://${NOWHERE}`, OTEL_EXPORTER_OTLP_ENDPOINT: `http://${NOWHERE}`,
};

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
function samplesOf(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', labels = '', value = ''] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    return name === '' ? [] : [{ name, labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', said = '']) => [key, said])), value: value === 'Nan' ? Number.NaN : Number(value) }];
  });
}
const metricsIn = (text: string): string[] => [...text.matchAll(/^# TYPE (sluice_\w+) /gm)].map(([, name = '']) => name);

/** The rows of the README's table: names, and which process tells them. */
function documented(): { readonly names: readonly string[]; readonly where: string }[] {
  const section = readFileSync(new URL('../README.md', import.meta.url), 'utf8').split('## Metrics and traces')[1]?.split('\n## ')[0] ?? '';
  return section.split('\n').filter((line) => line.startsWith('| `sluice_')).map((line) => {
    const [, names = '', where = ''] = line.split('|').map((cell) => cell.trim());
    return { names: [...names.matchAll(/`(sluice_[a-z_*]+)[`{]/g)].map(([, name = '']) => name), where };
  });
}
const covers = (pattern: string, name: string): boolean => new RegExp(`^${pattern.replace('*', '[a-z_]+')}$`).test(name);

describe('a process of each kind, with every door there is', () => {
  const folder = temporaryFolder();
  const started = new Map<'server' | 'ingest', SluiceProcess>();
  const told = new Map<string, string>();
  beforeAll(async () => {
    for (const role of ['server', 'ingest'] as const) started.set(role, startSluice(role, { SLUICE_DATA: `${folder.path}/${role}`, ...EVERY_DOOR }));
    for (const [role, sluice] of started) told.set(role, await (await fetch(`${await sluice.url()}/metrics`)).text());
  }, 60_000);
  afterAll(() => {
    for (const { child } of started.values()) child.kill('SIGKILL');
    folder.remove();
  });

  test.each(['server', 'ingest'] as const)('tells every metric the README names for the %s, and no other', (role) => {
    const rows = documented().filter(({ where }) => where === 'both' || where === role);
    expect(rows.length).toBeGreaterThan(5);
    const names = metricsIn(told.get(role) ?? '');
    expect(names.filter((name) => !rows.some(({ names: patterns }) => patterns.some((pattern) => covers(pattern, name))))).toEqual([]);
    expect(rows.flatMap(({ names: patterns }) => patterns).filter((pattern) => !names.some((name) => covers(pattern, name)))).toEqual([]);
  });

  test.each(['server', 'ingest'] as const)('says of each part of the %s whether it is ready, and of doors of one kind which is which', (role) => {
    const samples = samplesOf(told.get(role) ?? '');
    const ready = new Map(samples.filter(({ name }) => name === 'sluice_ready').map(({ labels, value }) => [labels['part'], value]));
    expect([ready.get('store'), ready.get('ingest'), ready.get('flink main'), ready.get('flink ads'), ready.get('connect main')]).toEqual([1, 0, 0, 0, 0]);
    expect(samples.filter(({ name }) => name === 'sluice_flink_polls_total').map(({ labels }) => labels['part'])).toEqual(['flink main', 'flink ads']);
    expect(samples.filter(({ name }) => name === 'sluice_ingest_lag')).toEqual([{ name: 'sluice_ingest_lag', labels: { part: 'ingest' }, value: 0 }]);
  });
});

describe('what the server counts', () => {
  let catalog: TestCatalog;
  const scrape = async (): Promise<Sample[]> => samplesOf((await catalog.get('/metrics')).text);
  beforeAll(async () => {
    catalog = await openTestCatalog();
    await catalog.say(...smallPlatform());
  });
  afterAll(() => catalog.stop());

  test('gate latencies by outcome, a decision that could not be made among them, and by which problem', async () => {
    await catalog.post('/v1/gate/decisions', redeploy(PAYMENT));
    await catalog.post('/v1/gate/decisions', redeploy(recordText({ id: 'string', note: 'string' })));
    await catalog.post('/v1/gate/decisions', redeploy('{"type":"nonsense"}'));
    const samples = await scrape();
    expect(samples.filter(({ name }) => name === 'sluice_gate_decision_seconds_count').map(({ labels, value }) => [labels['outcome'], value])).toEqual([['allow', 1], ['deny', 1], ['error', 1]]);
    expect(samples.filter(({ name }) => name === 'sluice_http_problems_total')).toEqual([{ name: 'sluice_http_problems_total', labels: { route: '/v1/gate/decisions', method: 'POST', problem: 'schema-invalid' }, value: 1 }]);
  });

  test('OpenLineage events, the refused ones apart', async () => {
    expect((await scrape()).filter(({ name }) => name === 'sluice_lineage_events_total').map(({ labels, value }) => [labels['outcome'], value])).toEqual([['applied', 0], ['refused', 0]]);
    await catalog.post('/v1/lineage', { nothing: 'of an event' });
    expect((await scrape()).filter(({ name, labels }) => name === 'sluice_lineage_events_total' && labels['outcome'] === 'refused').map(({ value }) => value)).toEqual([1]);
  });

  test('sizes of the index, and how far it is behind', async () => {
    const of = (samples: readonly Sample[], name: string): number | undefined => samples.find((sample) => sample.name === name)?.value;
    await catalog.get('/v1/revision');
    const before = await scrape();
    expect(of(before, 'sluice_revisions_behind')).toBe(0);
    expect(of(before, 'sluice_index_nodes')).toBeGreaterThan(5);
    await catalog.store.apply({ changes: [{ change: 'statement', about: { kind: 'dataset', namespace: 'kafka://main', name: 'fresh' }, aspect: 'owner', part: '', evidence: 'declared', at: { time: 1, sequence: 0, event: 'x' }, body: { team: 'team' } }], committedAt: 1, offset: null });
    expect(of(await scrape(), 'sluice_revisions_behind')).toBe(1);
  });

  test('whatever clients ask for, the number of series stays that of routes, methods and answers', async () => {
    const series = async (): Promise<number> => new Set((await scrape()).filter(({ name }) => /^sluice_http_.*(_count|_total)$/.test(name)).map(({ labels }) => JSON.stringify(labels))).size;
    const ask = async (from: number): Promise<void> => {
      for (let i = from; i < from + 20; i++) for (const url of [`/nowhere/${i}`, `/v1/datasets/n${i}/d${i}`, `/v1/search?q=${i}`]) await catalog.get(url);
    };
    await ask(0);
    await scrape();
    const before = await series();
    await ask(20);
    expect(await series()).toBe(before);
    expect((await scrape()).find(({ name, labels }) => name === 'sluice_http_problems_total' && labels['route'] === 'unknown')?.labels).toEqual({ route: 'unknown', method: 'GET', problem: 'route-not-found' });
  });
});
