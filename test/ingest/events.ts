import type { AuditPayloads, ControlPayloads } from '../../ingest/contracts/events.ts';
import type { SampleEvent } from '../../ingest/demo/encode.ts';
import type { Named } from '../../server/catalog/names.ts';

export type Payloads = ControlPayloads & AuditPayloads;
export type PayloadKind = keyof Payloads;

export const START = Date.UTC(2026, 0, 1);
export const topic = (name: string): Named => ({ namespace: 'kafka://main', name });
export const job = (name: string): Named => ({ namespace: 'flink://main', name });
export const subject = (name: string): Named => ({ namespace: 'registry://main', name });

/** An event said at a time (seconds after START); its id tells events of one kind and time apart. */
export function event<K extends PayloadKind>(kind: K, payload: Payloads[K], seconds = 0, id = `${kind}-${seconds}`): SampleEvent {
  const envelope = { id, occurredAt: START + seconds * 1_000, sequence: 0, actor: 'test' };
  const contract = kind.startsWith('io.sluice.control.') ? 'control' : 'audit';
  return { topic: contract, key: 'test', event: { ...envelope, payload: { [kind]: payload } } } as unknown as SampleEvent;
}

export function recordSchema(...fields: readonly string[]): string {
  return JSON.stringify({ type: 'record', name: 'Row', namespace: 'shop', fields: fields.map((name) => ({ name, type: 'string' })) });
}

const NAME = topic('orders');
const READS = [
  { dataset: NAME, readerSchema: recordSchema('id'), fields: [{ path: 'id', why: ['JOIN', 'VALUE'] }, { path: '__proto__', why: [] }], whole: false, evolution: 'OPT_IN' },
  { dataset: topic('customers'), readerSchema: null, fields: null, whole: true, evolution: null },
] as const;
const WRITES = [
  { dataset: topic('enriched'), writerSchema: recordSchema('id', 'at'), derivations: [{ to: 'id', from: [{ read: 0, path: 'id', identity: true }, { read: 1, path: 'id', identity: false }] }, { to: 'at', from: [] }] },
  { dataset: topic('rejected'), writerSchema: null, derivations: null },
] as const;

/** One payload of every kind, with something in every field that can be empty. */
export const EVERY_PAYLOAD: { readonly [K in PayloadKind]: Payloads[K] } = {
  'io.sluice.control.DatasetDeclared': { dataset: NAME, kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: recordSchema('id'), owner: 'checkout', description: 'orders', tags: ['pii', 'constructor'] },
  'io.sluice.control.DatasetRetired': { dataset: NAME },
  'io.sluice.control.SchemaRegistered': { subject: subject('orders-value'), version: 3, schemaId: 17, schemaType: 'AVRO', schema: recordSchema('id'), references: [], deleted: false, dataset: NAME, part: 'VALUE' },
  'io.sluice.control.SubjectConfigured': { subject: subject('orders-value'), level: 'FULL_TRANSITIVE' },
  'io.sluice.control.ProcessorRegistered': { processor: job('filter'), version: '1.2', image: 'filter:1.2', stock: true, evolution: 'OPT_IN', owner: 'mesh', description: 'drops records' },
  'io.sluice.control.ProcessorRetired': { processor: job('filter') },
  'io.sluice.control.PipelineDeclared': { pipeline: job('checkout'), description: 'orders on their way', owner: 'checkout' },
  'io.sluice.control.PipelineRetired': { pipeline: job('checkout') },
  'io.sluice.control.JobDeployed': {
    job: job('enrich'), kind: 'FLINK_SQL', processor: job('filter'), pipeline: job('checkout'), owner: 'checkout', artifactDigest: 'sha256:1', description: 'joins', reads: READS, writes: WRITES, sql: null, compiledPlan: null,
  },
  'io.sluice.control.JobStateChanged': { job: job('enrich'), state: 'PAUSED' },
  'io.sluice.control.JobRetired': { job: job('enrich') },
  'io.sluice.control.ConsumerDeclared': { consumer: topic('ledger'), kind: 'EXTERNAL_SINK', owner: 'finance', contact: '#finance', description: 'books', reads: READS },
  'io.sluice.control.ConsumerRetired': { consumer: topic('ledger') },
  'io.sluice.control.OwnershipDeclared': { entityKind: 'dataset', entity: NAME, owner: 'checkout' },
  'io.sluice.control.TagsDeclared': { entityKind: 'job', entity: job('enrich'), tags: ['gold'] },
  'io.sluice.control.DocumentationDeclared': { entityKind: 'subject', entity: subject('orders-value'), text: 'what an order is' },
  'io.sluice.control.TeamDeclared': { name: 'checkout', contact: '#checkout', members: ['ada'] },
  'io.sluice.audit.ConsumptionObserved': { readerKind: 'CONSUMER', reader: topic('ledger'), dataset: NAME, readerSchemaId: 17, fields: ['id', 'customer.email'], windowStart: START, windowEnd: START + 5 },
  'io.sluice.audit.ProductionObserved': { job: job('enrich'), dataset: NAME, writerSchemaId: 17, windowStart: START, windowEnd: START + 5 },
  'io.sluice.audit.Heartbeat': { readerKind: 'JOB', reader: job('enrich'), at: START },
  'io.sluice.audit.AuditResult': { source: NAME, sink: topic('lake'), windowStart: START, windowEnd: START + 5, sourceCount: 10, missing: 1, mismatched: 0 },
};
export const EVERY_KIND = Object.keys(EVERY_PAYLOAD) as readonly PayloadKind[];

/** The same payload with null wherever the contract takes one. */
export function sparse(kind: PayloadKind, nullable: ReadonlySet<string>): Payloads[PayloadKind] {
  return Object.fromEntries(Object.entries(EVERY_PAYLOAD[kind]).map(([name, value]) => [name, nullable.has(name) ? null : value])) as unknown as Payloads[PayloadKind];
}
