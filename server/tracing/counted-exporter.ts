import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

export interface SentSpans {
  readonly sent: number;
  /** Given up, because the collector did not take them. */
  readonly failed: number;
}

/** An exporter that counts, and says once when sending begins to fail and once when it works again. */
export class CountedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #note: (facts: object, text: string) => void;
  #sent = 0;
  #failed = 0;
  #failing = false;

  constructor(exporter: SpanExporter, note: (facts: object, text: string) => void) {
    this.#exporter = exporter;
    this.#note = note;
  }

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.#exporter.export(spans, (result) => {
      // As OpenTelemetry numbers them: 0 is success.
      const failed = result.code !== 0;
      if (failed) this.#failed += spans.length;
      else this.#sent += spans.length;
      if (failed !== this.#failing) this.#note({ sent: this.#sent, failed: this.#failed, ...(result.error === undefined ? {} : { reason: result.error.message }) }, failed ? 'traces cannot be sent' : 'traces are sent again');
      this.#failing = failed;
      done(result);
    });
  }

  sent(): SentSpans {
    return { sent: this.#sent, failed: this.#failed };
  }
  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush?.() ?? Promise.resolve();
  }
  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}
