import { expect, test } from 'vitest';
import { readLineageEvent } from '../../ingest/lineage-event.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

test('reads JSON in UTF-8, a byte order mark before it or not', () => {
  expect(readLineageEvent(bytes('{"job":"café"}'))).toEqual({ outcome: 'read', event: { job: 'café' } });
  expect(readLineageEvent(bytes('\uFEFF{}'))).toEqual({ outcome: 'read', event: {} });
  // What it says is not looked at here.
  expect(readLineageEvent(bytes('7'))).toEqual({ outcome: 'read', event: 7 });
});

test.each<[string, Uint8Array | null, string]>([
  ['no value', null, 'Empty'],
  ['nothing', bytes(''), 'Malformed'],
  ['no JSON', bytes('<x/>'), 'Malformed'],
  ['JSON that is cut off', bytes('{"job":{"name":"a'), 'Malformed'],
  ['two documents', bytes('{}{}'), 'Malformed'],
  ['bytes that are no UTF-8, which would be another name', Buffer.concat([bytes('{"job":"'), Buffer.from([0xff]), bytes('"}')]), 'Malformed'],
  ['Avro', Buffer.from([0, 0, 0, 0, 1, 2, 3]), 'Malformed'],
  ['more than the limit', new Uint8Array(4 * 1024 * 1024 + 1), 'TooLarge'],
])('cannot read %s', (_, value, failure) => {
  expect(readLineageEvent(value)).toMatchObject({ outcome: 'unreadable', failure, reason: expect.any(String) as string });
});
