import { expect, test } from 'vitest';
import { mayHold, PartitionPositions } from '../../ingest/partition-positions.ts';

const control = { topic: 'control', partition: 0 };
const audit = { topic: 'audit', partition: 0 };

test('has caught up once every partition is past what was in it at the beginning, whatever came since', () => {
  const positions = new PartitionPositions();
  positions.begin([{ ...control, next: 5, end: 10 }, { ...audit, next: 3, end: 3 }]);
  expect([positions.caughtUp, positions.lag]).toEqual([false, 5]);
  positions.moved({ ...audit, next: 4, end: 90 });
  positions.moved({ ...control, next: 9, end: 20 });
  expect([positions.caughtUp, positions.lag]).toEqual([false, 86 + 11]);
  positions.moved({ ...control, next: 10, end: 20 });
  expect([positions.caughtUp, positions.lag]).toEqual([true, 86 + 10]);
});

test('starts over when partitions are assigned anew', () => {
  const positions = new PartitionPositions();
  positions.begin([{ ...control, next: 0, end: 4 }]);
  positions.begin([{ ...audit, next: 2, end: 2 }]);
  expect([positions.caughtUp, positions.lag]).toEqual([true, 0]);
});

test.each([
  ['before it', { next: 0, end: 101 }, true],
  ['within it', { next: 105, end: 200 }, true],
  ['at its last message', { next: 109, end: 110 }, true],
  ['past it', { next: 110, end: 200 }, false],
  ['before it, with an end before it', { next: 0, end: 100 }, false],
  ['within its offsets, with nothing ahead', { next: 105, end: 105 }, false],
])('a batch of offsets 100 to 109 may lie ahead of a partition that stands %s: %#', (_, { next, end }, may) => {
  expect(mayHold([{ ...control, next, end }], { firstOffset: 100, lastOffset: 109 }).length === 1).toBe(may);
});

test('knows the next message of the partitions it has, and of no other', () => {
  const positions = new PartitionPositions();
  positions.begin([{ topic: 'control', partition: 0, next: 3, end: 9 }]);
  positions.moved({ topic: 'control', partition: 0, next: 5, end: 9 });
  expect([0, 1].map((partition) => positions.nextOf({ topic: 'control', partition }))).toEqual([5, undefined]);
  positions.begin([]);
  expect(positions.nextOf({ topic: 'control', partition: 0 })).toBeUndefined();
});
