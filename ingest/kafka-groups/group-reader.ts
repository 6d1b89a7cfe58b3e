import { type AdminQuestions, committedOf, isAnsweredNo, type Kafka, reasonOf, topicsAssigned, withAdmin } from '../kafka-client.ts';
import { answerOf, CONSUMER_PROTOCOL, type GroupAnswer, type ListedGroup } from './group-answer.ts';

/** What can be asked while connected to a cluster. */
export interface GroupReader {
  list(): Promise<readonly ListedGroup[]>;
  /** Rejects when no answer came. */
  read(group: ListedGroup): Promise<GroupAnswer>;
}

/** Connects, lets the groups be asked, and disconnects. */
export function withGroupReader<T>(kafka: Kafka, ask: (reader: GroupReader) => Promise<T>): Promise<T> {
  return withAdmin(kafka, (admin) => ask({
    list: async () => (await admin.listGroups()).groups.map(({ groupId, protocolType }) => ({ group: groupId, protocolType })),
    read: (listed) => readGroup(admin, listed),
  }));
}

async function readGroup(admin: AdminQuestions, listed: ListedGroup): Promise<GroupAnswer> {
  const { group, protocolType } = listed;
  try {
    const committed = await committedOf(admin, group);
    const assigned = protocolType === CONSUMER_PROTOCOL ? await topicsAssigned(admin, group) : [];
    return answerOf(listed, { committed, assigned });
  } catch (failure) {
    if (!isAnsweredNo(failure)) throw failure;
    return { outcome: 'unknown', group, reason: reasonOf(failure) };
  }
}
