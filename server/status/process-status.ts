import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { FigureSource } from './figures.ts';
import type { PartReadiness, Readiness } from './readiness.ts';

/** Which of the processes on one store it is. */
export interface ProcessIdentity {
  readonly kind: 'server' | 'ingest';
  /** Host, process id and a mark of this start, between `/`; unique. */
  readonly instance: string;
  /** ms. */
  readonly startedAt: number;
}
export interface PartFigure {
  readonly part: string;
  /** Without `sluice_`. */
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  /** null where the part cannot tell. */
  readonly value: number | null;
}
/** What a process says of itself; nothing that `/readyz` and `/metrics` do not show. */
export interface ProcessStatus {
  readonly parts: readonly PartReadiness[];
  readonly figures: readonly PartFigure[];
}

export function thisProcess(kind: ProcessIdentity['kind'], clock: () => number): ProcessIdentity {
  return { kind, instance: `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`, startedAt: clock() };
}

/** Whether both ran in one place: of two there the one that is silent was followed by the other, as a container that starts again is. */
export function inOnePlace(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.kind === b.kind && placeOf(a) === placeOf(b);
}

/** Asks anew with every call, in the time readiness takes. */
export function statusOf({ readiness, sources }: { readonly readiness: Readiness; readonly sources: readonly FigureSource[] }): () => Promise<ProcessStatus> {
  return async () => {
    const parts = await readiness();
    const figures = sources.flatMap((source) => source.figures().map(({ name, help, kind, value }) => ({ part: source.part, name, help, kind, value: Number.isFinite(value) ? value : null })));
    return { parts, figures };
  };
}

function placeOf({ instance }: ProcessIdentity): string {
  return instance.slice(0, instance.lastIndexOf('/'));
}
