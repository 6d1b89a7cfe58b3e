import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { parse } from 'yaml';
import { ApiTokens } from './actions/api-tokens.ts';
import { DEFAULT_JOB_NAMESPACE } from './actions/flink-admission.ts';
import { ApprovalBook } from './actions/approval-book.ts';
import { Gate, type SubjectFreshness } from './actions/gate.ts';
import { GateWorlds } from './actions/gate-world.ts';
import { LedgerFollower } from './actions/ledger-follower.ts';
import { LedgerWriter } from './actions/ledger-writer.ts';
import { Ownership } from './actions/ownership.ts';
import { PolicyBook } from './actions/policy-book.ts';
import { ProposalBook } from './actions/proposal-book.ts';
import { SchemaChangeJudge } from './actions/schema-change-judge.ts';
import { SchemaChanges } from './actions/schema-changes.ts';
import type { SchemaPublisher } from './actions/schema-publisher.ts';
import { TokenBook } from './actions/token-book.ts';
import type { ClusterAliases } from './catalog/cluster-aliases.ts';
import { LOCAL_USER } from './catalog/identity.ts';
import { LineageIndex } from './graph/lineage-index.ts';
import { buildApp } from './http/app.ts';
import { buildHandlers } from './http/handlers/handlers.ts';
import { Metrics, type RegistryCounts } from './http/metrics.ts';
import { authenticateBy, type TokenVerifier } from './identity/authenticate.ts';
import { CatalogReader } from './queries/catalog-reader.ts';
import { GovernedTopics } from './queries/governed-topics.ts';
import type { FigureSource } from './status/figures.ts';
import type { Registry } from 'prom-client';
import { type PartCheck, readinessOf, type WatchedPart } from './status/readiness.ts';
import type { Store } from './store/store.ts';
import { NO_TRACING, type Tracing } from './tracing/tracing.ts';
import { openTelling, settingsOfItsOwn, type WebhookSettings } from './webhooks/telling.ts';

export interface ServiceParts {
  readonly store: Store;
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
  readonly log: FastifyBaseLogger;
  /** Where to keep the index's snapshot and of which store it is; none is kept without. */
  readonly snapshot: { readonly file: string; readonly identity: string } | null;
  /** What this process reads from outside besides. */
  readonly doors?: readonly (WatchedPart & FigureSource)[];
  /** Namespace of Flink resources' jobs that name none, with `{namespace}` for that of Kubernetes. */
  readonly jobNamespace?: string;
  /** The mirror of a Schema Registry, where one is configured: no verdict rests on subjects it does not vouch for. */
  readonly registry?: SubjectFreshness & { readonly check: PartCheck; readonly publisher: SchemaPublisher; counts(): RegistryCounts };
  /** Writes a batch of changes; by itself, the store's own. */
  readonly apply?: Store['apply'];
  /** Where metrics are added that are this process's already. */
  readonly metrics?: Registry;
  readonly tracing?: Tracing;
  /** How webhooks are told; without, they are registered and nobody tells them. */
  readonly webhooks?: WebhookSettings;
  /** How callers are known; without, who reaches the address is the local user. */
  readonly identity?: { readonly issued: TokenVerifier | null };
  /** Show metrics to whoever asks; those who may read them otherwise. */
  readonly publicMetrics?: boolean;
}
export interface CatalogService {
  readonly app: FastifyInstance;
  readonly index: LineageIndex;
  stop(): Promise<void>;
}

/** What everybody should know who runs Sluice without identities. */
export const NO_IDENTITIES = 'Everyone who can reach this address acts as the local user, who may do everything; Sluice listens on loopback only.';

/** The same as `buildCatalogService`, with the graph read. */
export async function openCatalogService(parts: ServiceParts): Promise<CatalogService> {
  const service = await buildCatalogService(parts);
  await service.index.read();
  return service;
}

