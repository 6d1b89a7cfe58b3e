/** Something this process watches or reads from outside, started and stopped as one. */
export interface Door {
  /** Its part of readiness, unique in the process: `kafka`, `flink main`. */
  readonly part: string;
  /** Whether answers are untrue while it is not ready; otherwise its state is told, and the process is ready all the same. */
  readonly required: boolean;
  /** What is so, fit to show: no secret, no stack. */
  check(): Promise<{ readonly ready: boolean; readonly detail: string }>;
  /** What it counts, read when somebody asks. */
  figures(): readonly Figure[];
  /** Ends what is under way, and waits for it. The store stays open. */
  stop(): Promise<void>;
}

/** One Prometheus metric of a door; its part becomes the label `part`. */
export interface Figure {
  /** Without `sluice_`: `flink_jobs`; of a counter with `_total` at its end. */
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  readonly value: number;
}
