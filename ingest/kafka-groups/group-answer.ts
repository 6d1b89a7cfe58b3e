import type { SeenGroup } from './group-readings.ts';

/** A group as Kafka lists it. */
export interface ListedGroup {
  readonly group: string;
  /** `consumer`, `connect`, `share`, … ; '' for groups that only commit offsets, such as Flink's. */
  readonly protocolType: string;
}
/** What Kafka told of a group. */
export interface ToldGroup {
  readonly committed: SeenGroup['committed'];
  /** Topics of which members have partitions; null: Kafka shows no members to a client that speaks the protocol of before KIP-848. */
  readonly assigned: readonly string[] | null;
}
export type GroupAnswer =
  | { readonly outcome: 'seen'; readonly seen: SeenGroup }
  /** Nothing is known of what it reads, which is not to say that it reads nothing. */
  | { readonly outcome: 'unknown'; readonly group: string; readonly reason: string };

/** Members of these have topics assigned in the consumer protocol. */
export const CONSUMER_PROTOCOL = 'consumer';
/** Groups that share out other things than topics: Connect's workers their connectors (which read in groups of their own), a registry's nodes the leadership. */
const NOT_OF_TOPICS: ReadonlySet<string> = new Set(['connect', 'sr']);

/**
 * The committed offsets tell the topics of every kind of group: Flink's, which have no members, and KIP-848 ones, which
 * look dead. Members are an extra, for topics of which nothing was committed yet. Where there is neither, only a group
 * whose members are shown is known to read nothing.
 */
export function answerOf({ group, protocolType }: ListedGroup, { committed, assigned }: ToldGroup): GroupAnswer {
  if (committed.size > 0 || isShown(protocolType, assigned)) return { outcome: 'seen', seen: { group, assigned: assigned ?? [], committed } };
  const why = protocolType === CONSUMER_PROTOCOL ? 'it has committed nothing, and its members are not shown' : `groups of type "${protocolType}" do not show their topics`;
  return { outcome: 'unknown', group, reason: why };
}

function isShown(protocolType: string, assigned: ToldGroup['assigned']): boolean {
  return protocolType === '' || NOT_OF_TOPICS.has(protocolType) || (protocolType === CONSUMER_PROTOCOL && assigned !== null);
}
