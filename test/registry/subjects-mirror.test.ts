import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { changesFrom } from '../../ingest/changes-from.ts';
import type { GraphChange } from '../../server/catalog/changes.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import { control } from '../http/catalog.ts';
import { Mirrored, record, START } from './mirrored.ts';

let world: Mirrored;
beforeEach(async () => void (world = await new Mirrored().start()));
afterEach(() => world.close());

const version = (number: number, schema: string, more: object = {}) => ({ version: number, schemaId: number, schemaType: 'AVRO', schema, references: [], deleted: false, ...more });
const paths = (facts: Record<string, unknown>, part = 'value') => (facts[`fields ${part}`] as { fields: { path: string }[] } | undefined)?.fields.map(({ path }) => path);
const registered = (subject: string, v: ReturnType<typeof version>, at: number) => {
  const event = control('io.sluice.control.SchemaRegistered', { subject: { namespace: 'registry://main', name: subject }, ...v, schemaType: 'AVRO', dataset: { namespace: 'kafka://main', name: subject.replace('-value', '') }, part: 'VALUE' });
  return changesOf({ ...event, occurredAt: at });
};
function changesOf(event: Parameters<typeof changesFrom>[0]): readonly GraphChange[] {
  const outcome = changesFrom(event);
  if (outcome.outcome === 'refused') throw new Error(outcome.reason);
  return outcome.changes;
}

test('states what a SchemaRegistered and a SubjectConfigured event would state', async () => {
  world.registry.register('orders-value', record('a'));
  world.registry.register('orders-value', record('a', 'b'));
  world.registry.level('orders-value', 'FULL');
  await world.mirror().poll();

  const told = openSqliteStore({ file: ':memory:' });
  const changes = [...registered('orders-value', version(1, record('a')), START), ...registered('orders-value', version(2, record('a', 'b')), START + 1), ...changesOf(control('io.sluice.control.SubjectConfigured', { subject: { namespace: 'registry://main', name: 'orders-value' }, level: 'FULL' }))];
  await told.apply({ changes, committedAt: START, offset: null });
  expect(await world.subject('orders-value')).toEqual(await world.subject('orders-value', told));
  expect(await world.topic('orders')).toEqual(await world.topic('orders', told));
  await told.close();
});

test('asks for lists alone when nothing changed, and says nothing', async () => {
  for (const name of ['a-value', 'b-value', 'c-value']) world.registry.register(name, record('x'));
  const mirror = world.mirror();
  await mirror.poll();
  const revision = await world.revision();
  world.registry.takeAsked();
  expect(await mirror.poll()).toEqual({ subjects: 3, changes: 0, aside: 0 });
  expect(world.registry.takeAsked().map((path) => path.replace(/[abc]-value/, 's').replace(/offset=\d+/, 'offset=n')).sort()).toEqual([
    '/config', '/mode', ...Array(3).fill('/subjects/s/versions?deleted=true&deletedAsNegative=true'),
    ...Array(2).fill('/subjects?deleted=false&offset=n&limit=1000'), ...Array(2).fill('/subjects?deleted=true&offset=n&limit=1000'), '/subjects?deletedOnly=true&offset=n&limit=1000',
  ]);
  expect(await world.revision()).toBe(revision);
});

test('fetches only versions it has not seen, after a restart too', async () => {
  for (let i = 0; i < 5; i++) world.registry.register('a-value', record(...'abcdef'.slice(0, i + 1)));
  await world.mirror().poll();
  world.registry.register('a-value', record('z'));
  world.registry.takeAsked();
  const restarted = world.mirror();
  // The newest version known is compared, so that a registry filled anew under old numbers shows.
  await restarted.poll();
  expect(world.registry.takeAsked().filter((path) => /versions\/\d/.test(path))).toEqual(['/subjects/a-value/versions/5?deleted=true', '/subjects/a-value/versions/6?deleted=true']);
  expect(Object.keys(await world.subject('a-value')).filter((key) => key.startsWith('schema-version'))).toHaveLength(6);
});

