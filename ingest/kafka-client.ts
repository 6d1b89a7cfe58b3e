import kafkajs, { type Admin, type Kafka, type SASLOptions } from 'kafkajs';
import type { KafkaConfig } from './config.ts';

export type { Kafka } from 'kafkajs';
/** What Kafka is asked about groups. */
export type AdminQuestions = Pick<Admin, 'describeGroups' | 'fetchOffsets' | 'listGroups'>;

const { AssignerProtocol, KafkaJSProtocolError, logLevel } = kafkajs;

/** kafkajs's own tries, before it gives up and ours begin. */
export const RETRY = { retries: 5, initialRetryTime: 200, maxRetryTime: 2_000 } as const;

/** Groups that read dead letters back, each for one run. */
export const REPLAY_GROUPS = 'sluice-replay-';

/** Where a partition begins and ends: the first offset that can be read, and one past the last. */
export interface PartitionEnds {
  readonly low: number;
  readonly high: number;
}

/** The one way to a cluster: addresses, SASL, TLS. Nothing is connected yet. */
export function kafkaOf({ brokers, sasl, tls }: Pick<KafkaConfig, 'brokers' | 'sasl' | 'tls'>): Kafka {
  return new kafkajs.Kafka({
    clientId: 'sluice',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: RETRY,
    ...(sasl === null ? {} : { sasl: sasl as SASLOptions }),
    ...(tls === null ? {} : { ssl: { ...(tls.ca === null ? {} : { ca: tls.ca }), ...(tls.cert === null ? {} : { cert: tls.cert }), ...(tls.key === null ? {} : { key: tls.key }) } }),
  });
}

/** Asks by a connection of its own, closed afterwards. */
export async function withAdmin<T>(kafka: Kafka, ask: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await ask(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** By partition. */
export async function endsOf(admin: Admin, topic: string): Promise<Map<number, PartitionEnds>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
}

/** What a group has committed, by topic and partition; what Kafka does not know, or knows as "none", is absent. */
export async function committedOf(admin: Pick<Admin, 'fetchOffsets'>, group: string, topics?: readonly string[]): Promise<Map<string, Map<number, number>>> {
  const offsets = await admin.fetchOffsets({ groupId: group, ...(topics === undefined ? {} : { topics: [...topics] }) });
  return new Map(offsets.map(({ topic, partitions }) => [topic, new Map(partitions.flatMap(({ partition, offset }) => (Number(offset) < 0 ? [] : [[partition, Number(offset)] as const])))]));
}

/**
 * Topics of which the members of a group have partitions; null when Kafka shows none, as of a KIP-848 group, which looks
 * dead to kafkajs. Rejects with `Unreadable` when a member says it in no way known here.
 */
export async function topicsAssigned(admin: Pick<Admin, 'describeGroups'>, group: string): Promise<readonly string[] | null> {
  const { groups } = await admin.describeGroups([group]);
  if (groups.some(({ state }) => state === 'Dead')) return null;
  const members = groups.flatMap(({ members: ones }) => ones);
  return [...new Set(members.flatMap(({ memberAssignment }) => Object.keys(assignmentIn(memberAssignment))))];
}

/** A member's assignment, by topic. Empty during a rebalance. */
function assignmentIn(bytes: Buffer): Record<string, number[]> {
  if (bytes.length === 0) return {};
  try {
    return AssignerProtocol.MemberAssignment.decode(bytes)?.assignment ?? {};
  } catch (failure) {
    throw new Unreadable('the assignment of one of its members cannot be read', { cause: failure });
  }
}
/** Kafka answered, in a way that is not understood. */
class Unreadable extends Error {}

/** Whether Kafka did answer, though not what was asked: asking again says the same. */
export function isAnsweredNo(failure: unknown): boolean {
  for (let cause = failure; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof Unreadable || (cause instanceof KafkaJSProtocolError && !cause.retriable)) return true;
  }
  return false;
}

/** What a broker's hanging up may mean; kafkajs says no more than this itself. */
const HUNG_UP = 'Closed connection';

/** Fit to show. */
export function reasonOf(failure: unknown): string {
  const message = failure instanceof Error ? failure.message : String(failure);
  return message === HUNG_UP ? 'a broker closed the connection, as one does that is stopping, or that wants TLS or SASL where none is configured' : message;
}
