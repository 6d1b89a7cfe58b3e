import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TopicRecord } from '../../../ingest/schemas-topic/schemas-record.ts';
import { TopicStatements } from '../../../ingest/schemas-topic/topic-statements.ts';
import { RegistryClient } from '../../../server/registry/registry-client.ts';
import { parseSubjectNames } from '../../../server/registry/subject-names.ts';
import { SubjectsMirror } from '../../../server/registry/subjects-mirror.ts';
import { openSqliteStore } from '../../../server/store/sqlite-store.ts';
import type { Store } from '../../../server/store/store.ts';
import { record, START } from '../../registry/mirrored.ts';
import { compacted, RecordedRegistry } from './recorded-registry.ts';

const parsed = parseSubjectNames('kafka://main', '');
if (parsed.outcome === 'refused') throw new Error(parsed.message);
const { names } = parsed;
let now = START;
const clock = (): number => ++now;
const topicOf = (store: Pick<Store, 'apply' | 'entity'>): TopicStatements => new TopicStatements({ store, clock, subjects: { namespace: 'registry://main', names } });
const mirrorOf = (registry: RecordedRegistry, store: Store): SubjectsMirror =>
  new SubjectsMirror({ client: new RegistryClient({ url: registry.registry.url, auth: null }), store, config: { namespace: 'registry://main', names, acceptLoss: true }, clock });
async function told(topic: TopicStatements, records: readonly TopicRecord[]): Promise<TopicStatements> {
  for (const one of records) topic.content.take(one);
  await topic.state();
  return topic;
}
/** Everything the store has of subjects and topics, without the times at which it was said. */
async function everything(store: Store): Promise<Record<string, unknown>> {
  const refs = [...(await store.entities('subject', { after: null, limit: 1_000 })), ...(await store.entities('dataset', { after: null, limit: 1_000 }))];
  const facts = await Promise.all(refs.map(async (ref) => [`${ref.kind} ${'name' in ref ? ref.name : ''}`, Object.fromEntries(((await store.entity(ref))?.facts ?? []).map(({ aspect, part, body }) => [`${aspect} ${part}`, body]))] as const));
  return Object.fromEntries(facts.filter(([, held]) => Object.keys(held).length > 0));
}

let store: Store;
let source: RecordedRegistry;
beforeEach(() => {
  store = openSqliteStore({ file: ':memory:' });
  source = new RecordedRegistry();
});
afterEach(() => store.close());

const subject = async (name: string) => (await everything(store))[`subject ${name}`] as Record<string, unknown> | undefined;
const fields = async (topic: string) => ((await everything(store))[`dataset ${topic}`] as Record<string, { fields: { path: string }[] }> | undefined)?.['fields value']?.fields.map(({ path }) => path);

test('states versions, references, levels and modes, and the same records again say nothing new', async () => {
  source.register('shop.Address', JSON.stringify({ type: 'record', name: 'Address', fields: [{ name: 'city', type: 'string' }] }));
  const customer = JSON.stringify({ type: 'record', name: 'Customer', fields: [{ name: 'home', type: 'Address' }] });
  source.register('customers-value', customer, { references: [{ name: 'Address', subject: 'shop.Address', version: 1 }] });
  source.level('customers-value', 'FULL');
  source.mode('customers-value', 'READONLY');
  const topic = await told(topicOf(store), source.records);
  expect(await subject('customers-value')).toMatchObject({ 'schema-version 1': { schema: customer, references: [expect.stringContaining('Address')] }, 'compatibility ': { level: 'FULL' }, 'tags ': { tags: ['registry-mode:READONLY'] } });
  expect(await fields('customers')).toEqual(['home', 'home.city']);
  const { revision } = await store.revision();
  await told(topic, source.records);
  topic.begin();
  await told(topic, source.records);
  await told(topicOf(store), source.records);
  expect((await store.revision()).revision).toBe(revision);
});

