import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const SUBJECTS = ['registered-version.ts', 'reference-texts.ts', 'subject-changes.ts', 'subject-names.ts', 'subject-settings.ts'].map((file) => `server/registry/${file}`);

const TRACING = 'server/tracing/tracing.ts';

/** What each layer may import of this repository, and which packages; `node:` modules are listed where they matter. */
const LAYERS: readonly { folder: string; may: readonly string[]; packages: readonly string[] | 'any'; node: boolean }[] = [
  { folder: 'server/catalog', may: ['server/catalog'], packages: [], node: false },
  { folder: 'server/graph', may: ['server/catalog', 'server/graph'], packages: [], node: true },
  { folder: 'server/store', may: ['server/catalog', 'server/store'], packages: ['neo4j-driver'], node: true },
  // How servers of somebody else are asked.
  { folder: 'server/outside', may: [TRACING, 'server/outside'], packages: [], node: true },
  // Of the store only what it promises, never an implementation.
  { folder: 'server/registry', may: ['server/catalog', 'server/store/store.ts', 'server/outside', TRACING, 'server/registry'], packages: [], node: true },
  { folder: 'server/queries', may: ['server/catalog', 'server/graph', 'server/store', 'server/queries', 'server/problem.ts'], packages: [], node: true },
  { folder: 'server/actions', may: ['server/catalog', 'server/graph', 'server/store', 'server/queries', 'server/actions', 'server/problem.ts', TRACING], packages: [], node: true },
  // What everybody may tell in a trace is one file, without a package.
  { folder: 'server/tracing', may: ['server/tracing', 'server/outside/settings.ts'], packages: ['@opentelemetry/api', '@opentelemetry/context-async-hooks', '@opentelemetry/exporter-trace-otlp-http', '@opentelemetry/resources', '@opentelemetry/sdk-trace'], node: true },
  // How people are told.
  { folder: 'server/webhooks', may: ['server/catalog', 'server/store', 'server/outside', 'server/actions', 'server/problem.ts', 'server/webhooks'], packages: [], node: true },
  // Who callers are; of the store and of HTTP it knows nothing.
  { folder: 'server/identity', may: ['server/catalog', 'server/outside', 'server/queries/bounded-cache.ts', 'server/problem.ts', 'server/identity'], packages: ['jose'], node: true },
  { folder: 'server/permits', may: ['server/catalog', 'server/actions', 'server/permits'], packages: ['jose'], node: true },
  // What a process tells of itself.
  { folder: 'server/status', may: ['server/status', 'server/store/store.ts', TRACING], packages: ['fastify', 'prom-client'], node: true },
  {
    folder: 'server/http',
    may: ['server/catalog', 'server/graph', 'server/store', 'server/queries', 'server/actions', 'server/problem.ts', 'server/status', TRACING, 'server/webhooks', 'server/http'],
    packages: ['fastify', 'fastify-openapi-glue', '@fastify/static', '@fastify/swagger', '@fastify/swagger-ui', 'ajv', 'ajv-formats', 'prom-client'],
    node: true,
  },
  // Of the registry what its subjects mean to the catalog, never its client.
  { folder: 'ingest', may: ['server/status', 'server/process-config.ts', 'server/graceful-stop.ts', 'server/catalog', 'server/store', 'server/outside', 'server/actions', 'server/tracing', ...SUBJECTS, 'ingest'], packages: 'any', node: true },
];

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g)].map((m) => m[1] ?? m[2] ?? m[3] ?? '');
}

function packageOf(specifier: string): string {
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

test.each(LAYERS)('$folder imports only what lies below it', ({ folder, may, packages, node }) => {
  const wrong = filesIn(folder).flatMap((file) =>
    importsOf(file)
      .filter((specifier) => {
        if (specifier.startsWith('.')) {
          const target = normalize(join(dirname(file), specifier));
          return !may.some((allowed) => target === allowed || target.startsWith(`${allowed}/`));
        }
        if (specifier.startsWith('node:')) return !node;
        return packages !== 'any' && !packages.includes(packageOf(specifier));
      })
      .map((specifier) => `${file} imports ${specifier}`),
  );
  expect(wrong).toEqual([]);
});

test('one file alone knows each outside system', () => {
  const everything = ['server', 'ingest'].flatMap(filesIn);
  const importers = (name: string) => everything.filter((file) => importsOf(file).some((s) => packageOf(s) === name));
  expect(importers('kafkajs')).toEqual(['ingest/consumer.ts', 'ingest/kafka-client.ts', 'ingest/schemas-topic/topic-reader.ts']);
  expect(importers('@kafkajs/confluent-schema-registry').filter((file) => !file.startsWith('ingest/decode/') && file !== 'ingest/demo/encode.ts')).toEqual([]);
  expect(everything.filter((file) => importsOf(file).some((s) => s.endsWith('/registry-client.ts')) && !file.startsWith('server/registry/'))).toEqual([]);
  const ofOpenTelemetry = everything.filter((file) => importsOf(file).some((s) => s.startsWith('@opentelemetry/')));
  expect(ofOpenTelemetry).toEqual(['server/tracing/counted-exporter.ts', 'server/tracing/otel-tracing.ts', 'server/tracing/trace-place.ts']);
  // It is loaded where it is configured, and nowhere else.
  expect(everything.filter((file) => importsOf(file).some((s) => s.endsWith('/otel-tracing.ts')))).toEqual(['server/tracing/open-tracing.ts']);
  expect(importers('node:sqlite').filter((file) => !file.startsWith('server/store/'))).toEqual([]);
});

test('the pure core has no clock and no randomness', () => {
  const wrong = filesIn('server/catalog').filter((file) => /Date\.now|new Date\(\)|Math\.random|performance\.now|\basync\s|\bawait\s|process\./.test(readFileSync(join(ROOT, file), 'utf8')));
  expect(wrong).toEqual([]);
});

test('only entry points read the environment', () => {
  const wrong = ['server', 'ingest'].flatMap(filesIn).filter((file) => /process\.env/.test(readFileSync(join(ROOT, file), 'utf8')) && !/(^|\/)(main|config|sluice)\.ts$/.test(file));
  expect(wrong).toEqual([]);
});