test('versions too large to be held together are stored one after the other', async () => {
  const large = (n: number) => JSON.stringify({ type: 'record', name: 'R', fields: [{ name: `f${n}`, type: 'string', doc: 'd'.repeat(1_000_000) }] });
  for (let n = 1; n <= 12; n++) world.registry.register('large-value', large(n));
  world.registry.softDelete('large-value', 2);
  const mirror = world.mirror();
  await mirror.poll();
  const facts = await world.subject('large-value');
  for (let n = 1; n <= 12; n++) expect(facts[`schema-version ${n}`]).toMatchObject({ version: n, schema: large(n), deleted: n === 2 });
  expect(paths(await world.topic('large'))).toEqual(['f12']);
  // Two portions, and what is left with level and topic.
  expect(await world.revision()).toBe(3);
  expect(world.registry.takeAsked().filter((path) => /versions\/\d/.test(path)).length).toBeLessThan(16);
  expect([(await mirror.poll()).changes, mirror.faults.size]).toEqual([0, 0]);
});

test('a restart over the same catalog says nothing new', async () => {
  world.registry.register('a-value', record('x'));
  world.registry.mode('a-value', 'READONLY');
  await world.mirror().poll();
  const revision = await world.revision();
  expect((await world.mirror().poll()).changes).toBe(0);
  expect(await world.revision()).toBe(revision);
});

test.each([
  ['a registry that lists the subjects with deleted versions', { listsDeleted: true, marksDeleted: false }, 1],
  ['a registry that marks them', { listsDeleted: false, marksDeleted: true }, 1],
  ['a registry that understands neither, on the slower turn', { listsDeleted: false, marksDeleted: false }, 10],
])('sees one version soft-deleted in %s', async (_, says, polls) => {
  Object.assign(world.registry.says, says);
  for (const fields of [['a'], ['b'], ['c']]) world.registry.register('orders-value', record(...fields));
  world.registry.register('other-value', record('o'));
  const mirror = world.mirror();
  await mirror.poll();
  for (const version of [2, 1]) {
    world.registry.softDelete('orders-value', version);
    for (let i = 0; i < polls; i++) await mirror.poll();
    expect(await world.subject('orders-value')).toMatchObject({ [`schema-version ${version}`]: { deleted: true }, 'schema-version 3': { deleted: false } });
  }
  expect(await world.subject('other-value')).toMatchObject({ 'schema-version 1': { deleted: false } });
  expect((await world.mirror().poll()).changes).toBe(0);
});

test('keeps soft-deleted versions, marked, and shows the fields of the newest that lives', async () => {
  world.registry.register('orders-value', record('a'));
  world.registry.register('orders-value', record('a', 'b'));
  const mirror = world.mirror();
  await mirror.poll();
  expect(paths(await world.topic('orders'))).toEqual(['a', 'b']);
  world.registry.softDelete('orders-value', 2);
  await mirror.poll();
  expect(await world.subject('orders-value')).toMatchObject({ 'schema-version 1': { deleted: false }, 'schema-version 2': { deleted: true, schema: record('a', 'b') } });
  expect(paths(await world.topic('orders'))).toEqual(['a']);
  world.registry.softDelete('orders-value');
  await mirror.poll();
  expect(await world.subject('orders-value')).toMatchObject({ 'schema-version 1': { deleted: true }, 'schema-version 2': { deleted: true } });
  expect(world.registry.register('orders-value', record('a', 'c'))).toBe(3);
  await mirror.poll();
  expect(await world.subject('orders-value')).toMatchObject({ 'schema-version 2': { deleted: true }, 'schema-version 3': { deleted: false } });
  expect(paths(await world.topic('orders'))).toEqual(['a', 'c']);
});

