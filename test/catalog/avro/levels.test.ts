import { expect, test } from 'vitest';
import { checkLevel, isAccepted } from '../../../server/catalog/avro/levels.ts';
import { COMPATIBILITY_LEVELS } from '../../../server/catalog/changes.ts';
import { record, schemaOf } from './schemas.ts';

const CANDIDATE = schemaOf(record({ a: 'int', b: 'string' }));
const VERSIONS = [
  { version: 3, schema: schemaOf(record({ a: 'int' })) },
  { version: 2, schema: schemaOf(record({ a: 'int', b: 'string' })) },
  { version: 1, schema: schemaOf(record({ a: 'string', b: 'string' })) },
];
const faults = (level: (typeof COMPATIBILITY_LEVELS)[number]) =>
  checkLevel(level, CANDIDATE, VERSIONS).map(({ version, direction, verdict }) => `${version} ${direction} ${verdict.outcome}`);

test.each([
  ['NONE', []],
  ['BACKWARD', ['3 backward incompatible']],
  ['FORWARD', ['3 forward compatible']],
  ['FULL', ['3 forward compatible', '3 backward incompatible']],
  ['BACKWARD_TRANSITIVE', ['3 backward incompatible', '2 backward compatible', '1 backward incompatible']],
  ['FORWARD_TRANSITIVE', ['3 forward compatible', '2 forward compatible', '1 forward incompatible']],
  ['FULL_TRANSITIVE', ['3 forward compatible', '3 backward incompatible', '2 forward compatible', '2 backward compatible', '1 forward incompatible', '1 backward incompatible']],
] as const)('%s asks what the registry asks, of every version it would ask', (level, expected) => {
  expect(faults(level)).toEqual(expected);
});

test('every level takes a first version', () => {
  expect(COMPATIBILITY_LEVELS.every((level) => isAccepted(checkLevel(level, CANDIDATE, [])))).toBe(true);
});
