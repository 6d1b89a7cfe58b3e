import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestCatalog, recordText, redeploy, smallPlatform, type TestCatalog } from './catalog.ts';

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await openTestCatalog();
  await catalog.say(...smallPlatform());
});
afterAll(() => catalog.stop());

const dataset = { namespace: 'kafka://main', name: 'payments' };
const record = (type: unknown, more: object = {}): object => ({ type: 'record', name: 'R', fields: [{ name: 'id', type: 'string' }, { name: 'f', type, ...more }] });
const change = (schema: unknown, more: object = {}): object => ({ subject: { namespace: 'registry://main', name: 'payments-value' }, schema, dryRun: true, ...more });

test.each<[string, string, object, string, string | undefined]>([
  ['the gate, of a writer', '/v1/gate/decisions', redeploy(record('Missing')), 'program.outputs[0].writerSchema', '/fields/1/type'],
  ['the gate, of a reader', '/v1/gate/decisions', { job: { namespace: 'flink://main', name: 'j' }, program: { kind: 'declared', inputs: [{ dataset, readerSchema: record(['null', 'string', 'int', 'string']) }], outputs: [] } }, 'program.inputs[0].readerSchema', '/fields/1/type/3'],
  ['compatibility, of the writer', '/v1/compatibility', { reader: '"int"', writer: JSON.stringify(record({ type: 'enum', name: 'E', symbols: ['A', 'B', 'c-d'] })) }, 'writer', '/fields/1/type/symbols/2'],
  ['a schema change', '/v1/schema-changes', change(record('int', { default: 'none' })), 'schema', '/fields/1/default'],
  ['a schema change that came as text', '/v1/schema-changes', change(JSON.stringify({ ...record('int'), name: '1R' })), 'schema', '/name'],
  ['impact', '/v1/impact', { dataset, path: 'amount', change: { kind: 'retype', type: ['null', { type: 'array' }] } }, 'change.type', '/1'],
  ['impact, of the whole', '/v1/impact', { dataset, path: 'amount', change: { kind: 'retype', type: 'Missing' } }, 'change.type', ''],
  ['text that is not JSON', '/v1/schema-changes', change('{"type":'), 'schema', undefined],
])('says where a schema is wrong: %s', async (_, url, body, place, location) => {
  const answer = await catalog.post(url, body);
  expect([answer.status, answer.body.type, answer.body.place, answer.body.location]).toEqual([422, 'urn:sluice:problem:schema-invalid', place, location]);
});

test('a valid schema has no such problem', async () => {
  expect((await catalog.post('/v1/gate/decisions', redeploy(recordText({ id: 'string' })))).status).toBe(200);
});
