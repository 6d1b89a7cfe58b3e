import { expect, test } from 'vitest';
import { type ChangesOutcome, changesFrom } from '../../ingest/changes-from.ts';
import type { SampleEvent } from '../../ingest/demo/encode.ts';
import type { GraphChange } from '../../server/catalog/changes.ts';
import { entityKey } from '../../server/catalog/names.ts';
import { EVERY_KIND, EVERY_PAYLOAD, event, job, type PayloadKind, type Payloads, recordSchema, START, subject, topic } from './events.ts';

/** A change as one line and its body: `dataset:kafka://main#orders owner` and what is said. */
function said(change: GraphChange): readonly [string, unknown] {
  if (change.change === 'observation') {
    const { change: _, ...rest } = change;
    return [`${entityKey(change.actor)} ${change.what}`, rest];
  }
  const { about, aspect, part, evidence, body } = change;
  return [[entityKey(about), aspect, part, evidence === 'declared' ? '' : `(${evidence})`].filter((word) => word !== '').join(' '), body];
}
function changesOf(sample: SampleEvent): readonly GraphChange[] {
  const outcome = changesFrom(sample.event);
  if (outcome.outcome === 'refused') throw new Error(outcome.reason);
  return outcome.changes;
}

const ORDERS = 'dataset:kafka://main#orders';
const ENRICH = 'job:flink://main#enrich';
const LEDGER = 'consumer:kafka://main#ledger';
const ID_FIELD = { fields: [{ path: 'id', type: 'string', nullable: false }] };
const PROGRAM = {
  reads: [
    { dataset: topic('orders'), readerSchema: recordSchema('id'), fields: [{ path: 'id', why: ['JOIN', 'VALUE'] }, { path: '__proto__', why: [] }], completeness: 'partial', evolution: 'opt-in' },
    { dataset: topic('customers'), readerSchema: null, fields: null, completeness: 'unknown', evolution: null },
  ],
  writes: [
    {
      dataset: topic('enriched'), writerSchema: recordSchema('id', 'at'),
      derivations: [
        { to: 'id', from: [{ dataset: topic('orders'), path: 'id', kind: 'IDENTITY' }, { dataset: topic('customers'), path: 'id', kind: 'TRANSFORM' }] },
        { to: 'at', from: [] },
      ],
    },
    { dataset: topic('rejected'), writerSchema: null, derivations: null },
  ],
};
const seen = { actor: { kind: 'consumer', ...topic('ledger') }, dataset: topic('orders'), schemaId: 17, firstSeen: START, lastSeen: START + 5, what: 'reads' };

