import { describe, expect, test } from 'vitest';
import type { DeployedReader, DownstreamReader } from '../../../server/catalog/gate/world.ts';
import { dataset, judge, ORDERS, PAYMENTS, reader, record, request, rulesOf, schema, withDefault, world, writer } from './worlds.ts';

const V1 = record({ id: 'string', amount: 'long', note: 'string' });

test('allows a job that reads what is there and writes what every reader can read', () => {
  const verdict = judge(
    request({ inputs: [{ readerSchema: V1 }], outputs: [{ writerSchema: V1 }] }),
    world([dataset(ORDERS, { versions: [V1] }), dataset(PAYMENTS, { versions: [V1], readers: [reader('ledger', { paths: ['amount'] })] })]),
  );
  expect(verdict).toEqual({ outcome: 'allow', findings: [], completeness: 'complete' });
});

test('denies a reader schema that cannot read a retained version, and names version, field and place', () => {
  const old = record({ id: 'string' });
  const verdict = judge(request({ inputs: [{ readerSchema: V1 }] }), world([dataset(ORDERS, { versions: [old, V1] })]));
  expect(verdict.outcome).toBe('deny');
  expect(verdict.findings.map(({ rule, version, field, location }) => ({ rule, version, field, location }))).toEqual([
    { rule: 'input-reader-cannot-read-version', version: 1, field: 'amount', location: '/fields/1' },
    { rule: 'input-reader-cannot-read-version', version: 1, field: 'note', location: '/fields/2' },
  ]);
});

test('still counts a soft-deleted version, whose records are still in the log', () => {
  const state = dataset(ORDERS, { versions: [record({ id: 'string' }), V1] });
  const deleted = { ...state, versions: state.versions.map((v) => (v.version === 1 ? { ...v, deleted: true } : v)) };
  const verdict = judge(request({ inputs: [{ readerSchema: V1 }] }), world([deleted]));
  expect(verdict.outcome).toBe('deny');
  expect(verdict.findings[0]?.message).toContain('soft-deleted');
});

test('counts what a deployed writer writes although nobody registered it', () => {
  const ahead = record({ id: 'string', amount: 'string', note: 'string' });
  const verdict = judge(request({ inputs: [{ readerSchema: V1 }] }), world([dataset(ORDERS, { versions: [V1], writers: [writer('cdc', ahead)] })]));
  expect(rulesOf(verdict)).toEqual(['input-reader-cannot-read-writer']);
  expect(verdict.findings[0]?.affected[0]?.owner).toBe('team-cdc');
});

test('refuses a schema that breaks a reader, and names the field, the reader, its owner and the path', () => {
  const verdict = judge(
    request({ outputs: [{ writerSchema: record({ id: 'string', note: 'string' }) }] }),
    world([dataset(PAYMENTS, { versions: [V1], readers: [reader('ledger', { fields: [{ path: 'amount', why: ['FILTER'] }], completeness: 'complete' })] })]),
  );
  expect(verdict.outcome).toBe('deny');
  expect(verdict.findings).toHaveLength(1);
  expect(verdict.findings[0]).toMatchObject({
    rule: 'output-breaks-reader', severity: 'error', approvable: true, field: 'amount',
    affected: [{ ref: { name: 'ledger' }, owner: 'team-ledger', path: [{ kind: 'field', path: 'amount' }, { kind: 'job', name: 'ledger' }] }],
  });
  expect(verdict.findings[0]?.message).toContain('reads `payments.amount` (FILTER; declared)');
});

describe('a field that only the registry has dropped', () => {
  const without = record({ id: 'string', note: 'string' });
  const given = (cdc: typeof V1) => world([dataset(PAYMENTS, { versions: [V1, without], readers: [reader('ledger', { paths: ['amount'] })], writers: [writer('cdc', cdc)] })], {
    downstream: { amount: [{ ref: { kind: 'job', namespace: 'flink://main', name: 'far' }, owner: 'team-far', certainty: 'known', path: [] }] },
  });
  const asked = request({ outputs: [{ writerSchema: without }] });

  test('is still written and read: the writer that follows the registry is denied as it was before', () => {
    const before = world([dataset(PAYMENTS, { versions: [V1], readers: [reader('ledger', { paths: ['amount'] })], writers: [writer('cdc', V1)] })], { downstream: { amount: given(V1).downstreamOf(PAYMENTS, 'amount') } });
    const verdict = judge(asked, given(V1));
    expect(rulesOf(verdict)).toEqual(['output-breaks-reader', 'downstream-reach', 'output-second-writer']);
    expect(verdict.findings.map(({ id }) => id)).toEqual(judge(asked, before).findings.map(({ id }) => id));
  });

  test('is no news once the deployed writer writes without it', () => {
    expect(rulesOf(judge(asked, given(without)))).toEqual(['output-second-writer']);
  });
});

test('lets a required field go that no reader reads', () => {
  const verdict = judge(
    request({ outputs: [{ writerSchema: record({ id: 'string', amount: 'long' }) }] }),
    world([dataset(PAYMENTS, { versions: [V1], readers: [reader('ledger', { paths: ['amount'] })] })]),
  );
  expect(verdict.outcome).toBe('allow');
});

