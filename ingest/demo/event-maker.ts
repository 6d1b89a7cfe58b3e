import type { AuditPayloads, ControlPayloads, WireUse, WireWrite } from '../contracts/events.ts';
import type { Named } from '../../server/catalog/names.ts';
import type { SampleEvent } from './encode.ts';

type Job = ControlPayloads['io.sluice.control.JobDeployed'];

const DAY_MS = 86_400_000;

/** Makes the events of a sample with stable ids, so that the same sample is the same events. */
export class EventMaker {
  readonly events: SampleEvent[] = [];
  readonly #prefix: string;
  readonly #now: number;

  constructor(prefix: string, now: number) {
    this.#prefix = prefix;
    this.#now = now;
  }

  control<K extends keyof ControlPayloads>(kind: K, daysAgo: number, payload: ControlPayloads[K]): void {
    this.events.push({ topic: 'control', key: keyOf(payload), event: { ...this.#envelope(daysAgo), payload: { [kind]: payload } as never } });
  }

  audit<K extends keyof AuditPayloads>(kind: K, daysAgo: number, payload: AuditPayloads[K]): void {
    this.events.push({ topic: 'audit', key: keyOf(payload), event: { ...this.#envelope(daysAgo), payload: { [kind]: payload } as never } });
  }

  /** A job with its program; what it says nothing of is null. */
  deploy(daysAgo: number, job: Pick<Job, 'job' | 'kind' | 'owner' | 'reads' | 'writes'> & Partial<Job>): void {
    const artifactDigest = `sha256:${Buffer.from(job.job.name).toString('hex').padEnd(64, '0').slice(0, 64)}`;
    this.control('io.sluice.control.JobDeployed', daysAgo, { processor: null, pipeline: null, artifactDigest, description: null, sql: null, compiledPlan: null, ...job });
  }

  /** ms since epoch, so many days before now. */
  time(daysAgo: number): number {
    return Math.round(this.#now - daysAgo * DAY_MS);
  }

  #envelope(daysAgo: number): { id: string; occurredAt: number; sequence: number; actor: string } {
    return { id: `${this.#prefix}-${this.events.length + 1}`, occurredAt: this.time(daysAgo), sequence: this.events.length + 1, actor: 'controller' };
  }
}

/** Events about one thing share a key, so that Kafka keeps their order. */
function keyOf(payload: object): string {
  const first: unknown = Object.values(payload).find((member) => typeof member === 'object' && member !== null && 'namespace' in member);
  return first === undefined ? '' : `${(first as Named).namespace}/${(first as Named).name}`;
}

export const CLUSTER = 'main';
export const topic = (name: string): Named => ({ namespace: `kafka://${CLUSTER}`, name });
export const flinkJob = (name: string): Named => ({ namespace: `flink://${CLUSTER}`, name });
export const connector = (name: string): Named => ({ namespace: `connect://${CLUSTER}`, name });
export const pipeline = (name: string): Named => ({ namespace: 'mesh', name });
export const processor = (name: string): Named => ({ namespace: 'mesh', name });
export const subject = (name: string): Named => ({ namespace: 'registry://main', name });

/** Fields with why each is read; a bare path is read for its value. */
export function use(dataset: Named, fields: readonly (string | readonly [string, ...string[]])[] | null, more: Partial<WireUse> = {}): WireUse {
  const reads = fields?.map((field) => (typeof field === 'string' ? { path: field, why: [] } : { path: field[0], why: field.slice(1) })) ?? null;
  return { dataset, readerSchema: null, fields: reads, whole: true, evolution: null, ...more };
}

/** `{ to: from }` over the first read; `from` as `path`, `1:path` for another read, `=path` for an unchanged copy. */
export function derived(dataset: Named, schema: string | null, mapping: Readonly<Record<string, readonly string[]>> | null): WireWrite {
  const derivations = mapping === null ? null : Object.entries(mapping).map(([to, from]) => ({ to, from: from.map(originOf) }));
  return { dataset, writerSchema: schema, derivations };
}
function originOf(text: string): { read: number; path: string; identity: boolean } {
  const identity = text.startsWith('=');
  const [, read, path] = /^(?:(\d+):)?(.*)$/.exec(identity ? text.slice(1) : text) ?? [];
  return { read: Number(read ?? 0), path: path ?? '', identity };
}

/** An Avro record schema as text; a field is `name: type`, or `name: { type, doc, default }`. */
export function record(name: string, fields: Readonly<Record<string, unknown>>, doc?: string): string {
  const list = Object.entries(fields).map(([field, type]) => ({ name: field, ...(isFieldBody(type) ? type : { type }) }));
  return JSON.stringify({ type: 'record', name, namespace: 'shop', ...(doc === undefined ? {} : { doc }), fields: list });
}
function isFieldBody(type: unknown): type is object {
  return typeof type === 'object' && type !== null && !Array.isArray(type) && 'type' in type && ('doc' in type || 'default' in type) && !('name' in type);
}
