import { type EventMaker, topic, use } from './event-maker.ts';
import type { GrownTopic } from './grown-topics.ts';
import { DOMAINS } from './grown-words.ts';
import type { SeededRandom } from './seeded-random.ts';

const PURPOSES = ['dashboard', 'alerts', 'export', 'cache', 'notebook', 'reports'] as const;
/** How far back the data plane is looked at, days. */
const WINDOW_DAYS = 14;

/** Consumers of the topics: declared with their fields, only seen, or reading nobody knows what. */
export function consumersOf(topics: readonly GrownTopic[], maker: EventMaker, random: SeededRandom): void {
  const [firstTeam = '', ...otherTeams] = DOMAINS.map(({ name }) => `team-${name}`);
  for (const read of topics) {
    for (const purpose of random.some(PURPOSES, 0.25)) {
      const reader = { read, name: `${read.name}-${purpose}`, owner: random.pick([firstTeam, ...otherTeams]) };
      const kind = random.next();
      if (kind < 0.5) declare(reader, random.some(read.paths, 0.3), maker);
      else if (kind < 0.85) observe(reader, random.some(read.paths, 0.3), maker);
      else if (kind < 0.95) declare(reader, null, maker);
      else observe(reader, null, maker);
    }
  }
}

interface Reader {
  readonly read: GrownTopic;
  readonly name: string;
  readonly owner: string;
}

function declare({ read, name, owner }: Reader, fields: readonly string[] | null, maker: EventMaker): void {
  maker.control('io.sluice.control.ConsumerDeclared', 12, {
    consumer: topic(name), kind: 'CONSUMER_GROUP', owner, contact: `#${owner.replace('team-', '')}`, description: fields === null ? 'Generic records, whatever is in them' : null, reads: [use(read.dataset, fields)],
  });
}

function observe({ read, name }: Reader, fields: readonly string[] | null, maker: EventMaker): void {
  const window = { windowStart: maker.time(WINDOW_DAYS), windowEnd: maker.time(0.5) };
  maker.audit('io.sluice.audit.ConsumptionObserved', 0.5, { readerKind: 'CONSUMER', reader: topic(name), dataset: read.dataset, readerSchemaId: null, fields, ...window });
}