test('resolves references, indirect ones too, each once and in the order they must be parsed', async () => {
  const of = (name: string, ...fields: (readonly [string, string])[]) => JSON.stringify({ type: 'record', name, fields: fields.map(([field, type]) => ({ name: field, type })) });
  const [city, address, order] = [of('City', ['name', 'string']), of('Address', ['city', 'City']), of('Order', ['from', 'Address'], ['to', 'Address'], ['city', 'City'])];
  const reference = (name: string, subject: string) => ({ name, subject, version: 1 });
  world.registry.register('order-value', order, { references: [reference('Address', 'address'), reference('City', 'city')] });
  world.registry.register('address', address, { references: [reference('City', 'city')] });
  world.registry.register('city', city);
  await world.mirror().poll();
  expect(await world.subject('order-value')).toMatchObject({ 'schema-version 1': { references: [city, address] } });
  expect(paths(await world.topic('order'))).toEqual(['from', 'from.city', 'from.city.name', 'to', 'to.city', 'to.city.name', 'city', 'city.name']);
});

test('mirrors JSON and Protobuf schemas and Avro that nobody can read, without fields', async () => {
  world.registry.register('j-value', '{"type":"object"}', { schemaType: 'JSON' });
  world.registry.register('p-value', 'syntax = "proto3";', { schemaType: 'PROTOBUF' });
  world.registry.register('old-value', '{"type":"record"');
  expect((await world.mirror().poll()).aside).toBe(0);
  for (const [topic, schemaType] of [['j', 'JSON'], ['p', 'PROTOBUF'], ['old', 'AVRO']] as const) {
    expect(await world.subject(`${topic}-value`)).toMatchObject({ 'schema-version 1': { schemaType } });
    expect(Object.keys(await world.topic(topic))).toEqual(['governed-by value']);
  }
});

test('tells no fields of an older version where the newest cannot be read', async () => {
  world.registry.register('orders-value', record('a'));
  const mirror = world.mirror();
  await mirror.poll();
  world.registry.register('orders-value', '{"type":"record"');
  await mirror.poll();
  expect(Object.keys(await world.topic('orders'))).toEqual(['governed-by value']);
  world.registry.register('orders-value', record('b'));
  await mirror.poll();
  expect(paths(await world.topic('orders'))).toEqual(['b']);
});

test('states a topic by the form of a name or the configuration, and else leaves it unknown', async () => {
  for (const subject of ['orders-value', 'orders-key', 'shop.Refund', 'shop.Unmapped', 'payments-shop.Payment']) world.registry.register(subject, record('x'));
  await world.mirror({ subjects: 'shop.Refund=refunds' }).poll();
  expect(paths(await world.topic('orders'), 'key')).toEqual(['$key.x']);
  expect(await world.topic('refunds')).toMatchObject({ 'governed-by value': { subject: { name: 'shop.Refund' } } });
  expect(await world.topic('payments')).toEqual({});
  expect(await world.subject('shop.Unmapped')).toMatchObject({ 'schema-version 1': { version: 1 } });
});

test('levels and modes follow on a slower turn, and at once when the registry\'s own changed', async () => {
  world.registry.register('a-value', record('x'));
  const mirror = world.mirror();
  await mirror.poll();
  expect(await world.subject('a-value')).toMatchObject({ compatibility: { level: 'BACKWARD' } });
  world.registry.level('a-value', 'NONE');
  world.registry.mode('a-value', 'READONLY');
  for (let i = 0; i < 10; i++) await mirror.poll();
  expect(await world.subject('a-value')).toMatchObject({ compatibility: { level: 'NONE' }, tags: { tags: ['registry-mode:READONLY'] } });
  world.registry.mode('a-value', 'READWRITE');
  world.registry.level('', 'FULL');
  await mirror.poll();
  expect(await world.subject('a-value')).not.toHaveProperty('tags');
});

