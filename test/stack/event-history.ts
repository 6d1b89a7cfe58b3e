import type { AuditEvent, AuditPayloads, ControlEvent, ControlPayloads } from '../../ingest/contracts/events.ts';
import type { Named } from '../../server/catalog/names.ts';

/** An event with the key its producer would give it. */
export type KeyedEvent = { readonly contract: 'control'; readonly key: string; readonly event: ControlEvent } | { readonly contract: 'audit'; readonly key: string; readonly event: AuditEvent };

const START = Date.UTC(2026, 0, 1);
export const topic = (i: number): Named => ({ namespace: 'kafka://main', name: `orders-${i}` });
export const job = (i: number): Named => ({ namespace: 'flink://main', name: `enrich-${i}` });
export const group = (i: number): Named => ({ namespace: 'kafka://main', name: `readers-${i}` });

/** One event; later ones have the larger `sequence`. */
export function control<K extends keyof ControlPayloads>(sequence: number, key: string, kind: K, payload: ControlPayloads[K]): KeyedEvent {
  return { contract: 'control', key, event: { ...envelope(sequence), payload: { [kind]: payload } } as unknown as ControlEvent };
}
export function audit<K extends keyof AuditPayloads>(sequence: number, key: string, kind: K, payload: AuditPayloads[K]): KeyedEvent {
  return { contract: 'audit', key, event: { ...envelope(sequence), id: `audit-${sequence}`, payload: { [kind]: payload } } as unknown as AuditEvent };
}
function envelope(sequence: number) {
  return { id: `event-${sequence}`, occurredAt: START + sequence * 1_000, sequence, actor: 'test' };
}

/** A chain of this many topics, with a job from each to the next; some is retired, deployed again, observed. */
export function history(length: number): readonly KeyedEvent[] {
  let sequence = 0;
  const next = (): number => ++sequence;
  return Array.from({ length }, (_, i) => linkOfChain(i, next)).flat();
}

function linkOfChain(i: number, next: () => number): KeyedEvent[] {
  const deployed = (version: number) => control(next(), `job-${i}`, 'io.sluice.control.JobDeployed', {
    job: job(i), kind: 'FLINK_SQL', processor: null, pipeline: null, owner: 'orders', artifactDigest: `sha256:${version}`, description: null,
    reads: [{ dataset: topic(i), readerSchema: null, fields: [{ path: 'id', why: ['VALUE'] }, { path: 'amount', why: ['FILTER'] }], whole: true, evolution: null }],
    writes: [{ dataset: topic(i + 1), writerSchema: null, derivations: [{ to: 'id', from: [{ read: 0, path: 'id', identity: true }] }, { to: `sum${version}`, from: [{ read: 0, path: 'amount', identity: false }] }] }],
  });
  return [
    declared(next(), i),
    deployed(1),
    control(next(), `job-${i}`, 'io.sluice.control.JobStateChanged', { job: job(i), state: 'RUNNING' }),
    control(next(), `group-${i}`, 'io.sluice.control.ConsumerDeclared', {
      consumer: group(i), kind: 'CONSUMER_GROUP', owner: 'readers', contact: null, description: null,
      reads: [{ dataset: topic(i), readerSchema: null, fields: null, whole: false, evolution: null }],
    }),
    audit(next(), `group-${i}`, 'io.sluice.audit.ConsumptionObserved', { readerKind: 'CONSUMER', reader: group(i), dataset: topic(i), readerSchemaId: 7, fields: ['id'], windowStart: START, windowEnd: START + i }),
    ...(i % 5 === 1 ? [control(next(), `job-${i}`, 'io.sluice.control.JobRetired', { job: job(i) })] : []),
    ...(i % 10 === 1 ? [deployed(2)] : []),
    ...(i % 7 === 2 ? [control(next(), `group-${i}`, 'io.sluice.control.ConsumerRetired', { consumer: group(i) })] : []),
  ];
}

/** A topic with three fields; the name is free so that it can be one that is refused. */
export function declared(sequence: number, i: number, name = topic(i).name): KeyedEvent {
  const fields = [{ name: 'id', type: 'long' }, { name: 'amount', type: 'double' }, { name: 'note', type: ['null', 'string'] }];
  return control(sequence, `topic-${i}`, 'io.sluice.control.DatasetDeclared', {
    dataset: { ...topic(i), name }, kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: JSON.stringify({ type: 'record', name: 'Order', fields }), owner: 'orders', description: `orders ${i}`, tags: ['test'],
  });
}