test('waits for a reference that comes later, and says so meanwhile', async () => {
  const customer = JSON.stringify({ type: 'record', name: 'Customer', fields: [{ name: 'home', type: 'Address' }] });
  source.register('customers-value', customer, { references: [{ name: 'Address', subject: 'shop.Address', version: 1 }] });
  const topic = await told(topicOf(store), source.records.splice(0));
  expect([...topic.waiting]).toEqual([['customers-value', expect.stringContaining('version 1 of shop.Address is referred to and not there')]]);
  expect(await subject('customers-value')).toBeUndefined();
  source.register('shop.Address', JSON.stringify({ type: 'record', name: 'Address', fields: [{ name: 'city', type: 'string' }] }));
  await told(topic, source.records);
  expect([topic.waiting.size, await fields('customers')]).toEqual([0, ['home', 'home.city']]);
});

test('resolves references from the catalog once it let go of their texts', async () => {
  source.register('shop.Address', JSON.stringify({ type: 'record', name: 'Address', fields: [{ name: 'city', type: 'string' }] }));
  const topic = await told(topicOf(store), source.records.splice(0));
  expect(topic.content.version('shop.Address', 1)?.schema).toBeNull();
  source.register('customers-value', JSON.stringify({ type: 'record', name: 'Customer', fields: [{ name: 'home', type: 'Address' }] }), { references: [{ name: 'Address', subject: 'shop.Address', version: 1 }] });
  await told(topic, source.records);
  expect(await fields('customers')).toEqual(['home', 'home.city']);
});

test('a level follows from the subject, its context or the registry, and one the topic does not tell is left alone', async () => {
  for (const name of ['a-value', ':.staging:a-value']) source.register(name, record('a'));
  source.level('a-value', 'FULL');
  source.level(':.staging:', 'NONE');
  const topic = await told(topicOf(store), source.records.slice(1));
  expect([await subject('a-value'), await subject(':.staging:a-value')]).toMatchObject([{ 'compatibility ': { level: 'FULL' } }, { 'compatibility ': { level: 'NONE' } }]);
  source.records.length = 0;
  source.level('a-value', null);
  source.level(':.staging:', null);
  await told(topic, source.records);
  expect(await subject('a-value')).toMatchObject({ 'compatibility ': { level: 'FULL' } });
  source.level('', 'FORWARD');
  await told(topic, source.records);
  expect([await subject('a-value'), await subject(':.staging:a-value')]).toMatchObject([{ 'compatibility ': { level: 'FORWARD' } }, { 'compatibility ': { level: 'FORWARD' } }]);
});

test('what the topic no longer tells stays in the catalog, what it tells to be gone goes', async () => {
  for (const name of ['a', 'b', 'c']) source.register('t-value', record(name));
  const topic = await told(topicOf(store), source.records);
  // Compacted away: the record of version 1 is not there any more, nor a tombstone.
  const later = await told(topicOf(store), source.records.filter(({ key }) => !key?.includes('"version":1,')));
  expect(Object.keys((await subject('t-value'))!)).toContain('schema-version 1');
  source.records.length = 0;
  source.softDelete('t-value', 1);
  source.hardDelete('t-value', 1);
  await told(later, source.records);
  expect(Object.keys((await subject('t-value'))!)).not.toContain('schema-version 1');
  source.softDeleteAll('t-value');
  for (const version of [2, 3]) source.hardDelete('t-value', version);
  await told(topic, source.records);
  expect([await subject('t-value'), await fields('t')]).toEqual([undefined, undefined]);
});

test('a schema under an id that another one has is passed over, in its context alone', async () => {
  source.register('a-value', record('a'));
  const key = (name: string) => ({ keytype: 'SCHEMA', subject: name, version: 1, magic: 1 });
  for (const name of ['b-value', ':.other:b-value']) source.write(key(name), { subject: name, version: 1, id: 1, schema: record('b') });
  const topic = await told(topicOf(store), source.records);
  expect([topic.content.counts.conflicting, await subject('b-value')]).toEqual([1, undefined]);
  expect(await subject(':.other:b-value')).toBeDefined();
});

