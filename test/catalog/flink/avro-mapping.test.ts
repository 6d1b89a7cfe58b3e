import { expect, test } from 'vitest';
import { parseSchema } from '../../../server/catalog/avro/parse.ts';
import { avroOfColumns, columnsOfAvro } from '../../../server/catalog/flink/avro-mapping.ts';
import { typeText } from '../../../server/catalog/flink/logical-type.ts';
import { parseDataType } from '../../../server/catalog/flink/sql/parse-type.ts';
import { TokenReader } from '../../../server/catalog/flink/sql/token-reader.ts';

const columns = (types: Readonly<Record<string, string>>) => Object.entries(types).map(([name, text]) => ({ name, type: parseDataType(new TokenReader(text)) }));
const mapped = (text: string, legacyTimestamps = true) => {
  const outcome = avroOfColumns(columns({ c: text }), { legacyTimestamps });
  return outcome.outcome === 'mapped' ? (outcome.schema as { fields: { type: unknown }[] }).fields[0]!.type : outcome.reason;
};

test.each<readonly [string, unknown]>([
  ['BOOLEAN NOT NULL', 'boolean'], ['TINYINT NOT NULL', 'int'], ['SMALLINT NOT NULL', 'int'], ['INT NOT NULL', 'int'], ['BIGINT NOT NULL', 'long'],
  ['FLOAT NOT NULL', 'float'], ['DOUBLE NOT NULL', 'double'], ['STRING NOT NULL', 'string'], ['CHAR(3) NOT NULL', 'string'], ['BYTES NOT NULL', 'bytes'], ['BINARY(4) NOT NULL', 'bytes'],
  ['DATE NOT NULL', { type: 'int', logicalType: 'date' }], ['TIME(3) NOT NULL', { type: 'int', logicalType: 'time-millis' }],
  ['DECIMAL(12, 2) NOT NULL', { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 }],
  ['TIMESTAMP(3) NOT NULL', { type: 'long', logicalType: 'timestamp-millis' }],
  ['ARRAY<INT> NOT NULL', { type: 'array', items: ['null', 'int'] }], ['MAP<STRING, BIGINT NOT NULL> NOT NULL', { type: 'map', values: 'long' }],
  ['MULTISET<STRING> NOT NULL', { type: 'map', values: 'int' }],
  ['STRING', ['null', 'string']],
])('%s is written as Flink writes it', (text, avro) => {
  expect(mapped(text)).toEqual(avro);
});

test('rows inside are records named after their way, nullable fields default to null', () => {
  const outcome = avroOfColumns(columns({ customer: 'ROW<id BIGINT NOT NULL, address ROW<city STRING> NOT NULL>' }));
  expect(outcome).toMatchObject({ outcome: 'mapped', schema: {
    name: 'org.apache.flink.avro.generated.record',
    fields: [{ name: 'customer', default: null, type: ['null', {
      type: 'record', name: 'org.apache.flink.avro.generated.record_customer',
      fields: [{ name: 'id', type: 'long' }, { name: 'address', type: { name: 'org.apache.flink.avro.generated.record_customer_address', fields: [{ name: 'city', type: ['null', 'string'], default: null }] } }],
    }] }],
  } });
  expect(outcome.outcome === 'mapped' && parseSchema(outcome.schema).outcome).toBe('parsed');
});

test('the newer timestamp mapping is used where the table says so', () => {
  expect(mapped('TIMESTAMP(6) NOT NULL', false)).toEqual({ type: 'long', logicalType: 'local-timestamp-micros' });
  expect(mapped('TIMESTAMP_LTZ(3) NOT NULL', false)).toEqual({ type: 'long', logicalType: 'timestamp-millis' });
});

test.each([['TIMESTAMP(6)', /at most TIMESTAMP\(3\)/], ['TIMESTAMP_LTZ(3)', /legacy/], ['TIME(6)', /at most TIME\(3\)/], ['MAP<INT, INT>', /text keys only/], ["RAW('a.B', 'x')", /no Avro type for RAW/]])('%s is refused with a reason, as Flink refuses it', (text, reason) => {
  expect(mapped(text)).toMatch(reason);
});

test('a topic’s schema becomes columns, recursion and mixed unions of unknown type', () => {
  const parsed = parseSchema({ type: 'record', name: 'R', fields: [
    { name: 'id', type: 'string' }, { name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }] }, { name: 'state', type: { type: 'enum', name: 'S', symbols: ['A'] } },
    { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } }, { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'children', type: { type: 'array', items: 'R' } }, { name: 'mixed', type: ['int', 'string'] },
  ] });
  const found = parsed.outcome === 'parsed' ? columnsOfAvro(parsed.schema) : null;
  expect(found?.map(({ name, type }) => `${name} ${typeText(type)}`)).toEqual([
    'id STRING NOT NULL', 'at TIMESTAMP(3)', 'state STRING NOT NULL', 'price DECIMAL(9, 2) NOT NULL', 'tags ARRAY<STRING NOT NULL> NOT NULL', 'children ARRAY<? NOT NULL> NOT NULL', 'mixed ? NOT NULL',
  ]);
});
