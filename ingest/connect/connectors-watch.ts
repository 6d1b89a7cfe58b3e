import { createHash } from 'node:crypto';
import type { GraphChange } from '../../server/catalog/changes.ts';
import { canonical, type ClusterAliases } from '../../server/catalog/cluster-aliases.ts';
import { type ConnectorLineage, connectorLineage } from '../../server/catalog/connect/connector-lineage.ts';
import { jobStateOf } from '../../server/catalog/connect/connector-state.ts';
import { datasetKey, entityKey, type Named } from '../../server/catalog/names.ts';
import { inTurns } from '../../server/outside/in-turns.ts';
import { concernsAll, OutsideFailure } from '../../server/outside/outside-failure.ts';
import type { Polled } from '../../server/outside/poll-loop.ts';
import { entityPages, type EntityRecord, type Store } from '../../server/store/store.ts';
import type { ConnectClient, ListedConnector } from './connect-client.ts';
import type { ConnectConfig } from './connect-config.ts';
import { changesOfConnector, changesOfGoneConnector, isTold } from './connector-changes.ts';

/** Connectors asked about at the same time: a worker that runs connectors has better things to do. */
const ASKED_AT_ONCE = 4;
/** Changes in one transaction, some 100 ms of work. */
const TOLD_AT_ONCE = 500;
/** Jobs read from the store at once. */
const PAGE = 500;
/** Every so many polls a connector that did not change is compared with the catalog again: the schemas of its datasets may have. */
const COMPARED_EVERY = 10;

export interface ConnectorsWatchParts {
  readonly config: Pick<ConnectConfig, 'cluster' | 'kafka'>;
  readonly client: ConnectClient;
  readonly store: Pick<Store, 'apply' | 'entity' | 'entities'>;
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
}
export interface ConnectorsSeen {
  readonly connectors: number;
  readonly failed: number;
  /** Those that may read or write more than is known. */
  readonly partlyKnown: number;
  /** Connectors of which nothing new is known, with why. */
  readonly faults: ReadonlyMap<string, string>;
}
interface Asked extends ListedConnector {
  readonly activeTopics: readonly string[] | null;
}

/** Looks at a Kafka Connect cluster and tells the store what is new; an unchanged look writes nothing. */
export class ConnectorsWatch {
  readonly #parts: ConnectorsWatchParts;
  /** Hash of what was last told of each connector; null: told by a process before this one. */
  #told: Map<string, string | null> | null = null;
  #looks = 0;
  #seen: ConnectorsSeen = { connectors: 0, failed: 0, partlyKnown: 0, faults: new Map() };

  constructor(parts: ConnectorsWatchParts) {
    this.#parts = parts;
  }

  /** As of the last look. */
  get seen(): ConnectorsSeen {
    return this.#seen;
  }

  async look(): Promise<Polled> {
    const at = this.#parts.clock();
    const { connectors, faults: unread } = await this.#parts.client.list();
    const told = (this.#told ??= await this.#toldBefore());
    const faults = new Map(unread);
    const asked = (await inTurns(connectors, ASKED_AT_ONCE, (connector) => this.#ask(connector, faults))).filter((connector) => connector !== null);
    const lineages = asked.map((connector) => this.#lineageOf(connector));
    let changes = 0;
    for (const [i, connector] of asked.entries()) {
      const hash = hashOf(connector);
      if (told.get(connector.name) === hash && (this.#looks + i) % COMPARED_EVERY !== 0) continue;
      changes += await this.#tell(await this.#changesOf(connector, lineages[i] as ConnectorLineage, at));
      told.set(connector.name, hash);
    }
    const listed = new Set([...connectors.map(({ name }) => name), ...unread.keys()]);
    for (const name of [...told.keys()].filter((known) => !listed.has(known))) changes += await this.#tellGone(name, at, faults);
    this.#looks++;
    this.#seen = {
      connectors: connectors.length, faults,
      failed: connectors.filter(({ status }) => jobStateOf(status).state === 'FAILED').length,
      partlyKnown: lineages.filter(({ unknownReads, unknownWrites }) => unknownReads.length + unknownWrites.length > 0).length,
    };
    return { changes };
  }

  /** null where the cluster does not answer about this one: what was told of it stays. */
  async #ask(connector: ListedConnector, faults: Map<string, string>): Promise<Asked | null> {
    return this.#orFault(connector.name, faults, async () => ({ ...connector, activeTopics: await this.#parts.client.activeTopics(connector.name) }));
  }

  async #orFault<T>(name: string, faults: Map<string, string>, ask: () => Promise<T>): Promise<T | null> {
    try {
      return await ask();
    } catch (failure) {
      if (!(failure instanceof OutsideFailure) || concernsAll(failure)) throw failure;
      faults.set(name, failure.message);
      return null;
    }
  }

  #lineageOf({ type, config, activeTopics }: Asked): ConnectorLineage {
    const { aliases, config: { kafka } } = this.#parts;
    const lineage = connectorLineage({ type, config, activeTopics, kafka });
    return {
      ...lineage,
      reads: lineage.reads.map((dataset) => canonical(aliases, dataset)),
      writes: lineage.writes.map((dataset) => canonical(aliases, dataset)),
      copies: lineage.copies.map(({ from, to, shape }) => ({ from: canonical(aliases, from), to: canonical(aliases, to), shape })),
    };
  }

  async #changesOf({ name, status }: Asked, lineage: ConnectorLineage, at: number): Promise<readonly GraphChange[]> {
    const { store } = this.#parts;
    const datasets = new Map<string, EntityRecord | null>();
    for (const { namespace, name: dataset } of [...lineage.reads, ...lineage.writes]) {
      const ref = { namespace, name: dataset };
      datasets.set(datasetKey(ref), await store.entity({ kind: 'dataset', ...ref }));
    }
    const job = this.#job(name);
    return changesOfConnector({ job, at, lineage, status }, { job: await store.entity({ kind: 'job', ...job }), datasets });
  }

  async #tellGone(name: string, at: number, faults: Map<string, string>): Promise<number> {
    const { client, store } = this.#parts;
    const gone = await this.#orFault(name, faults, () => client.isGone(name));
    if (gone !== true) return 0;
    const job = this.#job(name);
    const changes = await this.#tell(changesOfGoneConnector(job, at, await store.entity({ kind: 'job', ...job })));
    this.#told?.delete(name);
    return changes;
  }

  /** The connectors of this cluster that the catalog has from an earlier process. */
  async #toldBefore(): Promise<Map<string, string | null>> {
    const { store } = this.#parts;
    const told = new Map<string, string | null>();
    const { namespace } = this.#job('');
    for await (const page of entityPages(store, 'job', { after: entityKey({ kind: 'job', namespace, name: '' }), limit: PAGE })) {
      for (const ref of page) {
        if (ref.namespace !== namespace) return told;
        if (isTold(await store.entity(ref))) told.set(ref.name, null);
      }
    }
    return told;
  }

  async #tell(changes: readonly GraphChange[]): Promise<number> {
    const { store, clock } = this.#parts;
    for (let start = 0; start < changes.length; start += TOLD_AT_ONCE) {
      await store.apply({ changes: changes.slice(start, start + TOLD_AT_ONCE), committedAt: clock(), offset: null });
    }
    return changes.length;
  }

  #job(name: string): Named {
    return { namespace: `connect://${this.#parts.config.cluster}`, name };
  }
}

function hashOf(connector: Asked): string {
  return createHash('sha256').update(JSON.stringify(connector)).digest('base64');
}
