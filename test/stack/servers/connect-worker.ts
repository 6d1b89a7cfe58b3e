import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts, startChild } from './child-server.ts';
import { findJava, SHORT_LIVED } from './java.ts';
import { mavenFiles } from './maven-files.ts';

const JAVA_VERSION = 17;
const LOG_CONFIG = fileURLToPath(new URL('./kafka/log4j2.properties', import.meta.url));

/** A real distributed Kafka Connect worker with the file connectors, its REST interface on a loopback port. */
export interface ConnectWorker {
  readonly url: string;
  /** For the files of its connectors; gone when it is closed. */
  readonly folder: string;
  /** One REST request; rejects when the answer is no success. */
  send(method: 'PUT' | 'DELETE', path: string, body?: object): Promise<void>;
  close(): Promise<void>;
}

/** What a worker needs and this machine lacks; null when it can be started. Fetches it the first time. */
export function missingForConnect(): string | null {
  if (findJava(JAVA_VERSION) === null) return `Java ${JAVA_VERSION} or newer`;
  const files = workerFiles();
  return files.outcome === 'missing' ? files.part : null;
}

export async function startConnect(broker: string): Promise<ConnectWorker> {
  const [java, files] = [findJava(JAVA_VERSION), workerFiles()];
  if (java === null || files.outcome === 'missing') throw new Error(`a Connect worker needs ${missingForConnect()}`);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-connect-'));
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(join(folder, 'connect.properties'), properties(broker, port ?? 0));
  const args = ['-Xms128m', '-Xmx256m', ...SHORT_LIVED, `-Dlog4j2.configurationFile=${LOG_CONFIG}`, '-cp', `${files.folder}/*`, 'org.apache.kafka.connect.cli.ConnectDistributed', 'connect.properties'];
  const server = await startChild({ command: java, args, folder, logFile: join(folder, 'connect.log'), ready: () => fetch(`${url}/connectors`).then(({ ok }) => ok, () => false) });
  return {
    url, folder,
    async send(method, path, body) {
      const reply = await fetch(url + path, { method, ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
      if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${await reply.text()}`);
    },
    async close() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function workerFiles() {
  return mavenFiles('connect', new URL('./connect/pom.xml', import.meta.url), 'copy-dependencies');
}

function properties(broker: string, port: number): string {
  const storage = ['config', 'offset', 'status'].flatMap((what) => [`${what}.storage.topic=connect-${what}`, `${what}.storage.replication.factor=1`]);
  const lines = [
    `bootstrap.servers=${broker}`, 'group.id=connect-cluster', `listeners=http://127.0.0.1:${port}`, 'rest.advertised.host.name=127.0.0.1', `rest.advertised.port=${port}`,
    ...['key', 'value'].flatMap((part) => [`${part}.converter=org.apache.kafka.connect.json.JsonConverter`, `${part}.converter.schemas.enable=false`]),
    ...storage, 'offset.storage.partitions=1', 'status.storage.partitions=1', 'offset.flush.interval.ms=1000', 'scheduled.rebalance.max.delay.ms=0', 'plugin.discovery=only_scan',
  ];
  return `${lines.join('\n')}\n`;
}
