import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ingestConfig } from '../../ingest/config.ts';
import { type KafkaIngest, startKafkaIngest } from '../../ingest/kafka-ingest.ts';
import { openSqliteStore, type SqliteStore } from '../../server/store/sqlite-store.ts';
import { JavaClient } from './java-client/java-client.ts';
import { KEY_STORE_PASSWORD, type KeyStore, makeKeyStore, makeTrustStore, pemOf } from './servers/key-stores.ts';
import { type KafkaBroker, startKafka } from './servers/kafka-broker.ts';
import { missingForStack } from './servers/missing-part.ts';
import { until } from './until.ts';

const missing = missingForStack();
const [USER, PASSWORD] = ['sluice', 'correct-horse'];

describe.skipIf(missing !== null)(`a broker that wants SASL or TLS${missing === null ? '' : ` (needs ${missing})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-security-'));
  let broker: KafkaBroker;
  let [serverKey, clientKey, strangerKey]: KeyStore[] = [];
  let clientKeyFile: string;
  let store: SqliteStore;
  const logged: string[] = [];

  beforeAll(async () => {
    [serverKey, clientKey, strangerKey] = ['server', 'client', 'stranger'].map((name) => makeKeyStore(folder, name));
    broker = await startKafka(securedBy(serverKey!, makeTrustStore(folder, clientKey!)));
    const java = new JavaClient(broker.address);
    clientKeyFile = join(folder, 'client.key');
    writeFileSync(clientKeyFile, pemOf('PRIVATE KEY', await java.ask('key', clientKey!.file, 'client', KEY_STORE_PASSWORD)));
    await java.close();
    await makeTopics(broker.address);
    store = openSqliteStore({ file: join(folder, 'catalog.sqlite') });
  });
  afterAll(async () => {
    await broker?.close();
    await store?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An ingest as this environment configures it, until it says what is waited for. */
  async function ingestUntil(env: Record<string, string>, wanted: (health: { readonly ready: boolean; readonly detail: string }) => boolean): Promise<void> {
    const configured = ingestConfig({ SLUICE_REGISTRY_URL: 'http://127.0.0.1:9', SLUICE_KAFKA_GROUP: `group-${Math.random()}`, ...env });
    if (configured.outcome === 'refused') throw new Error(configured.mistakes.join('; '));
    const warn = (facts: object, text: string): void => void logged.push(`${JSON.stringify(facts, (_, value: unknown) => (value instanceof Error ? `${value.message} ${value.stack}` : value))} ${text}`);
    const ingest: KafkaIngest = startKafkaIngest({ config: configured.config, store, aliases: new Map(), clock: Date.now, log: { warn, info: warn } });
    try {
      await until(async () => wanted(await ingest.check()), { seen: () => ingest.check() });
      logged.push((await ingest.check()).detail);
    } finally {
      await ingest.stop();
    }
  }
  const overSasl = (mechanism: string, password = PASSWORD) => ({
    SLUICE_KAFKA_BROKERS: broker.secured['SASL'] ?? '', SLUICE_KAFKA_TLS_CA_FILE: serverKey!.certificateFile,
    SLUICE_KAFKA_SASL_MECHANISM: mechanism, SLUICE_KAFKA_USERNAME: USER, SLUICE_KAFKA_PASSWORD: password,
  });

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('is read with SASL %s over TLS', async (mechanism) => {
    await ingestUntil(overSasl(mechanism), ({ ready }) => ready);
  });

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('a wrong password for SASL %s is said', async (mechanism) => {
    await ingestUntil(overSasl(mechanism, 'wrong-horse'), ({ ready, detail }) => !ready && /authentication failed/i.test(detail));
  });

  test('is read with a certificate of the client', async () => {
    await ingestUntil({
      SLUICE_KAFKA_BROKERS: broker.secured['MUTUAL'] ?? '', SLUICE_KAFKA_TLS_CA_FILE: serverKey!.certificateFile,
      SLUICE_KAFKA_TLS_CERT_FILE: clientKey!.certificateFile, SLUICE_KAFKA_TLS_KEY_FILE: clientKeyFile,
    }, ({ ready }) => ready);
  });

  // Each gives kafkajs's tries their time, so they take it together.
  test.concurrent.each([
    ['a certificate signed by nobody it knows', () => ({ SLUICE_KAFKA_TLS: 'on' }), /self.signed certificate/i],
    ['a certificate signed by somebody else', () => ({ SLUICE_KAFKA_TLS_CA_FILE: strangerKey!.certificateFile }), /self.signed certificate|unable to verify/i],
    ['that TLS is not configured', () => ({}), /wants TLS/],
  ])('says what is wrong: %s', async (_, tls, said) => {
    await ingestUntil({ SLUICE_KAFKA_BROKERS: broker.secured['SASL'] ?? '', SLUICE_KAFKA_SASL_MECHANISM: 'plain', SLUICE_KAFKA_USERNAME: USER, SLUICE_KAFKA_PASSWORD: PASSWORD, ...tls() }, ({ ready, detail }) => !ready && said.test(detail));
  });

  test.concurrent('says that the client has no certificate where one is wanted', async () => {
    await ingestUntil({ SLUICE_KAFKA_BROKERS: broker.secured['MUTUAL'] ?? '', SLUICE_KAFKA_TLS_CA_FILE: serverKey!.certificateFile }, ({ ready, detail }) => !ready && /certificate/i.test(detail));
  });

  test('never says or logs a password', () => {
    expect(logged.length).toBeGreaterThan(5);
    expect(logged.join('\n')).not.toMatch(/(correct|wrong)-horse/);
  });
});

function securedBy(serverKey: KeyStore, trusted: string) {
  const jaas = (mechanism: string, module: string, rest = '') => `listener.name.sasl.${mechanism}.sasl.jaas.config=org.apache.kafka.common.security.${module} required${rest};`;
  return {
    protocols: { SASL: 'SASL_SSL', MUTUAL: 'SSL' },
    properties: [
      `ssl.keystore.location=${serverKey.file}`, 'ssl.keystore.type=PKCS12', `ssl.keystore.password=${KEY_STORE_PASSWORD}`,
      `ssl.truststore.location=${trusted}`, 'ssl.truststore.type=PKCS12', `ssl.truststore.password=${KEY_STORE_PASSWORD}`,
      'listener.name.mutual.ssl.client.auth=required', 'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      jaas('plain', 'plain.PlainLoginModule', ` user_${USER}="${PASSWORD}"`), jaas('scram-sha-256', 'scram.ScramLoginModule'), jaas('scram-sha-512', 'scram.ScramLoginModule'),
    ],
    formatting: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${USER},password=${PASSWORD}]`]),
  };
}

async function makeTopics(address: string): Promise<void> {
  const admin = new kafkajs.Kafka({ clientId: 'test', brokers: [address], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: ['control', 'audit', 'dead-letter'].map((name) => ({ topic: `sluice.${name}`, numPartitions: 1 })) });
  await admin.disconnect();
}
