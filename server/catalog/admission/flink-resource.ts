import type { JsonValue } from '../avro/parse.ts';

/** A resource of Flink's Kubernetes operator (`flink.apache.org/v1beta1`), as far as it decides what runs. */
export interface FlinkResource {
  readonly kind: FlinkKind;
  /** Of Kubernetes. */
  readonly namespace: string;
  readonly name: string;
  readonly annotations: ReadonlyMap<string, string>;
  /** It asks for a job that runs: it has one, and it is not suspended. */
  readonly runs: boolean;
  /** It is being deleted. */
  readonly leaves: boolean;
  /**
   * The spec without what changes how a job runs and not which: its digest is the digest of the artifact. What nobody here
   * knows stays in, so that a field of a newer operator cannot bring in another program.
   */
  readonly artifact: JsonObject;
}
export type JsonObject = { readonly [key: string]: JsonValue };

export const FLINK_KINDS = ['FlinkDeployment', 'FlinkSessionJob'] as const;
export type FlinkKind = (typeof FLINK_KINDS)[number];
const GROUP = 'flink.apache.org/';

/** Spec fields that scale, restart or route. */
const NOT_OF_THE_ARTIFACT = new Set(['restartNonce', 'ingress', 'logConfiguration', 'imagePullPolicy']);
/** Fields of `spec.job` that start, stop, scale or restore. */
const NOT_OF_THE_JOB = new Set([
  'state', 'parallelism', 'upgradeMode', 'savepointTriggerNonce', 'checkpointTriggerNonce', 'savepointRedeployNonce', 'initialSavepointPath', 'allowNonRestoredState', 'autoscalerResetNonce',
]);
/** Fields of `spec.jobManager` and `spec.taskManager` that scale. */
const NOT_OF_A_MANAGER = new Set(['replicas', 'resource', 'resources']);

/** A pod template reaches some 15 levels; what is far deeper is made to hurt. */
const DEEPEST_SPEC = 64;

export type ResourceOutcome = { readonly outcome: 'resource'; readonly resource: FlinkResource } | { readonly outcome: 'refused'; readonly reason: string };

/** Reads a resource; what is none of the operator's is refused with the reason. */
export function flinkResourceOf(value: JsonValue | undefined): ResourceOutcome {
  const object = objectOf(value);
  const kind = FLINK_KINDS.find((known) => known === object?.['kind']);
  if (object === null || kind === undefined || !String(object['apiVersion']).startsWith(GROUP)) {
    return { outcome: 'refused', reason: `it is ${describe(object)}, not a ${FLINK_KINDS.join(' or ')} of ${GROUP}v1beta1` };
  }
  const [metadata, spec] = [objectOf(object['metadata']) ?? {}, objectOf(object['spec'])];
  const { name, namespace } = metadata;
  if (spec === null || typeof name !== 'string' || name === '') return { outcome: 'refused', reason: `the ${kind} has no ${spec === null ? 'spec' : 'metadata.name'}` };
  if (isDeeperThan(DEEPEST_SPEC, spec)) return { outcome: 'refused', reason: `the spec is nested more than ${DEEPEST_SPEC} levels deep` };
  const job = objectOf(spec['job']);
  const annotations = new Map(Object.entries(objectOf(metadata['annotations']) ?? {}).flatMap(([key, text]): [string, string][] => (typeof text === 'string' ? [[key, text]] : [])));
  const resource: FlinkResource = {
    kind, name, annotations,
    namespace: typeof namespace === 'string' ? namespace : 'default',
    runs: job !== null && job['state'] !== 'suspended',
    leaves: metadata['deletionTimestamp'] != null,
    artifact: { kind, spec: artifactOf(spec) },
  };
  return { outcome: 'resource', resource };
}

function artifactOf(spec: JsonObject): JsonObject {
  const parts = Object.entries(spec).filter(([key]) => !NOT_OF_THE_ARTIFACT.has(key)).map(([key, value]): [string, JsonValue] => [key, partOf(key, value)]);
  return objectOf(withoutEmpty(Object.fromEntries(parts))) ?? {};
}

function partOf(key: string, value: JsonValue): JsonValue {
  const object = objectOf(value);
  const left = key === 'job' ? NOT_OF_THE_JOB : key === 'jobManager' || key === 'taskManager' ? NOT_OF_A_MANAGER : null;
  return object === null || left === null ? value : Object.fromEntries(Object.entries(object).filter(([name]) => !left.has(name)));
}

/** What is empty says as much as what is not there: manifests leave it out, what Kubernetes hands back may have it. */
function withoutEmpty(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  const object = objectOf(value);
  return object === null ? value : Object.fromEntries(Object.entries(object).map(([key, part]): [string, JsonValue] => [key, withoutEmpty(part)]).filter(([, part]) => !isEmpty(part)));
}
function isEmpty(value: JsonValue): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

export function objectOf(value: JsonValue | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

function isDeeperThan(levels: number, value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((part: JsonValue) => isDeeperThan(levels - 1, part));
}

function describe(object: JsonObject | null): string {
  return object === null ? 'no object' : `a "${String(object['kind'])}" of "${String(object['apiVersion'])}"`.slice(0, 200);
}
