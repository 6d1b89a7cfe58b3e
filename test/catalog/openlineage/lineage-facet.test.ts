import { describe, expect, test } from 'vitest';
import type { Statement } from '../../../server/catalog/changes.ts';
import { changesOfEvent } from '../../../server/catalog/openlineage/changes-of-event.ts';

const ALIASES = new Map([['kafka://broker-1:9092', 'kafka://main']]);
const DB = { namespace: 'postgres://db:5432', type: 'DATASET' };
const OWN = { namespace: 'airflow', name: 'nightly' };
const OTHER = { namespace: 'airflow', name: 'extract', type: 'JOB' };
const ORDERS = { ...DB, name: 'orders' };

/** What jobs read and write, as lines: `job reads dataset: fields`, `job writes dataset: to←from`. */
function lines(event: object): readonly string[] {
  const outcome = changesOfEvent(event, ALIASES);
  if (outcome.outcome === 'refused') throw new Error(outcome.reason);
  return outcome.changes.flatMap((change) => (change.change === 'statement' && change.aspect === 'program' ? programLines(change) : []));
}
function programLines(statement: Extract<Statement, { readonly aspect: 'program' }>): readonly string[] {
  const { about: { name: job }, body } = statement;
  if (body === null) return [`${job} takes back`];
  return [
    ...body.reads.map(({ dataset, fields }) => `${job} reads ${dataset.name}: ${fields === null ? 'unknown' : fields.map(({ path, why }) => `${path} ${why.join()}`).join('; ')}`),
    ...body.writes.map(({ dataset, derivations }) => `${job} writes ${dataset.name}: ${derivations === null ? 'unknown' : derivations.map(({ to, from }) => `${to}←${from.map(({ dataset: origin, path, kind }) => `${origin.name}.${path}${kind === 'IDENTITY' ? '=' : ''}`).join()}`).join('; ')}`),
  ];
}
const withEntries = (...entries: object[]): object => ({ eventTime: '2026-06-01T12:00:00Z', job: { ...OWN, facets: { lineage: { entries } } } });
const entry = (more: object): object => ({ ...DB, name: 'summary', ...more });

test.each<[string, readonly object[], readonly string[]]>([
  ['a dataset feeds a dataset', [entry({ inputs: [ORDERS] })], ['nightly reads orders: unknown', 'nightly writes summary: unknown']],
  ['fields feed fields', [entry({ fields: { total: { inputs: [{ ...ORDERS, field: 'amount', transformations: [{ type: 'DIRECT', subtype: 'AGGREGATION' }] }, { ...ORDERS, field: 'state', transformations: [{ type: 'INDIRECT', subtype: 'FILTER' }] }] } } })], ['nightly reads orders: amount VALUE; state FILTER', 'nightly writes summary: total←orders.amount']],
  ['what is masked is no copy', [entry({ fields: { email: { inputs: [{ ...ORDERS, field: 'email', transformations: [{ type: 'DIRECT', subtype: 'IDENTITY', masking: true }] }] }, id: { inputs: [{ ...ORDERS, field: 'id', transformations: [{ type: 'DIRECT', subtype: 'IDENTITY' }] }] } } })], ['nightly reads orders: email VALUE; id VALUE', 'nightly writes summary: email←orders.email; id←orders.id=']],
  ['a field of the whole output decides', [entry({ inputs: [{ ...ORDERS, field: 'state', transformations: [{ type: 'INDIRECT', subtype: 'FILTER' }] }] })], ['nightly reads orders: state FILTER', 'nightly writes summary: unknown']],
  ['the job itself is fed, by no name', [{ type: 'JOB', inputs: [{ ...ORDERS, transformations: [{ type: 'INDIRECT', subtype: 'FILTER' }] }] }], ['nightly reads orders: unknown']],
  ['the job itself is fed, by its name', [{ ...OWN, type: 'JOB', inputs: [{ ...ORDERS, field: 'id' }] }], ['nightly reads orders: id CONDITION']],
  ['another job is fed, which is not said of this one', [{ ...OTHER, inputs: [{ ...ORDERS, field: 'id', transformations: [{ type: 'INDIRECT', subtype: 'SORT' }] }] }], ['extract reads orders: id SORT']],
  ['another job feeds a dataset', [entry({ inputs: [OTHER] })], ['extract writes summary: unknown']],
  ['a dataset and another job feed a dataset', [entry({ inputs: [ORDERS, OTHER], fields: { segment: { inputs: [{ ...ORDERS, field: 'customer' }, OTHER] }, score: { inputs: [OTHER] } } })], ['nightly reads orders: customer VALUE', 'nightly writes summary: segment←orders.customer', 'extract writes summary: unknown']],
  ['a job feeds a job', [{ type: 'JOB', inputs: [OTHER] }], []],
  ['nothing feeds it, the job makes the field', [entry({ inputs: [], fields: { total: { inputs: [{ type: 'JOB', transformations: [{ type: 'DIRECT' }] }] }, at: { inputs: [] } } })], ['nightly writes summary: total←; at←']],
  ['entries of one dataset add up', [entry({ fields: { a: { inputs: [{ ...ORDERS, field: 'a' }] } } }), entry({ fields: { b: { inputs: [{ ...ORDERS, field: 'b' }] } } })], ['nightly reads orders: a VALUE; b VALUE', 'nightly writes summary: a←orders.a; b←orders.b']],
])('%s', (_, entries, said) => {
  expect(lines(withEntries(...entries))).toEqual(said);
});

