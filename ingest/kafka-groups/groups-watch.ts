import type { Polled } from '../../server/outside/poll-loop.ts';
import { inTurns } from '../../server/outside/in-turns.ts';
import { OutsideFailure } from '../../server/outside/outside-failure.ts';
import type { Store } from '../../server/store/store.ts';
import type { KafkaConfig } from '../config.ts';
import { REPLAY_GROUPS } from '../kafka-client.ts';
import type { GroupAnswer, ListedGroup } from './group-answer.ts';
import type { GroupReader } from './group-reader.ts';
import { type GroupReadings, type KnownReading, nameFault, readingsOf, type SeenGroup } from './group-readings.ts';
import { isExcepted, type KafkaGroupsConfig } from './kafka-groups-config.ts';

/** Groups in one cluster: at the size Sluice is made for it has about a thousand, a look of a second; twenty times that still fits between two looks. */
const MAX_GROUPS = 20_000;
/** Groups asked about at the same time: a broker answers thousands a second, and they are not what it is for. */
const ASKED_AT_ONCE = 8;
/** Observations in one transaction, some 100 ms of work. */
const TOLD_AT_ONCE = 500;
/** How often a group that goes on reading is told again, ms: "last seen" is asked in hours and days. */
const GRAIN_MS = 10 * 60_000;

export interface GroupsWatchParts {
  readonly config: KafkaGroupsConfig;
  /** Connects, and lets the groups be asked. */
  readonly ask: <T>(question: (reader: GroupReader) => Promise<T>) => Promise<T>;
  readonly store: Pick<Store, 'apply' | 'entity'>;
  readonly clock: () => number;
  readonly signal: AbortSignal;
}
export interface GroupsSeen {
  readonly groups: number;
  /** Pairs of group and topic. */
  readonly readings: number;
  readonly leftOut: number;
  /** Groups of which nothing is known, with why. */
  readonly unknown: ReadonlyMap<string, string>;
}

/** Looks at a cluster's groups and tells the store what is new; an unchanged look writes nothing. */
export class GroupsWatch {
  readonly #parts: GroupsWatchParts;
  #known: ReadonlyMap<string, ReadonlyMap<string, KnownReading>> = new Map();
  #seen: GroupsSeen = { groups: 0, readings: 0, leftOut: 0, unknown: new Map() };

  constructor(parts: GroupsWatchParts) {
    this.#parts = parts;
  }

  /** As of the last look. */
  get seen(): GroupsSeen {
    return this.#seen;
  }

  async look(): Promise<Polled> {
    const at = this.#parts.clock();
    const { answers, leftOut } = await this.#parts.ask((reader) => this.#askAll(reader));
    const unknown = new Map(answers.flatMap((answer) => (answer.outcome === 'unknown' ? [[answer.group, answer.reason] as const] : [])));
    const readings = new Map<string, GroupReadings>();
    for (const answer of answers) if (answer.outcome === 'seen') readings.set(answer.seen.group, await this.#readings(answer.seen, at));
    const changes = await this.#tell([...readings.values()].flatMap(({ observations }) => observations));
    // Of a group that did not answer, what was known stays; one that is gone is forgotten here and ages in the store.
    const kept = [...this.#known].filter(([group]) => unknown.has(group));
    this.#known = new Map([...kept, ...[...readings].map(([group, { known }]) => [group, known] as const)]);
    this.#seen = { groups: readings.size, readings: [...readings.values()].reduce((sum, { known }) => sum + known.size, 0), leftOut, unknown };
    return { changes };
  }

  async #askAll(reader: GroupReader): Promise<{ readonly answers: readonly GroupAnswer[]; readonly leftOut: number }> {
    const { config, signal } = this.#parts;
    const listed = await reader.list();
    if (listed.length > MAX_GROUPS) throw new OutsideFailure('too-large', `the cluster has ${listed.length} consumer groups, more than the ${MAX_GROUPS} that are looked at`);
    const wanted = listed.filter(({ group }) => !isOwn(group, config.kafka) && !isExcepted(group, config.except));
    const answers = await inTurns(wanted, ASKED_AT_ONCE, (group) => {
      signal.throwIfAborted();
      return readNamed(reader, group);
    });
    return { answers, leftOut: listed.filter(({ group }) => isExcepted(group, config.except)).length };
  }

  async #readings(seen: SeenGroup, at: number): Promise<GroupReadings> {
    const { namespace } = this.#parts.config;
    const before = this.#known.get(seen.group) ?? (await this.#toldBefore(seen.group));
    return readingsOf(seen, before, { namespace, at, grainMs: GRAIN_MS });
  }

  /** A process that begins knows what was told, not the offsets of then: a group that stands still is no news to it. */
  async #toldBefore(group: string): Promise<ReadonlyMap<string, KnownReading>> {
    const { store, config: { namespace } } = this.#parts;
    const record = await store.entity({ kind: 'consumer', namespace, name: group });
    const told = new Map<string, KnownReading>();
    for (const { what, dataset, lastSeen } of record?.observations ?? []) {
      if (what !== 'reads' || dataset?.namespace !== namespace) continue;
      told.set(dataset.name, { offsets: null, toldAt: Math.max(lastSeen, told.get(dataset.name)?.toldAt ?? 0) });
    }
    return told;
  }

  async #tell(observations: GroupReadings['observations']): Promise<number> {
    const { store, clock } = this.#parts;
    for (let start = 0; start < observations.length; start += TOLD_AT_ONCE) {
      await store.apply({ changes: observations.slice(start, start + TOLD_AT_ONCE), committedAt: clock(), offset: null });
    }
    return observations.length;
  }
}

/**
 * Sluice's own reading of its control and audit topics is left out: its readers are the contracts, which it keeps
 * itself, and whoever changes a field of theirs is told so by its dead letters.
 */
function isOwn(group: string, { group: own }: KafkaConfig): boolean {
  return group === own || group.startsWith(REPLAY_GROUPS);
}

async function readNamed(reader: GroupReader, listed: ListedGroup): Promise<GroupAnswer> {
  const fault = nameFault(listed.group);
  return fault === null ? reader.read(listed) : { outcome: 'unknown', group: listed.group.slice(0, 40), reason: `${fault} cannot stand in the catalog` };
}
