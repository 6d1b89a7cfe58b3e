import avro from 'avsc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkClaims, FalseClaim } from '../../../ingest/decode/claimed-sizes.ts';

const EVERYTHING = avro.Type.forSchema({
  type: 'record',
  name: 'Everything',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'on', type: 'boolean' },
    { name: 'ratio', type: 'double' },
    { name: 'small', type: 'float' },
    { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 4 } },
    { name: 'kind', type: { type: 'enum', name: 'Kind', symbols: ['A', 'B'] } },
    { name: 'raw', type: 'bytes' },
    { name: 'texts', type: { type: 'array', items: 'string' } },
    { name: 'counts', type: { type: 'map', values: ['null', 'int'] } },
    { name: 'children', type: { type: 'array', items: 'Everything' } },
  ],
} as avro.Schema);

const everything = fc.letrec((tie) => ({
  record: fc.record({
    id: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), on: fc.boolean(), ratio: fc.double({ noNaN: true }), small: fc.float({ noNaN: true }),
    hash: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => Buffer.from(bytes)), kind: fc.constantFrom('A', 'B'),
    raw: fc.uint8Array().map((bytes) => Buffer.from(bytes)), texts: fc.array(fc.string()),
    counts: fc.dictionary(fc.string(), fc.option(fc.integer())), children: fc.oneof({ maxDepth: 4 }, fc.constant([]), fc.array(tie('record'), { maxLength: 2 })),
  }),
})).record;

test('lets every record through that was encoded', () => {
  fc.assert(fc.property(everything, (value) => {
    checkClaims(EVERYTHING, EVERYTHING.toBuffer(value));
  }));
});

test('refuses a record that ends early, wherever it ends', () => {
  fc.assert(fc.property(everything, fc.nat(), (value, cut) => {
    const whole = EVERYTHING.toBuffer(value);
    expect(() => checkClaims(EVERYTHING, whole.subarray(0, cut % whole.length))).toThrow(FalseClaim);
  }));
});

const STRINGS = avro.Type.forSchema({ type: 'array', items: 'string' });
const NOTHINGS = avro.Type.forSchema({ type: 'array', items: 'null' });
const HUNDRED_MILLION = [0x80, 0x84, 0xaf, 0x5f];
const MINUS_HUNDRED_MILLION = [0xff, 0x83, 0xaf, 0x5f];

test.each([
  ['a hundred million strings in no bytes', STRINGS, [...HUNDRED_MILLION]],
  ['the same in a block that gives its size', STRINGS, [...MINUS_HUNDRED_MILLION, 0, 0]],
  ['a hundred million items that take no bytes', NOTHINGS, [...HUNDRED_MILLION, 0]],
  ['a string longer than the message', avro.Type.forSchema('string'), [0x7e, 0x61]],
  ['a string of negative length', avro.Type.forSchema('string'), [0x01]],
  ['a number that never ends', avro.Type.forSchema('long'), Array.from({ length: 20 }, () => 0xff)],
  ['a member its union does not have', avro.Type.forSchema(['null', 'int']), [0x08, 0x00]],
])('refuses %s', (_, type, bytes) => {
  expect(() => checkClaims(type, Buffer.from(bytes))).toThrow(FalseClaim);
});

test('refuses nesting that would exhaust the stack', () => {
  const list = avro.Type.forSchema({ type: 'record', name: 'List', fields: [{ name: 'next', type: ['null', 'List'] }] } as avro.Schema);
  const nested = Buffer.concat([Buffer.alloc(300, 2), Buffer.from([0])]);
  expect(() => checkClaims(list, nested)).toThrow(/nests deeper/);
});
