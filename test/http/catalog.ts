import type { FastifyBaseLogger } from 'fastify';
import pino from 'pino';
import type { PermitGiving } from '../../server/actions/permits.ts';
import type { GraphChange } from '../../server/catalog/changes.ts';
import { type CatalogService, openCatalogService, type ServiceParts } from '../../server/catalog-service.ts';
import { type Identity, type Role, type Scope, scopesOf } from '../../server/catalog/identity.ts';
import type { TokenVerifier } from '../../server/identity/authenticate.ts';
import { Problem } from '../../server/problem.ts';
import { openSqliteStore } from '../../server/store/sqlite-store.ts';
import type { Store } from '../../server/store/store.ts';
import { changesFrom } from '../../ingest/changes-from.ts';
import type { AuditEvent, AuditPayloads, ControlEvent, ControlPayloads } from '../../ingest/contracts/events.ts';

/** Noon of a day all test events lie around. */
export const NOON = Date.UTC(2026, 5, 1, 12);

/** Sends requests as one caller. */
export interface Caller {
  get(url: string): Promise<Answer>;
  post(url: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
  put(url: string, body: unknown): Promise<Answer>;
  delete(url: string): Promise<Answer>;
}
/** Itself it sends requests without a credential: as the local user, or as nobody where there are `people`. */
export interface TestCatalog extends CatalogService, Caller {
  readonly store: Store;
  /** Applies events as the ingest worker would, one revision. */
  say(...events: readonly (ControlEvent | AuditEvent)[]): Promise<void>;
  /** One of the `people`, or anyone by a bearer token. */
  as(token: string): Caller;
}
export interface TestPerson {
  readonly roles: readonly Role[];
  /** Instead of those the roles give. */
  readonly scopes?: readonly Scope[];
  readonly teams?: readonly string[];
  readonly kind?: Identity['kind'];
  /** Ids of those behind this credential. */
  readonly behind?: readonly string[];
}
export interface TestOptions {
  /** Those who can be told apart, by their id, which is also name and token; identities are then configured. */
  readonly people?: Readonly<Record<string, TestPerson>>;
  readonly clock?: () => number;
  /** A mirrored Schema Registry. */
  readonly registry?: NonNullable<ServiceParts['registry']>;
  /** How permits are given; without, none are. */
  readonly permits?: PermitGiving;
  /** A store that somebody else closes; one in memory unless given. */
  readonly store?: Store;
  readonly log?: FastifyBaseLogger;
}
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
  // Tests look into answers freely; their shape is held by the contract test.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

/** The real service on a real embedded store in memory; `faulty` may wrap the store to inject a fault. */
export async function openTestCatalog(faulty: (store: Store) => Store = (store) => store, { people, clock = () => NOON, registry, permits, store = openSqliteStore({ file: ':memory:' }), log = pino({ level: 'silent' }) }: TestOptions = {}): Promise<TestCatalog> {
  const wrapped = faulty(store);
  const service = await openCatalogService({
    store: wrapped, aliases: new Map([['kafka://broker-1:9092', 'kafka://main']]), clock, log, snapshot: null,
    ...(registry === undefined ? {} : { registry }), ...(permits === undefined ? {} : { permits }), ...(people === undefined ? {} : { identity: { issued: verifierOf(people) } }),
  });
  const call = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const response = await service.app.inject({ method, url, headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...(body === undefined ? {} : { payload: JSON.stringify(body) }) });
    const isJson = String(response.headers['content-type']).includes('json') && !String(response.headers['content-type']).includes('ndjson');
    return { status: response.statusCode, text: response.body, headers: response.headers, body: isJson ? JSON.parse(response.body) : null };
  };
  const caller = (credential: Record<string, string>): Caller => ({
    get: (url) => call('GET', url, undefined, credential),
    post: (url, body, headers) => call('POST', url, body, { ...credential, ...headers }),
    put: (url, body) => call('PUT', url, body, credential),
    delete: (url) => call('DELETE', url, undefined, credential),
  });
  return {
    ...service,
    ...caller({}),
    store,
    as: (token) => caller({ authorization: `Bearer ${token}` }),
    async say(...events) {
      const changes = events.flatMap((event): readonly GraphChange[] => {
        const outcome = changesFrom(event);
        if (outcome.outcome === 'refused') throw new Error(outcome.reason);
        return outcome.changes;
      });
      await store.apply({ changes, committedAt: NOON, offset: null });
    },
  };
}

/** Takes the id of one of the people for a token. */
export function verifierOf(people: Readonly<Record<string, TestPerson>>): TokenVerifier {
  const known = new Map(Object.entries(people));
  return {
    verify(id) {
      const person = known.get(id);
      if (person === undefined) return Promise.reject(new Problem('token-invalid', 'nobody known sends this token'));
      const { roles, scopes, teams = [], kind = 'person', behind = [] } = person;
      return Promise.resolve({ id, name: id, kind, teams, scopes: scopes === undefined ? scopesOf(roles) : new Set(scopes), behind });
    },
  };
}

