import { expect, test } from 'vitest';
import { checkFlinkRules } from '../../../server/catalog/avro/flink-rules.ts';
import type { JsonValue } from '../../../server/catalog/avro/json.ts';
import { record, schemaOf } from './schemas.ts';

const decimal = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale });
const timed = (logicalType: string, type = 'long') => ({ type, logicalType });
const fixed = (size: number) => ({ type: 'fixed', name: 'F', size });

test.each<[string, JsonValue, JsonValue]>([
  ['decimal-scale', decimal(10, 2), decimal(10, 3)],
  ['decimal-precision', decimal(10, 2), decimal(8, 2)],
  ['time-precision', timed('timestamp-millis'), timed('timestamp-micros')],
  ['time-precision', timed('time-millis', 'int'), timed('time-micros')],
  ['time-precision', timed('local-timestamp-micros'), timed('local-timestamp-nanos')],
  ['timestamp-zone', timed('timestamp-millis'), timed('local-timestamp-millis')],
  ['fixed-length', fixed(4), fixed(8)],
  ['nullability', ['null', 'int'], 'int'],
  ['lossy-promotion', 'int', 'float'],
  ['lossy-promotion', 'long', 'double'],
  ['lossy-promotion', 'long', 'float'],
  ['unsupported-change', 'long', timed('timestamp-millis')],
  ['unsupported-change', 'string', 'bytes'],
  ['unsupported-change', 'int', 'string'],
  ['unsupported-change', decimal(10, 2), 'bytes'],
])('%s: %j to %j is refused, at the field, wherever it is', (rule, before, after) => {
  expect(checkFlinkRules(schemaOf(record({ f: before })), schemaOf(record({ f: after })))).toMatchObject([{ rule, path: 'f', severityHint: 'error' }]);
  const nested = (type: JsonValue) => schemaOf(record({ a: { type: 'array', items: ['null', record({ f: type }, 'I')] } }));
  expect(checkFlinkRules(nested(before), nested(after))).toMatchObject([{ rule, path: 'a[].f' }]);
  expect(checkFlinkRules(schemaOf(before), schemaOf(after))).toMatchObject([{ rule, path: '$value' }]);
});

test.each<[string, JsonValue, JsonValue]>([
  ['a precision that grows', decimal(10, 2), decimal(12, 2)],
  ['an exact promotion', 'int', 'long'],
  ['an int as a double', 'int', 'double'],
  ['nullability that loosens', 'int', ['null', 'int']],
  ['a UUID as a plain string', { type: 'string', logicalType: 'uuid' }, 'string'],
  ['an enum as a string', { type: 'enum', name: 'E', symbols: ['A'] }, 'string'],
  ['the same decimal on fixed', decimal(4, 2), { type: 'fixed', name: 'F', size: 8, logicalType: 'decimal', precision: 4, scale: 2 }],
])('%s is allowed', (_, before, after) => {
  expect(checkFlinkRules(schemaOf(record({ f: before })), schemaOf(record({ f: after })))).toEqual([]);
});

test('a field that is required and new must have a default', () => {
  const after = (more: object) => schemaOf({ type: 'record', name: 'R', fields: [{ name: 'n', type: 'int', ...more }] });
  expect(checkFlinkRules(schemaOf(record({})), after({}))).toMatchObject([{ rule: 'required-field-added', path: 'n' }]);
  expect(checkFlinkRules(schemaOf(record({})), after({ default: 1 }))).toEqual([]);
  expect(checkFlinkRules(schemaOf(record({ old: 'int' })), after({ aliases: ['old'] }))).toEqual([]);
});

test('fields may go, move and be renamed by alias', () => {
  const after = schemaOf({ type: 'record', name: 'R', fields: [{ name: 'c', type: 'int', aliases: ['b'] }, { name: 'a', type: 'int' }] });
  expect(checkFlinkRules(schemaOf(record({ a: 'int', b: 'int', d: 'int' })), after)).toEqual([]);
});

test('a type used in two places is judged in both, a recursive one ends', () => {
  const money = (scale: number) => record({ amount: decimal(10, scale) }, 'Money');
  const order = (scale: number) => schemaOf(record({ price: money(scale), total: 'Money', parent: ['null', 'R'] }));
  expect(checkFlinkRules(order(2), order(3)).map(({ path }) => path)).toEqual(['price.amount', 'total.amount']);
});

test('branches of a union are paired by name', () => {
  const union = (scale: number) => schemaOf(record({ p: ['null', record({ v: decimal(9, scale) }, 'A'), record({ x: 'int' }, 'B')] }));
  expect(checkFlinkRules(union(1), union(2)).map(({ path }) => path)).toEqual(['p<A>.v']);
});
