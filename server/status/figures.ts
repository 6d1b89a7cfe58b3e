import { collectDefaultMetrics, Counter, Gauge, type Registry } from 'prom-client';
import type { Readiness } from './readiness.ts';

/** What a part counts, read when somebody asks. */
export interface FigureSource {
  readonly part: string;
  figures(): readonly { readonly name: string; readonly help: string; readonly kind: 'counter' | 'gauge'; readonly value: number }[];
}

/** Prometheus metrics of the process itself: memory, CPU, event loop, garbage collection. */
export function addProcessFigures(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
}

/** Adds `sluice_<name>` for every figure, labelled by part: parts of one kind share a metric. */
export function addFigures(registry: Registry, sources: readonly FigureSource[]): void {
  const kinds = new Map(sources.flatMap((source) => source.figures().map((figure) => [figure.name, figure] as const)));
  for (const { name, help, kind } of kinds.values()) {
    const values = (): [string, number][] => sources.flatMap((source) => source.figures().filter((figure) => figure.name === name).map(({ value }): [string, number] => [source.part, value]));
    const options = { name: `sluice_${name}`, help, labelNames: ['part'], registers: [registry] };
    if (kind === 'gauge') new Gauge({ ...options, collect() { values().forEach(([part, value]) => this.set({ part }, value)); } });
    else new Counter({ ...options, collect() { this.reset(); values().forEach(([part, value]) => this.inc({ part }, value)); } });
  }
}

/** Adds how many spans were sent; nothing where nothing is traced. */
export function addTraceFigures(registry: Registry, spans: () => { readonly sent: number; readonly failed: number } | null): void {
  if (spans() === null) return;
  const show = (counter: Counter): void => Object.entries(spans() ?? {}).forEach(([outcome, count]) => counter.inc({ outcome }, count));
  new Counter({ name: 'sluice_trace_spans_total', help: 'Spans sent to the collector, and given up because it did not take them', labelNames: ['outcome'], registers: [registry], collect() { this.reset(); show(this); } });
}

/** Adds whether each part can do its work. */
export function addReadiness(registry: Registry, readiness: Readiness): void {
  new Gauge({
    name: 'sluice_ready', help: 'Whether a part can do its work', labelNames: ['part'], registers: [registry],
    async collect() {
      for (const { part, ready } of await readiness()) this.set({ part }, ready ? 1 : 0);
    },
  });
}
