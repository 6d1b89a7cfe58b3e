import type { Schemas } from '../shared/api.ts';

type Platform = Pick<Schemas['Platform'], 'processes' | 'othersUnknown'>;
type Process = Schemas['ProcessStatus'];
export type Part = Schemas['PartReadiness'] & { readonly process: Process };
export type Figure = Schemas['PartFigure'] & { readonly process: Process };
export type PartState = 'ready' | 'not ready' | 'not heard from';

/** How a part is; of a process that is not heard from nobody knows how it is now. */
export function stateOf({ ready, process }: Part): PartState {
  return process.state === 'silent' ? 'not heard from' : ready ? 'ready' : 'not ready';
}

/** A process as people tell it from others: `ingest sluice-ingest-0`. */
export function processName({ kind, instance, state }: Process): string {
  return state === 'here' ? `${kind}, this one` : `${kind} ${instance.split('/')[0] ?? ''}`;
}

export function partsOf({ processes }: Platform): Part[] {
  return processes.flatMap((process) => process.parts.map((part) => ({ ...part, process })));
}
export function figuresOf({ processes }: Platform): Figure[] {
  return processes.flatMap((process) => process.figures.map((figure) => ({ ...figure, process })));
}

export interface Verdict {
  readonly tone: 'ok' | 'warn' | 'deny' | 'unknown';
  readonly title: string;
  readonly detail: string | null;
}

/** How all of it is, in a sentence: what keeps true answers back first, then what answers rest on the past for, then what nobody knows. */
export function verdictOf(platform: Platform): Verdict {
  const parts = partsOf(platform);
  const broken = parts.filter((part) => stateOf(part) === 'not ready');
  const closed = broken.find(({ required, process }) => required && process.state === 'here');
  if (closed !== undefined) return { tone: 'deny', title: `No true answers: ${closed.part} is not ready`, detail: closed.detail };
  const [late] = broken.toSorted((a, b) => Number(b.required) - Number(a.required));
  if (late !== undefined) return { tone: late.required ? 'deny' : 'warn', title: `${late.part} of ${processName(late.process)} is not ready; answers rest on what it said last`, detail: late.detail };
  const silent = platform.processes.filter(({ state }) => state === 'silent');
  if (silent.length > 0) return { tone: 'unknown', title: `${silent.map(processName).join(', ')} ${silent.length === 1 ? 'is' : 'are'} not heard from`, detail: 'Whether it still works nobody knows; answers rest on what it said last.' };
  if (platform.othersUnknown !== null) return { tone: 'unknown', title: 'How other processes are could not be read', detail: platform.othersUnknown };
  return { tone: 'ok', title: `Every part of ${platform.processes.length === 1 ? 'this process' : `all ${platform.processes.length} processes`} can do its work`, detail: null };
}
