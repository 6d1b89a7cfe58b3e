import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ControlEvent } from '../../ingest/contracts/events.ts';
import { control, NOON, openTestCatalog, recordText, type TestCatalog } from './catalog.ts';

const dataset = { namespace: 'kafka://main', name: 'orders' };
const FIELDS = '/v1/datasets/kafka%3A%2F%2Fmain/orders/fields';
const registered = (part: 'VALUE' | 'KEY', version: number, schema: string, { deleted = false, minutes = version } = {}): ControlEvent =>
  control('io.sluice.control.SchemaRegistered', { subject: { namespace: 'registry://main', name: `orders-${part.toLowerCase()}` }, version, schemaId: version * 2 + (part === 'KEY' ? 1 : 0), schemaType: 'AVRO', schema, references: [], deleted, dataset, part }, minutes);
const NODE = { type: 'record', name: 'Node', fields: [{ name: 'next', type: ['null', 'Node'], default: null }, { name: 'at', type: 'long' }] };
const at = (minutes: number): string => new Date(NOON + minutes * 60_000).toISOString();

let catalog: TestCatalog;
beforeAll(async () => {
  catalog = await openTestCatalog();
  await catalog.say(
    control('io.sluice.control.DatasetDeclared', { dataset, kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: null, owner: null, description: null, tags: null }),
    registered('VALUE', 1, recordText({ id: 'string', note: 'string' })),
    registered('VALUE', 2, recordText({ id: 'string' })),
    registered('VALUE', 3, recordText({ id: 'string', amount: 'int' })),
    registered('VALUE', 4, recordText({ id: 'string' }), { deleted: true }),
    registered('VALUE', 5, recordText({ id: 'string', amount: 'long', note: 'string', tree: NODE })),
    registered('KEY', 1, '"string"'),
    registered('KEY', 2, recordText({ id: 'string' })),
    control('io.sluice.control.ConsumerDeclared', { consumer: { namespace: 'kafka://main', name: 'deep' }, kind: 'CONSUMER_GROUP', owner: null, contact: null, description: null, reads: [{ dataset, readerSchema: null, fields: ['$headers.trace', 'gone', 'tree.next.at'].map((path) => ({ path, why: [] })), whole: true, evolution: null }] }),
  );
});
afterAll(() => catalog.stop());

async function since(query = 'limit=100', of: TestCatalog = catalog): Promise<Record<string, number | null>> {
  const { body } = await of.get(`${FIELDS}?${query}`);
  return Object.fromEntries(body.fields.map(({ path, since }: { path: string; since: { version: number } | null }) => [path, since?.version ?? null]));
}

test('says since which version each field is there without a break, deleted versions left out', async () => {
  expect(await since()).toEqual({ id: 1, amount: 3, note: 5, tree: 5, 'tree.next': 5, 'tree.at': 5, '$key.id': 2, 'tree.next.at': 5, '$headers.trace': null, gone: null });
  const { body } = await catalog.get(`${FIELDS}?limit=9`);
  expect(body.fields.find(({ path }: { path: string }) => path === 'id').since).toEqual({ version: 1, registeredAt: at(1) });
});

test('says the same page by page', async () => {
  const pages: Record<string, number | null>[] = [];
  let cursor = '';
  do {
    pages.push(await since(`limit=3${cursor}`));
    const { body } = await catalog.get(`${FIELDS}?limit=3${cursor}`);
    cursor = body.nextCursor === null ? '' : `&cursor=${body.nextCursor}`;
  } while (cursor !== '');
  expect(Object.assign({}, ...pages)).toEqual(await since());
});

test('looks at the versions that were known by the instant asked about', async () => {
  expect(await since(`limit=100&asOf=${at(3)}`)).toMatchObject({ id: 1, amount: 3 });
  expect(await since(`limit=100&asOf=${at(2)}`)).toMatchObject({ id: 1, '$key.id': 2 });
});

test('a version that cannot be read ends the run, and a newer version is heeded at once', async () => {
  const other = await openTestCatalog();
  await other.say(registered('VALUE', 1, recordText({ id: 'string' })), registered('VALUE', 2, recordText({ id: 'string', amount: 'int' })));
  expect(await since('limit=9', other)).toEqual({ id: 1, amount: 2 });
  await other.store.apply({ committedAt: NOON, offset: null, changes: [{ change: 'statement', about: { kind: 'subject', namespace: 'registry://main', name: 'orders-value' }, aspect: 'schema-version', part: '3', evidence: 'registry', at: { time: NOON + 180_000, sequence: 1, event: 'broken' }, body: { version: 3, schemaId: 9, schemaType: 'AVRO', schema: '{', references: [], deleted: false } }] });
  expect(await since('limit=9', other)).toEqual({ id: null, amount: null });
  await other.say(registered('VALUE', 4, recordText({ id: 'string', amount: 'int' })));
  expect(await since('limit=9', other)).toEqual({ id: 4, amount: 4 });
  await other.stop();
});