test('nothing is said of a subject while a record of it cannot be read, and of all while the registry\'s cannot', async () => {
  for (const name of ['a-value', 'b-value']) source.register(name, record('x'));
  source.records.push({ key: JSON.stringify({ keytype: 'SCHEMA', subject: 'a-value', version: 2, magic: 1 }), value: '{"id":' });
  const topic = await told(topicOf(store), source.records.splice(0));
  expect([await subject('a-value'), [...topic.waiting]]).toEqual([undefined, [['a-value', 'the value of a SCHEMA record is no JSON']]]);
  expect(await subject('b-value')).toBeDefined();
  source.register('a-value', record('y'));
  await told(topic, source.records.splice(0));
  expect([Object.keys((await subject('a-value'))!).sort(), topic.waiting.size]).toEqual([['compatibility ', 'schema-version 1', 'schema-version 2'], 0]);
  source.records.push({ key: '{"keytype":"CONFIG","magic":0}', value: '{"compatibilityLevel":1}' });
  source.register('b-value', record('z'));
  await told(topic, source.records.splice(0));
  expect([...topic.waiting.keys()].sort()).toEqual(['a-value', 'b-value']);
  source.level('', 'NONE');
  await told(topic, source.records);
  expect([topic.waiting.size, await subject('b-value')]).toMatchObject([0, { 'schema-version 2': {}, 'compatibility ': { level: 'NONE' } }]);
});

test('a version with another schema than the catalog has is reported, never overwritten', async () => {
  source.register('a-value', record('a'));
  await told(topicOf(store), source.records);
  const other = new RecordedRegistry();
  other.register('a-value', record('other'));
  const topic = await told(topicOf(store), other.records);
  expect(topic.waiting.get('a-value')).toBe('version 1 has another schema in the topic than in the catalog');
  expect(await subject('a-value')).toMatchObject({ 'schema-version 1': { schema: record('a') } });
});

test('what a store refused is said again', async () => {
  source.register('a-value', record('a'));
  let down = true;
  const topic = topicOf({ entity: (ref) => store.entity(ref), apply: (batch) => (down ? Promise.reject(new Error('down')) : store.apply(batch)) });
  await expect(told(topic, source.records)).rejects.toThrow('down');
  down = false;
  await topic.state();
  expect(await subject('a-value')).toBeDefined();
});

test('counts key types it does not know, and passes over them', async () => {
  source.noise();
  source.register('a-value', record('a'));
  source.records.push({ key: 'not json', value: null });
  const { content } = await told(topicOf(store), source.records);
  expect(content.counts).toEqual({ records: 5, unknown: 1, unreadable: 1, conflicting: 0 });
});

