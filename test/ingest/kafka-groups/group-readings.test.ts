import { expect, test } from 'vitest';
import { type KnownReading, nameFault, readingsOf, type SeenGroup } from '../../../ingest/kafka-groups/group-readings.ts';

const MINUTE = 60_000;
const NOW = Date.UTC(2026, 0, 1);
const look = { namespace: 'kafka://main', at: NOW, grainMs: 10 * MINUTE };
const offsets = (...of: readonly number[]) => new Map(of.map((offset, partition) => [partition, offset]));
const group = (rest: Partial<SeenGroup>): SeenGroup => ({ group: 'readers', assigned: [], committed: new Map(), ...rest });
const before = (known: KnownReading) => new Map([['orders', known]]);
const told = (seen: SeenGroup, known: ReadonlyMap<string, KnownReading> = new Map()) => readingsOf(seen, known, look).observations.map(({ dataset }) => dataset?.name);

test('tells that a group reads a topic, which fields is unknown', () => {
  expect(readingsOf(group({ committed: new Map([['orders', offsets(4)]]) }), new Map(), look)).toEqual({
    observations: [{ change: 'observation', what: 'reads', actor: { kind: 'consumer', namespace: 'kafka://main', name: 'readers' }, dataset: { namespace: 'kafka://main', name: 'orders' }, path: null, schemaId: null, firstSeen: NOW, lastSeen: NOW }],
    known: new Map([['orders', { offsets: offsets(4), toldAt: NOW }]]),
  });
});

test('tells each topic once, whether members or offsets show it', () => {
  expect(told(group({ assigned: ['orders', 'clicks'], committed: new Map([['orders', offsets(4)], ['old', offsets(1)]]) }))).toEqual(['orders', 'clicks', 'old']);
  expect(told(group({}))).toEqual([]);
});

const COMMITTED = group({ committed: new Map([['orders', offsets(4, 7)]]) });
test.each<readonly [string, SeenGroup, KnownReading, boolean]>([
  ['stands still without members', COMMITTED, { offsets: offsets(4, 7), toldAt: NOW - 60 * MINUTE }, false],
  ['stands still, and was told by an earlier process', COMMITTED, { offsets: null, toldAt: NOW - 60 * MINUTE }, false],
  ['was set back by a person', COMMITTED, { offsets: offsets(9, 7), toldAt: NOW - 60 * MINUTE }, false],
  ['moved on in one partition', COMMITTED, { offsets: offsets(4, 6), toldAt: NOW - 60 * MINUTE }, true],
  ['committed in one more partition', COMMITTED, { offsets: offsets(4), toldAt: NOW - 60 * MINUTE }, true],
  ['moved on and was told a moment ago', COMMITTED, { offsets: offsets(4, 6), toldAt: NOW - MINUTE }, false],
  ['has a member', group({ assigned: ['orders'] }), { offsets: offsets(), toldAt: NOW - 60 * MINUTE }, true],
  ['has a member and stands still', group({ ...COMMITTED, assigned: ['orders'] }), { offsets: offsets(4, 7), toldAt: NOW - 60 * MINUTE }, true],
  ['has a member and was told a moment ago', group({ assigned: ['orders'] }), { offsets: offsets(), toldAt: NOW - MINUTE }, false],
  ['has a member of another topic', group({ ...COMMITTED, assigned: ['clicks'] }), { offsets: offsets(4, 7), toldAt: NOW - 60 * MINUTE }, false],
])('of a group that %s', (_, seen, known, isTold) => {
  expect(told(seen, before(known)).includes('orders')).toBe(isTold);
});

test('compares each look with the one before it', () => {
  const first = readingsOf(COMMITTED, new Map(), look);
  const hourLater = { ...look, at: NOW + 60 * MINUTE };
  expect(readingsOf(COMMITTED, first.known, hourLater).observations).toEqual([]);
  const moved = readingsOf(group({ committed: new Map([['orders', offsets(4, 8)]]) }), first.known, hourLater);
  expect(moved.observations).toMatchObject([{ firstSeen: hourLater.at, lastSeen: hourLater.at }]);
});

test('takes no name that cannot stand in the catalog', () => {
  expect(nameFault('readers')).toBeNull();
  expect(nameFault('')).toContain('without a name');
  expect(nameFault('x'.repeat(513))).toContain('513');
});
