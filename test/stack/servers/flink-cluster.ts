import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts, startChild } from './child-server.ts';
import { findJava, SHORT_LIVED } from './java.ts';
import { mavenFiles } from './maven-files.ts';

const JAVA_VERSION = 17;
const PROGRAM = fileURLToPath(new URL('./flink/FlinkCluster.java', import.meta.url));
const LOG_CONFIG = fileURLToPath(new URL('./flink/log4j.properties', import.meta.url));
/** What Flink's own start script opens of Java 17. */
const OPENED = [
  ...['rmi/sun.rmi.registry', 'security.jgss/sun.security.krb5'].map((name) => `--add-exports=java.${name}=ALL-UNNAMED`),
  ...['lang', 'net', 'io', 'nio', 'lang.reflect', 'text', 'time', 'util', 'util.concurrent', 'util.concurrent.atomic', 'util.concurrent.locks'].map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`),
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
];
const RESULT_INTERVAL_MS = 100;
/** The first statement loads the planner. */
const STATEMENT_DEADLINE_MS = 60_000;

/** A real Flink with its SQL gateway, in one process on loopback ports. */
export interface FlinkCluster {
  /** Of its REST API. */
  readonly url: string;
  /** Opens a session of the SQL gateway. */
  session(): Promise<SqlSession>;
  cancel(jobId: string): Promise<void>;
  close(): Promise<void>;
}
export interface SqlSession {
  /** Runs one statement; gives the id of the job an INSERT started. A statement that fails rejects with Flink's words. */
  run(statement: string): Promise<string | null>;
}

export function missingForFlink(): string | null {
  if (findJava(JAVA_VERSION) === null) return `Java ${JAVA_VERSION} or newer`;
  const files = jars();
  return files.outcome === 'missing' ? files.part : null;
}

/** `lineage`: where its OpenLineage listener sends events, without a path. `namespace`: of its jobs there. */
export async function startFlink({ lineage, namespace }: { readonly lineage: string; readonly namespace: string }): Promise<FlinkCluster> {
  const [java, files] = [findJava(JAVA_VERSION), jars()];
  if (java === null || files.outcome === 'missing') throw new Error(`Flink needs ${missingForFlink()}`);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-flink-'));
  const [rest = 0, gateway = 0, rpc = 0, blob = 0] = await freePorts(4);
  mkdirSync(join(folder, 'tmp'));
  writeFileSync(join(folder, 'config.yaml'), configuration({ rest, gateway, rpc, blob, folder, lineage, namespace }));
  const [url, sql] = [`http://127.0.0.1:${rest}`, `http://127.0.0.1:${gateway}`];
  const args = ['-Xms128m', '-Xmx640m', '-XX:MaxDirectMemorySize=256m', '-XX:MaxMetaspaceSize=320m', ...SHORT_LIVED, `-Dlog4j2.configurationFile=${LOG_CONFIG}`, `-Dlog4j.configurationFile=${LOG_CONFIG}`, ...OPENED, '-cp', `${files.folder}/*`, PROGRAM, folder];
  const server = await startChild({
    // The gateway reads its configuration by this variable alone.
    command: '/usr/bin/env', args: [`FLINK_CONF_DIR=${folder}`, java, ...args], folder, logFile: join(folder, 'flink.log'),
    ready: async () => (await answers(`${sql}/info`)) && Number((await answer(`${url}/overview`))['taskmanagers'] ?? 0) >= 1,
  });
  return {
    url,
    session: () => openSession(sql),
    async cancel(jobId) {
      await fetch(`${url}/jobs/${jobId}?mode=cancel`, { method: 'PATCH' });
    },
    async close() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function jars() {
  return mavenFiles('flink', new URL('./flink/pom.xml', import.meta.url), 'copy-dependencies');
}

function configuration({ rest, gateway, rpc, blob, folder, lineage, namespace }: { readonly rest: number; readonly gateway: number; readonly rpc: number; readonly blob: number; readonly folder: string; readonly lineage: string; readonly namespace: string }): string {
  return `jobmanager:
  rpc: { address: 127.0.0.1, port: ${rpc} }
  bind-host: 127.0.0.1
  memory: { process: { size: 900m }, jvm-metaspace: { size: 192m } }
taskmanager:
  host: 127.0.0.1
  bind-host: 127.0.0.1
  numberOfTaskSlots: 8
  memory: { process: { size: 1100m }, managed: { size: 64m }, network: { min: 64m, max: 64m }, jvm-metaspace: { size: 192m } }
parallelism: { default: 1 }
rest: { address: 127.0.0.1, bind-address: 127.0.0.1, port: ${rest} }
blob: { server: { port: ${blob} } }
execution:
  checkpointing: { interval: 2s }
  job-status-changed-listeners: io.openlineage.flink.listener.OpenLineageJobStatusChangedListenerFactory
state: { backend: { type: hashmap } }
restart-strategy: { type: none }
sql-gateway:
  endpoint: { rest: { address: 127.0.0.1, bind-address: 127.0.0.1, port: ${gateway} } }
io: { tmp: { dirs: ${join(folder, 'tmp')} } }
openlineage:
  transport: { type: http, url: "${lineage}", endpoint: /api/v1/lineage }
  job: { namespace: "${namespace}" }
  trackingIntervalInSeconds: 5
  enableDetachedJobTracking: true
`;
}

async function openSession(sql: string): Promise<SqlSession> {
  const { sessionHandle } = await answer(`${sql}/v1/sessions`, {});
  const session = `${sql}/v1/sessions/${String(sessionHandle)}`;
  return {
    async run(statement) {
      const { operationHandle } = await answer(`${session}/statements`, { statement });
      const operation = `${session}/operations/${String(operationHandle)}`;
      for (const deadline = performance.now() + STATEMENT_DEADLINE_MS; performance.now() < deadline; await sleep(RESULT_INTERVAL_MS)) {
        const { status } = await answer(`${operation}/status`);
        if (status === 'FINISHED' || status === 'ERROR') return jobOf(await answer(`${operation}/result/0?rowFormat=JSON`));
      }
      throw new Error(`Flink did not run within ${STATEMENT_DEADLINE_MS} ms: ${statement}`);
    },
  };
}

function jobOf(result: Record<string, unknown>): string | null {
  if (Array.isArray(result['errors'])) throw new Error(String(result['errors'].at(-1)).split('Caused by: ').at(-1));
  return typeof result['jobID'] === 'string' ? result['jobID'] : null;
}

async function answer(url: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }).catch(() => null);
  return response === null ? {} : ((await response.json().catch(() => ({}))) as Record<string, unknown>);
}

async function answers(url: string): Promise<boolean> {
  return (await fetch(url).catch(() => null))?.status === 200;
}
