import { type PollCounts, type PollLog, startPollLoop } from '../../server/outside/poll-loop.ts';
import { type Store, StoreUnavailable } from '../../server/store/store.ts';
import type { Door, Figure } from '../door.ts';
import type { SchemasTopicConfig } from './config.ts';
import { type KafkaAccess, startTopicReader } from './topic-reader.ts';
import { TopicStatements } from './topic-statements.ts';

/** How soon what was read is stated, ms: records that come together become one revision. */
const STATE_INTERVAL_MS = 250;
/** Subjects named in one line of readiness. */
const NAMED_SUBJECTS = 3;

export interface SchemasTopicParts {
  readonly config: SchemasTopicConfig;
  readonly kafka: KafkaAccess;
  readonly store: Pick<Store, 'apply' | 'entity'>;
  readonly clock: () => number;
  readonly log: PollLog;
}

/**
 * A registry's own topic as second source of its subjects, read from its beginning at each start; the mirror stays the one
 * that vouches for them. The caller owns the store.
 */
export function startSchemasTopicDoor({ config, kafka, store, clock, log }: SchemasTopicParts): Door {
  const statements = new TopicStatements({ store, clock, subjects: config.subjects });
  const reader = startTopicReader({ kafka, topic: config.topic, onBegin: () => statements.begin(), onRecord: (record) => statements.content.take(record), log });
  let stated = false;
  const loop = startPollLoop({
    what: `what ${config.topic} tells`, intervalMs: STATE_INTERVAL_MS, stopping: new AbortController(), clock, log,
    // Half of a reading may still tell what its other half takes back.
    poll: async () => {
      if (reader.atEnd() !== true) return { changes: 0 };
      const changes = await statements.state();
      stated = true;
      return { changes };
    },
    kindOf: (failure) => (failure instanceof StoreUnavailable ? 'store' : 'internal'),
  });
  return {
    part: `schemas-topic ${config.topic}`,
    required: false,
    check() {
      const trouble = reader.trouble() ?? loop.lastFailure();
      if (trouble !== null) return Promise.resolve({ ready: false, detail: `${config.topic}: ${trouble}` });
      if (!stated || reader.atEnd() !== true) return Promise.resolve({ ready: false, detail: `${config.topic}: ${reader.lag()} records behind` });
      return Promise.resolve({ ready: true, detail: detailOf(statements) });
    },
    figures: () => figuresOf(statements, reader.lag(), loop.counts()),
    async stop() {
      await reader.stop();
      await loop.stop();
    },
  };
}

function detailOf({ content: { subjects, counts }, waiting }: TopicStatements): string {
  const named = [...waiting].slice(0, NAMED_SUBJECTS).map(([name, reason]) => `nothing new is said of ${name}: ${reason}`);
  const more = waiting.size > named.length ? [`… and of ${waiting.size - named.length} more`] : [];
  const passed = [[counts.unknown, 'of unknown key types'], [counts.unreadable, 'that cannot be read'], [counts.conflicting, 'under an id of another schema']] as const;
  return [`${subjects} subjects told`, ...named, ...more, ...passed.flatMap(([count, what]) => (count === 0 ? [] : [`${count} records ${what}`]))].join('; ');
}

function figuresOf({ content: { subjects, counts }, waiting }: TopicStatements, lag: number, { changes, failures }: PollCounts): readonly Figure[] {
  return [
    { name: 'schemas_topic_subjects', help: "Subjects that the registry's topic tells", kind: 'gauge', value: subjects },
    { name: 'schemas_topic_waiting', help: 'Subjects of which nothing new is said: a reference is missing, a record cannot be read, a version differs', kind: 'gauge', value: waiting.size },
    { name: 'schemas_topic_lag', help: 'Records behind the end, as last heard', kind: 'gauge', value: lag },
    { name: 'schemas_topic_records', help: 'Records taken since the reading began', kind: 'gauge', value: counts.records },
    { name: 'schemas_topic_unknown', help: 'Of these, of key types that are not known', kind: 'gauge', value: counts.unknown },
    { name: 'schemas_topic_unreadable', help: 'Of these, not to be read', kind: 'gauge', value: counts.unreadable },
    { name: 'schemas_topic_conflicting', help: 'Of these, under an id that another schema has', kind: 'gauge', value: counts.conflicting },
    { name: 'schemas_topic_changes_total', help: 'Changes stated', kind: 'counter', value: changes },
    { name: 'schemas_topic_failures_total', help: 'Tries to state that failed', kind: 'counter', value: Object.values(failures).reduce((sum, n) => sum + n, 0) },
  ];
}