describe('beside the mirror', () => {
  const SUBJECTS = ['a-value', 'b-value', 'c-key', 'shop.D'];
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('register' as const), subject: fc.nat(3), fields: fc.subarray(['a', 'b', 'c']), refersTo: fc.option(fc.nat(3), { freq: 3 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('soft-delete' as const), subject: fc.nat(3), version: fc.integer({ min: 1, max: 3 }) }) },
    fc.record({ do: fc.constant('soft-delete-all' as const), subject: fc.nat(3) }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant('hard-delete' as const), subject: fc.nat(3), version: fc.integer({ min: 1, max: 3 }) }) },
    fc.record({ do: fc.constant('clear' as const), subject: fc.nat(3) }),
    fc.record({ do: fc.constant('level' as const), subject: fc.option(fc.nat(3)), value: fc.option(fc.constantFrom('NONE', 'FULL')) }),
    fc.record({ do: fc.constant('mode' as const), subject: fc.option(fc.nat(3)), value: fc.option(fc.constantFrom('READONLY', 'READWRITE')) }),
    fc.constant({ do: 'noise' as const }),
  );
  const nameOf = (subject: string): string => `shop.R${SUBJECTS.indexOf(subject)}`;
  /** Some refer to themselves by way of others, which nobody can read. */
  const schemaOf = (subject: string, fields: readonly string[], referred: string | null): string =>
    JSON.stringify({ type: 'record', name: nameOf(subject), fields: [...fields.map((name) => ({ name, type: 'string' })), ...(referred === null ? [] : [{ name: 'other', type: nameOf(referred) }])] });
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

  function take(registry: RecordedRegistry, s: Step): void {
    const name = 'subject' in s && s.subject !== null ? SUBJECTS[s.subject]! : '';
    const referred = s.do === 'register' && s.refersTo !== null ? SUBJECTS[s.refersTo]! : null;
    switch (s.do) {
      case 'register': {
        // Only what is there can be referred to, and it is never deleted for good afterwards: a registry refuses both.
        const there = referred !== null && referred !== name && registry.isThere(referred, 1);
        return void registry.register(name, schemaOf(name, s.fields, there ? referred : null), there ? { references: [{ name: nameOf(referred), subject: referred, version: 1 }] } : {});
      }
      case 'soft-delete': return registry.softDelete(name, s.version);
      case 'soft-delete-all': return registry.softDeleteAll(name);
      case 'hard-delete': return registry.hardDelete(name, s.version);
      case 'clear': return registry.clear(name);
      // The registry's own level is set anew, never unset: what it is then, no record tells.
      case 'level': return registry.level(name, name === '' ? (s.value ?? 'BACKWARD') : s.value);
      case 'mode': return registry.mode(name, name === '' ? (s.value ?? 'READWRITE') : s.value);
      case 'noise': return registry.noise();
    }
  }

  test('any history ends in the statements of the mirror, compacted and repeated as it may be', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.array(fc.boolean(), { minLength: 1 }), fc.nat(40), async (steps, keeps, again) => {
      const registry = new RecordedRegistry();
      await registry.registry.start();
      const stores = [0, 1, 2, 3].map(() => openSqliteStore({ file: ':memory:' }));
      for (const s of steps) take(registry, s);
      const { records } = registry;
      await mirrorOf(registry, stores[0]!).poll();
      await told(topicOf(stores[1]!), records);
      await told(topicOf(stores[2]!), compacted(records, (index) => keeps[index % keeps.length]!));
      await told(topicOf(stores[3]!), [...records.slice(0, again), ...records.slice(Math.floor(again / 2))]);
      const expected = await everything(stores[0]!);
      for (const other of stores.slice(1)) expect(await everything(other)).toEqual(expected);
      for (const one of stores) await one.close();
      await registry.registry.close();
    }), { numRuns: 100 });
  });

  test('both into one catalog agree: neither says again what the other said, and they end as the mirror alone', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof({ weight: 3, arbitrary: step }, fc.constantFrom({ do: 'poll' as const }, { do: 'read' as const })), { maxLength: 40 }), async (steps) => {
      const registry = new RecordedRegistry();
      await registry.registry.start();
      const [both, alone] = [openSqliteStore({ file: ':memory:' }), openSqliteStore({ file: ':memory:' })];
      const [mirror, topic] = [mirrorOf(registry, both), topicOf(both)];
      let read = 0;
      const catchUp = async (): Promise<void> => {
        const { length } = registry.records;
        await told(topic, registry.records.slice(read, length));
        read = length;
      };
      for (const s of steps) {
        if (s.do === 'poll') await mirror.poll();
        else if (s.do === 'read') await catchUp();
        else take(registry, s);
      }
      await catchUp();
      await mirrorOf(registry, both).poll();
      await mirrorOf(registry, alone).poll();
      // Whoever did not look in between takes the second for the first, edited: a fault that is reported, and not taken over.
      const reused = [...registry.reused].flatMap((name) => [`subject ${name}`, `dataset ${name.replace(/-(value|key)$/, '')}`]);
      const but = async (of: Store) => Object.entries(await everything(of)).filter(([key]) => !reused.includes(key));
      expect(Object.fromEntries(await but(both))).toEqual(Object.fromEntries(await but(alone)));
      const { revision } = await both.revision();
      await told(topicOf(both), registry.records);
      await mirrorOf(registry, both).poll();
      expect((await both.revision()).revision).toBe(revision);
      for (const one of [both, alone]) await one.close();
      await registry.registry.close();
    }), { numRuns: 60 });
  });
});