const EXPECTED: { readonly [K in PayloadKind]: readonly (readonly [string, unknown])[] } = {
  'io.sluice.control.DatasetDeclared': [
    [`${ORDERS} dataset`, { kind: 'topic', platform: 'kafka', cluster: 'main' }],
    [`${ORDERS} fields value`, ID_FIELD],
    [`${ORDERS} owner`, { team: 'checkout' }],
    [`${ORDERS} doc`, { text: 'orders' }],
    [`${ORDERS} tags`, { tags: ['pii', 'constructor'] }],
  ],
  'io.sluice.control.DatasetRetired': [[`${ORDERS} dataset`, null], [`${ORDERS} fields value`, null], [`${ORDERS} fields key`, null]],
  'io.sluice.control.SchemaRegistered': [
    ['subject:registry://main#orders-value schema-version 3 (registry)', { version: 3, schemaId: 17, schemaType: 'AVRO', schema: recordSchema('id'), references: [], deleted: false }],
    [`${ORDERS} governed-by value (registry)`, { subject: subject('orders-value') }],
    [`${ORDERS} fields value (registry)`, ID_FIELD],
  ],
  'io.sluice.control.SubjectConfigured': [['subject:registry://main#orders-value compatibility (registry)', { level: 'FULL_TRANSITIVE' }]],
  'io.sluice.control.ProcessorRegistered': [
    ['processor:flink://main#filter processor', { version: '1.2', image: 'filter:1.2', stock: true, evolution: 'opt-in' }],
    ['processor:flink://main#filter owner', { team: 'mesh' }],
    ['processor:flink://main#filter doc', { text: 'drops records' }],
  ],
  'io.sluice.control.ProcessorRetired': [['processor:flink://main#filter processor', null]],
  'io.sluice.control.PipelineDeclared': [
    ['pipeline:flink://main#checkout pipeline', { description: 'orders on their way' }],
    ['pipeline:flink://main#checkout owner', { team: 'checkout' }],
    ['pipeline:flink://main#checkout doc', { text: 'orders on their way' }],
  ],
  'io.sluice.control.PipelineRetired': [['pipeline:flink://main#checkout pipeline', null]],
  'io.sluice.control.JobDeployed': [
    [`${ENRICH} job`, { kind: 'flink-sql', processor: job('filter'), pipeline: job('checkout'), artifactDigest: 'sha256:1' }],
    [`${ENRICH} program`, PROGRAM],
    [`${ENRICH} program (flink-sql)`, null],
    [`${ENRICH} program (compiled-plan)`, null],
    [`${ENRICH} state`, { state: 'DEPLOYING' }],
    [`${ENRICH} owner`, { team: 'checkout' }],
    [`${ENRICH} doc`, { text: 'joins' }],
  ],
  'io.sluice.control.JobStateChanged': [[`${ENRICH} state`, { state: 'PAUSED' }]],
  'io.sluice.control.JobRetired': [[`${ENRICH} job`, null], [`${ENRICH} program`, null], [`${ENRICH} state`, null], [`${ENRICH} program (flink-sql)`, null], [`${ENRICH} program (compiled-plan)`, null]],
  'io.sluice.control.ConsumerDeclared': [
    [`${LEDGER} consumer`, { kind: 'external-sink', contact: '#finance' }],
    [`${LEDGER} program`, { reads: PROGRAM.reads, writes: [] }],
    [`${LEDGER} owner`, { team: 'finance' }],
    [`${LEDGER} doc`, { text: 'books' }],
  ],
  'io.sluice.control.ConsumerRetired': [[`${LEDGER} consumer`, null], [`${LEDGER} program`, null]],
  'io.sluice.control.OwnershipDeclared': [[`${ORDERS} owner`, { team: 'checkout' }]],
  'io.sluice.control.TagsDeclared': [[`${ENRICH} tags`, { tags: ['gold'] }]],
  'io.sluice.control.DocumentationDeclared': [['subject:registry://main#orders-value doc', { text: 'what an order is' }]],
  'io.sluice.control.TeamDeclared': [['team:#checkout team', { contact: '#checkout', members: ['ada'] }]],
  'io.sluice.audit.ConsumptionObserved': [[`${LEDGER} reads`, { ...seen, path: 'id' }], [`${LEDGER} reads`, { ...seen, path: 'customer.email' }]],
  'io.sluice.audit.ProductionObserved': [[`${ENRICH} writes`, { ...seen, what: 'writes', actor: { kind: 'job', ...job('enrich') }, path: null }]],
  'io.sluice.audit.Heartbeat': [[`${ENRICH} alive`, { what: 'alive', actor: { kind: 'job', ...job('enrich') }, dataset: null, path: null, schemaId: null, firstSeen: START, lastSeen: START }]],
  'io.sluice.audit.AuditResult': [
    ['dataset:kafka://main#lake audit-result dataset:kafka://main#orders (observed)', { source: topic('orders'), windowStart: START, windowEnd: START + 5, sourceCount: 10, missing: 1, mismatched: 0, verdict: 'mismatch' }],
  ],
};

test.each(EVERY_KIND)('a %s says what it says, and nothing else', (kind) => {
  expect(changesOf(event(kind, EVERY_PAYLOAD[kind])).map(said)).toEqual(EXPECTED[kind]);
});

