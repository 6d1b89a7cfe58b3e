import { expect, test } from 'vitest';
import { placeOf } from '../../server/tracing/trace-place.ts';
import { type TracingConfig, tracingConfig } from '../../server/tracing/tracing-config.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
function read(env: Readonly<Record<string, string>>): { config: TracingConfig | null; mistakes: readonly string[] } {
  const mistakes: string[] = [];
  return { config: tracingConfig(env, mistakes), mistakes };
}

test.each<[string, Record<string, string>]>([
  ['no endpoint', { OTEL_SERVICE_NAME: 'x', OTEL_TRACES_SAMPLER: 'nonsense' }],
  ['an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '' }],
  ['the SDK disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }],
  ['no exporter of traces', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }],
])('with %s nothing is traced, and nothing else is looked at', (_, env) => {
  expect(read(env)).toEqual({ config: null, mistakes: [] });
});

test('has the defaults of the specification', () => {
  expect(read(ENDPOINT)).toEqual({
    mistakes: [],
    config: {
      endpoint: 'http://collector:4318/v1/traces', headers: {}, serviceName: null, resource: {},
      sampler: { root: 'always_on', ratio: 1, parentBased: true }, batch: { scheduledDelayMillis: 5_000, maxQueueSize: 2_048, maxExportBatchSize: 512 },
    },
  });
});

test('the variables of traces go before the common ones, and their endpoint is taken as it is', () => {
  const env = { ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces:4318/own', OTEL_EXPORTER_OTLP_HEADERS: 'a=1, b=2%2C3', OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=other', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod,team=a%20b', OTEL_SERVICE_NAME: 'gate' };
  expect(read(env)).toMatchObject({ mistakes: [], config: { endpoint: 'https://traces:4318/own', headers: { a: 'other', b: '2,3' }, resource: { 'deployment.environment.name': 'prod', team: 'a b' }, serviceName: 'gate' } });
});

test.each([
  ['always_off', '1', { root: 'always_off', ratio: 1, parentBased: false }],
  ['traceidratio', '0.25', { root: 'traceidratio', ratio: 0.25, parentBased: false }],
  ['parentbased_traceidratio', '0.01', { root: 'traceidratio', ratio: 0.01, parentBased: true }],
  ['parentbased_always_off', '', { root: 'always_off', ratio: 1, parentBased: true }],
])('reads the sampler %s of %s', (name, argument, sampler) => {
  expect(read({ ...ENDPOINT, OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: argument }).config?.sampler).toEqual(sampler);
});

test('reports every mistake at once, and shows no header', () => {
  const { mistakes } = read({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_TRACES_EXPORTER: 'zipkin', OTEL_EXPORTER_OTLP_HEADERS: 'authorization: s3cret',
    OTEL_TRACES_SAMPLER: 'sometimes', OTEL_RESOURCE_ATTRIBUTES: 'a=%zz', OTEL_BSP_MAX_QUEUE_SIZE: '0',
  });
  expect(mistakes.map((mistake) => mistake.split(' ')[0])).toEqual(['OTEL_TRACES_EXPORTER', 'OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_RESOURCE_ATTRIBUTES', 'OTEL_TRACES_SAMPLER', 'OTEL_BSP_MAX_QUEUE_SIZE', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE']);
  expect(mistakes.join()).not.toContain('s3cret');
  expect(read({ ...ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }).mistakes).toHaveLength(1);
});

const [TRACE, SPAN] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
test.each([
  [`00-${TRACE}-${SPAN}-01`, 1],
  [`00-${TRACE}-${SPAN}-00`, 0],
  [`cc-${TRACE}-${SPAN}-01-what-comes`, 1],
])('finds the place in a trace that %s tells', (traceparent, traceFlags) => {
  expect(placeOf({ traceparent })).toMatchObject({ traceId: TRACE, spanId: SPAN, traceFlags, isRemote: true });
});
test.each(['', 'nonsense', `ff-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01-more`, `00-${'0'.repeat(32)}-${SPAN}-01`, `00-${TRACE}-${'0'.repeat(16)}-01`, `00-${TRACE.toUpperCase()}-${SPAN}-01`])('%s tells no place', (traceparent) => {
  expect(placeOf({ traceparent, tracestate: 'a=b' })).toBeNull();
});