test.each<[string, object, RegExp]>([
  ['half a name of a job', { type: 'JOB', name: 'extract', inputs: [] }, /^\/job\/facets\/lineage\/entries\/0\/namespace is missing/],
  ['a dataset without a name', { type: 'DATASET', namespace: 'x' }, /^\/job\/facets\/lineage\/entries\/0\/name is missing/],
])('refuses %s', (_, bad, reason) => {
  const outcome = changesOfEvent(withEntries(bad), ALIASES);
  expect(outcome.outcome === 'refused' ? outcome.reason : 'taken').toMatch(reason);
});

test('a name in a facet means the topic that the dataset of that name is', () => {
  const symlinks = { identifiers: [{ namespace: 'kafka://broker-1:9092', name: 'orders', type: 'TOPIC' }] };
  const table = { namespace: 'hive://x', name: 'db.orders', facets: { symlinks } };
  const columnLineage = { fields: { id: { inputFields: [{ namespace: 'hive://x', name: 'db.orders', field: 'id' }] } } };
  const event = { eventTime: '2026-06-01T12:00:00Z', job: OWN, inputs: [table], outputs: [{ ...DB, name: 'copy', facets: { columnLineage } }] };
  expect(lines(event)).toEqual(['nightly reads orders: id VALUE', 'nightly writes copy: id←orders.id']);
});

describe('an event of a dataset', () => {
  const event = (facets: object): object => ({ eventTime: '2026-06-01T12:00:00Z', dataset: { ...DB, name: 'totals', facets } });
  const columnLineage = { fields: { total: { inputFields: [{ ...ORDERS, field: 'amount' }] } } };

  test('that says where its fields come from is told by a job of its name, for nobody named one', () => {
    expect(lines(event({ columnLineage }))).toEqual(['totals reads orders: amount VALUE', 'totals writes totals: total←orders.amount']);
    expect(lines(event({ columnLineage, lineage: { inputs: [ORDERS] } }))).toEqual(['totals reads orders: unknown', 'totals writes totals: unknown']);
  });
  test('that says nothing of it says nothing of any job', () => expect(lines(event({ schema: { fields: [] } }))).toEqual([]));
  test('takes back what it said', () => expect(lines(event({ columnLineage: { _deleted: true } }))).toEqual(['totals takes back']));
});
