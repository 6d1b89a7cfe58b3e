import { expect, test } from 'vitest';
import { type PartitionFacts, resumePoint } from '../../ingest/resume-point.ts';

const CASES: readonly (readonly [string, PartitionFacts, object])[] = [
  ['begins where the partition begins when nothing was applied', { stored: null, committed: null, low: 7, high: 9 }, { outcome: 'continues', next: 7 }],
  ['does not believe Kafka when nothing was applied', { stored: null, committed: 9, low: 0, high: 9 }, { outcome: 'continues', next: 0 }],
  ['goes on where the store stands, whatever Kafka remembers', { stored: 5, committed: 3, low: 0, high: 9 }, { outcome: 'continues', next: 5 }],
  ['goes on at the end', { stored: 9, committed: 9, low: 0, high: 9 }, { outcome: 'continues', next: 9 }],
  ['goes on at the beginning without a commit', { stored: 0, committed: null, low: 0, high: 9 }, { outcome: 'continues', next: 0 }],
  ['counts what was deleted before it was read', { stored: 5, committed: 5, low: 8, high: 9 }, { outcome: 'lost', next: 8, lost: 3 }],
  ['counts it when all of it was deleted', { stored: 5, committed: 5, low: 9, high: 9 }, { outcome: 'lost', next: 9, lost: 4 }],
  ['starts over in a partition that ends before the stored offset', { stored: 50, committed: 50, low: 0, high: 9 }, { outcome: 'starts-over', next: 0 }],
  ['starts over in an empty one', { stored: 50, committed: null, low: 0, high: 0 }, { outcome: 'starts-over', next: 0 }],
  ['starts over in one that has grown past the stored offset, when Kafka forgot the group', { stored: 5, committed: null, low: 0, high: 9 }, { outcome: 'starts-over', next: 0 }],
];

test.each(CASES)('%s', (_, facts, expected) => {
  expect(resumePoint(facts)).toMatchObject(expected);
});