let counter = 0;
export function control<K extends keyof ControlPayloads>(kind: K, payload: ControlPayloads[K], minutes = 0): ControlEvent {
  return { id: `c${++counter}`, occurredAt: NOON + minutes * 60_000, sequence: counter, actor: 'test', payload: { [kind]: payload } as never };
}
export function audit<K extends keyof AuditPayloads>(kind: K, payload: AuditPayloads[K]): AuditEvent {
  return { id: `a${++counter}`, occurredAt: NOON, sequence: counter, actor: 'test', payload: { [kind]: payload } as never };
}

const topic = (name: string) => ({ namespace: 'kafka://main', name });
const job = (name: string) => ({ namespace: 'flink://main', name });
export const recordText = (fields: Readonly<Record<string, unknown>>, name = 'Payment'): string =>
  JSON.stringify({ type: 'record', name, namespace: 'shop', fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })) });

export const PAYMENT = recordText({ id: 'string', amount: 'long', note: 'string' });

/**
 * payments (written by payments-cdc) → orders-enrich of team-checkout reads amount in a filter and copies id →
 * enriched → alerts of team-risk derives from enriched.id; consumer ledger of finance reads payments.amount;
 * consumer legacy reads payments, nobody knows what.
 */
export function smallPlatform(): (ControlEvent | AuditEvent)[] {
  const use = (name: string, fields: readonly (readonly [string, readonly string[]])[]) => ({ dataset: topic(name), readerSchema: null, fields: fields.map(([path, why]) => ({ path, why })), whole: true, evolution: null });
  const deployed = { kind: 'FLINK_SQL' as const, processor: null, artifactDigest: null, description: null };
  return [
    control('io.sluice.control.DatasetDeclared', { dataset: topic('payments'), kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: null, owner: 'team-payments', description: 'Every payment', tags: ['pii'] }),
    control('io.sluice.control.DatasetDeclared', { dataset: topic('enriched'), kind: 'TOPIC', platform: 'kafka', cluster: 'main', schema: null, owner: 'team-checkout', description: null, tags: null }),
    control('io.sluice.control.SchemaRegistered', { subject: { namespace: 'registry://main', name: 'payments-value' }, version: 1, schemaId: 11, schemaType: 'AVRO', schema: PAYMENT, references: [], deleted: false, dataset: topic('payments'), part: 'VALUE' }),
    control('io.sluice.control.SubjectConfigured', { subject: { namespace: 'registry://main', name: 'payments-value' }, level: 'BACKWARD' }),
    control('io.sluice.control.SchemaRegistered', { subject: { namespace: 'registry://main', name: 'enriched-value' }, version: 1, schemaId: 12, schemaType: 'AVRO', schema: recordText({ id: 'string' }, 'Enriched'), references: [], deleted: false, dataset: topic('enriched'), part: 'VALUE' }),
    control('io.sluice.control.JobDeployed', { job: job('payments-cdc'), ...deployed, kind: 'SOURCE_CONNECTOR', pipeline: null, owner: 'team-payments', reads: [], writes: [{ dataset: topic('payments'), writerSchema: PAYMENT, derivations: null }] }),
    control('io.sluice.control.JobDeployed', {
      job: job('orders-enrich'), ...deployed, pipeline: { namespace: 'mesh', name: 'checkout' }, owner: 'team-checkout',
      reads: [use('payments', [['id', ['VALUE']], ['amount', ['FILTER']]])],
      writes: [{ dataset: topic('enriched'), writerSchema: recordText({ id: 'string' }, 'Enriched'), derivations: [{ to: 'id', from: [{ read: 0, path: 'id', identity: true }] }] }],
    }),
    control('io.sluice.control.JobDeployed', { job: job('alerts'), ...deployed, pipeline: { namespace: 'mesh', name: 'risk' }, owner: 'team-risk', reads: [use('enriched', [['id', ['GROUP']]])], writes: [{ dataset: topic('alerts'), writerSchema: null, derivations: [{ to: 'key', from: [{ read: 0, path: 'id', identity: false }] }] }] }),
    control('io.sluice.control.ConsumerDeclared', { consumer: topic('ledger'), kind: 'CONSUMER_GROUP', owner: 'finance', contact: '#finance', description: null, reads: [use('payments', [['amount', []]])] }),
    audit('io.sluice.audit.ConsumptionObserved', { readerKind: 'CONSUMER', reader: topic('legacy'), dataset: topic('payments'), readerSchemaId: null, fields: null, windowStart: NOON - 1000, windowEnd: NOON }),
  ];
}

/** A gate request for payments-cdc with the given writer schema. */
export function redeploy(writerSchema: unknown, more: object = {}) {
  return { job: { ...job('payments-cdc'), owner: 'team-payments' }, program: { kind: 'declared', inputs: [], outputs: [{ dataset: topic('payments'), writerSchema }] }, ...more };
}
