import type { ClusterAliases } from '../../server/catalog/cluster-aliases.ts';
import { JsonReader } from '../../server/outside/json-reader.ts';
import { type PollLog, startPollLoop } from '../../server/outside/poll-loop.ts';
import { type Store, StoreUnavailable } from '../../server/store/store.ts';
import type { Tracing } from '../../server/tracing/tracing.ts';
import type { Door } from '../door.ts';
import { ClusterWatch } from './cluster-watch.ts';
import type { FlinkCluster, FlinkConfig } from './flink-config.ts';

export interface FlinkDoorParts {
  readonly config: FlinkConfig;
  readonly store: Pick<Store, 'apply' | 'entity' | 'entities'>;
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
  readonly log: PollLog;
  readonly tracing?: Tracing | undefined;
}

/** Faults named in one line of readiness. */
const NAMED_FAULTS = 3;

/** A door for each configured cluster. None is required: what a cluster last said stands until it answers again. */
export function startFlinkDoors({ config, ...parts }: FlinkDoorParts): readonly Door[] {
  return config.clusters.map((cluster) => startClusterDoor(cluster, { config, ...parts }));
}

function startClusterDoor(cluster: FlinkCluster, { config, store, aliases, clock, log, tracing }: FlinkDoorParts): Door {
  const stopping = new AbortController();
  const reader = new JsonReader({ server: 'Flink cluster', url: cluster.url, credentials: config.credentials, signal: stopping.signal });
  const watch = new ClusterWatch({ cluster, reader, store, aliases, clock });
  let [jobs, left]: [number, readonly string[]] = [0, []];
  const loop = startPollLoop({
    what: `the Flink cluster ${cluster.name}`, intervalMs: config.intervalMs, stopping, clock, log, tracing,
    kindOf: (failure) => (failure instanceof StoreUnavailable ? 'store' : 'internal'),
    async poll() {
      const polled = await watch.poll();
      ({ jobs, left } = polled);
      return polled;
    },
  });
  return {
    part: `flink ${cluster.name}`,
    required: false,
    check() {
      const [failure, at] = [loop.lastFailure(), loop.completeAt()];
      if (failure !== null) return Promise.resolve({ ready: false, detail: `${at === null ? 'was never read' : `was last read ${Math.round((clock() - at) / 1_000)} s ago`}: ${failure}` });
      if (at === null) return Promise.resolve({ ready: false, detail: 'was not read yet' });
      return Promise.resolve({ ready: true, detail: [`${jobs} jobs`, ...left.slice(0, NAMED_FAULTS), ...(left.length > NAMED_FAULTS ? [`… and ${left.length - NAMED_FAULTS} more`] : [])].join('; ') });
    },
    figures() {
      const { polls, changes, failures } = loop.counts();
      return [
        { name: 'flink_jobs', help: 'Jobs a Flink cluster lists', kind: 'gauge', value: jobs },
        { name: 'flink_restarts', help: 'Restarts of the jobs a Flink cluster lists', kind: 'gauge', value: watch.restarts },
        { name: 'flink_polls_total', help: 'Looks at a Flink cluster', kind: 'counter', value: polls },
        { name: 'flink_poll_failures_total', help: 'Looks at a Flink cluster that failed', kind: 'counter', value: Object.values(failures).reduce((sum, n) => sum + n, 0) },
        { name: 'flink_changes_total', help: 'Changes a Flink cluster led to', kind: 'counter', value: changes },
      ];
    },
    stop: () => loop.stop(),
  };
}
