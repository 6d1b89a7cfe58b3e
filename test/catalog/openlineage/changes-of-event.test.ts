import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { GraphChange, ProgramFact, Statement } from '../../../server/catalog/changes.ts';
import { changesOfEvent } from '../../../server/catalog/openlineage/changes-of-event.ts';

const NOTHING = new Map<string, string>();
const ALIASES = new Map([['kafka://broker-1:9092', 'kafka://main'], ['kafka://127.0.0.1:29092', 'kafka://main']]);
const linesOf = (file: string): unknown[] => readFileSync(file, 'utf8').split('\n').filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as unknown);
const fixture = (name: string): unknown[] => linesOf(fileURLToPath(new URL(`../../fixtures/openlineage/${name}`, import.meta.url)));

function changes(event: unknown, aliases = NOTHING): readonly Statement[] {
  const outcome = changesOfEvent(event, aliases);
  if (outcome.outcome === 'refused') throw new Error(outcome.reason);
  return outcome.changes.filter((change): change is Statement & GraphChange => change.change === 'statement');
}
const of = (all: readonly Statement[], aspect: Statement['aspect']): readonly Statement[] => all.filter((change) => change.aspect === aspect);
const programs = (all: readonly Statement[]): ProgramFact[] => of(all, 'program').map(({ body }) => body as ProgramFact);
const run = (more: object = {}): Record<string, unknown> => ({ eventTime: '2026-06-01T12:00:00.123456789Z', producer: 'x', schemaURL: 'x', eventType: 'START', run: { runId: 'r1' }, job: { namespace: 'flink-jobs', name: 'enrich' }, inputs: [], outputs: [], ...more });
const topic = (name: string, facets: object = {}): object => ({ namespace: 'kafka://broker-1:9092', name, facets });

