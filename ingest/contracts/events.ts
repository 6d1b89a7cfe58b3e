import type { EntityKind, Named } from '../../server/catalog/names.ts';

/** A control or audit event as its Avro contract decodes. */
export interface Event<P> {
  readonly id: string;
  /** ms since epoch. */
  readonly occurredAt: number;
  readonly sequence: number;
  readonly actor: string;
  /** One member, named by the full name of the payload's record: `{ 'io.sluice.control.JobRetired': { job } }`. */
  readonly payload: Wrapped<P>;
}
type Wrapped<P> = { readonly [K in keyof P]: { readonly [N in K]: P[K] } }[keyof P];

export type ControlEvent = Event<ControlPayloads>;
export type AuditEvent = Event<AuditPayloads>;

export interface ControlPayloads {
  readonly 'io.sluice.control.DatasetDeclared': {
    readonly dataset: Named;
    readonly kind: 'TOPIC' | 'TABLE' | 'ICEBERG_TABLE' | 'SEARCH_INDEX';
    readonly platform: string;
    readonly cluster: string;
    readonly schema: string | null;
    readonly owner: string | null;
    readonly description: string | null;
    readonly tags: readonly string[] | null;
  };
  readonly 'io.sluice.control.DatasetRetired': { readonly dataset: Named };
  readonly 'io.sluice.control.SchemaRegistered': {
    readonly subject: Named;
    readonly version: number;
    readonly schemaId: number;
    readonly schemaType: 'AVRO' | 'JSON' | 'PROTOBUF';
    readonly schema: string;
    readonly references: readonly string[];
    readonly deleted: boolean;
    readonly dataset: Named | null;
    readonly part: 'VALUE' | 'KEY';
  };
  readonly 'io.sluice.control.SubjectConfigured': { readonly subject: Named; readonly level: string };
  readonly 'io.sluice.control.ProcessorRegistered': {
    readonly processor: Named;
    readonly version: string;
    readonly image: string | null;
    readonly stock: boolean;
    readonly evolution: WireEvolution;
    readonly owner: string | null;
    readonly description: string | null;
  };
  readonly 'io.sluice.control.ProcessorRetired': { readonly processor: Named };
  readonly 'io.sluice.control.PipelineDeclared': { readonly pipeline: Named; readonly description: string; readonly owner: string | null };
  readonly 'io.sluice.control.PipelineRetired': { readonly pipeline: Named };
  readonly 'io.sluice.control.JobDeployed': {
    readonly job: Named;
    readonly kind: 'FLINK_SQL' | 'FLINK_JAR' | 'SOURCE_CONNECTOR' | 'SINK_CONNECTOR' | 'APPLICATION';
    readonly processor: Named | null;
    readonly pipeline: Named | null;
    readonly owner: string | null;
    readonly artifactDigest: string | null;
    readonly description: string | null;
    readonly reads: readonly WireUse[];
    readonly writes: readonly WireWrite[];
    /** Absent in events written before the contract had it. */
    readonly sql?: string | null;
    readonly compiledPlan?: string | null;
  };
  readonly 'io.sluice.control.JobStateChanged': { readonly job: Named; readonly state: 'DEPLOYING' | 'RUNNING' | 'PAUSED' | 'FAILED' | 'STOPPED' | 'FINISHED' };
  readonly 'io.sluice.control.JobRetired': { readonly job: Named };
  readonly 'io.sluice.control.ConsumerDeclared': {
    readonly consumer: Named;
    readonly kind: 'CONSUMER_GROUP' | 'APPLICATION' | 'EXTERNAL_SINK';
    readonly owner: string | null;
    readonly contact: string | null;
    readonly description: string | null;
    readonly reads: readonly WireUse[];
  };
  readonly 'io.sluice.control.ConsumerRetired': { readonly consumer: Named };
  readonly 'io.sluice.control.OwnershipDeclared': { readonly entityKind: OwnableKind; readonly entity: Named; readonly owner: string | null };
  readonly 'io.sluice.control.TagsDeclared': { readonly entityKind: OwnableKind; readonly entity: Named; readonly tags: readonly string[] };
  readonly 'io.sluice.control.DocumentationDeclared': { readonly entityKind: OwnableKind; readonly entity: Named; readonly text: string | null };
  readonly 'io.sluice.control.TeamDeclared': { readonly name: string; readonly contact: string; readonly members: readonly string[] };
}

export interface AuditPayloads {
  readonly 'io.sluice.audit.ConsumptionObserved': {
    readonly readerKind: 'JOB' | 'CONSUMER';
    readonly reader: Named;
    readonly dataset: Named;
    readonly readerSchemaId: number | null;
    readonly fields: readonly string[] | null;
    readonly windowStart: number;
    readonly windowEnd: number;
  };
  readonly 'io.sluice.audit.ProductionObserved': { readonly job: Named; readonly dataset: Named; readonly writerSchemaId: number | null; readonly windowStart: number; readonly windowEnd: number };
  readonly 'io.sluice.audit.Heartbeat': { readonly readerKind: 'JOB' | 'CONSUMER'; readonly reader: Named; readonly at: number };
  readonly 'io.sluice.audit.AuditResult': {
    readonly source: Named;
    readonly sink: Named;
    readonly windowStart: number;
    readonly windowEnd: number;
    readonly sourceCount: number;
    readonly missing: number;
    readonly mismatched: number;
  };
}

export type WireEvolution = 'OPT_IN' | 'OPT_OUT';
export interface WireUse {
  readonly dataset: Named;
  readonly readerSchema: string | null;
  readonly fields: readonly { readonly path: string; readonly why: readonly string[] }[] | null;
  readonly whole: boolean;
  readonly evolution: WireEvolution | null;
}
export interface WireWrite {
  readonly dataset: Named;
  readonly writerSchema: string | null;
  readonly derivations: readonly WireDerivation[] | null;
}
export interface WireDerivation {
  readonly to: string;
  readonly from: readonly { readonly read: number; readonly path: string; readonly identity: boolean }[];
}
export const OWNABLE_KINDS = ['dataset', 'job', 'consumer', 'processor', 'pipeline', 'subject'] as const satisfies readonly EntityKind[];
export type OwnableKind = (typeof OWNABLE_KINDS)[number];
