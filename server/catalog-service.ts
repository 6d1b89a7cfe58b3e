import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { parse } from 'yaml';
import { ApiTokens } from './actions/api-tokens.ts';
import { ApprovalBook } from './actions/approval-book.ts';
import { Approvals } from './actions/approvals.ts';
import { BypassBook } from './actions/bypass-book.ts';
import { DEFAULT_JOB_NAMESPACE } from './actions/flink-admission.ts';
import { Gate, type SubjectFreshness } from './actions/gate.ts';
import { GateWorlds } from './actions/gate-world.ts';
import { LedgerFollower } from './actions/ledger-follower.ts';
import { LedgerWriter } from './actions/ledger-writer.ts';
import { Ownership } from './actions/ownership.ts';
import { PermitBook } from './actions/permit-book.ts';
import { PermitWatch } from './actions/permit-watch.ts';
import type { PermitGiving } from './actions/permits.ts';
import { PolicyBook } from './actions/policy-book.ts';
import { ProposalBook } from './actions/proposal-book.ts';
import { SchemaChangeJudge } from './actions/schema-change-judge.ts';
import { SchemaChanges } from './actions/schema-changes.ts';
import type { SchemaPublisher } from './actions/schema-publisher.ts';
import { TokenBook } from './actions/token-book.ts';
import { canonical, type ClusterAliases } from './catalog/cluster-aliases.ts';
import type { Approval } from './catalog/gate/approval.ts';
import { LOCAL_USER } from './catalog/identity.ts';
import { LineageIndex } from './graph/lineage-index.ts';
import { buildApp } from './http/app.ts';
import { buildHandlers } from './http/handlers/handlers.ts';
import { Metrics, type RegistryCounts } from './http/metrics.ts';
import { authenticateBy, type TokenVerifier } from './identity/authenticate.ts';
import { type PollLoop, startPollLoop } from './outside/poll-loop.ts';
import { CatalogReader } from './queries/catalog-reader.ts';
import { GovernedTopics } from './queries/governed-topics.ts';
import { JobWork } from './queries/job-work.ts';
import { RecentChanges } from './queries/recent-changes.ts';
import type { FigureSource } from './status/figures.ts';
import type { Registry } from 'prom-client';
import { ProcessNotes } from './status/process-notes.ts';
import { type ProcessIdentity, type ProcessStatus, statusOf, thisProcess } from './status/process-status.ts';
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
  /** How permits are given; without, nothing is signed and nothing reserved. */
  readonly permits?: PermitGiving;
  /** Which process of those on the store this is; one of its own unless given. */
  readonly process?: ProcessIdentity;
}
export interface CatalogService {
  readonly app: FastifyInstance;
  readonly index: LineageIndex;
  /** What this process says of itself, to be left for others. */
  readonly status: () => Promise<ProcessStatus>;
  /** Looks at the jobs something new is said about: which permits they settle, which they bypass. */
  lookAtJobs(): Promise<number>;
  /** Begins to read what questions about the platform rest on, so that the first finds it read; to be called once the graph is. */
  readAhead(): void;
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
  const books = { approvals: follower.add(new ApprovalBook()), permits: follower.add(new PermitBook()), bypasses: follower.add(new BypassBook()) };
  const watch = new PermitWatch({ store, index, catalog, follower, writer, book: books.permits, clock });
  const gate = new Gate({ store, index, catalog, writer, policies, ...books, terms: parts.permits ?? null, settleOverdue: () => watch.settleOverdue(), aliases, clock, registry: parts.registry ?? null, tracing });
  const approvals = new Approvals({ store, index, catalog, aliases, follower, writer, book: books.approvals, newId: randomUUID, clock, onBreakGlass: (approval) => sayGlassIsBroken(log, approval) });
  const { webhooks, worker } = openTelling({ store, follower, writer, clock, newId: randomUUID, log }, parts.webhooks ?? settingsOfItsOwn());
  const governed = new GovernedTopics(store, index);
  const changes = new SchemaChanges({
    judge: new SchemaChangeJudge({ catalog, index, worlds: new GateWorlds(catalog, index, books.permits), governed, policies, registry: parts.registry ?? null }),
    proposals: follower.add(new ProposalBook()), approvals: books.approvals,
    store, catalog, follower, writer, publisher: parts.registry?.publisher ?? null, clock, newId: randomUUID,
  });
  const stopping = new AbortController();
  const work = new JobWork(store, index, stopping.signal);
  const metrics = new Metrics(parts.metrics);
  const governance = governanceOf(books, follower, clock);
  const doors = [governance, ...(parts.doors ?? [])];
  const own: WatchedPart[] = [{ part: 'store', required: true, check: storeCheck(store) }, { part: 'index', required: true, check: indexCheck(index) }];
  const readiness = readinessOf([...own, ...(parts.registry === undefined ? [] : [{ part: 'registry', required: true, check: parts.registry.check }]), ...doors, ...(parts.webhooks === undefined ? [] : [{ part: 'webhooks', required: false, check: () => worker.check() }])]);
  metrics.read({ sizes: () => sizesOf(index), behind: async () => (await store.revision()).revision - index.revision.revision, doors, registry: parts.registry?.counts ?? null, readiness });
  const status = statusOf({ readiness, sources: doors });
  const self = parts.process ?? thisProcess('server', clock);
  const described = specification();
  const handlers = buildHandlers({
    specification: described, jobNamespace: parts.jobNamespace ?? DEFAULT_JOB_NAMESPACE,
    checkPermit: checkPermitBy(parts),
    store, index, catalog, aliases, clock, gate, changes, policies, webhooks, apiTokens, ownership, readiness, newId: randomUUID,
    approvals, follower, permits: books.permits, bypasses: books.bypasses, publishedKeys: parts.permits?.published ?? null,
    metrics: () => metrics.registry.metrics(), governed, work, recent: new RecentChanges(store, index),
    process: self, status, otherProcesses: () => new ProcessNotes({ store, own: self, clock }).others(),
    apply: parts.apply ?? ((batch) => store.apply(batch)),
    onDecision: (outcome, ms) => metrics.gateDecided(outcome, ms),
    onLineage: (taken) => metrics.lineageTaken(taken),
  });
  const isLocal = parts.identity === undefined;
  const app = await buildApp({
    handlers, specification: described, portal: { folder: PORTAL_FOLDER, notice: isLocal ? `No identities are configured. ${NO_IDENTITIES}` : null }, log, tracing: tracing === NO_TRACING ? null : tracing,
    authenticate: authenticateBy({ own: apiTokens, issued: parts.identity?.issued ?? null, withoutCredential: isLocal ? LOCAL_USER : null }),
    onlyLoopback: isLocal, publicMetrics: parts.publicMetrics === true,
    onAnswered: (answered) => metrics.answered(answered),
  });
  if (parts.webhooks !== undefined) worker.start();
  const looking = startLooking(watch, parts);
  let reading: Promise<unknown> = Promise.resolve();
  return {
    app, index, status,
    lookAtJobs: () => watch.look(),
    readAhead() {
      // Where it fails, whoever asks first has them read.
      reading = work.jobs().catch((err: unknown) => stopping.signal.aborted || log.warn({ err }, 'the jobs could not be read ahead'));
    },
    async stop() {
      await app.close();
      stopping.abort();
      await Promise.all([worker.stop(), looking?.stop(), reading]);
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

/** Permits, approvals and bypasses, for those who watch Sluice. */
function governanceOf({ approvals, permits, bypasses }: { readonly approvals: ApprovalBook; readonly permits: PermitBook; readonly bypasses: BypassBook }, follower: LedgerFollower, clock: () => number): WatchedPart & FigureSource {
  const glass = (): number => approvals.standing(clock()).filter(({ approval }) => approval.team === null).length;
  return {
    part: 'gate',
    required: false,
    async check() {
      await follower.catchUp();
      return { ready: true, detail: `permits open: ${permits.open(clock()).length}, approvals by break-glass in force: ${glass()}, bypasses recorded: ${bypasses.count}` };
    },
    figures: () => [
      { name: 'permits_open', help: 'Permits whose job was not seen yet', kind: 'gauge', value: permits.open(clock()).length },
      { name: 'break_glass_in_force', help: 'Approvals by break-glass that stand', kind: 'gauge', value: glass() },
      { name: 'break_glass', help: 'How often glass was broken, as far back as approvals are remembered', kind: 'gauge', value: approvals.broken },
      { name: 'bypasses', help: 'Starts of jobs that no permit covers', kind: 'gauge', value: bypasses.count },
    ],
  };
}

function checkPermitBy({ permits, aliases }: ServiceParts): PermitGiving['check'] {
  if (permits === undefined) return () => Promise.resolve({ outcome: 'refused', reason: 'no permits are given here' });
  return (token, { job, digest }) => permits.check(token, { job: canonical(aliases, job), digest });
}

function sayGlassIsBroken(log: FastifyBaseLogger, { id, context, findings, by, byName, reason, expiresAt }: Approval): void {
  log.error({ approvalId: id, context, findings, by, byName, reason, expiresAt: new Date(expiresAt).toISOString() }, `glass broken for ${context.kind} ${context.namespace}/${context.name} by ${byName ?? by}: ${reason}`);
}

function startLooking(watch: PermitWatch, { permits, clock, log }: ServiceParts): PollLoop | null {
  if (permits === undefined || permits.lookEveryMs === null) return null;
  const poll = async () => ({ changes: await watch.look() });
  return startPollLoop({ what: 'jobs that started', intervalMs: permits.lookEveryMs, poll, stopping: new AbortController(), clock, log });
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

/** Where `npm run build` puts the portal. */
const PORTAL_FOLDER = fileURLToPath(new URL('../web/dist', import.meta.url));
