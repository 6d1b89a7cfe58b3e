import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ingestConfig } from '../../ingest/config.ts';
import { ingestProcessConfig } from '../../ingest/process-config.ts';

const NEEDED = { SLUICE_KAFKA_BROKERS: 'one:9092, two:9092', SLUICE_REGISTRY_URL: 'http://registry:8081' };
const mistakesOf = (env: Record<string, string>) => {
  const outcome = ingestConfig(env);
  return outcome.outcome === 'refused' ? outcome.mistakes : [];
};

test('needs brokers and a registry, and has defaults for the rest', () => {
  expect(ingestConfig(NEEDED)).toEqual({
    outcome: 'configured',
    config: {
      kafka: { brokers: ['one:9092', 'two:9092'], group: 'sluice-ingest', topics: { control: 'sluice.control', audit: 'sluice.audit', deadLetter: 'sluice.dead-letter', openLineage: null }, sasl: null, tls: null },
      registry: { kind: 'http', url: 'http://registry:8081' },
    },
  });
});

test.each([
  ['a broker without a port', { ...NEEDED, SLUICE_KAFKA_BROKERS: 'one' }, 'host:port'],
  ['a registry that is no address', { ...NEEDED, SLUICE_REGISTRY_URL: 'registry' }, 'SLUICE_REGISTRY_URL'],
  ['half of the registry\'s credentials', { ...NEEDED, SLUICE_REGISTRY_USERNAME: 'me' }, 'come together'],
  ['an unknown mechanism', { ...NEEDED, SLUICE_KAFKA_SASL_MECHANISM: 'gssapi', SLUICE_KAFKA_USERNAME: 'a', SLUICE_KAFKA_PASSWORD: 'b' }, 'scram-sha-512'],
  ['SASL without a password', { ...NEEDED, SLUICE_KAFKA_SASL_MECHANISM: 'plain', SLUICE_KAFKA_USERNAME: 'a' }, 'SLUICE_KAFKA_PASSWORD'],
  ['a certificate file that is not there', { ...NEEDED, SLUICE_KAFKA_TLS_CA_FILE: '/no/such/file' }, 'cannot be read'],
  ['a certificate without its key', { ...NEEDED, SLUICE_KAFKA_TLS_CERT_FILE: '/no/such/file' }, 'come together'],
  ['one topic for two purposes', { ...NEEDED, SLUICE_DEAD_LETTER_TOPIC: 'sluice.control' }, 'must name different topics'],
  ['a name Kafka would not take', { ...NEEDED, SLUICE_AUDIT_TOPIC: 'a b' }, 'not a topic name'],
])('refuses %s', (_, env, said) => {
  expect(mistakesOf(env).join('\n')).toContain(said);
});

test('reports every mistake at once', () => {
  expect(mistakesOf({ SLUICE_KAFKA_SASL_MECHANISM: 'x', SLUICE_KAFKA_TLS: 'maybe' })).toHaveLength(5);
  const refused = ingestProcessConfig({ SLUICE_LOG_LEVEL: 'loud', SLUICE_CLUSTER_ALIASES: 'x', SLUICE_INGEST_PORT: 'y', SLUICE_FLINK_CLUSTERS: 'z', SLUICE_CONNECT_CLUSTERS: 'z' });
  expect(refused).toMatchObject({ outcome: 'refused', mistakes: { length: 5 } });
  expect(ingestProcessConfig({})).toMatchObject({ mistakes: ['there is nothing to ingest: set SLUICE_KAFKA_BROKERS, SLUICE_FLINK_CLUSTERS or SLUICE_CONNECT_CLUSTERS'] });
});

test('reads TLS from PEM files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
  const ca = join(folder, 'ca.pem');
  writeFileSync(ca, 'PEM');
  expect(ingestConfig({ ...NEEDED, SLUICE_KAFKA_TLS_CA_FILE: ca })).toMatchObject({ config: { kafka: { tls: { ca: 'PEM', cert: null, key: null } } } });
  expect(ingestConfig({ ...NEEDED, SLUICE_KAFKA_TLS: 'on' })).toMatchObject({ config: { kafka: { tls: { ca: null } } } });
  rmSync(folder, { recursive: true });
});
