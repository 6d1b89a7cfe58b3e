import type { ClusterAliases } from '../../server/catalog/cluster-aliases.ts';
import { type PollCounts, type PollLog, startPollLoop } from '../../server/outside/poll-loop.ts';
import { type Store, StoreUnavailable } from '../../server/store/store.ts';
import type { Tracing } from '../../server/tracing/tracing.ts';
import type { Door, Figure } from '../door.ts';
import { ConnectClient } from './connect-client.ts';
import type { ConnectConfig } from './connect-config.ts';
import { ConnectorsWatch, type ConnectorsSeen } from './connectors-watch.ts';

/** Polls that may fail in a row before what was seen is told to be old. */
const OLD_AFTER_POLLS = 5;
/** Connectors named in one line of readiness. */
const NAMED_CONNECTORS = 3;

export interface ConnectParts {
  readonly config: ConnectConfig;
  readonly store: Pick<Store, 'apply' | 'entity' | 'entities'>;
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
  readonly log: PollLog;
  readonly tracing?: Tracing | undefined;
}

/** Watches the connectors of one Kafka Connect cluster until it is stopped. The caller owns the store. */
export function startConnectDoor({ config, store, aliases, clock, log, tracing }: ConnectParts): Door {
  const stopping = new AbortController();
  const client = new ConnectClient({ url: config.url, credentials: config.credentials, signal: stopping.signal });
  const watch = new ConnectorsWatch({ config, client, store, aliases, clock });
  const loop = startPollLoop({
    what: `the Kafka Connect cluster ${config.cluster}`, intervalMs: config.intervalMs, stopping, clock, log, tracing,
    poll: () => watch.look(),
    kindOf: (failure) => (failure instanceof StoreUnavailable ? 'store' : 'internal'),
  });
  const age = (): number | null => {
    const completeAt = loop.completeAt();
    return completeAt === null ? null : clock() - completeAt;
  };
  return {
    part: `connect ${config.cluster}`,
    required: false,
    check() {
      const [seenAgo, failure] = [age(), loop.lastFailure()];
      const failing = failure === null ? '' : `; the last poll failed: ${failure}`;
      if (seenAgo === null) return Promise.resolve({ ready: false, detail: `its connectors were not looked at yet${failing}` });
      if (seenAgo > OLD_AFTER_POLLS * config.intervalMs) return Promise.resolve({ ready: false, detail: `its connectors were last looked at ${Math.round(seenAgo / 1_000)} s ago${failing}` });
      return Promise.resolve({ ready: true, detail: `${seenDetail(watch.seen)}${failing}` });
    },
    figures: () => figuresOf(watch.seen, loop.counts(), { requests: client.requests, age: age() }),
    stop: () => loop.stop(),
  };
}

function seenDetail({ connectors, failed, partlyKnown, faults }: ConnectorsSeen): string {
  const named = [...faults].slice(0, NAMED_CONNECTORS).map(([name, reason]) => `nothing new is known of ${name}: ${reason}`);
  const more = faults.size > named.length ? [`… and of ${faults.size - named.length} more`] : [];
  const parts = [`${connectors} connectors`, ...(failed === 0 ? [] : [`${failed} failed`]), ...(partlyKnown === 0 ? [] : [`${partlyKnown} may read or write more than is known`])];
  return [...parts, ...named, ...more].join('; ');
}

function figuresOf({ connectors, failed, partlyKnown, faults }: ConnectorsSeen, { polls, changes, failures }: PollCounts, { requests, age }: { readonly requests: number; readonly age: number | null }): readonly Figure[] {
  return [
    { name: 'connect_connectors', help: 'Connectors seen by the last look', kind: 'gauge', value: connectors },
    { name: 'connect_failed', help: 'Connectors that failed, or have a task that did', kind: 'gauge', value: failed },
    { name: 'connect_partly_known', help: 'Connectors that may read or write more than is known', kind: 'gauge', value: partlyKnown },
    { name: 'connect_faults', help: 'Connectors of which the last look learned nothing', kind: 'gauge', value: faults.size },
    { name: 'connect_age_seconds', help: 'Age of the last complete look; NaN before the first', kind: 'gauge', value: age === null ? Number.NaN : age / 1_000 },
    { name: 'connect_polls_total', help: 'Looks at the connectors', kind: 'counter', value: polls },
    { name: 'connect_failures_total', help: 'Looks that failed', kind: 'counter', value: Object.values(failures).reduce((sum, n) => sum + n, 0) },
    { name: 'connect_requests_total', help: 'Requests sent to the cluster', kind: 'counter', value: requests },
    { name: 'connect_changes_total', help: 'Changes told to the catalog', kind: 'counter', value: changes },
  ];
}