describe('an event of a run', () => {
  test('without column lineage tells what is read and written, of no field anything', () => {
    const all = changes(run({ inputs: [topic('orders')], outputs: [topic('totals')] }), ALIASES);
    const [main, orders, totals] = [{ namespace: 'kafka://main' }, 'orders', 'totals'];
    expect(programs(all)).toEqual([
      { reads: [{ dataset: { ...main, name: orders }, readerSchema: null, fields: null, completeness: 'unknown', evolution: null }], writes: [] },
      { reads: [], writes: [{ dataset: { ...main, name: totals }, writerSchema: null, derivations: null }] },
    ]);
    expect(of(all, 'state')).toMatchObject([{ part: 'run:r1', body: { state: 'RUNNING' }, at: { time: Date.UTC(2026, 5, 1, 12, 0, 0, 123), sequence: 456789 } }]);
  });

  test.each([['COMPLETE', 'FINISHED'], ['ABORT', 'STOPPED'], ['FAIL', 'FAILED']])('that says %s ends its run alone, and takes back no lineage', (eventType, state) => {
    const all = changes(run({ eventType }));
    expect(of(all, 'state')).toMatchObject([{ part: 'run:r1', body: null }, { part: '', body: { state } }]);
    expect(of(all, 'program')).toEqual([]);
  });

  test('of another kind says nothing of the state', () => {
    expect(of(changes(run({ eventType: 'OTHER' })), 'state')).toEqual([]);
  });

  test('column lineage becomes derivations and reads, and indirect inputs reads with their reason', () => {
    const input = (field: string, type: string, subtype: string): object => ({ ...topic('orders'), field, transformations: [{ type, subtype }] });
    const columnLineage = { fields: { total: { inputFields: [input('amount', 'DIRECT', 'AGGREGATION'), input('status', 'INDIRECT', 'FILTER')] }, id: { inputFields: [input('id', 'DIRECT', 'IDENTITY')] }, now: { inputFields: [] } }, dataset: [input('customer', 'INDIRECT', 'GROUP_BY')] };
    const [read, write] = programs(changes(run({ inputs: [topic('orders')], outputs: [topic('totals', { columnLineage })] }), ALIASES));
    expect(read?.reads[0]).toMatchObject({ completeness: 'partial', fields: [{ path: 'customer', why: ['GROUP'] }, { path: 'amount', why: ['VALUE'] }, { path: 'status', why: ['FILTER'] }, { path: 'id', why: ['VALUE'] }] });
    const dataset = { namespace: 'kafka://main', name: 'orders' };
    expect(write?.writes[0]?.derivations).toEqual([{ to: 'total', from: [{ dataset, path: 'amount', kind: 'TRANSFORM' }] }, { to: 'id', from: [{ dataset, path: 'id', kind: 'IDENTITY' }] }, { to: 'now', from: [] }]);
  });

  test('the lineage facet goes before columnLineage, on the job or on the output', () => {
    const columnLineage = { fields: { total: { inputFields: [{ ...topic('orders'), field: 'wrong' }] } } };
    const fields = { total: { inputs: [{ ...topic('orders'), type: 'DATASET', field: 'right' }] } };
    for (const event of [
      run({ outputs: [topic('totals', { columnLineage, lineage: { fields } })] }),
      run({ job: { namespace: 'flink-jobs', name: 'enrich', facets: { lineage: { entries: [{ ...topic('totals'), type: 'DATASET', fields }] } } }, outputs: [topic('totals', { columnLineage })] }),
      { ...run({ job: { namespace: 'flink-jobs', name: 'enrich', facets: { lineage: { entries: [{ ...topic('totals'), type: 'DATASET', fields }] } } } }), run: undefined },
    ]) {
      const [read, write] = programs(changes(event, ALIASES));
      expect(read?.reads[0]?.fields).toEqual([{ path: 'right', why: ['VALUE'] }]);
      expect(write?.writes[0]?.derivations?.map(({ to, from }) => [to, ...from.map(({ path }) => path)])).toEqual([['total', 'right']]);
    }
  });

  test('topics of one source come in a list, addresses too, and a pattern is said to be one', () => {
    const names = (name: string, namespace = 'kafka://broker-1:9092'): string[] => programs(changes(run({ inputs: [{ namespace, name }] }), ALIASES)).map(({ reads }) => `${reads[0]?.dataset.namespace}/${reads[0]?.dataset.name}`);
    expect(names('orders,payments')).toEqual(['kafka://main/orders', 'kafka://main/payments']);
    expect(names('shop.orders;payments')).toEqual(['kafka://main/shop.orders', 'kafka://main/payments']);
    expect(names('orders', 'kafka://elsewhere:1,broker-1:9092')).toEqual(['kafka://main/orders']);
    const pattern = changes(run({ inputs: [topic('orders-.{1,3}')] }), ALIASES);
    expect(of(pattern, 'doc')).toMatchObject([{ about: { name: 'orders-.{1,3}' }, body: { text: 'A pattern of topic names; which topics match is unknown' } }]);
  });

  test('a table that is known to be a topic is that topic', () => {
    const symlinks = { identifiers: [{ namespace: 'kafka://broker-1:9092', name: 'orders', type: 'TOPIC' }] };
    expect(programs(changes(run({ inputs: [{ namespace: 'hive://x', name: 'db.orders', facets: { symlinks } }] }), ALIASES))[0]?.reads[0]?.dataset).toEqual({ namespace: 'kafka://main', name: 'orders' });
  });

  test('owners, tags, description and schema, and what is deleted again', () => {
    const facets = { ownership: { owners: [{ name: 'team:data', type: 'OWNER' }] }, tags: { tags: [{ key: 'pii', value: 'true' }, { key: 'tier', value: '1' }, { key: 'x', value: 'y', field: 'email' }] }, documentation: { description: 'Orders' }, schema: { fields: [{ name: 'a', type: 'STRUCT', fields: [{ name: 'b', type: 'INT NOT NULL' }] }] } };
    const all = changes(run({ outputs: [{ namespace: 'postgres://db:5432', name: 'shop.public.orders', facets }] }));
    expect(of(all, 'owner')[0]?.body).toEqual({ team: 'data' });
    expect(of(all, 'tags')[0]?.body).toEqual({ tags: ['pii', 'tier:1'] });
    expect(of(all, 'fields')[0]?.body).toEqual({ fields: [{ path: 'a', type: 'STRUCT', nullable: true }, { path: 'a.b', type: 'INT NOT NULL', nullable: false }] });
    const gone = Object.fromEntries(Object.keys(facets).map((name) => [name, { _deleted: true }]));
    expect(changes({ eventTime: '2026-06-01T12:00:00Z', dataset: { namespace: 'postgres://db:5432', name: 'shop.public.orders', facets: gone } }).filter(({ body }) => body === null).map(({ aspect }) => aspect).sort()).toEqual(['doc', 'fields', 'owner', 'tags']);
  });

  test('a dataset without a name, as Flink sends of a pattern, is told of by a tag of the job, and the rest is taken', () => {
    const all = changes(run({ inputs: [{ namespace: 'kafka://broker-1:9092', facets: {} }], outputs: [topic('copies')] }), ALIASES);
    expect(programs(all).map(({ reads, writes }) => [reads.length, writes.map(({ dataset }) => dataset.name)])).toEqual([[0, ['copies']]]);
    expect(of(all, 'tags')).toMatchObject([{ about: { kind: 'job', name: 'enrich' }, body: { tags: ['openlineage-unnamed-dataset'] } }]);
  });

  test('of several owners a team counts before anybody else', () => {
    const ownerOf = (...names: string[]): unknown => of(changes(run({ job: { namespace: 'n', name: 'j', facets: { ownership: { owners: names.map((name) => ({ name })) } } } })), 'owner')[0]?.body;
    expect([ownerOf('user:jdoe', 'team:data', 'team:other'), ownerOf('user:jdoe', 'group:ops'), ownerOf('', 'application:x'), ownerOf()]).toEqual([{ team: 'data' }, { team: 'ops' }, { team: 'application:x' }, undefined]);
  });

  test('what Flink lists of a topic is what a table declares, and is not taken for its fields', () => {
    const jobType = { processingType: 'STREAMING', integration: 'FLINK', jobType: 'JOB' };
    const event = run({ job: { namespace: 'flink-jobs', name: 'insert-into_x', facets: { jobType } }, inputs: [topic('orders', { schema: { fields: [{ name: 'a', type: 'INT' }] } })] });
    expect(of(changes(event), 'fields')).toEqual([]);
    expect(of(changes(event), 'job')[0]?.body).toMatchObject({ kind: 'flink-sql' });
  });
});