test('every statement is placed by the time, sequence and id of its event', () => {
  for (const kind of EVERY_KIND) {
    const sample = event(kind, EVERY_PAYLOAD[kind], 7, 'e7');
    const { occurredAt } = sample.event;
    const again = changesFrom({ ...sample.event, sequence: 3 } as typeof sample.event);
    for (const change of again.outcome === 'changes' ? again.changes : []) {
      if (change.change === 'statement') expect(change.at).toEqual({ time: occurredAt, sequence: 3, event: 'e7' });
    }
  }
});

const with_ = <K extends PayloadKind>(kind: K, change: Partial<Payloads[K]>): SampleEvent => event(kind, { ...EVERY_PAYLOAD[kind], ...change });

test.each<readonly [string, SampleEvent, readonly (readonly [string, unknown])[]]>([
  ['a dataset of which only the name is known takes nothing back', with_('io.sluice.control.DatasetDeclared', { schema: null, owner: null, description: null, tags: null }), EXPECTED['io.sluice.control.DatasetDeclared'].slice(0, 1)],
  ['no tags are said as none', with_('io.sluice.control.TagsDeclared', { tags: [] }), [[`${ENRICH} tags`, { tags: [] }]]],
  ['an owner is taken back', with_('io.sluice.control.OwnershipDeclared', { owner: null }), [[`${ORDERS} owner`, null]]],
  ['a description is taken back', with_('io.sluice.control.DocumentationDeclared', { text: null }), [['subject:registry://main#orders-value doc', null]]],
  ['a schema that governs no known dataset is kept all the same', with_('io.sluice.control.SchemaRegistered', { dataset: null }), EXPECTED['io.sluice.control.SchemaRegistered'].slice(0, 1)],
  [
    'a deleted version counts as a version and gives no fields',
    with_('io.sluice.control.SchemaRegistered', { deleted: true }),
    [['subject:registry://main#orders-value schema-version 3 (registry)', { version: 3, schemaId: 17, schemaType: 'AVRO', schema: recordSchema('id'), references: [], deleted: true }], ...EXPECTED['io.sluice.control.SchemaRegistered'].slice(1, 2)],
  ],
  [
    'a schema in another language is kept unread',
    with_('io.sluice.control.SchemaRegistered', { schemaType: 'PROTOBUF', schema: 'syntax = "proto3";' }),
    [['subject:registry://main#orders-value schema-version 3 (registry)', { version: 3, schemaId: 17, schemaType: 'PROTOBUF', schema: 'syntax = "proto3";', references: [], deleted: false }], ...EXPECTED['io.sluice.control.SchemaRegistered'].slice(1, 2)],
  ],
  ['fields nobody could see are an unknown use', with_('io.sluice.audit.ConsumptionObserved', { fields: null }), [[`${LEDGER} reads`, { ...seen, path: null }]]],
])('%s', (_, sample, expected) => {
  expect(changesOf(sample).map(said)).toEqual(expected);
});

test('a key schema gives fields below $key, and references are parsed before it', () => {
  const line = JSON.stringify({ type: 'record', name: 'Line', namespace: 'shop', fields: [{ name: 'sku', type: 'string' }] });
  const schema = JSON.stringify({ type: 'record', name: 'Row', namespace: 'shop', fields: [{ name: 'line', type: 'shop.Line' }] });
  const changes = changesOf(with_('io.sluice.control.SchemaRegistered', { part: 'KEY', schema, references: [line] }));
  const fields = changes.find((change) => change.change === 'statement' && change.aspect === 'fields');
  expect(fields).toMatchObject({ part: 'key', body: { fields: [{ path: '$key.line' }, { path: '$key.line.sku' }] } });
});

const SQL = `CREATE TABLE orders (id STRING, amount BIGINT) WITH ('connector' = 'kafka', 'topic' = 'orders', 'properties.bootstrap.servers' = 'main', 'format' = 'json');
CREATE TABLE lake (id STRING) WITH ('connector' = 'kafka', 'topic' = 'lake', 'properties.bootstrap.servers' = 'main', 'format' = 'json');
INSERT INTO lake SELECT id FROM orders WHERE amount > 0;`;

