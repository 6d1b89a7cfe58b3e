import { readFileSync } from 'node:fs';
import { NO_TRACING, type Tracing } from './tracing.ts';
import type { TracingConfig } from './tracing-config.ts';

export interface OpenedTracing {
  readonly tracing: Tracing;
  /** Spans sent to the collector, and given up, since the start; null: nothing is traced. */
  sent(): { readonly sent: number; readonly failed: number } | null;
  stop(): Promise<void>;
}

/** What a log is told so that its lines name the trace they belong to. */
export function logOf(tracing: Tracing): { readonly mixin?: () => object } {
  return tracing === NO_TRACING ? {} : { mixin: () => tracing.ids() };
}

/** Tracing as it is configured; where it is not, nothing of OpenTelemetry is even loaded. */
export async function openTracing(config: TracingConfig | null, { serviceName, note }: { readonly serviceName: string; readonly note: (facts: object, text: string) => void }): Promise<OpenedTracing> {
  if (config === null) return { tracing: NO_TRACING, sent: () => null, stop: () => Promise.resolve() };
  const { OtelTracing } = await import('./otel-tracing.ts');
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };
  const tracing = new OtelTracing(config, { serviceName, version, note });
  return { tracing, sent: () => tracing.sent(), stop: () => tracing.stop() };
}
