import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ChildServer, freePorts, startChild } from './child-server.ts';
import { findJava, SHORT_LIVED } from './java.ts';
import { mavenFiles } from './maven-files.ts';

const JAVA_VERSION = 21;

/** A real registry (Apicurio, through its Confluent-compatible API) on a loopback port, its data in memory until it stops. */
export interface SchemaRegistryServer {
  readonly url: string;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
  stop(): Promise<void>;
  close(): Promise<void>;
  /** Registers an Avro schema by plain REST, so that no client's habits come in; gives its id. */
  register(subject: string, schema: string): Promise<number>;
}

/** What a registry needs and this machine lacks; null when it can be started. Fetches it the first time. */
export function missingForRegistry(): string | null {
  if (findJava(JAVA_VERSION) === null) return `Java ${JAVA_VERSION} or newer`;
  const files = registryApp();
  return files.outcome === 'missing' ? files.part : null;
}

export async function startSchemaRegistry(): Promise<SchemaRegistryServer> {
  const [java, files] = [findJava(JAVA_VERSION), registryApp()];
  if (java === null || files.outcome === 'missing') throw new Error(`a registry needs ${missingForRegistry()}`);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-registry-'));
  const [port, managementPort] = await freePorts(2);
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const args = ['-Xms128m', '-Xmx384m', ...SHORT_LIVED, ...options(port ?? 0, managementPort ?? 0), '-jar', join(files.folder, 'quarkus-run.jar')];
  const start = (): Promise<ChildServer> => startChild({ command: java, args, folder, logFile: join(folder, 'registry.log'), ready: () => answers(`${url}/subjects`) });
  let server = await start();
  return {
    url,
    start: async () => void (server = await start()),
    stop: () => server.stop(),
    register: (subject, schema) => register(url, subject, schema),
    async close() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function registryApp() {
  return mavenFiles('registry', new URL('./registry/pom.xml', import.meta.url), 'unpack-dependencies');
}

function options(port: number, managementPort: number): string[] {
  return [
    'quarkus.http.host=127.0.0.1', `quarkus.http.port=${port}`, 'quarkus.management.host=127.0.0.1', `quarkus.management.port=${managementPort}`,
    'apicurio.storage.kind=sql', 'apicurio.storage.sql.kind=h2',
    // As Confluent's registry is by default; the client refuses subjects whose level differs from its own.
    'apicurio.rules.global.compatibility=BACKWARD', 'apicurio.ccompat.use-canonical-hash=true', 'apicurio.ccompat.max-subjects=100000',
    'apicurio.rest.deletion.artifact.enabled=true', 'apicurio.rest.deletion.artifact-version.enabled=true', 'apicurio.rest.deletion.group.enabled=true',
    'apicurio.datasource.jdbc.initial-size=4', 'apicurio.datasource.jdbc.min-size=4',
  ].map((option) => `-D${option}`);
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(({ ok }) => ok, () => false);
}

async function register(url: string, subject: string, schema: string): Promise<number> {
  const reply = await fetch(`${url}/subjects/${encodeURIComponent(subject)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
  });
  if (!reply.ok) throw new Error(`registering ${subject} failed: ${reply.status} ${await reply.text()}`);
  return ((await reply.json()) as { id: number }).id;
}
