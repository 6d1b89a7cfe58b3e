import { expect, test } from 'vitest';
import { type SchemasRecord, schemasRecord } from '../../../ingest/schemas-topic/schemas-record.ts';

const read = (key: object, value: object | string | null): SchemasRecord => schemasRecord({ key: JSON.stringify(key), value: typeof value === 'string' || value === null ? value : JSON.stringify(value) });
const schemaKey = { keytype: 'SCHEMA', subject: 'orders-value', version: 2, magic: 1 };
const plain = { schemaId: 7, schemaType: 'AVRO', schema: '"int"', references: [], deleted: false };

test.each<readonly [string, object, object | null, object]>([
  ['a version', schemaKey, { subject: 'orders-value', version: 2, id: 7, schema: '"int"', deleted: false }, { says: 'schema', subject: 'orders-value', version: 2, schema: plain }],
  ['a version of a writer that says less, in another order', { magic: 1, version: 2, subject: 'orders-value', keytype: 'SCHEMA' }, { schema: '"int"', id: 7 }, { says: 'schema', schema: plain }],
  ['a version with what later registries write', schemaKey, { subject: 'orders-value', version: 2, id: 7, md5: 'x', metadata: null, ruleSet: {}, offset: 3, ts: 1, schemaType: 'AVRO', references: null, schema: '"int"', deleted: true }, { says: 'schema', schema: { ...plain, deleted: true } }],
  ['references', schemaKey, { id: 7, schema: '"int"', schemaType: 'PROTOBUF', references: [{ name: 'A', subject: 'a', version: 1 }] }, { schema: { schemaType: 'PROTOBUF', references: [{ name: 'A', subject: 'a', version: 1 }] } }],
  ['a version deleted for good', schemaKey, null, { says: 'version-removed', subject: 'orders-value', version: 2 }],
  ['the level of a subject', { keytype: 'CONFIG', subject: 'a', magic: 0 }, { compatibilityLevel: 'FULL' }, { says: 'level', scope: 'a', value: 'FULL' }],
  ['the level of the registry', { keytype: 'CONFIG', subject: null, magic: 0 }, { compatibilityLevel: 'NONE' }, { says: 'level', scope: '', value: 'NONE' }],
  ['a configuration without a level', { keytype: 'CONFIG', subject: 'a', magic: 0 }, { normalize: true }, { says: 'level', scope: 'a', value: null }],
  ['a configuration removed', { keytype: 'CONFIG', subject: 'a', magic: 0 }, null, { says: 'level', scope: 'a', value: null }],
  ['a mode', { keytype: 'MODE', magic: 0 }, { mode: 'READONLY' }, { says: 'mode', scope: '', value: 'READONLY' }],
  ['a subject deleted', { keytype: 'DELETE_SUBJECT', subject: 'a', magic: 0 }, { subject: 'a', version: 3 }, { says: 'subject-deleted', subject: 'a', through: 3 }],
  ['a subject cleared', { keytype: 'CLEAR_SUBJECT', subject: 'a', magic: 0 }, { subject: 'a' }, { says: 'subject-cleared', subject: 'a' }],
  ['a mark to read one\'s own writes by', { keytype: 'NOOP', magic: 0 }, null, { says: 'nothing' }],
  ['a key type of a later registry', { keytype: 'ASSOC', tenant: 't', resourceName: 'r', magic: 0 }, { any: 'thing' }, { says: 'unknown', keytype: 'ASSOC' }],
])('reads %s', (_, key, value, expected) => expect(read(key, value)).toMatchObject(expected));

test.each<readonly [string, object, object | string, string | null, RegExp]>([
  ['a value that is no JSON', schemaKey, '{"id":', 'orders-value', /no JSON/],
  ['a version of another subject', schemaKey, { subject: 'payments-value', id: 7, schema: '"int"' }, 'orders-value', /speaks of 2 of "payments-value"/],
  ['a version without id', schemaKey, { schema: '"int"' }, 'orders-value', /lacks id or schema/],
  ['a type nobody knows', schemaKey, { id: 7, schema: '"int"', schemaType: 'THRIFT' }, 'orders-value', /of type "THRIFT"/],
  ['a reference without subject', schemaKey, { id: 7, schema: '"int"', references: [{ name: 'A', version: 1 }] }, 'orders-value', /lacks name, subject or version/],
  ['a version number below 1', { ...schemaKey, version: 0 }, { id: 7, schema: '"int"' }, 'orders-value', /no version number/],
  ['a subject deleted up to nothing', { keytype: 'DELETE_SUBJECT', subject: 'a' }, { subject: 'a' }, 'a', /no version number/],
  ['a level that is no word', { keytype: 'CONFIG' }, { compatibilityLevel: 5 }, '', /no word/],
  ['no key type', { subject: 'a' }, {}, null, /key type/],
])('does not guess at %s', (_, key, value, subject, reason) => expect(read(key, value)).toEqual({ says: 'unreadable', subject, reason: expect.stringMatching(reason) }));

test.each([null, '', 'null', '[]', '{', '"SCHEMA"'])('a key of %j tells of nobody', (key) => expect(schemasRecord({ key, value: null })).toMatchObject({ says: 'unreadable', subject: null }));
