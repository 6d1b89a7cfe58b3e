import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ingestProcessConfig } from '../ingest/process-config.ts';
import { specification } from '../server/catalog-service.ts';
import { serverConfig } from '../server/config.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DEPLOY = join(ROOT, 'deploy');
const text = (file: string): string => readFileSync(join(DEPLOY, file), 'utf8');
const YAMLS = readdirSync(DEPLOY, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
/** Longest stop of either process, s; `main.ts` of both. */
const STOP_DEADLINE_S = 25;

type Role = 'server' | 'ingest';
type Env = Readonly<Record<string, string>>;
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: number };
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly restartPolicy?: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string }; readonly secretRef?: { readonly name: string } }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean; readonly allowPrivilegeEscalation: boolean };
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Env;
  readonly stringData?: Env;
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Env };
      readonly spec: {
        readonly enableServiceLinks: boolean; readonly terminationGracePeriodSeconds: number; readonly securityContext: { readonly runAsNonRoot: boolean };
        readonly initContainers: readonly Container[]; readonly containers: readonly Container[];
      };
    };
    readonly ports: readonly { readonly targetPort: string }[];
  };
}
interface Service {
  readonly image: string;
  readonly environment: Env;
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly network_mode?: string;
  readonly read_only?: boolean;
}

const documents = (file: string) => parseAllDocuments(text(file), { merge: true, uniqueKeys: true });
const valuesOf = (file: string): unknown[] => documents(file).map((document): unknown => document.toJS());
const manifests = YAMLS.filter((file) => file.startsWith('kubernetes/')).flatMap((file) => valuesOf(file) as Manifest[]);
const manifest = (kind: string, name: string): Manifest => {
  const found = manifests.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found;
};
const [compose] = valuesOf('compose.yaml') as { readonly services: Readonly<Record<string, Service>> }[];
const services = compose!.services;

function portOf(role: Role, env: Env): number {
  const outcome = role === 'server' ? serverConfig(env) : ingestProcessConfig(env);
  if (outcome.outcome === 'refused') throw new Error(outcome.mistakes.join('\n'));
  return outcome.config.port;
}
/** Routes of a proxy's status port, and the port behind it. */
function statusOf(configuration: string): { readonly listens: number; readonly routes: readonly string[]; readonly behind: readonly string[] } {
  const routes = [...configuration.matchAll(/location = (\S+) \{ proxy_pass http:\/\/127\.0\.0\.1:(\S+); \}/g)];
  return { listens: Number(/listen (\d+);/.exec(configuration)?.[1]), routes: routes.map(([, route = '']) => route), behind: [...new Set(routes.map(([, , port = '']) => port))] };
}
const paths = Object.keys((specification() as { paths: object }).paths);

test.each(YAMLS)('%s is YAML without a key twice', (file) => {
  expect(documents(file).flatMap(({ errors, warnings }) => [...errors, ...warnings].map(({ message }) => message))).toEqual([]);
});

test('images are named plainly, and Node is of the version the tests run with', () => {
  const images = [...Object.values(services).map(({ image }) => image), ...manifests.filter(({ kind }) => kind === 'Deployment').flatMap(({ spec: { template } }) => [...template.spec.initContainers, ...template.spec.containers].map(({ image }) => image))];
  expect(images.filter((image) => !/^(?:[a-z0-9-]+\/)?[a-z0-9-]+(?::[\w.-]+)?$/.test(image))).toEqual([]);
  const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { devDependencies: Env };
  expect([...text('Dockerfile').matchAll(/^FROM node:(\d+)-slim/gm)].map(([, major]) => major)).toEqual([0, 1, 2].map(() => devDependencies['node']?.split('.')[0]));
});

test('the image holds what is there, and starts a program that is', () => {
  const copied = [...text('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) => names.split(' '));
  const allowed = text('Dockerfile.dockerignore').split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
  expect([...new Set(copied)].sort()).toEqual(allowed.sort());
  for (const name of copied) expect(existsSync(join(ROOT, name)), name).toBe(true);
  const programs = [text('Dockerfile'), text('compose.yaml'), text('kubernetes/ingest.yaml')].flatMap((said) => [...said.matchAll(/"((?:server|ingest)\/[\w/-]+\.ts)"\]/g)].map(([, program = '']) => program));
  expect(programs).toEqual(['server/main.ts', 'ingest/main.ts', 'ingest/main.ts']);
  for (const program of programs) expect(existsSync(join(ROOT, program)), program).toBe(true);
});

test('the image builds the portal, and holds neither its sources nor what built it', () => {
  const stages = text('Dockerfile').split(/^FROM /m).slice(1);
  const [packages = '', portal = '', image = ''] = stages;
  expect(stages).toHaveLength(3);
  expect(packages).toContain('npm ci --omit=dev --ignore-scripts');
  expect(portal).toMatch(/package-lock\.json tsconfig\.json \.\/[^]*npm ci --ignore-scripts [^]*COPY web web\nRUN node node_modules\/vite\/bin\/vite\.js build --config web\/vite\.config\.ts/);
  expect(image).toContain('COPY --from=portal /sluice/web/dist web/dist');
  expect(image).toContain('COPY --from=packages /sluice/node_modules node_modules');
  expect(image).not.toContain('COPY web');
  // What was built here before is not what the image is to hold.
  expect(text('Dockerfile.dockerignore').trimEnd().split('\n').at(-1)).toBe('web/dist');
  for (const file of ['node_modules/vite/bin/vite.js', 'web/vite.config.ts']) expect(existsSync(join(ROOT, file)), file).toBe(true);
});

describe.each<Role>(['server', 'ingest'])('the %s in compose', (role) => {
  const service = services[role]!;
  const env = Object.fromEntries(Object.entries(service.environment).map(([name, value]) => [name, value.replace(/\$\{SLUICE_NEO4J_PASSWORD:\?[^}]*\}/, 'a-password')]));

  test('is configured by its settings, with none unknown and none missing', () => {
    expect(portOf(role, env)).toBe(role === 'server' ? 7420 : 7421);
    const { SLUICE_REGISTRY_URL: _, ...less } = env;
    if (role === 'ingest') expect(() => portOf(role, less)).toThrow('SLUICE_REGISTRY_URL is needed');
    expect(() => portOf(role, { ...env, SLUICE_STORE_PASSWORD: 'x' })).toThrow('is no setting of Sluice');
  });

  test('is asked for its health where it listens', () => {
    const [, port, path] = /127\.0\.0\.1:(\d+)(\/\w+)/.exec(service.healthcheck?.test.join(' ') ?? '') ?? [];
    expect([Number(port), paths.includes(path ?? '')]).toEqual([portOf(role, env), true]);
    expect(service.read_only).toBe(true);
  });
});

