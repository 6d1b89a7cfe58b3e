/** What a span tells, under the names of OpenTelemetry's conventions or of `sluice.`: never a secret, never the text of a schema or program. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

export interface Span {
  note(facts: SpanFacts): void;
}
/** A span that does not end with a piece of work but when somebody says so. */
export interface OpenSpan extends Span {
  /** Runs work of which this span is the parent. */
  within<T>(work: () => T): T;
  rename(name: string): void;
  /** Only the first time counts. `failure`: what kind of failure it ended with; null: none that concerns this side. */
  end(failure: string | null): void;
}
/** A place in a trace as the headers of W3C's Trace Context tell it. */
export interface TraceHeaders {
  readonly traceparent: string | undefined;
  readonly tracestate?: string | undefined;
}
export interface SpanStart {
  readonly kind?: 'server' | 'consumer';
  readonly facts?: SpanFacts;
  /** Where the trace comes from; without one that can be read, it is part of what runs here, or begins here. */
  readonly parent?: TraceHeaders;
  /** What else led to it. */
  readonly links?: readonly TraceHeaders[];
}

/** Tells where time goes, request by request. Whoever is given none does the same work untold. */
export interface Tracing {
  /** Runs work as a span with this name, which names a kind of work, not a piece of it. Ends with it; a failure is told by its kind. */
  span<T>(name: string, work: (span: Span) => T, start?: SpanStart): T;
  open(name: string, start: SpanStart): OpenSpan;
  /** The trace that runs here now, for a line of the log; nothing where none does. */
  ids(): { readonly trace_id?: string; readonly span_id?: string };
}

export const NO_SPAN: OpenSpan = { note: () => undefined, within: (work) => work(), rename: () => undefined, end: () => undefined };
export const NO_TRACING: Tracing = { span: (_, work) => work(NO_SPAN), open: () => NO_SPAN, ids: () => ({}) };