/** Everything that answers, wired: store → index → queries and actions → HTTP. Whoever calls owns the store, and has the index read. */
export async function buildCatalogService(parts: ServiceParts): Promise<CatalogService> {
  const { store, aliases, clock, log, tracing = NO_TRACING } = parts;
  const index = unreadIndex(parts, tracing);
  const catalog = new CatalogReader(store);
  index.onChange((changed) => catalog.forget(changed));
  const follower = new LedgerFollower(store, clock);
  const writer = new LedgerWriter(store, follower);
  const policies = follower.add(new PolicyBook({ follower, writer, newId: randomUUID, clock }));
  const apiTokens = new ApiTokens({ follower, writer, book: follower.add(new TokenBook()), clock });
  const ownership = new Ownership({ store: { apply: parts.apply ?? ((batch) => store.apply(batch)), search: (query) => store.search(query) }, index, catalog, writer, clock });
  const gate = new Gate({ store, index, catalog, writer, policies, aliases, clock, registry: parts.registry ?? null, tracing });
  const { webhooks, worker } = openTelling({ store, follower, writer, clock, newId: randomUUID, log }, parts.webhooks ?? settingsOfItsOwn());
  const changes = new SchemaChanges({
    judge: new SchemaChangeJudge({ catalog, index, worlds: new GateWorlds(catalog, index), governed: new GovernedTopics(store, index), policies, registry: parts.registry ?? null }),
    proposals: follower.add(new ProposalBook()), approvals: follower.add(new ApprovalBook()),
    store, catalog, follower, writer, publisher: parts.registry?.publisher ?? null, clock, newId: randomUUID,
  });
  const metrics = new Metrics(parts.metrics);
  const doors = parts.doors ?? [];
  const own: WatchedPart[] = [{ part: 'store', required: true, check: storeCheck(store) }, { part: 'index', required: true, check: indexCheck(index) }];
  const readiness = readinessOf([...own, ...(parts.registry === undefined ? [] : [{ part: 'registry', required: true, check: parts.registry.check }]), ...doors, ...(parts.webhooks === undefined ? [] : [{ part: 'webhooks', required: false, check: () => worker.check() }])]);
  metrics.read({ sizes: () => sizesOf(index), behind: async () => (await store.revision()).revision - index.revision.revision, doors, registry: parts.registry?.counts ?? null, readiness });
  const described = specification();
  const handlers = buildHandlers({
    specification: described, jobNamespace: parts.jobNamespace ?? DEFAULT_JOB_NAMESPACE,
    checkPermit: () => Promise.resolve({ outcome: 'refused', reason: 'no permits are given here' }),
    store, index, catalog, aliases, clock, gate, changes, policies, webhooks, apiTokens, ownership, readiness, newId: randomUUID,
    metrics: () => metrics.registry.metrics(),
    apply: parts.apply ?? ((batch) => store.apply(batch)),
    onDecision: (outcome, ms) => metrics.gateDecided(outcome, ms),
    onLineage: (taken) => metrics.lineageTaken(taken),
  });
  const isLocal = parts.identity === undefined;
  const app = await buildApp({
    handlers, specification: described, portal: portal(isLocal), log, tracing: tracing === NO_TRACING ? null : tracing,
    authenticate: authenticateBy({ own: apiTokens, issued: parts.identity?.issued ?? null, withoutCredential: isLocal ? LOCAL_USER : null }),
    onlyLoopback: isLocal, publicMetrics: parts.publicMetrics === true,
    onAnswered: (answered) => metrics.answered(answered),
  });
  if (parts.webhooks !== undefined) worker.start();
  return {
    app, index,
    async stop() {
      await app.close();
      await worker.stop();
      await index.writeSnapshot();
    },
  };
}

function unreadIndex({ store, snapshot, log }: ServiceParts, tracing: Tracing): LineageIndex {
  return new LineageIndex(store, {
    ...(snapshot === null ? {} : { snapshot }),
    ...(tracing === NO_TRACING ? {} : { around: (wait) => tracing.span('index.catch-up', wait) }),
    onNote: (note) => log.warn(note),
  });
}

function storeCheck(store: Store): PartCheck {
  return async () => ({ ready: true, detail: `at revision ${(await store.revision()).revision}` });
}
function indexCheck(index: LineageIndex): PartCheck {
  return async () => ({ ready: true, detail: `at revision ${(await index.catchUp()).revision}` });
}
function sizesOf(index: LineageIndex) {
  const { nodes, edges, bytes } = index.statistics();
  return { revision: index.revision.revision, indexNodes: nodes, indexEdges: edges, indexBytes: bytes };
}

/** The parsed `openapi.yaml`. */
export function specification(): object {
  return parse(readFileSync(new URL('../openapi.yaml', import.meta.url), 'utf8')) as object;
}
/** The page at `/`; without configured identities it says so. */
function portal(isLocal: boolean): string {
  const page = readFileSync(new URL('../web/index.html', import.meta.url), 'utf8');
  return page.replace('<!-- access -->', isLocal ? `<p role="status"><strong>No identities are configured.</strong> ${NO_IDENTITIES}</p>` : '');
}