test('the proxy in compose shares the network of the server, asks for a password, and publishes loopback alone', () => {
  expect(services['proxy']?.network_mode).toBe('service:server');
  const api = text('proxy/server.compose.conf');
  expect(api).toMatch(/auth_basic_user_file [^]*proxy_pass http:\/\/127\.0\.0\.1:7420;/);
  const listens = [/listen (\d+);/.exec(api)?.[1], String(statusOf(text('proxy/status.conf')).listens)];
  expect(services['server']?.ports?.map((port) => port.split(':')[2])).toEqual(listens);
  expect(services['server']?.ports?.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
  expect(services['proxy']?.environment['SLUICE']).toBe('7420');
});

describe.each<Role>(['server', 'ingest'])('the %s in Kubernetes', (role) => {
  const { template } = manifest('Deployment', `sluice-${role}`).spec;
  const { containers: [sluice], initContainers: [proxy] } = template.spec;
  const env: Env = {
    ...Object.assign({}, ...(sluice!.envFrom ?? []).map(({ configMapRef, secretRef }) => (configMapRef === undefined ? manifest('Secret', secretRef!.name).stringData : manifest('ConfigMap', configMapRef.name).data))) as Env,
    ...Object.fromEntries((sluice!.env ?? []).map(({ name, value }) => [name, value])),
  };
  const status = statusOf(manifest('ConfigMap', 'sluice-proxy').data?.['status.conf.template'] ?? '');

  test('is configured by its settings, with none unknown and none missing, traces among them', () => {
    expect(portOf(role, env)).toBe(Number(proxy!.env?.find(({ name }) => name === 'SLUICE')?.value));
    const outcome = role === 'server' ? serverConfig(env) : ingestProcessConfig(env);
    expect(outcome).toMatchObject({ outcome: 'configured', config: { tracing: { sampler: { ratio: 0.01 } }, host: '127.0.0.1' } });
  });

  test('is probed by routes there are, at a port the proxy has', () => {
    for (const { httpGet: { path, port } } of [sluice!.startupProbe, sluice!.livenessProbe, sluice!.readinessProbe]) {
      expect([paths.includes(path), status.routes.includes(path), port]).toEqual([true, true, status.listens]);
      expect(proxy!.ports?.map(({ containerPort }) => containerPort)).toContain(port);
    }
    const { 'prometheus.io/path': path = '', 'prometheus.io/port': port } = template.metadata.annotations;
    expect([status.routes.includes(path), Number(port)]).toEqual([true, status.listens]);
    expect(status.behind).toEqual(['${SLUICE}']);
  });

  test('starts its proxy first, may stop in peace, and has no rights it does not need', () => {
    expect(proxy!.restartPolicy).toBe('Always');
    expect(template.spec.terminationGracePeriodSeconds).toBeGreaterThan((sluice!.lifecycle?.preStop.sleep.seconds ?? 0) + STOP_DEADLINE_S);
    // A service's link would be a setting nobody knows.
    expect(template.spec.enableServiceLinks).toBe(false);
    expect(template.spec.securityContext.runAsNonRoot).toBe(true);
    for (const { securityContext } of [sluice!, proxy!]) expect(securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
  });
});

test('the stop deadlines the manifests count on are those of the processes', () => {
  for (const file of ['server/main.ts', 'ingest/main.ts']) expect(readFileSync(join(ROOT, file), 'utf8')).toContain(`STOP_DEADLINE_MS = ${STOP_DEADLINE_S}_000;`);
});

test('the service leads to the port that asks for a certificate', () => {
  const https = manifest('Deployment', 'sluice-server').spec.template.spec.initContainers[0]!.ports?.find(({ name }) => name === manifest('Service', 'sluice').spec.ports[0]?.targetPort);
  expect(manifest('ConfigMap', 'sluice-proxy').data?.['server.conf.template']).toMatch(new RegExp(`listen ${https?.containerPort} ssl;[^]*ssl_verify_client on;[^]*proxy_pass http://127\\.0\\.0\\.1:7420;`));
});

test('both proxies tell the same of a process', () => {
  expect(statusOf(text('proxy/status.conf'))).toEqual(statusOf(manifest('ConfigMap', 'sluice-proxy').data?.['status.conf.template'] ?? ''));
});
