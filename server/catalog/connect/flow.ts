import type { DatasetKind } from '../changes.ts';
import type { DatasetRef } from '../names.ts';
import { type Settings, Untold } from './kept-config.ts';
import { nameList } from './name-list.ts';
import type { TopicRoute } from './topic-route.ts';

/** A dataset a connector reads or writes, and what it is; null: a kind the catalog has no word for. */
export interface ConnectedDataset extends DatasetRef {
  readonly kind: DatasetKind | null;
  readonly platform: string;
}
/** How the values of a topic's records and those of the other side are one: `row` has the same fields, `envelope` holds them in `before` and `after`. */
export type RecordShape = 'row' | 'envelope';
/** One way that records take through a connector; null where that side is nothing the catalog knows. */
export interface Flow {
  readonly from: ConnectedDataset | null;
  readonly to: ConnectedDataset | null;
  /** null: how the fields of the one come from the other is not known. */
  readonly shape: RecordShape | null;
}
export interface Flows {
  readonly flows: readonly Flow[];
  /** What may be read or written besides, a sentence each. Empty: nothing. */
  readonly unknownReads: readonly string[];
  readonly unknownWrites: readonly string[];
}

/** What a connector's reading is told. */
export interface Connected {
  readonly settings: Settings;
  readonly route: TopicRoute;
  /** Whether any transform changes the names of topics. */
  readonly renames: boolean;
  /** Namespace of the Kafka cluster the connector's records go to or come from. */
  readonly kafka: string;
  /** Topics it was seen to use since it was made; null: not known. */
  readonly activeTopics: readonly string[] | null;
}
/** The flows of one class of connectors by its own naming rules. */
export type ReadConnector = (connected: Connected) => Flows;

/** The topics a sink subscribes to for certain, and why there may be others; null: there are none. */
export function subscribed({ settings, activeTopics }: Connected): { readonly topics: readonly string[]; readonly open: string | null } {
  const pattern = settings.text('topics.regex');
  if (pattern === null) return { topics: [...new Set(settings.list('topics'))], open: null };
  const matching = nameList([pattern], 'topics.regex', { ignoreCase: false });
  return { topics: (activeTopics ?? []).filter((topic) => matching.admits(topic)), open: `'topics.regex' takes every topic that matches ${pattern.slice(0, 100)}` };
}

/** What Kafka takes as the name of a topic. */
export const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;

/** Untold where it is no name a topic can have. */
export function topicNamed(kafka: string, name: string): ConnectedDataset {
  if (!TOPIC_NAME.test(name)) throw new Untold('what it makes of its settings is no name of a topic');
  return { namespace: kafka, name, kind: 'topic', platform: 'kafka' };
}
