import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ChildServer, freePorts, startChild } from './child-server.ts';
import { findJava, SHORT_LIVED } from './java.ts';
import { mavenFiles } from './maven-files.ts';

const JAVA_VERSION = 17;
const READY = 'Kafka Server started';
const LOG_CONFIG = fileURLToPath(new URL('./kafka/log4j2.properties', import.meta.url));
/** Any base64 UUID will do. */
const CLUSTER_ID = '4L6g3nShT-eMCtK--X86sw';

/** A real one-node broker on loopback ports, with its own data until it is closed. */
export interface KafkaBroker {
  readonly address: string;
  /** Of the secured listeners, by name; empty without any. */
  readonly secured: Readonly<Record<string, string>>;
  /** Starts it again, over the same data and port. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

/** What a broker needs and this machine lacks; null when it can be started. Fetches it the first time. */
export function missingForKafka(): string | null {
  if (findJava(JAVA_VERSION) === null) return `Java ${JAVA_VERSION} or newer`;
  const files = broker();
  return files.outcome === 'missing' ? files.part : null;
}

/** Listeners that want something of a client, besides the plain one. */
export interface SecuredListeners {
  /** Names in capitals, with the security protocol of each: `{ SASL: 'SASL_SSL' }`. */
  readonly protocols: Readonly<Record<string, string>>;
  /** Lines of the broker's configuration. */
  readonly properties: readonly string[];
  /** Of the storage's formatting: SCRAM users. */
  readonly formatting: readonly string[];
}
const PLAIN_ONLY: SecuredListeners = { protocols: {}, properties: [], formatting: [] };

/** A Java and the jars of the broker and of Kafka's own client; only where nothing is missing. */
export function kafkaJava(): { readonly java: string; readonly jars: string } {
  const [java, files] = [findJava(JAVA_VERSION), broker()];
  if (java === null || files.outcome === 'missing') throw new Error(`a broker needs ${missingForKafka()}`);
  return { java, jars: files.folder };
}

export async function startKafka(secured: SecuredListeners = PLAIN_ONLY): Promise<KafkaBroker> {
  const { java, jars } = kafkaJava();
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kafka-'));
  const names = Object.keys(secured.protocols);
  const [port = 0, controllerPort = 0, ...morePorts] = await freePorts(2 + names.length);
  const addresses = Object.fromEntries(names.map((name, i) => [name, `127.0.0.1:${morePorts[i]}`]));
  writeFileSync(join(folder, 'server.properties'), properties({ port, controllerPort, addresses, secured }));
  const run = (memory: string, main: string, ...args: string[]) => [memory, ...SHORT_LIVED, `-Dlog4j2.configurationFile=${LOG_CONFIG}`, '-cp', `${jars}/*`, main, ...args];
  const formatted = spawnSync(java, run('-Xmx256m', 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', 'server.properties', ...secured.formatting), { cwd: folder, encoding: 'utf8' });
  if (formatted.status !== 0) throw new Error(`the broker's storage could not be formatted: ${formatted.stdout}${formatted.stderr}`);
  let starts = 0;
  const start = (): Promise<ChildServer> => {
    const logFile = join(folder, `broker-${++starts}.log`);
    return startChild({ command: java, args: run('-Xmx384m', 'kafka.Kafka', 'server.properties'), folder, logFile, ready: () => readFileSync(logFile, 'utf8').includes(READY) });
  };
  let server = await start();
  return {
    address: `127.0.0.1:${port}`, secured: addresses,
    start: async () => void (server = await start()),
    stop: () => server.stop(),
    kill: () => server.kill(),
    async close() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function broker() {
  return mavenFiles('kafka', new URL('./kafka/pom.xml', import.meta.url), 'copy-dependencies');
}

interface Listening {
  readonly port: number;
  readonly controllerPort: number;
  readonly addresses: Readonly<Record<string, string>>;
  readonly secured: SecuredListeners;
}

function properties({ port, controllerPort, addresses, secured }: Listening): string {
  const open = [`PLAINTEXT://127.0.0.1:${port}`, ...Object.entries(addresses).map(([name, address]) => `${name}://${address}`)].join(',');
  const protocols = ['PLAINTEXT:PLAINTEXT', 'CONTROLLER:PLAINTEXT', ...Object.entries(secured.protocols).map(([name, protocol]) => `${name}:${protocol}`)].join(',');
  const lines = [
    ...secured.properties,
    'process.roles=broker,controller', 'node.id=1', `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=${open},CONTROLLER://127.0.0.1:${controllerPort}`, `advertised.listeners=${open}`,
    'controller.listener.names=CONTROLLER', 'inter.broker.listener.name=PLAINTEXT', `listener.security.protocol.map=${protocols}`,
    'log.dirs=data', 'num.partitions=1', 'default.replication.factor=1', 'auto.create.topics.enable=false',
    ...['offsets.topic', 'transaction.state.log', 'share.coordinator.state.topic'].flatMap((topic) => [`${topic}.replication.factor=1`, `${topic}.num.partitions=1`]),
    'transaction.state.log.min.isr=1', 'share.coordinator.state.topic.min.isr=1',
    'group.initial.rebalance.delay.ms=0', 'num.network.threads=2', 'num.io.threads=4', 'log.cleaner.dedupe.buffer.size=16777216',
    // A killed broker may come back only when its old registration has run out: 9 s unless told otherwise.
    'broker.heartbeat.interval.ms=500', 'broker.session.timeout.ms=2000', 'group.min.session.timeout.ms=1000',
  ];
  return `${lines.join('\n')}\n`;
}
