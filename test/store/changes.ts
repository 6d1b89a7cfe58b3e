import type { Aspect, DatasetUse, DatasetWrite, FactBodies, FieldFact, Instant, Observation, Statement } from '../../server/catalog/changes.ts';
import type { DatasetRef, EntityRef, ReaderRef } from '../../server/catalog/names.ts';

/** Short forms of changes for tests. Every statement is `declared`, its event id follows from its instant. */
export const at = (time: number, sequence = 1, event = `event-${time}-${sequence}`): Instant => ({ time, sequence, event });

 
export function say<A extends Aspect>(about: EntityRef, aspect: A, body: FactBodies[A] | null, when: Instant | number, rest: Partial<Statement> = {}): Statement {
  const instant = typeof when === 'number' ? at(when) : when;
  return { change: 'statement', about, aspect, part: '', evidence: 'declared', at: instant, body, ...rest } as Statement;
}

export const topic = (name: string): DatasetRef & { kind: 'dataset' } => ({ kind: 'dataset', namespace: 'kafka://main', name });
export const job = (name: string): ReaderRef => ({ kind: 'job', namespace: 'flink://main', name });
export const consumer = (name: string): ReaderRef => ({ kind: 'consumer', namespace: 'kafka://main', name });
export const field = (dataset: string, path: string): EntityRef => ({ kind: 'field', namespace: 'kafka://main', name: dataset, path });
export const subject = (name: string): EntityRef => ({ kind: 'subject', namespace: 'registry', name });

export const fieldFact = (path: string, doc?: string): FieldFact => ({ path, type: 'string', nullable: false, ...(doc === undefined ? {} : { doc }) });
export const fields = (...paths: string[]): FactBodies['fields'] => ({ fields: paths.map((path) => fieldFact(path)) });
export const TOPIC_FACT: FactBodies['dataset'] = { kind: 'topic', platform: 'kafka', cluster: 'main' };

export function reads(dataset: string, paths: readonly string[] | null, rest: Partial<DatasetUse> = {}): DatasetUse {
  return {
    dataset: named(dataset),
    readerSchema: null,
    fields: paths?.map((path) => ({ path, why: ['VALUE' as const] })) ?? null,
    completeness: paths === null ? 'unknown' : 'complete',
    evolution: null,
    ...rest,
  };
}
/** `{ to: ['orders#id', …] }`: where each output field comes from. */
export function writes(dataset: string, from: Readonly<Record<string, readonly string[]>> | null): DatasetWrite {
  const derivations = Object.entries(from ?? {}).map(([to, origins]) => ({
    to,
    from: origins.map((origin) => {
      const [name = '', path = ''] = origin.split('#');
      return { dataset: named(name), path, kind: 'IDENTITY' as const };
    }),
  }));
  return { dataset: named(dataset), writerSchema: null, derivations: from === null ? null : derivations };
}
export function seen(actor: ReaderRef, what: Observation['what'], dataset: string | null, rest: Partial<Observation> = {}): Observation {
  const where = dataset === null ? null : named(dataset);
  return { change: 'observation', what, actor, dataset: where, path: null, schemaId: null, firstSeen: 10, lastSeen: 20, ...rest };
}
function named(name: string): DatasetRef {
  return { namespace: 'kafka://main', name };
}
