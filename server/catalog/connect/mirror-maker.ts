import type { Connected, Flow, Flows } from './flow.ts';
import { topicNamed } from './flow.ts';
import { toldOr, Untold } from './kept-config.ts';
import { nameList } from './name-list.ts';

const POLICIES: Readonly<Record<string, 'prefixed' | 'same'>> = {
  'org.apache.kafka.connect.mirror.DefaultReplicationPolicy': 'prefixed',
  'org.apache.kafka.connect.mirror.IdentityReplicationPolicy': 'same',
};

/** MirrorMaker 2: topics of another cluster under `<alias>.<topic>`, or under the same name, by its replication policy. */
export function mirrorSource(connected: Connected): Flows {
  const { settings, route, renames, kafka, activeTopics } = connected;
  const remote = remoteName(connected);
  const source = toldOr(() => `kafka://${settings.required('source.cluster.bootstrap.servers').split(',')[0] ?? ''}`);
  const listed = nameList(settings.list('topics').length === 0 ? ['.*'] : settings.list('topics'), 'topics', { ignoreCase: false });
  const excluded = nameList(settings.list('topics.exclude'), 'topics.exclude', { ignoreCase: false });
  const seen = renames ? [] : (activeTopics ?? []).filter((topic) => topic.startsWith(remote(''))).map((topic) => topic.slice(remote('').length)).filter((topic) => listed.admits(topic));
  const topics = [...new Set([...listed.literals, ...seen])].filter((topic) => !excluded.admits(topic));
  const others = listed.closed ? [] : ["'topics' has patterns: there may be other topics"];
  const flows = topics.map((topic): Flow => ({ from: source.told === null ? null : topicNamed(source.told, topic), to: topicNamed(kafka, route(remote(topic))), shape: 'row' }));
  return { flows, unknownReads: [...others, ...(source.untold === null ? [] : [source.untold])], unknownWrites: others };
}

/** The positions of consumer groups, carried over. */
export function mirrorCheckpoints({ settings, route, kafka }: Connected): Flows {
  return { flows: [{ from: null, to: topicNamed(kafka, route(`${settings.required('source.cluster.alias')}.checkpoints.internal`)), shape: null }], unknownReads: [], unknownWrites: [] };
}

export function mirrorHeartbeats({ route, kafka }: Connected): Flows {
  return { flows: [{ from: null, to: topicNamed(kafka, route('heartbeats')), shape: null }], unknownReads: [], unknownWrites: [] };
}

function remoteName({ settings }: Connected): (topic: string) => string {
  const policy = settings.text('replication.policy.class') ?? 'org.apache.kafka.connect.mirror.DefaultReplicationPolicy';
  const kind = Object.hasOwn(POLICIES, policy) ? POLICIES[policy] : undefined;
  if (kind === undefined) throw new Untold(`topics are named by ${policy}`);
  if (kind === 'same') return (topic) => topic;
  const start = `${settings.required('source.cluster.alias')}${settings.text('replication.policy.separator') ?? '.'}`;
  return (topic) => start + topic;
}