test('a job deployed with its SQL says what follows from it, as evidence of its own', () => {
  const said = changesOf(with_('io.sluice.control.JobDeployed', { kind: 'FLINK_SQL', reads: [], writes: [], sql: SQL }));
  const programs = said.flatMap((change) => (change.change === 'statement' && change.aspect === 'program' ? [[change.evidence, change.body] as const] : []));
  expect(programs).toEqual([
    ['declared', null],
    ['flink-sql', {
      reads: [{ dataset: topic('orders'), readerSchema: null, fields: [{ path: 'amount', why: ['FILTER'] }, { path: 'id', why: ['VALUE'] }], completeness: 'complete', evolution: null }],
      writes: [{ dataset: topic('lake'), writerSchema: null, derivations: [{ to: 'id', from: [{ dataset: topic('orders'), path: 'id', kind: 'IDENTITY' }] }] }],
    }],
    ['compiled-plan', null],
  ]);
});

const LONG = 'x'.repeat(513);
const TEXT = 'x'.repeat(20_001);
const READ = { dataset: topic('orders'), readerSchema: null, fields: null, whole: true, evolution: null };
const WRITE = { dataset: topic('lake'), writerSchema: null, derivations: null };
const deployed = (change: Partial<Payloads['io.sluice.control.JobDeployed']>): SampleEvent => with_('io.sluice.control.JobDeployed', change);
const outOfTime = (occurredAt: number): SampleEvent => {
  const sample = event('io.sluice.control.DatasetRetired', { dataset: topic('orders') });
  return { ...sample, event: { ...sample.event, occurredAt } } as SampleEvent;
};

