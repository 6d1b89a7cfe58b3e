import type { Environment } from '../outside/settings.ts';

/** What OpenTelemetry's own variables tell of traces. */
export interface TracingConfig {
  /** Where spans are sent, as OTLP in JSON over HTTP. */
  readonly endpoint: string;
  /** Sent along; they may hold secrets. */
  readonly headers: Readonly<Record<string, string>>;
  /** null: the process has a name of its own. */
  readonly serviceName: string | null;
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: { readonly root: 'always_on' | 'always_off' | 'traceidratio'; readonly ratio: number; readonly parentBased: boolean };
  readonly batch: { readonly scheduledDelayMillis: number; readonly maxQueueSize: number; readonly maxExportBatchSize: number };
}

const SAMPLERS = ['always_on', 'always_off', 'traceidratio', 'parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const;
/** The specification's. */
const BATCH = { scheduledDelayMillis: 5_000, maxQueueSize: 2_048, maxExportBatchSize: 512 } as const;
const TRACES_PATH = 'v1/traces';

/**
 * Reads `OTEL_*` as OpenTelemetry's specification of environment variables names them; an empty one counts as not set. null
 * where no endpoint is set or tracing is switched off, and then nothing else of it is looked at: others may share the
 * variables. Every mistake is added to `mistakes`.
 */
export function tracingConfig(environment: Environment, mistakes: string[]): TracingConfig | null {
  const env: Environment = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'];
  if (endpoint === undefined || env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none') return null;
  requireOtlp(env, mistakes);
  return {
    endpoint: endpointOf(env, mistakes),
    headers: { ...pairsOf('OTEL_EXPORTER_OTLP_HEADERS', env, mistakes), ...pairsOf('OTEL_EXPORTER_OTLP_TRACES_HEADERS', env, mistakes) },
    serviceName: env['OTEL_SERVICE_NAME'] ?? null,
    resource: pairsOf('OTEL_RESOURCE_ATTRIBUTES', env, mistakes),
    sampler: samplerOf(env, mistakes),
    batch: batchOf(env, mistakes),
  };
}

/** Everything else would be heard by nobody. */
function requireOtlp(env: Environment, mistakes: string[]): void {
  const [exporter, protocol] = [env['OTEL_TRACES_EXPORTER'] ?? 'otlp', env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'] ?? env['OTEL_EXPORTER_OTLP_PROTOCOL'] ?? 'http/json'];
  if (exporter !== 'otlp') mistakes.push(`OTEL_TRACES_EXPORTER is "${exporter}", not otlp or none`);
  if (protocol !== 'http/json') mistakes.push(`OTEL_EXPORTER_OTLP_PROTOCOL is "${protocol}": Sluice sends http/json alone, which collectors take where they take http/protobuf`);
}

/** That of traces is taken as it is, the common one is where the paths of all signals begin. */
function endpointOf(env: Environment, mistakes: string[]): string {
  const own = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  const [name, text] = own === undefined ? ['OTEL_EXPORTER_OTLP_ENDPOINT', env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? ''] : ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', own];
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    mistakes.push(`${name} is not an http(s) address`);
    return '';
  }
  return own ?? `${text.replace(/\/$/, '')}/${TRACES_PATH}`;
}

/** `key=value,…`, percent-encoded. What stands there is not shown: it may be a secret. */
function pairsOf(name: string, env: Environment, mistakes: string[]): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const part of (env[name] ?? '').split(',').filter((text) => text.trim() !== '')) {
    const [, key, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    try {
      if (key === undefined || value === undefined) throw new URIError('no key=value');
      pairs[decodeURIComponent(key)] = decodeURIComponent(value);
    } catch {
      mistakes.push(`${name} is not a list of key=value, percent-encoded and separated by commas`);
      return {};
    }
  }
  return pairs;
}

function samplerOf(env: Environment, mistakes: string[]): TracingConfig['sampler'] {
  const name = env['OTEL_TRACES_SAMPLER'] ?? 'parentbased_always_on';
  const known = SAMPLERS.find((sampler) => sampler === name);
  if (known === undefined) mistakes.push(`OTEL_TRACES_SAMPLER is "${name}", not one of ${SAMPLERS.join(', ')}`);
  const ratio = Number(env['OTEL_TRACES_SAMPLER_ARG'] ?? 1);
  const root = (['always_off', 'traceidratio'] as const).find((kind) => name.endsWith(kind)) ?? 'always_on';
  if (root === 'traceidratio' && !(ratio >= 0 && ratio <= 1)) mistakes.push(`OTEL_TRACES_SAMPLER_ARG is "${env['OTEL_TRACES_SAMPLER_ARG']}", not a ratio from 0 to 1`);
  return { root, ratio, parentBased: name.startsWith('parentbased_') };
}

function batchOf(env: Environment, mistakes: string[]): TracingConfig['batch'] {
  const whole = (name: string, byDefault: number): number => {
    const value = Number(env[name] ?? byDefault);
    if (!Number.isInteger(value) || value < 1) mistakes.push(`${name} is "${env[name]}", not a whole number from 1 on`);
    return value;
  };
  const batch = { scheduledDelayMillis: whole('OTEL_BSP_SCHEDULE_DELAY', BATCH.scheduledDelayMillis), maxQueueSize: whole('OTEL_BSP_MAX_QUEUE_SIZE', BATCH.maxQueueSize), maxExportBatchSize: whole('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', BATCH.maxExportBatchSize) };
  if (batch.maxExportBatchSize > batch.maxQueueSize) mistakes.push('OTEL_BSP_MAX_EXPORT_BATCH_SIZE is more than OTEL_BSP_MAX_QUEUE_SIZE');
  return batch;
}
