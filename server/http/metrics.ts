import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { addFigures, addProcessFigures, addReadiness, type FigureSource } from '../status/figures.ts';
import type { Readiness } from '../status/readiness.ts';
import type { Answered } from './app.ts';

/** Seconds; the gate answers in milliseconds, and what takes a second is trouble. */
const LATENCY_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5];

export interface Sizes {
  readonly revision: number;
  readonly indexNodes: number;
  readonly indexEdges: number;
  readonly indexBytes: number;
}
export interface RegistryCounts {
  readonly polls: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly changes: number;
  readonly subjects: number;
  readonly faults: number;
  /** null before the first complete poll. */
  readonly ageSeconds: number | null;
}

/** The process's Prometheus metrics: what is counted as it happens, and what is read when asked. */
export class Metrics {
  readonly registry: Registry;
  readonly #gate: Histogram<'outcome'>;
  readonly #http: Histogram<'route' | 'method' | 'status'>;
  readonly #problems: Counter<'route' | 'method' | 'problem'>;
  readonly #lineage: Counter<'outcome'>;

  constructor(registry: Registry = new Registry()) {
    const registers = [registry];
    this.registry = registry;
    this.#gate = new Histogram({ name: 'sluice_gate_decision_seconds', help: 'Time to a recorded decision, or to the problem that kept it away (outcome error)', labelNames: ['outcome'], buckets: LATENCY_BUCKETS, registers });
    this.#http = new Histogram({ name: 'sluice_http_request_seconds', help: 'Time to answer a request', labelNames: ['route', 'method', 'status'], buckets: LATENCY_BUCKETS, registers });
    this.#problems = new Counter({ name: 'sluice_http_problems_total', help: 'Requests answered with a problem, by its slug', labelNames: ['route', 'method', 'problem'], registers });
    this.#lineage = new Counter({ name: 'sluice_lineage_events_total', help: 'OpenLineage events that came over HTTP; refused: they can never be applied', labelNames: ['outcome'], registers });
    // Named before anything happened, so that an alert on the first refusal has something to compare with.
    for (const outcome of ['applied', 'refused']) this.#lineage.inc({ outcome }, 0);
  }

  gateDecided(outcome: string, milliseconds: number): void {
    this.#gate.observe({ outcome }, milliseconds / 1000);
  }

  answered({ route, method, status, problem, milliseconds }: Answered): void {
    this.#http.observe({ route, method, status: String(status) }, milliseconds / 1000);
    if (problem !== null) this.#problems.inc({ route, method, problem });
  }

  lineageTaken({ applied, refused }: { readonly applied: number; readonly refused: number }): void {
    this.#lineage.inc({ outcome: 'applied' }, applied);
    this.#lineage.inc({ outcome: 'refused' }, refused);
  }

  /** Adds what is read at the moment somebody asks. */
  read(sources: { readonly sizes: () => Sizes; readonly behind: () => Promise<number>; readonly doors: readonly FigureSource[]; readonly registry: (() => RegistryCounts) | null; readonly readiness: Readiness }): void {
    const { sizes, behind, doors, registry, readiness } = sources;
    this.#gauge('sluice_revision', 'Newest revision the index holds', () => sizes().revision);
    this.#behindGauge(behind);
    this.#gauge('sluice_index_nodes', 'Nodes in the lineage index', () => sizes().indexNodes);
    this.#gauge('sluice_index_edges', 'Edges in the lineage index', () => sizes().indexEdges);
    this.#gauge('sluice_index_bytes', 'Memory of the lineage index', () => sizes().indexBytes);
    addProcessFigures(this.registry);
    addReadiness(this.registry, readiness);
    addFigures(this.registry, doors);
    if (registry !== null) this.#readRegistry(registry);
  }

  #readRegistry(counts: () => RegistryCounts): void {
    this.#gauge('sluice_registry_age_seconds', 'Age of the last complete poll of the Schema Registry; NaN before the first', () => counts().ageSeconds ?? Number.NaN);
    this.#gauge('sluice_registry_subjects', 'Subjects mirrored', () => counts().subjects);
    this.#gauge('sluice_registry_faults', 'Subjects that cannot be read, or that differ from the catalog', () => counts().faults);
    this.#count('sluice_registry_polls_total', 'Polls begun', () => counts().polls);
    this.#count('sluice_registry_requests_total', 'Requests sent to the Schema Registry', () => counts().requests);
    this.#count('sluice_registry_changes_total', 'Changes taken over', () => counts().changes);
    const show = (counter: Counter): void => Object.entries(counts().failures).forEach(([kind, n]) => counter.inc({ kind }, n));
    new Counter({ name: 'sluice_registry_failures_total', help: 'Polls that failed, by what kept the answer away', labelNames: ['kind'], registers: [this.registry], collect() { this.reset(); show(this); } });
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({ name, help, registers: [this.registry], collect() { this.set(value()); } });
  }

  #count(name: string, help: string, value: () => number): void {
    new Counter({ name, help, registers: [this.registry], collect() { this.reset(); this.inc(value()); } });
  }

  #behindGauge(behind: () => Promise<number>): void {
    // A store that cannot be asked is told by sluice_ready; the other metrics must not fail with it.
    new Gauge({ name: 'sluice_revisions_behind', help: 'Revisions the index is behind the store; NaN when the store cannot be asked', registers: [this.registry], async collect() { this.set(await behind().catch(() => Number.NaN)); } });
  }
}