test('withdraws what the registry deleted for good, and takes what is registered anew under the old number', async () => {
  world.registry.register('keep-value', record('k'));
  world.registry.register('orders-value', record('a'));
  world.registry.register('orders-value', record('a', 'b'));
  const mirror = world.mirror();
  await mirror.poll();
  world.registry.hardDelete('orders-value', 1);
  await mirror.poll();
  expect(Object.keys(await world.subject('orders-value'))).toEqual(['compatibility', 'schema-version 2']);
  world.registry.hardDelete('orders-value');
  await mirror.poll();
  expect([await world.subject('orders-value'), await world.topic('orders')]).toEqual([{}, {}]);
  world.registry.register('orders-value', record('z'));
  await mirror.poll();
  expect(await world.subject('orders-value')).toMatchObject({ 'schema-version 1': { schema: record('z') } });
  expect(mirror.faults.size).toBe(0);
});

test('never edits a version: another schema under a known number is reported, and the subject is at fault', async () => {
  world.registry.register('keep-value', record('k'));
  world.registry.register('orders-value', record('a'));
  const mirror = world.mirror();
  await mirror.poll();
  world.registry.hardDelete('orders-value');
  world.registry.register('orders-value', record('other'));
  world.registry.register('orders-value', record('other', 'more'));
  await mirror.poll();
  await mirror.poll();
  expect(await world.subject('orders-value')).toMatchObject({ 'schema-version 1': { schema: record('a') }, 'schema-version 2': { schema: record('other', 'more') } });
  expect([...mirror.faults]).toEqual([['orders-value', expect.objectContaining({ lasting: true, reason: 'version 1 of orders-value has another schema in the registry than in the catalog' })]]);
});

test('the same schema in another writing or under another id is no fault', async () => {
  world.registry.register('orders-value', record('a'));
  await world.store.apply({ changes: registered('orders-value', version(1, JSON.stringify(JSON.parse(record('a')), null, 2), { schemaId: 900 }), START - 1), committedAt: START, offset: null });
  const mirror = world.mirror();
  await mirror.poll();
  expect([mirror.faults.size, [...mirror.renumbered]]).toEqual([0, ['orders-value']]);
});

test('does not believe a list that lacks what the registry has', async () => {
  for (let i = 0; i < 1_205; i++) world.registry.register(`s${i}-value`, '"int"');
  const mirror = world.mirror();
  await mirror.poll();
  Object.assign(world.registry.says, { silentLimit: 1_203, pages: false });
  const before = mirror.completeAt;
  await expect(mirror.poll()).rejects.toMatchObject({ kind: 'incomplete' });
  expect(mirror.completeAt).toBe(before);
});

test('a registry that lost everything is not believed, unless told so', async () => {
  for (let i = 0; i < 30; i++) world.registry.register(`s${i}-value`, '"int"');
  const mirror = world.mirror();
  await mirror.poll();
  world.registry.loseEverything();
  await expect(mirror.poll()).rejects.toMatchObject({ kind: 'lost' });
  await expect(world.mirror().poll()).rejects.toMatchObject({ kind: 'lost' });
  world.registry.register('s1-value', '"int"');
  await expect(mirror.poll()).rejects.toMatchObject({ kind: 'lost' });
  expect(await world.subject('s0-value')).toHaveProperty('schema-version 1');
  await world.mirror({ acceptLoss: true }).poll();
  expect(await world.subject('s0-value')).toEqual({});
});

test('a subject that cannot be read is set aside by name, the others go on, and it comes back by itself', async () => {
  for (const name of ['a', 'b', 'c']) world.registry.register(`${name}-value`, record(name));
  world.registry.misbehave('huge', /b-value\/versions\/1/);
  const mirror = world.mirror();
  expect(await mirror.poll()).toMatchObject({ subjects: 3, aside: 1 });
  expect([...mirror.faults.keys()]).toEqual(['b-value']);
  expect(await world.subject('c-value')).toHaveProperty('schema-version 1');
  world.registry.misbehave('well');
  await mirror.poll();
  expect(mirror.faults.size).toBe(0);
  expect(await world.subject('b-value')).toHaveProperty('schema-version 1');
});