test('does not call a field unused while one reader’s fields are unknown', () => {
  const verdict = judge(
    request({ outputs: [{ writerSchema: record({ id: 'string', amount: 'long' }) }] }),
    world([dataset(PAYMENTS, { versions: [V1], readers: [reader('ledger', { paths: ['amount'] }), reader('mystery', {})] })]),
  );
  expect(verdict).toMatchObject({ outcome: 'deny', completeness: 'unknown' });
  expect(verdict.findings).toHaveLength(1);
  expect(verdict.findings[0]).toMatchObject({ rule: 'output-unknown-use', field: 'note', approvable: true, affected: [{ owner: 'team-mystery' }] });
});

test('lets an unknown reader be while nothing it could read goes or changes', () => {
  const grown = withDefault({ extra: { type: 'string', default: '' } }, { id: 'string', amount: 'long', note: 'string' });
  const verdict = judge(request({ outputs: [{ writerSchema: grown }] }), world([dataset(PAYMENTS, { versions: [V1], readers: [reader('mystery', {})] })]));
  expect(verdict).toMatchObject({ outcome: 'allow', completeness: 'unknown' });
});

test('believes a reader’s own schema: a default makes a missing field harmless', () => {
  const own = withDefault({ amount: { type: 'long', default: 0 } }, { id: 'string' });
  const tolerant = reader('ledger', { paths: ['amount'], readerSchema: { readable: true, schema: own } });
  const verdict = judge(request({ outputs: [{ writerSchema: record({ id: 'string', note: 'string' }) }] }), world([dataset(PAYMENTS, { versions: [V1], readers: [tolerant] })]));
  expect(verdict.outcome).toBe('allow');
});

describe('a field that goes and whose default hides it', () => {
  const nullable = { type: ['null', 'long'], default: null };
  const payments = dataset(PAYMENTS, { versions: [withDefault({ amount: nullable }, { id: 'string' })] });
  const state = (its: DeployedReader) => world([{ ...payments, readers: [its] }]);
  const without = request({ outputs: [{ writerSchema: record({ id: 'string' }) }] });
  const flinkSchema = schema({ type: 'record', name: 'record', namespace: 'org.apache.flink.avro.generated', fields: [{ name: 'id', type: ['null', 'string'], default: null }, { name: 'amount', ...nullable }] });

  test.each([
    ['denied for a job that reads it, which would compute with nulls', reader('ledger', { paths: ['amount'] }), ['output-field-not-written']],
    ['denied for a job whose schema Flink made up', reader('ledger', { paths: ['amount'], readerSchema: { readable: true, schema: flinkSchema } }), ['output-field-not-written']],
    ['denied for a job that was seen to decode with the topic’s own schema', reader('ledger', { paths: ['amount'], readerSchema: payments.versions[0]?.schema ?? null }), ['output-field-not-written']],
    ['not proven safe for a reader whose fields nobody knows', reader('mystery', {}), ['output-unknown-use']],
    ['let go where nobody reads it', reader('ledger', { paths: ['id'] }), []],
  ])('is %s', (_, its, rules) => {
    const verdict = judge(without, state(its));
    expect(rulesOf(verdict)).toEqual(rules);
    expect(verdict.outcome).toBe(rules.length === 0 ? 'allow' : 'deny');
  });
});

test('cannot judge a reader whose schema cannot be read, and says so', () => {
  const broken = reader('ledger', { readerSchema: { readable: false, reason: 'Undefined name' } });
  const verdict = judge(request({ outputs: [{ writerSchema: V1 }] }), world([dataset(PAYMENTS, { versions: [V1], readers: [broken] })]));
  expect(rulesOf(verdict)).toEqual(['version-unreadable']);
  expect(verdict.outcome).toBe('deny');
});

test('catches what Avro lets pass: a decimal whose scale changes', () => {
  const decimal = (scale: number) => record({ amount: { type: 'bytes', logicalType: 'decimal', precision: 10, scale } });
  const verdict = judge(
    request({ outputs: [{ writerSchema: decimal(3) }] }),
    world([dataset(PAYMENTS, { versions: [decimal(2)], readers: [reader('ledger', { paths: ['amount'] })] })]),
  );
  expect(rulesOf(verdict)).toEqual(['output-reinterpreted']);
});

test('follows a field that goes across pipelines, one finding for each owner', () => {
  const far = (name: string, owner: string): DownstreamReader => ({ ref: { kind: 'consumer', namespace: 'kafka://main', name }, owner, certainty: 'known', path: [] });
  const verdict = judge(
    request({ outputs: [{ writerSchema: record({ id: 'string', note: 'string' }) }] }),
    world([dataset(PAYMENTS, { versions: [V1] })], { downstream: { amount: [far('a', 'finance'), far('b', 'risk'), far('c', 'finance')] } }),
  );
  expect(verdict.findings.map(({ rule, affected }) => [rule, affected.map(({ ref }) => ref.name)])).toEqual(
    expect.arrayContaining([['downstream-reach', ['a', 'c']], ['downstream-reach', ['b']]]),
  );
});

