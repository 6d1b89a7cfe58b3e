import { type PollLog, startPollLoop } from '../../server/outside/poll-loop.ts';
import { type Store, StoreUnavailable } from '../../server/store/store.ts';
import type { Tracing } from '../../server/tracing/tracing.ts';
import type { Door, Figure } from '../door.ts';
import { kafkaOf } from '../kafka-client.ts';
import { withGroupReader } from './group-reader.ts';
import { GroupsWatch } from './groups-watch.ts';
import type { KafkaGroupsConfig } from './kafka-groups-config.ts';

/** Looks that may fail in a row before what was seen is told to be old. */
const OLD_AFTER_LOOKS = 5;
/** Groups named in one line of readiness. */
const NAMED_GROUPS = 3;

export interface KafkaGroupsParts {
  readonly config: KafkaGroupsConfig;
  readonly store: Pick<Store, 'apply' | 'entity'>;
  readonly clock: () => number;
  readonly log: PollLog;
  readonly tracing?: Tracing | undefined;
}

/** Watches which topics the consumer groups of a cluster read, until it is stopped. The caller owns the store. */
export function startKafkaGroupsDoor({ config, store, clock, log, tracing }: KafkaGroupsParts): Door {
  const stopping = new AbortController();
  const kafka = kafkaOf(config.kafka);
  const watch = new GroupsWatch({ config, store, clock, signal: stopping.signal, ask: (question) => withGroupReader(kafka, question) });
  const loop = startPollLoop({
    what: `the consumer groups of ${config.namespace}`, intervalMs: config.intervalMs, stopping, clock, log, tracing,
    poll: () => watch.look(),
    kindOf: (failure) => (failure instanceof StoreUnavailable ? 'store' : 'unreachable'),
  });
  const age = (): number | null => {
    const completeAt = loop.completeAt();
    return completeAt === null ? null : clock() - completeAt;
  };
  return {
    part: `kafka-groups ${config.namespace}`,
    required: false,
    check() {
      const seenAgo = age();
      const failing = loop.lastFailure() === null ? '' : `; the last look failed: ${loop.lastFailure()}`;
      if (seenAgo === null) return Promise.resolve({ ready: false, detail: `consumer groups were not looked at yet${failing}` });
      if (seenAgo > OLD_AFTER_LOOKS * config.intervalMs) return Promise.resolve({ ready: false, detail: `consumer groups were last looked at ${Math.round(seenAgo / 1_000)} s ago${failing}` });
      return Promise.resolve({ ready: true, detail: `${seenDetail(watch)}${failing}` });
    },
    figures: () => figuresOf(watch, loop.counts(), age()),
    stop: () => loop.stop(),
  };
}

function seenDetail({ seen: { groups, readings, leftOut, unknown } }: GroupsWatch): string {
  const named = [...unknown].slice(0, NAMED_GROUPS).map(([group, reason]) => `nothing is known of ${group}: ${reason}`);
  const more = unknown.size > named.length ? [`… and of ${unknown.size - named.length} more`] : [];
  const left = leftOut === 0 ? [] : [`${leftOut} left out as configured`];
  return [`${groups} consumer groups in ${readings} topics`, ...left, ...named, ...more].join('; ');
}

function figuresOf({ seen }: GroupsWatch, { polls, changes, failures }: { readonly polls: number; readonly changes: number; readonly failures: Readonly<Record<string, number>> }, age: number | null): readonly Figure[] {
  return [
    { name: 'kafka_groups', help: 'Consumer groups seen by the last look', kind: 'gauge', value: seen.groups },
    { name: 'kafka_groups_readings', help: 'Pairs of consumer group and topic seen by the last look', kind: 'gauge', value: seen.readings },
    { name: 'kafka_groups_left_out', help: 'Consumer groups left out as configured', kind: 'gauge', value: seen.leftOut },
    { name: 'kafka_groups_unknown', help: 'Consumer groups of which nothing is known', kind: 'gauge', value: seen.unknown.size },
    { name: 'kafka_groups_age_seconds', help: 'Age of the last complete look; NaN before the first', kind: 'gauge', value: age === null ? Number.NaN : age / 1_000 },
    { name: 'kafka_groups_looks_total', help: 'Looks at the consumer groups', kind: 'counter', value: polls },
    { name: 'kafka_groups_failures_total', help: 'Looks that failed', kind: 'counter', value: Object.values(failures).reduce((sum, n) => sum + n, 0) },
    { name: 'kafka_groups_observations_total', help: 'Observations told to the catalog', kind: 'counter', value: changes },
  ];
}
