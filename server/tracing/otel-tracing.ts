import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Context, type Link, ROOT_CONTEXT, type Span as OtelSpan, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOffSampler, AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler, type Sampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { CountedExporter, type SentSpans } from './counted-exporter.ts';
import { placeOf } from './trace-place.ts';
import { NO_SPAN, type OpenSpan, type Span, type SpanStart, type TraceHeaders, type Tracing } from './tracing.ts';
import type { TracingConfig } from './tracing-config.ts';

/** How long the last spans may take to be sent at a stop, ms: a collector that is down must not hold it up. */
const FLUSH_MS = 2_000;
/** Links of one span: a batch of 200 messages may come from as many traces, and the first tell enough. */
const LINKS = 32;
const KINDS = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER } as const;

export interface TracedProcess {
  readonly serviceName: string;
  readonly version: string;
  /** Told when spans can no longer be sent, and when they can again. */
  readonly note: (facts: object, text: string) => void;
}

/** Traces by OpenTelemetry's SDK; nothing is registered for the whole process. The only file that knows it. */
export class OtelTracing implements Tracing {
  readonly #contexts = new AsyncLocalStorageContextManager();
  readonly #provider: TracerProvider;
  readonly #exporter: CountedExporter;
  readonly #tracer: Tracer;

  constructor({ endpoint, headers, serviceName, resource, sampler, batch }: TracingConfig, { serviceName: byDefault, version, note }: TracedProcess) {
    const own = { 'service.name': byDefault, 'service.version': version, 'service.instance.id': randomUUID(), ...resource, ...(serviceName === null ? {} : { 'service.name': serviceName }) };
    this.#exporter = new CountedExporter(new OTLPTraceExporter({ url: endpoint, headers }), note);
    this.#provider = new TracerProvider({
      resource: defaultResource().merge(resourceFromAttributes(own)),
      sampler: samplerOf(sampler),
      spanLimits: { linkCountLimit: LINKS },
      spanProcessors: [new BatchSpanProcessor({ exporter: this.#exporter, ...batch })],
    });
    this.#tracer = this.#provider.getTracer('sluice', version);
  }

  span<T>(name: string, work: (span: Span) => T, start: SpanStart = {}): T {
    // What lies inside of what is left out is left out as well, and need not cost anything.
    if (start.parent === undefined && trace.getSpan(this.#contexts.active())?.isRecording() === false) return work(NO_SPAN);
    const span = this.open(name, start);
    try {
      const done = span.within(() => work(span));
      if (!(done instanceof Promise)) {
        span.end(null);
        return done;
      }
      done.then(() => span.end(null), (failure: unknown) => span.end(kindOf(failure)));
      return done;
    } catch (failure) {
      span.end(kindOf(failure));
      throw failure;
    }
  }

  open(name: string, { kind, facts = {}, parent, links = [] }: SpanStart): OpenSpan {
    const place = parent === undefined ? null : placeOf(parent);
    const around = place === null ? this.#contexts.active() : trace.setSpanContext(ROOT_CONTEXT, place);
    const span = this.#tracer.startSpan(name, { ...(kind === undefined ? {} : { kind: KINDS[kind] }), attributes: facts, links: linksOf(links) }, around);
    return new OpenOtelSpan(span, trace.setSpan(around, span), this.#contexts);
  }

  ids(): { readonly trace_id?: string; readonly span_id?: string } {
    const place = trace.getSpanContext(this.#contexts.active());
    return place === undefined ? {} : { trace_id: place.traceId, span_id: place.spanId };
  }

  /** Since the start. */
  sent(): SentSpans {
    return this.#exporter.sent();
  }

  /** Sends what is still to be sent, as long as that is quick. */
  async stop(): Promise<void> {
    await Promise.race([this.#provider.shutdown().catch(() => undefined), sleep(FLUSH_MS, undefined, { ref: false })]);
  }
}

class OpenOtelSpan implements OpenSpan {
  readonly #span: OtelSpan;
  readonly #context: Context;
  readonly #contexts: AsyncLocalStorageContextManager;
  #ended = false;

  constructor(span: OtelSpan, context: Context, contexts: AsyncLocalStorageContextManager) {
    this.#span = span;
    this.#context = context;
    this.#contexts = contexts;
  }

  within<T>(work: () => T): T {
    return this.#contexts.with(this.#context, work);
  }
  note(facts: Readonly<Record<string, string | number | boolean>>): void {
    this.#span.setAttributes(facts);
  }
  rename(name: string): void {
    this.#span.updateName(name);
  }
  end(failure: string | null): void {
    if (this.#ended) return;
    this.#ended = true;
    // The kind alone: the words of a failure may repeat what was sent.
    if (failure !== null) this.#span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', failure);
    this.#span.end();
  }
}

function linksOf(links: readonly TraceHeaders[]): Link[] {
  const places = new Map<string, Link>();
  for (const headers of links) {
    const context = placeOf(headers);
    if (context !== null) places.set(`${context.traceId} ${context.spanId}`, { context });
    if (places.size === LINKS) break;
  }
  return [...places.values()];
}

function samplerOf({ root, ratio, parentBased }: TracingConfig['sampler']): Sampler {
  const own = root === 'always_on' ? new AlwaysOnSampler() : root === 'always_off' ? new AlwaysOffSampler() : new TraceIdRatioBasedSampler(ratio);
  return parentBased ? new ParentBasedSampler({ root: own }) : own;
}

/** A problem's slug, the kind or reason of an outage, else its class. */
function kindOf(failure: unknown): string {
  for (const name of ['slug', 'kind', 'reason'] as const) {
    const kind: unknown = failure instanceof Error && name in failure ? (failure as Error & Record<typeof name, unknown>)[name] : null;
    if (typeof kind === 'string') return kind;
  }
  return failure instanceof Error ? failure.name : 'unknown';
}