test('judges by the subject’s own level, as the registry would', () => {
  const verdict = judge(
    request({ outputs: [{ writerSchema: record({ id: 'string', amount: 'long', note: 'string', extra: 'int' }) }] }),
    world([dataset(PAYMENTS, { versions: [V1], level: 'BACKWARD' })]),
  );
  expect(rulesOf(verdict)).toEqual(['subject-compatibility']);
  expect(verdict.findings[0]).toMatchObject({ field: 'extra', version: 1, approvable: false });
});

test('does not ask the registry’s question about a schema it already has', () => {
  const verdict = judge(request({ outputs: [{ writerSchema: V1 }] }), world([dataset(PAYMENTS, { versions: [V1, record({ id: 'string' })], level: 'FULL_TRANSITIVE' })]));
  expect(verdict.outcome).toBe('allow');
});

test.each([
  ['owner-missing', request({}, null), world([])],
  ['output-second-writer', request({ outputs: [{ writerSchema: V1 }] }), world([dataset(PAYMENTS, { versions: [V1], writers: [writer('other', V1)] })])],
  ['cycle', request({ inputs: [{ fields: ['id'] }], outputs: [{ writerSchema: V1 }] }), world([dataset(ORDERS, { versions: [V1] }), dataset(PAYMENTS, { versions: [V1] })], { flowsInto: () => true })],
  ['input-use-unknown', request({ inputs: [{}] }), world([dataset(ORDERS, { versions: [V1] })])],
  ['input-field-missing', request({ inputs: [{ fields: ['amonut'] }] }), world([dataset(ORDERS, { versions: [V1] })])],
  ['input-schema-unknown', request({ inputs: [{ fields: ['a'] }] }), world([dataset(ORDERS, {})])],
  ['output-schema-missing', request({ outputs: [{}] }), world([dataset(PAYMENTS, {})])],
])('finds %s', (rule, asked, given) => {
  expect(rulesOf(judge(asked, given))).toEqual([rule]);
});

test('does not take a job for its own rival when it is deployed again', () => {
  const mine = { ...writer('my-job', V1) };
  expect(judge(request({ outputs: [{ writerSchema: V1 }] }), world([dataset(PAYMENTS, { versions: [V1], writers: [mine] })])).outcome).toBe('allow');
});

test('policy sets severities by place, the most specific first', () => {
  const asked = request({ inputs: [{}] });
  const given = world([dataset(ORDERS, { versions: [V1] })]);
  const at = (exceptions: readonly object[]) => judge(asked, given, { revision: 1, exceptions: exceptions as never }).outcome;
  expect(at([{ rule: 'input-use-unknown', severity: 'error', cluster: 'main' }])).toBe('deny');
  expect(at([{ rule: 'input-use-unknown', severity: 'off', namespace: 'kafka://main', dataset: 'orders' }, { rule: 'input-use-unknown', severity: 'error', cluster: 'main' }])).toBe('allow');
  expect(at([{ rule: 'input-use-unknown', severity: 'error', cluster: 'other' }])).toBe('allow-with-warnings');
});

test('an approval lifts exactly the findings it names', () => {
  const asked = request({ outputs: [{ writerSchema: record({ id: 'string', amount: 'long' }) }] });
  const given = world([dataset(PAYMENTS, { versions: [V1], readers: [reader('mystery', {})] })]);
  const [finding] = judge(asked, given).findings;
  expect(judge(asked, given, undefined, [finding!.id]).outcome).toBe('allow-with-warnings');
  const another = world([dataset(PAYMENTS, { versions: [V1], readers: [reader('mystery', {}), reader('newcomer', {})] })]);
  expect(judge(asked, another, undefined, [finding!.id]).outcome).toBe('deny');
});

test('an approval of what cannot be approved lifts nothing', () => {
  const asked = request({}, null);
  const [finding] = judge(asked, world([])).findings;
  expect(judge(asked, world([]), undefined, [finding!.id]).outcome).toBe('deny');
});

test('gives the same bytes for the same request, whatever order readers come in', () => {
  const readers = ['a', 'b', 'c'].map((name) => reader(name, { paths: ['amount'] }));
  const asked = request({ outputs: [{ writerSchema: record({ id: 'string' }) }] });
  const texts = [readers, [...readers].reverse()].map((order) => JSON.stringify(judge(asked, world([dataset(PAYMENTS, { versions: [V1], readers: order })]))));
  expect(texts[0]).toBe(texts[1]);
});

test('takes names such as __proto__ and constructor as names', () => {
  const odd = schema({ type: 'record', name: 'Odd', fields: [{ name: '__proto__', type: 'string' }, { name: 'constructor', type: 'string' }] });
  const less = schema({ type: 'record', name: 'Odd', fields: [{ name: 'constructor', type: 'string' }] });
  const verdict = judge(request({ outputs: [{ writerSchema: less }] }), world([dataset(PAYMENTS, { versions: [odd], readers: [reader('r', { paths: ['__proto__', 'constructor'] })] })]));
  expect(verdict.findings.map(({ field }) => field)).toEqual(['__proto__']);
});