test('a dropped dataset is gone, and a renamed one goes by its new name', () => {
  const event = (lifecycleStateChange: string, more: object = {}): object => ({ eventTime: '2026-06-01T12:00:00Z', dataset: { namespace: 'postgres://db:5432', name: 'new', facets: { lifecycleStateChange: { lifecycleStateChange, ...more } } } });
  expect(of(changes(event('DROP')), 'dataset')).toMatchObject([{ about: { name: 'new' }, body: null }]);
  expect(of(changes(event('RENAME', { previousIdentifier: { namespace: 'postgres://db:5432', name: 'old' } })), 'dataset')).toMatchObject([{ about: { name: 'old' }, body: null }, { about: { name: 'new' }, body: { kind: 'table' } }]);
});

test.each<[string, unknown, RegExp]>([
  ['no object', [], /^the event is a list/],
  ['null', null, /^the event is null/],
  ['no time', run({ eventTime: undefined }), /^\/eventTime is missing/],
  ['a time of another era', run({ eventTime: '1492-01-01T00:00:00Z' }), /^\/eventTime/],
  ['no job', run({ job: undefined }), /^\/job is missing/],
  ['a job without name', run({ job: { namespace: 'x', name: '' } }), /^\/job\/name is empty/],
  ['a run without id', run({ run: {} }), /^\/run\/runId is missing/],
  ['a run state nobody knows', run({ eventType: 'DONE' }), /^\/eventType is "DONE"/],
  ['a dataset that is a text', run({ inputs: ['orders'] }), /^\/inputs\/0 is a string/],
  ['a name that is too long', run({ inputs: [topic('x'.repeat(600))] }), /^\/inputs\/0\/name has 600 characters/],
  ['column lineage of the wrong form', run({ outputs: [topic('t', { columnLineage: { fields: { a: { inputFields: {} } } } })] }), /^\/outputs\/0\/facets\/columnLineage\/fields\/a\/inputFields is a object|an object/],
  ['fields in fields without end', run({ outputs: [{ namespace: 'x', name: 'y', facets: { schema: { fields: [deep(40)] } } }] }), /deeper than 32 levels/],
])('refuses %s, and names the place', (_, event, reason) => {
  const outcome = changesOfEvent(event, NOTHING);
  expect(outcome.outcome === 'refused' ? outcome.reason : 'taken').toMatch(reason);
});

test('members named like those of every object are members like others', () => {
  const event = JSON.parse('{"eventTime":"2026-06-01T12:00:00Z","run":{"runId":"r"},"job":{"namespace":"n","name":"__proto__"},"outputs":[{"namespace":"x","name":"y","facets":{"columnLineage":{"fields":{"__proto__":{"inputFields":[{"namespace":"x","name":"z","field":"constructor"}]}}}}}]}') as unknown;
  expect(programs(changes(event))[1]?.writes[0]?.derivations).toMatchObject([{ to: '__proto__', from: [{ path: 'constructor' }] }]);
});

test.each(['flink-detached.ndjson', 'flink-default.ndjson'])('takes every event a real Flink sent (%s)', (name) => {
  const all = fixture(name).map((line) => changesOfEvent((line as { event: unknown }).event, ALIASES));
  expect(all.filter(({ outcome }) => outcome === 'refused')).toEqual([]);
  expect(all.length).toBeGreaterThan(3);
});

function deep(levels: number): object {
  return levels === 0 ? { name: 'x', type: 'INT' } : { name: 'x', type: 'STRUCT', fields: [deep(levels - 1)] };
}
