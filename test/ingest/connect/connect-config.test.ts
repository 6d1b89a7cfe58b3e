import { expect, test } from 'vitest';
import { connectConfig } from '../../../ingest/connect/connect-config.ts';

const read = (env: Record<string, string>) => {
  const mistakes: string[] = [];
  return { clusters: connectConfig(env, mistakes), mistakes };
};

test('reads clusters, their Kafka clusters and their credentials', () => {
  expect(read({ SLUICE_CONNECT_CLUSTERS: 'main=http://c:8083; ads-eu=https://ads:8083/,kafka=ads', SLUICE_CONNECT_ADS_EU_TOKEN: 't', SLUICE_CONNECT_POLL_INTERVAL: '5' })).toEqual({
    mistakes: [],
    clusters: [
      { cluster: 'main', url: 'http://c:8083', kafka: 'kafka://main', credentials: null, intervalMs: 5_000 },
      { cluster: 'ads-eu', url: 'https://ads:8083', kafka: 'kafka://ads', credentials: { token: 't' }, intervalMs: 5_000 },
    ],
  });
  expect(read({})).toEqual({ mistakes: [], clusters: [] });
});

test.each([
  ['main', 'entry 1'], ['main=ftp://x', '"main"'], ['main=http://u:hunter2@x', '"main"'], ['a b=http://x', 'entry 1'], ['main=http://x,kafka=', 'entry 1'], ['a-b=http://x;a.b=http://y', '"a.b"'], ['main=http://x;hunter2', 'entry 2'],
])('refuses %s', (clusters, said) => {
  const { mistakes } = read({ SLUICE_CONNECT_CLUSTERS: clusters });
  expect(mistakes.join()).toContain(said);
  expect(mistakes.join()).not.toContain('hunter2');
});

test('reports every mistake at once', () => {
  expect(read({ SLUICE_CONNECT_CLUSTERS: 'x;y=http://y', SLUICE_CONNECT_Y_USERNAME: 'u', SLUICE_CONNECT_POLL_INTERVAL: 'often' }).mistakes).toHaveLength(3);
});
