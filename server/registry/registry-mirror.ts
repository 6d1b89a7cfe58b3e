import { setTimeout as sleep } from 'node:timers/promises';
import type { DatasetRef, Named } from '../catalog/names.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { RegistryClient } from './registry-client.ts';
import type { RegistryConfig } from './registry-config.ts';
import { type FailureKind, RegistryFailure } from './registry-failure.ts';
import { SubjectsMirror } from './subjects-mirror.ts';

/** Longest rest between two tries of a registry that fails, ms. */
const LONGEST_REST_MS = 60_000;
/** Faulty subjects named in one line of readiness. */
const NAMED_FAULTS = 3;

export interface RegistryMirrorParts {
  readonly config: RegistryConfig;
  readonly store: Pick<Store, 'apply' | 'entity' | 'entities'>;
  readonly clock: () => number;
  readonly log: { warn(facts: object, text: string): void; info(facts: object, text: string): void };
}
/** What of the registry failed, or else the store, or Sluice itself. */
export type FailedAt = FailureKind | 'store' | 'internal';
export interface RegistryCounts {
  readonly polls: number;
  readonly failures: Readonly<Partial<Record<FailedAt, number>>>;
  readonly requests: number;
  readonly changes: number;
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
  /** Ends what is under way. */
  stop(): Promise<void>;
}

/** Polls a registry into the store until it is stopped; it comes back from every failure by itself. The caller owns the store. */
export function startRegistryMirror({ config, store, clock, log }: RegistryMirrorParts): RegistryMirror {
  const stopping = new AbortController();
  const client = new RegistryClient({ ...config, signal: stopping.signal });
  const mirror = new SubjectsMirror({ client, store, config, clock });
  const failures: Partial<Record<FailedAt, number>> = {};
  let [polls, changes, failedInRow] = [0, 0, 0];
  let lastFailure: string | null = null;

  const pollOnce = async (): Promise<void> => {
    polls++;
    try {
      const polled = await mirror.poll();
      changes += polled.changes;
      if (lastFailure !== null || polled.changes > 0) log.info(polled, 'registry mirrored');
      [lastFailure, failedInRow] = [null, 0];
    } catch (failure) {
      if (stopping.signal.aborted) return;
      const kind = failedAt(failure);
      failures[kind] = (failures[kind] ?? 0) + 1;
      failedInRow++;
      const message = failure instanceof Error ? failure.message : String(failure);
      if (message !== lastFailure) log.warn({ err: failure }, 'the registry could not be mirrored');
      lastFailure = message;
    }
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await pollOnce();
      await sleep(restAfter(failedInRow, config.pollIntervalMs), undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  };
  const running = loop();

  const staleness = (): string | null => {
    const { completeAt } = mirror;
    if (completeAt !== null && clock() - completeAt <= config.staleAfterMs) return null;
    const age = completeAt === null ? 'was not read whole yet' : `was last read whole ${Math.round((clock() - completeAt) / 1_000)} s ago, and after ${config.staleAfterMs / 1_000} s that no longer counts`;
    return `the Schema Registry ${age}${lastFailure === null ? '' : `: ${lastFailure}`}`;
  };
  const faultOf = (name: string): string | null => {
    const fault = mirror.faults.get(name);
    if (fault === undefined) return null;
    return fault.lasting || fault.readAt === null || clock() - fault.readAt > config.staleAfterMs ? fault.reason : null;
  };
  return {
    check: () => Promise.resolve({ ready: staleness() === null, detail: staleness() ?? freshDetail(mirror) }),
    refusal(datasets, subjects) {
      const topics = datasets?.filter(({ namespace }) => namespace === config.names.topics) ?? [];
      const ours = subjects.filter(({ namespace }) => namespace === config.namespace);
      if (datasets !== null && topics.length + ours.length === 0) return null;
      const names = [...ours.map(({ name }) => name), ...topics.flatMap(({ name }) => config.names.subjectsOf(name))];
      return staleness() ?? names.map(faultOf).find((fault) => fault !== null) ?? null;
    },
    counts: () => ({
      polls, failures: { ...failures }, requests: client.requests, changes, subjects: mirror.subjects, faults: mirror.faults.size, renumbered: mirror.renumbered.size,
      ageSeconds: mirror.completeAt === null ? null : (clock() - mirror.completeAt) / 1_000,
    }),
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

function failedAt(failure: unknown): FailedAt {
  if (failure instanceof RegistryFailure) return failure.kind;
  return failure instanceof StoreUnavailable ? 'store' : 'internal';
}

/** Longer with every failure in a row, so that a registry that struggles is not pressed. */
function restAfter(failedInRow: number, interval: number): number {
  return failedInRow === 0 ? interval : Math.max(interval, Math.min(LONGEST_REST_MS, interval * 2 ** (failedInRow - 1)));
}

function freshDetail({ subjects, faults, renumbered }: SubjectsMirror): string {
  const named = [...faults].slice(0, NAMED_FAULTS).map(([name, { reason }]) => `${name}: ${reason}`);
  const more = faults.size > named.length ? [`… and ${faults.size - named.length} more`] : [];
  const ids = renumbered.size === 0 ? [] : [`${renumbered.size} subjects have other schema ids than in the catalog`];
  return [`${subjects} subjects mirrored`, ...named, ...more, ...ids].join('; ');
}
