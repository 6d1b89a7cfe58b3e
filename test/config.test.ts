import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { canonicalChange, parseClusterAliases } from '../server/catalog/cluster-aliases.ts';
import { entityKey, type EntityRef, parseEntityKey } from '../server/catalog/names.ts';
import { serverConfig } from '../server/config.ts';
import { KNOWN_SETTINGS } from '../server/process-config.ts';

test('reports every mistake of the environment at once', () => {
  const outcome = serverConfig({ PORT: 'x', HOST: '0.0.0.0', SLUICE_LOG_LEVEL: 'loud', SLUICE_SAMPLE: 'maybe', SLUICE_CLUSTER_ALIASES: 'main' });
  expect(outcome.outcome === 'refused' ? outcome.mistakes.map((mistake) => mistake.split(' ')[0]) : []).toEqual(['PORT', 'HOST', 'SLUICE_LOG_LEVEL', 'SLUICE_CLUSTER_ALIASES:', 'SLUICE_SAMPLE']);
});

test('a setting nobody knows is a mistake, with the one that was meant', () => {
  const outcome = serverConfig({ SLUICE_REGISTRY_STALEAFTER: '60', SLUICE_CONNECT_MAIN_TOKEN: 'x', OTHER: 'y', SLUICE_WHATEVER_ELSE_THERE_MAY_BE: '1' });
  expect(outcome).toMatchObject({ mistakes: ['SLUICE_REGISTRY_STALEAFTER is no setting of Sluice; did you mean SLUICE_REGISTRY_STALE_AFTER?', 'SLUICE_WHATEVER_ELSE_THERE_MAY_BE is no setting of Sluice'] });
});

test('what only answers reads nothing from outside, and mistakes of both roles come together', () => {
  expect(serverConfig({ SLUICE_ROLES: 'server', SLUICE_FLINK_CLUSTERS: 'main=http://f:8081' })).toMatchObject({ config: { doors: { flink: null } } });
  expect(serverConfig({ SLUICE_ROLES: 'ingest', PORT: 'x' })).toMatchObject({ mistakes: { length: 2 } });
  expect(serverConfig({ PORT: 'x', SLUICE_KAFKA_BROKERS: 'b:9092', SLUICE_FLINK_CLUSTERS: 'y' })).toMatchObject({ mistakes: { length: 3 } });
});

test('no sample comes into a catalog that another process feeds', () => {
  expect(serverConfig({ SLUICE_ROLES: 'server' })).toMatchObject({ config: { sample: false } });
  expect(serverConfig({ SLUICE_ROLES: 'server', SLUICE_SAMPLE: 'on' })).toMatchObject({ config: { sample: true } });
});

test('the table of settings in the README is whole, and names none that is not there', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, table = ''] = readme.split('## Configuration');
  const rows = table.split('\n## ')[0] ?? '';
  const told = new Set([...rows.matchAll(/`(SLUICE_[A-Z0-9_*]+)`/g)].map((match) => match[1]));
  expect([...told].sort()).toEqual([...KNOWN_SETTINGS].sort());
});

test('listens on loopback with the sample unless told otherwise', () => {
  expect(serverConfig({})).toMatchObject({ config: { host: '127.0.0.1', port: 7420, sample: true, doors: { kafka: null } } });
  expect(serverConfig({ SLUICE_KAFKA_BROKERS: 'b:9092', SLUICE_REGISTRY_URL: 'http://r' })).toMatchObject({ config: { sample: false, doors: { kafka: { kafka: { brokers: ['b:9092'] } } } } });
});

test.each<EntityRef>([
  { kind: 'dataset', namespace: 'kafka://main', name: 'a#b%c' },
  { kind: 'field', namespace: '', name: '%23', path: '__proto__.x#y' },
  { kind: 'team', namespace: '', name: 'constructor' },
])('a key gives back the entity it was made of: %j', (ref) => {
  expect(parseEntityKey(entityKey(ref))).toEqual(ref);
});

test('names one cluster by all its addresses, and refuses an address of two', () => {
  const parsed = parseClusterAliases('main=b1:9092,b2:9092; ads=a1:9092');
  const aliases = parsed.outcome === 'parsed' ? parsed.aliases : new Map<string, string>();
  const topic = (namespace: string) => ({ namespace, name: 't' });
  const change = canonicalChange(aliases, {
    change: 'statement', about: { kind: 'job', namespace: 'flink://x', name: 'j' }, aspect: 'program', part: '', evidence: 'declared', at: { time: 1, sequence: 0, event: 'e' },
    body: { reads: [{ dataset: topic('kafka://b2:9092'), readerSchema: null, fields: null, completeness: 'unknown', evolution: null }], writes: [{ dataset: topic('kafka://a1:9092'), writerSchema: null, derivations: [{ to: 'x', from: [{ dataset: topic('kafka://b1:9092'), path: 'y', kind: 'IDENTITY' }] }] }] },
  });
  expect(JSON.stringify(change)).not.toContain('9092');
  expect(parseClusterAliases('main=b:1;other=b:1').outcome).toBe('refused');
});
