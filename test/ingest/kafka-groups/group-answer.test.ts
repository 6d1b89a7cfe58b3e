import { expect, test } from 'vitest';
import { answerOf } from '../../../ingest/kafka-groups/group-answer.ts';

const COMMITTED = new Map([['orders', new Map([[0, 4]])]]);
const NOTHING = new Map<string, Map<number, number>>();

test.each<readonly [string, string, ReadonlyMap<string, ReadonlyMap<number, number>>, readonly string[] | null, boolean]>([
  ['a group with members', 'consumer', NOTHING, ['orders'], true],
  ['a group in the middle of a rebalance', 'consumer', NOTHING, [], true],
  ['a group that only commits, as Flink\'s', '', COMMITTED, [], true],
  ['a group whose offsets have expired', '', NOTHING, [], true],
  ['a KIP-848 group that has committed', 'consumer', COMMITTED, null, true],
  ['a KIP-848 group that has committed nothing yet', 'consumer', NOTHING, null, false],
  ['Connect\'s workers', 'connect', NOTHING, [], true],
  ['a share group', 'share', NOTHING, [], false],
  ['a kind of group nobody knows', 'mesh', NOTHING, [], false],
  ['a kind of group nobody knows, which commits', 'mesh', COMMITTED, [], true],
])('tells what is known of %s', (_, protocolType, committed, assigned, isKnown) => {
  expect(answerOf({ group: 'readers', protocolType }, { committed, assigned })).toMatchObject(isKnown ? { outcome: 'seen', seen: { group: 'readers', committed, assigned: assigned ?? [] } } : { outcome: 'unknown', group: 'readers', reason: expect.stringMatching(/shown?/) });
});