test.each<readonly [string, SampleEvent, string | RegExp]>([
  ['a payload of another contract', event('io.sluice.control.Unheard' as PayloadKind, {} as never), '"io.sluice.control.Unheard" is no payload of the contracts'],
  ['a payload called __proto__', { topic: 'control', key: '', event: { ...outOfTime(START).event, payload: JSON.parse('{"__proto__": {}}') as never } }, '"__proto__" is no payload of the contracts'],
  ['an event without an id', event('io.sluice.control.DatasetRetired', { dataset: topic('orders') }, 0, ''), 'id is empty'],
  ['a time before Kafka', outOfTime(0), 'occurredAt is 0, no time between the years 2000 and 2200'],
  ['a time in microseconds', outOfTime(START * 1_000), /^occurredAt is \d+, no time/],
  ['a name that is empty', with_('io.sluice.control.JobRetired', { job: job('') }), 'job.name is empty'],
  ['a namespace that is empty', with_('io.sluice.control.JobRetired', { job: { namespace: '', name: 'x' } }), 'job.namespace is empty'],
  ['a name that is too long', with_('io.sluice.control.ConsumerRetired', { consumer: topic(LONG) }), 'consumer.name has 513 characters, the limit is 512'],
  ['SQL that is none', deployed({ sql: 'INSERT INTO' }), 'sql is no program Flink would take (line 1, column 12): expected the name of a table, found the end of the script'],
  ['a plan that is no JSON', deployed({ compiledPlan: '{secret' }), 'compiledPlan is not JSON'],
  ['a processor without a name', deployed({ processor: job('') }), 'processor.name is empty'],
  ['a pipeline without a name', deployed({ pipeline: job('') }), 'pipeline.name is empty'],
  ['an owner that is empty', deployed({ owner: '' }), 'owner is empty'],
  ['a description that is too long', deployed({ description: TEXT }), 'description has 20001 characters, the limit is 20000'],
  ['an empty tag', with_('io.sluice.control.TagsDeclared', { tags: ['a', ''] }), 'tags is empty'],
  ['a documentation that is too long', with_('io.sluice.control.DocumentationDeclared', { text: TEXT }), 'text has 20001 characters, the limit is 20000'],
  ['a contact that is too long', with_('io.sluice.control.TeamDeclared', { contact: TEXT }), 'contact has 20001 characters, the limit is 20000'],
  ['a member without a name', with_('io.sluice.control.TeamDeclared', { members: [''] }), 'members is empty'],
  ['an owner of something that has none', with_('io.sluice.control.OwnershipDeclared', { entityKind: 'team' as never }), 'entityKind is "team", not one of dataset, job, consumer, processor, pipeline, subject'],
  ['a platform that is empty', with_('io.sluice.control.DatasetDeclared', { platform: '' }), 'platform is empty'],
  ['a cluster that is too long', with_('io.sluice.control.DatasetDeclared', { cluster: LONG }), 'cluster has 513 characters, the limit is 512'],
  ['a schema that is no JSON', with_('io.sluice.control.DatasetDeclared', { schema: '{"type": ' }), /^schema is no Avro schema: ./],
  ['a schema of an unknown type', with_('io.sluice.control.SchemaRegistered', { schema: '"strnig"' }), /^schema is no Avro schema: .*strnig/],
  ['a schema whose reference is missing', with_('io.sluice.control.SchemaRegistered', { schema: '{"type": "array", "items": "shop.Line"}' }), /^schema is no Avro schema: .*shop\.Line/],
  ['a version zero', with_('io.sluice.control.SchemaRegistered', { version: 0 }), 'version is 0, versions start at 1'],
  ['a level nobody knows', with_('io.sluice.control.SubjectConfigured', { level: 'constructor' }), /^level is "constructor", not one of NONE, BACKWARD,/],
  ['a read without a dataset', deployed({ reads: [READ, { ...READ, dataset: topic('') }] }), 'reads[1].dataset.name is empty'],
  ['a read with a broken reader schema', deployed({ reads: [{ ...READ, readerSchema: '[' }] }), /^reads\[0\]\.readerSchema is no Avro schema: ./],
  ['a read of a field without a path', deployed({ reads: [{ ...READ, fields: [{ path: '', why: [] }] }] }), 'reads[0].fields is empty'],
  ['a read for no known reason', deployed({ reads: [{ ...READ, fields: [{ path: 'id', why: ['FUN'] }] }] }), /^reads\[0\]\.fields\.why is "FUN", not one of VALUE,/],
  ['a write with a broken writer schema', deployed({ writes: [{ ...WRITE, writerSchema: '{}' }] }), /^writes\[0\]\.writerSchema is no Avro schema: ./],
  ['a derivation from a read that is not there', deployed({ reads: [READ], writes: [{ ...WRITE, derivations: [{ to: 'id', from: [{ read: 1, path: 'id', identity: true }] }] }] }), 'writes[0].derivations of "id" names read 1, there are 1'],
  ['a derivation from a negative read', deployed({ reads: [READ], writes: [{ ...WRITE, derivations: [{ to: 'id', from: [{ read: -1, path: 'id', identity: true }] }] }] }), 'writes[0].derivations of "id" names read -1, there are 1'],
  ['a derivation to a path that is too long', deployed({ writes: [{ ...WRITE, derivations: [{ to: LONG, from: [] }] }] }), 'writes[0].derivations.to has 513 characters, the limit is 512'],
  ['a window that ends before it starts', with_('io.sluice.audit.ProductionObserved', { windowEnd: START - 1 }), `the window ends (${START - 1}) before it starts (${START})`],
  ['a window of another era', with_('io.sluice.audit.ConsumptionObserved', { windowStart: 5 }), 'windowStart is 5, no time between the years 2000 and 2200'],
  ['an observed field without a path', with_('io.sluice.audit.ConsumptionObserved', { fields: ['id', ''] }), 'fields is empty'],
  ['an observed reader without a name', with_('io.sluice.audit.Heartbeat', { reader: job('') }), 'reader.name is empty'],
  ['an audit without a source', with_('io.sluice.audit.AuditResult', { source: topic('') }), 'source.name is empty'],
])('refuses %s', (_, sample, reason) => {
  const outcome: ChangesOutcome = changesFrom(sample.event);
  expect(outcome.outcome).toBe('refused');
  expect(outcome.outcome === 'refused' && outcome.reason).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
});
