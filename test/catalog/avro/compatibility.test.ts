import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { answerLine } from '../../../server/catalog/avro/compat-line.ts';
import { checkCompatibility } from '../../../server/catalog/avro/compatibility.ts';
import { essenceOf } from '../../stack/avro-oracle/same-answer.ts';
import { record, schemaOf } from './schemas.ts';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const linesOf = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n');
const VECTORS = file('../../../../shared/avro-compat/vectors.jsonl');

interface Vector {
  readonly compatible: boolean;
  readonly incompatibilities?: readonly object[];
  readonly types?: readonly string[];
}

test.skipIf(!existsSync(VECTORS))('answers the shared vectors as upstream does (needs ../shared/avro-compat/vectors.jsonl)', () => {
  const wrong = linesOf(VECTORS).filter((line) => {
    const { compatible, incompatibilities, types } = JSON.parse(line) as Vector;
    const answer = JSON.parse(answerLine(line)) as { compatible: boolean; incompatibilities: readonly { type: string }[] };
    if (incompatibilities !== undefined) return essenceOf(answer as never) !== essenceOf({ compatible, incompatibilities } as never);
    return answer.compatible !== compatible || String(answer.incompatibilities.map(({ type }) => type.toLowerCase())) !== String(types);
  });
  expect(wrong).toEqual([]);
});

test('answers drawn pairs as Avro Java did: verdict, types, locations, messages and order', () => {
  const lines = linesOf(file('../../fixtures/avro-oracle.jsonl'));
  expect(lines.length).toBeGreaterThan(1_000);
  const wrong = lines.filter((line) => essenceOf(answerLine(line)) !== essenceOf((JSON.parse(line) as { expected: object }).expected));
  expect(wrong).toEqual([]);
});

describe('judges a pair', () => {
  test('two of the reader’s names for a field in one writer are no verdict', () => {
    const reader = schemaOf({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int', aliases: ['b'] }] });
    const verdict = checkCompatibility(reader, schemaOf(record({ a: 'int', b: 'int' })));
    expect(verdict).toEqual({ outcome: 'failed', message: 'Reader record field a type:INT pos:0 matches multiple fields in writer record schema R' });
  });

  test('a nameless record fits any other nameless one, and no named one', () => {
    const nameless = schemaOf({ type: 'record', fields: [] });
    expect(checkCompatibility(nameless, nameless).outcome).toBe('compatible');
    expect(checkCompatibility(schemaOf(record({})), nameless)).toMatchObject({ incompatibilities: [{ type: 'NAME_MISMATCH', location: '/name', message: 'expected: null' }] });
  });

  test('a chain of 4,500 types is judged without meeting the end of the stack', () => {
    const flat = (leaf: string) => schemaOf(Array.from({ length: 4_500 }, (_, i) => ({ type: 'record', name: `R${i}`, fields: [{ name: 'v', type: i === 0 ? leaf : `R${i - 1}` }] })));
    const last = (leaf: string) => (flat(leaf) as { branches: readonly Parameters<typeof checkCompatibility>[0][] }).branches[4_499]!;
    const verdict = checkCompatibility(last('string'), last('int'));
    expect(verdict).toMatchObject({ outcome: 'incompatible', incompatibilities: [{ type: 'TYPE_MISMATCH' }] });
  });

  test('reasons that double with each level end at a limit that names itself', () => {
    const doubling = (leaf: string) => schemaOf(Array.from({ length: 30 }, (_, i) => ({ type: 'record', name: `R${i}`, fields: ['f', 'g'].map((name) => ({ name, type: i === 0 ? leaf : `R${i - 1}` })) })));
    expect(checkCompatibility(doubling('int'), doubling('string'))).toMatchObject({ outcome: 'failed', message: expect.stringContaining('100000 incompatibilities') as string });
  });

  test('recursive types of different shapes end', () => {
    const one = schemaOf({ type: 'record', name: 'N', fields: [{ name: 'n', type: ['null', 'N'] }] });
    const two = schemaOf({ type: 'record', name: 'N', fields: [{ name: 'n', type: ['null', { type: 'record', name: 'm.N', fields: [{ name: 'n', type: ['null', 'N'] }] }] }] });
    expect(checkCompatibility(one, two).outcome).toBe('compatible');
    expect(checkCompatibility(two, one).outcome).toBe('compatible');
  });
});
