import { type AdminQuestions, committedOf, isAnsweredNo, type Kafka, reasonOf, topicsAssigned, withAdmin } from '../kafka-client.ts';
import type { SeenGroup } from './group-readings.ts';

/** A group as Kafka lists it. */
export interface ListedGroup {
  readonly group: string;
  /** `consumer`, `connect`, `sr`, … ; '' for groups that only commit offsets, such as Flink's. */
  readonly protocolType: string;
}
export type GroupAnswer =
  | { readonly outcome: 'seen'; readonly seen: SeenGroup }
  /** Kafka answered that it does not tell, or told what cannot be read: of this group nothing is known. */
  | { readonly outcome: 'unknown'; readonly group: string; readonly reason: string };

/** What can be asked while connected to a cluster. */
export interface GroupReader {
  list(): Promise<readonly ListedGroup[]>;
  /** Rejects when no answer came. */
  read(group: ListedGroup): Promise<GroupAnswer>;
}

/** Members of these groups have topics assigned in the consumer protocol. */
const CONSUMER_PROTOCOL = 'consumer';

/** Connects, lets the groups be asked, and disconnects. */
export function withGroupReader<T>(kafka: Kafka, ask: (reader: GroupReader) => Promise<T>): Promise<T> {
  return withAdmin(kafka, (admin) => ask({
    list: async () => (await admin.listGroups()).groups.map(({ groupId, protocolType }) => ({ group: groupId, protocolType })),
    read: (listed) => readGroup(admin, listed),
  }));
}

/**
 * The committed offsets tell the topics of every kind of group: Flink's, which have no members, and KIP-848 ones, which
 * look dead to a client of this age. Members are an extra, for topics of which nothing was committed yet.
 */
async function readGroup(admin: AdminQuestions, { group, protocolType }: ListedGroup): Promise<GroupAnswer> {
  try {
    const committed = await committedOf(admin, group);
    const assigned = protocolType === CONSUMER_PROTOCOL ? await topicsAssigned(admin, group) : [];
    return { outcome: 'seen', seen: { group, assigned, committed } };
  } catch (failure) {
    if (!isAnsweredNo(failure)) throw failure;
    return { outcome: 'unknown', group, reason: reasonOf(failure) };
  }
}
