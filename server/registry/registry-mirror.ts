import type { DatasetRef, Named } from '../catalog/names.ts';
import { type PollCounts, type PollLog, startPollLoop } from '../outside/poll-loop.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { RegistryClient } from './registry-client.ts';
import type { RegistryConfig } from './registry-config.ts';
import { RegistryPublisher } from './registry-publisher.ts';
import { SubjectsMirror } from './subjects-mirror.ts';

/** Faulty subjects named in one line of readiness. */
const NAMED_FAULTS = 3;

export interface RegistryMirrorParts {
  readonly config: RegistryConfig;
  readonly store: Pick<Store, 'apply' | 'entity' | 'entities'>;
  readonly clock: () => number;
  readonly log: PollLog;
  readonly tracing?: Tracing | undefined;
}
export interface RegistryCounts extends PollCounts {
  readonly requests: number;
  readonly subjects: number;
  readonly faults: number;
  readonly renumbered: number;
  /** Age of the last complete poll, seconds; null before the first. */
  readonly ageSeconds: number | null;
}
export interface RegistryMirror {
  /** Whether the catalog has what the registry had within the stale bound, and if not, why. */
  check(): Promise<{ readonly ready: boolean; readonly detail: string }>;
  /** Why nothing true can be said now that rests on the subjects of these datasets; null where it can. null datasets: any. */
  refusal(datasets: readonly DatasetRef[] | null, subjects: readonly Named[]): string | null;
  counts(): RegistryCounts;
  /** Where approved schemas are put. */
  readonly publisher: RegistryPublisher;
  /** Ends what is under way. */
  stop(): Promise<void>;
}

/** Polls a registry into the store until it is stopped; it comes back from every failure by itself. The caller owns the store. */
export function startRegistryMirror({ config, store, clock, log, tracing }: RegistryMirrorParts): RegistryMirror {
  const stopping = new AbortController();
  const client = new RegistryClient({ ...config, signal: stopping.signal });
  const mirror = new SubjectsMirror({ client, store, config, clock });
  const loop = startPollLoop({
    what: 'the Schema Registry', intervalMs: config.pollIntervalMs, stopping, clock, log, tracing,
    poll: () => mirror.poll(),
    kindOf: (failure) => (failure instanceof StoreUnavailable ? 'store' : 'internal'),
  });

  const staleness = (): string | null => {
    const { completeAt } = mirror;
    if (completeAt !== null && clock() - completeAt <= config.staleAfterMs) return null;
    const age = completeAt === null ? 'was not read whole yet' : `was last read whole ${Math.round((clock() - completeAt) / 1_000)} s ago, and after ${config.staleAfterMs / 1_000} s that no longer counts`;
    return `the Schema Registry ${age}${loop.lastFailure() === null ? '' : `: ${loop.lastFailure()}`}`;
  };
  const faultOf = (name: string): string | null => {
    const fault = mirror.faults.get(name);
    if (fault === undefined) return null;
    return fault.lasting || fault.readAt === null || clock() - fault.readAt > config.staleAfterMs ? fault.reason : null;
  };
  return {
    check: () => Promise.resolve({ ready: staleness() === null, detail: staleness() ?? freshDetail(mirror, loop.lastFailure()) }),
    refusal(datasets, subjects) {
      const topics = datasets?.filter(({ namespace }) => namespace === config.names.topics) ?? [];
      const ours = subjects.filter(({ namespace }) => namespace === config.namespace);
      if (datasets !== null && topics.length + ours.length === 0) return null;
      const names = [...ours.map(({ name }) => name), ...topics.flatMap(({ name }) => config.names.subjectsOf(name))];
      return staleness() ?? names.map(faultOf).find((fault) => fault !== null) ?? null;
    },
    publisher: new RegistryPublisher(client, config.namespace),
    counts: () => ({
      ...loop.counts(), requests: client.requests, subjects: mirror.subjects, faults: mirror.faults.size, renumbered: mirror.renumbered.size,
      ageSeconds: mirror.completeAt === null ? null : (clock() - mirror.completeAt) / 1_000,
    }),
    stop: () => loop.stop(),
  };
}

function freshDetail({ subjects, faults, renumbered }: SubjectsMirror, lastFailure: string | null): string {
  const named = [...faults].slice(0, NAMED_FAULTS).map(([name, { reason }]) => `${name}: ${reason}`);
  const more = faults.size > named.length ? [`… and ${faults.size - named.length} more`] : [];
  const ids = renumbered.size === 0 ? [] : [`${renumbered.size} subjects have other schema ids than in the catalog`];
  const failing = lastFailure === null ? [] : [`the last poll failed: ${lastFailure}`];
  return [`${subjects} subjects mirrored`, ...failing, ...named, ...more, ...ids].join('; ');
}