test('many subjects that cannot be read are a registry that cannot', async () => {
  for (let i = 0; i < 30; i++) world.registry.register(`s${i}-value`, '"int"');
  world.registry.misbehave('500', /versions/);
  const mirror = world.mirror();
  await expect(mirror.poll()).rejects.toMatchObject({ kind: 'server-error' });
  expect(mirror.completeAt).toBeNull();
});

test('versions that are listed and not served are a fault of that subject alone, however many', async () => {
  for (let i = 0; i < 40; i++) world.registry.register(`s${i}-value`, '"int"');
  for (let i = 0; i < 40; i++) world.registry.softDelete(`s${i}-value`);
  world.registry.says.servesDeletedSubjects = false;
  const mirror = world.mirror();
  expect(await mirror.poll()).toMatchObject({ aside: 0 });
  expect(mirror.faults.size).toBe(40);
  world.registry.register('s0-value', '"int"');
  await mirror.poll();
  expect(mirror.faults.has('s0-value')).toBe(false);
});

test('what was said after the poll began is left alone', async () => {
  world.registry.register('orders-value', record('a'));
  await world.store.apply({ changes: registered('orders-value', version(1, record('a'), { deleted: true }), START + 1_000), committedAt: START, offset: null });
  const mirror = world.mirror();
  await mirror.poll();
  expect(await world.subject('orders-value')).toMatchObject({ 'schema-version 1': { deleted: true } });
  world.now = START + 2_000;
  for (let i = 0; i < 10; i++) await mirror.poll();
  expect(await world.subject('orders-value')).toMatchObject({ 'schema-version 1': { deleted: false } });
});

test('nothing counts as taken over before it is in the store', async () => {
  world.registry.register('a-value', record('x'));
  let down = true;
  const store = new Proxy(world.store, { get: (target, name) => (name === 'apply' && down ? () => Promise.reject(new Error('down')) : Reflect.get(target, name, target).bind?.(target)) });
  const mirror = world.mirror({ store });
  await expect(mirror.poll()).rejects.toThrow('down');
  down = false;
  await mirror.poll();
  expect(await world.subject('a-value')).toHaveProperty('schema-version 1');
});

test('whatever happens between polls, however often it looks and whoever else says it, the catalog ends as the registry is', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('register' as const), subject: fc.nat(3), fields: fc.subarray(['a', 'b', 'c', 'd']) }) },
    fc.record({ do: fc.constant('soft-delete' as const), subject: fc.nat(3), version: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ do: fc.constant('soft-delete-all' as const), subject: fc.nat(3) }),
    fc.record({ do: fc.constant('level' as const), subject: fc.nat(3), level: fc.constantFrom('NONE', 'FULL', 'BACKWARD_TRANSITIVE') }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('poll' as const), mirror: fc.nat(1) }) },
  );
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.boolean(), async (steps, marksDeleted) => {
    const run = await new Mirrored().start();
    Object.assign(run.registry.says, { marksDeleted });
    const mirrors = [run.mirror(), run.mirror()];
    for (const s of steps) {
      const subject = 'subject' in s ? `t${s.subject}-value` : '';
      if (s.do === 'register') run.registry.register(subject, record(...s.fields));
      else if (s.do === 'soft-delete') run.registry.softDelete(subject, s.version);
      else if (s.do === 'soft-delete-all') run.registry.softDelete(subject);
      else if (s.do === 'level') run.registry.level(subject, s.level);
      else await mirrors[s.mirror]!.poll();
    }
    await run.mirror().poll();
    const fresh = openSqliteStore({ file: ':memory:' });
    await run.mirror({ store: fresh }).poll();
    for (const n of [0, 1, 2, 3]) {
      expect(await run.subject(`t${n}-value`)).toEqual(await run.subject(`t${n}-value`, fresh));
      expect(await run.topic(`t${n}`)).toEqual(await run.topic(`t${n}`, fresh));
    }
    await fresh.close();
    await run.close();
  }), { numRuns: 40 });
});
