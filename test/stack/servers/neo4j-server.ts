import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type ChildServer, freePorts, startChild } from './child-server.ts';
import { findJava, SHORT_LIVED } from './java.ts';
import { mavenFiles } from './maven-files.ts';

const JAVA_VERSION = 17;
/** In the log once Bolt answers; the port opens in the same moment. */
const READY = /INFO {2}Started\./;
const USER = 'neo4j';
const PASSWORD = 'sluice-test';
/** The flags of Neo4j's own start script that its storage needs. */
const OPENS = ['java.base/java.nio', 'java.base/java.io', 'java.base/sun.nio.ch'].map((place) => `--add-opens=${place}=ALL-UNNAMED`);

/** A real Neo4j Community on a loopback port, with its own data until it is closed. */
export interface Neo4jServer {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Starts it again, over the same data and port. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Holds the process still, as a long collection of garbage would, until it is told to go on. */
  pause(): void;
  resume(): void;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}
export interface Neo4jMachine {
  /** MiB. */
  readonly heap: number;
  readonly pageCache: number;
  /** Flags that say how Java runs it. */
  readonly java: readonly string[];
}
const FOR_A_TEST: Neo4jMachine = { heap: 512, pageCache: 256, java: SHORT_LIVED };
/** As in production: what a benchmark measures. */
export const LASTING = ['-XX:+UseG1GC'] as const;

/** What Neo4j needs and this machine lacks; null when it can be started. Fetches it the first time. */
export function missingForNeo4j(): string | null {
  if (findJava(JAVA_VERSION) === null) return `Java ${JAVA_VERSION} or newer`;
  const files = server();
  return files.outcome === 'missing' ? files.part : null;
}

export async function startNeo4j({ heap, pageCache, java: flags }: Neo4jMachine = FOR_A_TEST): Promise<Neo4jServer> {
  const [java, files] = [findJava(JAVA_VERSION), server()];
  if (java === null || files.outcome === 'missing') throw new Error(`Neo4j needs ${missingForNeo4j()}`);
  const home = mkdtempSync(join(tmpdir(), 'sluice-neo4j-'));
  const [port] = await freePorts(1);
  const conf = join(home, 'conf');
  mkdirSync(conf);
  writeFileSync(join(conf, 'neo4j.conf'), settings(port ?? 0, pageCache));
  const classes = ['-cp', [join(files.folder, '*'), conf].join(delimiter)];
  setPassword(java, home, classes);
  const args = [`-Xms${heap}m`, `-Xmx${heap}m`, ...flags, '-Dio.netty.leakDetection.level=DISABLED', ...OPENS, ...classes, 'org.neo4j.server.CommunityEntryPoint', `--home-dir=${home}`, `--config-dir=${conf}`, '--console-mode'];
  let starts = 0;
  const start = (): Promise<ChildServer> => {
    const logFile = join(home, `neo4j-${++starts}.log`);
    return startChild({ command: java, args, folder: home, logFile, ready: () => READY.test(readFileSync(logFile, 'utf8')) });
  };
  let running = await start();
  return {
    url: `neo4j://127.0.0.1:${port}`, user: USER, password: PASSWORD,
    start: async () => void (running = await start()),
    stop: () => running.stop(),
    kill: () => running.kill(),
    pause: () => void process.kill(running.pid, 'SIGSTOP'),
    resume: () => void process.kill(running.pid, 'SIGCONT'),
    async close() {
      await running.kill();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function server() {
  return mavenFiles('neo4j', new URL('./neo4j/pom.xml', import.meta.url), 'copy-dependencies');
}

/** Before the first start Neo4j takes the password from its administration tool. */
function setPassword(java: string, home: string, classes: readonly string[]): void {
  const env = { ...process.env, NEO4J_HOME: home, NEO4J_CONF: join(home, 'conf') };
  const done = spawnSync(java, ['-Xmx128m', ...SHORT_LIVED, ...classes, 'org.neo4j.cli.AdminTool', 'dbms', 'set-initial-password', PASSWORD], { cwd: home, env, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`Neo4j's password could not be set: ${done.stdout}${done.stderr}`);
}

function settings(port: number, pageCache: number): string {
  const lines = [
    'server.default_listen_address=127.0.0.1', 'server.default_advertised_address=127.0.0.1',
    `server.bolt.listen_address=127.0.0.1:${port}`, `server.bolt.advertised_address=127.0.0.1:${port}`,
    'server.http.enabled=false', 'server.https.enabled=false', 'dbms.usage_report.enabled=false', 'client.allow_telemetry=false',
    `server.memory.pagecache.size=${pageCache}m`, 'db.tx_log.preallocate=false', 'db.tx_log.rotation.retention_policy=2 files',
    // A killed server replays what came after the last checkpoint: 15 minutes' worth unless told otherwise.
    'db.checkpoint.interval.time=30s',
    // A stop would wait twice for clients that might still come: 5 s each unless told otherwise.
    'internal.dbms.bolt.netty_server_shutdown_quiet_period=0',
  ];
  return `${lines.join('\n')}\n`;
}
