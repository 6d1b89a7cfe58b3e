import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DeadLetter, FAILED_STAGES } from '../../ingest/dead-letter.ts';
import { groupsToSend, letterOf, recordOf, withoutPayload } from '../../ingest/dead-letter-record.ts';

const payload = fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes)));
const letters: fc.Arbitrary<DeadLetter> = fc.record({
  topic: fc.string({ minLength: 1 }), partition: fc.nat(), offset: fc.maxSafeNat(), stage: fc.constantFrom(...FAILED_STAGES),
  failure: fc.string(), message: fc.string(), key: payload, value: payload, at: fc.nat(),
});
const LETTER: DeadLetter = { topic: 't', partition: 0, offset: 0, stage: 'DECODE', failure: 'Malformed', message: 'why', key: null, value: null, at: 0 };

test('a dead letter read back is the one that was written', () => {
  fc.assert(fc.property(letters, (letter) => {
    const { key, value, headers } = recordOf(letter);
    expect(letterOf({ key, value, headers: new Map(Object.entries(headers)) })).toEqual(letter);
  }));
});

test('a record without our headers is no dead letter', () => {
  expect(letterOf({ key: null, value: Buffer.from('x'), headers: new Map([['__connect.errors.topic', 't']]) })).toBeNull();
});

test('groups keep the order, lose nothing, and fit a batch unless a letter is too large by itself', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 700_000 }), { maxLength: 20 }), (sizes) => {
    const all = sizes.map((size, offset) => ({ ...LETTER, offset, value: Buffer.alloc(size) }));
    const groups = groupsToSend(all);
    expect(groups.flat()).toEqual(all);
    for (const group of groups) expect(group.length === 1 || group.reduce((sum, { value }) => sum + (value?.length ?? 0), 0) <= 512 * 1024).toBe(true);
  }), { numRuns: 30 });
});

test('a reason of a megabyte is cut in the header, and a payload left out is told of', () => {
  const long = { ...LETTER, message: 'x'.repeat(1_000_000), value: Buffer.alloc(10) };
  const reason = (letter: DeadLetter) => Object.values(recordOf(letter).headers).map((header) => header.length).sort((a, b) => b - a)[0];
  expect(reason(long)).toBe(2_000);
  expect(withoutPayload(long)).toMatchObject({ value: null, message: expect.stringMatching(/its 10 bytes are too many/) });
  expect(reason(withoutPayload(long))).toBeLessThanOrEqual(2_000);
});
