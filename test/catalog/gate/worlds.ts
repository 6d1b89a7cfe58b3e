import { createHash } from 'node:crypto';
import { type JsonValue, parseSchema } from '../../../server/catalog/avro/parse.ts';
import type { AvroSchema } from '../../../server/catalog/avro/schema.ts';
import { fieldFacts } from '../../../server/catalog/avro/fields.ts';
import { decide, type Verdict } from '../../../server/catalog/gate/decide.ts';
import { changedFields } from '../../../server/catalog/gate/changed-fields.ts';
import { obstacles, standsOf } from '../../../server/catalog/gate/judge-reader.ts';
import { DEFAULT_POLICY, type Policy } from '../../../server/catalog/gate/policy.ts';
import type { GateRequest, ProgramInput, ProgramOutput } from '../../../server/catalog/gate/request.ts';
import type { DatasetState, DeployedReader, DeployedWriter, DownstreamReader, GateWorld } from '../../../server/catalog/gate/world.ts';
import { datasetKey, type DatasetRef } from '../../../server/catalog/names.ts';

export const PAYMENTS: DatasetRef = { namespace: 'kafka://main', name: 'payments' };
export const ORDERS: DatasetRef = { namespace: 'kafka://main', name: 'orders' };

export function schema(value: JsonValue): AvroSchema {
  const parsed = parseSchema(value);
  if (parsed.outcome === 'refused') throw new Error(parsed.message);
  return parsed.schema;
}

/** A record schema from `name: type` pairs; a type with a default is `[type, default]`. */
export function record(fields: Readonly<Record<string, JsonValue>>, name = 'Payment'): AvroSchema {
  return schema({ type: 'record', name, namespace: 'shop', fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })) });
}

export function withDefault(fields: Readonly<Record<string, { type: JsonValue; default: JsonValue }>>, required: Readonly<Record<string, JsonValue>>): AvroSchema {
  const plain = Object.entries(required).map(([name, type]) => ({ name, type }));
  const defaulted = Object.entries(fields).map(([name, rest]) => ({ name, ...rest }));
  return schema({ type: 'record', name: 'Payment', namespace: 'shop', fields: [...plain, ...defaulted] });
}

export function dataset(ref: DatasetRef, state: Partial<Omit<DatasetState, 'versions'>> & { readonly versions?: readonly AvroSchema[] }): DatasetState {
  const versions = (state.versions ?? []).map((s, i) => ({ version: i + 1, schemaId: i + 100, deleted: false, schema: { readable: true as const, schema: s } })).reverse();
  const newest = versions[0]?.schema.schema;
  return {
    ref, cluster: 'main', owner: 'team-payments', subject: null, level: null,
    fields: newest === undefined ? [] : fieldFacts(newest).map(({ path }) => path),
    readers: [], writers: [],
    ...state,
    versions,
  };
}

export function reader(name: string, reads: Partial<DeployedReader> & { readonly paths?: readonly string[] }): DeployedReader {
  return {
    ref: { kind: 'job', namespace: 'flink://main', name }, owner: `team-${name}`, evidence: ['declared'], readerSchema: null,
    fields: (reads.paths ?? []).map((path) => ({ path, why: ['VALUE'] })),
    completeness: reads.paths === undefined ? 'unknown' : 'complete',
    ...reads,
  };
}

export function writer(name: string, writerSchema: AvroSchema | null): DeployedWriter {
  return { ref: { kind: 'job', namespace: 'flink://main', name }, owner: `team-${name}`, writerSchema: writerSchema && { readable: true, schema: writerSchema } };
}

export function world(datasets: readonly DatasetState[], rest: Partial<Omit<GateWorld, 'datasets'>> & { readonly downstream?: Readonly<Record<string, readonly DownstreamReader[]>> } = {}): GateWorld {
  return {
    revision: 7, asOf: 0, flowsInto: () => false, programOf: () => null, obstacles, standsOf, changedFields, pathsOf: (s) => new Set(fieldFacts(s).map(({ path }) => path)),
    downstreamOf: (_, path) => rest.downstream?.[path] ?? [],
    ...rest,
    datasets: new Map(datasets.map((state) => [datasetKey(state.ref), state])),
  };
}

export function request(io: { readonly inputs?: readonly Partial<ProgramInput>[]; readonly outputs?: readonly Partial<ProgramOutput>[] }, owner: string | null = 'team-me'): GateRequest {
  return {
    job: { namespace: 'flink://main', name: 'my-job', owner, artifactDigest: null },
    inputs: (io.inputs ?? []).map((input) => ({ dataset: ORDERS, readerSchema: null, fields: null, evolution: null, clauses: new Map(), ...input })),
    outputs: (io.outputs ?? []).map((output) => ({ dataset: PAYMENTS, writerSchema: null, mapping: null, ...output })),
    unknown: [],
    differences: [],
  };
}

/** `approved`: finding ids that somebody broke the glass for. */
export function judge(asked: GateRequest, given: GateWorld, policy: Policy = DEFAULT_POLICY, approved: readonly string[] = []): Verdict {
  const approvals = approved.map((id) => ({ id, context: { kind: 'job' as const, ...asked.job }, findings: [id], team: null, by: 'ann', reason: 'night', at: 0, expiresAt: 1, proposal: null }));
  return decide(asked, given, { policy, approvals, digest: (text) => createHash('sha256').update(text).digest('hex') });
}

export function rulesOf(verdict: Verdict): string[] {
  return verdict.findings.map(({ rule }) => rule);
}
