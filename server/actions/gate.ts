import { createHash, randomUUID } from 'node:crypto';
import type { Evidence } from '../catalog/changes.ts';
import type { ClusterAliases } from '../catalog/cluster-aliases.ts';
import type { Approval, ApprovalContext } from '../catalog/gate/approval.ts';
import { decide, type Outcome, type Verdict } from '../catalog/gate/decide.ts';
import type { Policy } from '../catalog/gate/policy.ts';
import type { Reservation } from '../catalog/gate/reservation.ts';
import { type Identity, mayBeSamePerson } from '../catalog/identity.ts';
import type { DatasetRef, Named } from '../catalog/names.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import { Problem } from '../problem.ts';
import type { CatalogReader } from '../queries/catalog-reader.ts';
import { LedgerConflict, type LedgerDraft, type LedgerEntry, LedgerMoved, type Store } from '../store/store.ts';
import type { ApprovalBook } from './approval-book.ts';
import { decidedAnew } from './decided-anew.ts';
import { decisionDraft, decisionOf, documentOf } from './decision-record.ts';
import { type AskedRequest, type GateDocument, GateRequests, type ParsedRequest } from './gate-request.ts';
import { GateWorlds, type LoadedWorld } from './gate-world.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import type { PermitBook } from './permit-book.ts';
import { type PermitTerms, type SignedPermit, signedPermit } from './permits.ts';
import type { PolicyBook } from './policy-book.ts';
import type { Tracing } from '../tracing/tracing.ts';

/** A decision's JSON text, which is the reply, and what metrics count. */
export interface Answer {
  readonly text: string;
  readonly outcome: Outcome;
}

/** A request and its JSON text, which is what is recorded and what a repeated key is compared by. */
export interface Asked {
  readonly document: GateDocument;
  readonly text: string;
  /** Who asks. */
  readonly by: Identity;
}

/** Vouches for the subjects of a mirrored registry. */
export interface SubjectFreshness {
  /** Why nothing true can be said now that rests on the subjects of these datasets, or on these; null where it can. null datasets: any. */
  refusal(datasets: readonly DatasetRef[] | null, subjects: readonly Named[]): string | null;
}

export interface GateParts {
  readonly store: Store;
  readonly index: LineageIndex;
  readonly catalog: CatalogReader;
  readonly writer: LedgerWriter;
  readonly policies: PolicyBook;
  readonly approvals: ApprovalBook;
  readonly permits: PermitBook;
  /** How permits are given; null: nothing signs, and nothing is reserved. */
  readonly terms: PermitTerms | null;
  /** Looks once more for the jobs of permits that lapse, before what they reserve is free. */
  readonly settleOverdue: () => Promise<void>;
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
  /** null: no registry is mirrored, the catalog knows subjects by events alone. */
  readonly registry: SubjectFreshness | null;
  readonly tracing: Tracing;
}

/** A verdict with all it rests on. */
interface Judged {
  readonly verdict: Verdict;
  readonly world: LoadedWorld;
  readonly parsed: ParsedRequest;
  readonly policy: Policy;
  /** Approvals that keep an error from denying. */
  readonly approvals: readonly Approval[];
  /** Reservations that were known. */
  readonly additions: number;
}

/** The gate: judges a request at the newest revision and answers once the decision is on disk. */
export class Gate {
  readonly #parts: GateParts;
  readonly #inFlight = new Set<string>();
  readonly #requests: GateRequests;
  readonly #worlds: GateWorlds;

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#requests = new GateRequests(parts.catalog, parts.aliases);
    this.#worlds = new GateWorlds(parts.catalog, parts.index, parts.permits);
  }

  /** With a key, the same request gets the same bytes, whenever it comes again. */
  async decide(asked: Asked, idempotencyKey: string | null): Promise<Answer> {
    const request = { ...asked, hash: sha256(asked.text) };
    if (idempotencyKey === null) return this.#record(request, null);
    if (this.#inFlight.has(idempotencyKey)) throw new Problem('idempotency-in-flight', 'wait for the first answer, or ask again with the same key');
    this.#inFlight.add(idempotencyKey);
    try {
      const earlier = await this.#parts.store.ledgerEntryByKey(idempotencyKey);
      return earlier === null ? await this.#record(request, idempotencyKey) : repeat(earlier, request.hash);
    } catch (failure) {
      // Another process recorded the same key between our look and our write.
      const earlier = failure instanceof LedgerConflict ? await this.#parts.store.ledgerEntryByKey(idempotencyKey) : null;
      if (earlier === null) throw failure;
      return repeat(earlier, request.hash);
    } finally {
      this.#inFlight.delete(idempotencyKey);
    }
  }

  #record(asked: AskedRequest & Asked, idempotencyKey: string | null): Promise<Answer> {
    return decidedAnew(async () => {
      const judged = await this.#judge(asked);
      const decisionId = randomUUID();
      const permit = await this.#permitFor(judged, asked, decisionId);
      const { verdict, world, policy } = judged;
      const decision = documentOf(verdict, { decisionId, revision: world.revision, asOf: world.asOf, policyRevision: policy.revision, dryRun: asked.document.dryRun === true, permit: permit?.document ?? null });
      const text = JSON.stringify(decision);
      const entry = decisionDraft(asked, { decisionId, text, outcome: decision.outcome, idempotencyKey, job: judged.parsed.request.job, at: this.#parts.clock() });
      await this.#parts.tracing.span('gate.record', () => (permit === null ? this.#parts.writer.append(entry) : this.#recordWith(permit, entry, judged)));
      return { text, outcome: decision.outcome };
    });
  }

  /** What is allowed reserves from now on, unless something that the verdict did not know stands against it by now. */
  async #recordWith({ permit, draft }: SignedPermit, entry: LedgerDraft, judged: Judged): Promise<void> {
    const { writer, permits } = this.#parts;
    if (!this.#stillTrue(judged, permits.addedSince(judged.additions, 'anyone'))) throw new LedgerMoved();
    permits.reserve(permit, judged.parsed.program);
    const { additions } = permits;
    try {
      // Whoever reserves in this process from here on knows of this one; only other processes do not.
      await writer.appendTogether(() => this.#stillTrue(judged, permits.addedSince(additions, 'others')), [entry, draft]);
    } catch (failure) {
      permits.drop(permit.permitId);
      throw failure;
    }
  }

  /** `added`: what was reserved besides, null where nobody can tell. */
  #stillTrue({ policy, approvals, world }: Judged, added: readonly Reservation[] | null): boolean {
    const { policies, approvals: book } = this.#parts;
    if (policies.inForce.revision !== policy.revision || approvals.some(({ id }) => book.get(id) === null)) return false;
    return added !== null && !added.some((reservation) => world.touches(reservation));
  }

  async #permitFor({ verdict, world, parsed }: Judged, { document, by }: Asked, decisionId: string): Promise<SignedPermit | null> {
    const { terms, clock } = this.#parts;
    if (terms === null || verdict.outcome === 'deny' || document.dryRun === true) return null;
    const evidence = document.program.kind satisfies Evidence;
    try {
      return await signedPermit({ ...parsed, world, evidence, by }, { decisionId, permitId: randomUUID(), now: clock() }, terms);
    } catch (cause) {
      throw new Problem('permit-unavailable', 'the job may start, but the keys that sign permits cannot be used', {}, { cause });
    }
  }

  async #judge(asked: AskedRequest & Asked): Promise<Judged> {
    const { index, policies, permits, clock, settleOverdue, tracing } = this.#parts;
    // What a Flink program reads and writes is known by the schemas of topics.
    if (asked.document.program.kind !== 'declared') this.#requireFresh(null, []);
    const parsed = await tracing.span('gate.parse', () => this.#requests.parse(asked));
    const { request } = parsed;
    const datasets = [...request.inputs, ...request.outputs].map(({ dataset }) => dataset);
    this.#requireFresh(datasets, []);
    const policy = await policies.current();
    await index.catchUp();
    if (permits.overdue(clock()).length > 0) {
      await settleOverdue();
      await index.catchUp();
    }
    const { additions } = permits;
    const world = await tracing.span('gate.load', () => this.#worlds.load(request));
    this.#requireFresh(datasets, [...world.datasets.values()].flatMap(({ subject }) => subject ?? []));
    const inForce = this.#approvalsFor(asked, request.job, world);
    const verdict = tracing.span('gate.decide', (span) => {
      const decided = decide(request, world, { policy, approvals: inForce, digest: sha256 });
      span.note({ 'sluice.gate.outcome': decided.outcome, 'sluice.gate.findings': decided.findings.length, 'sluice.revision': world.revision });
      return decided;
    });
    const approvals = verdict.findings.flatMap((finding) => (finding.severity === 'error' && finding.approved ? finding.approvals : []));
    return { verdict, world, parsed, policy, approvals, additions };
  }

  /** Nobody agrees to what they ask for themselves; who breaks glass answers for it. */
  #approvalsFor({ by }: Asked, job: Named, world: LoadedWorld): readonly Approval[] {
    const subjects = [...world.datasets.values()].flatMap(({ subject }): ApprovalContext[] => (subject === null ? [] : [{ kind: 'subject', ...subject }]));
    const inForce = this.#parts.approvals.inForce([{ kind: 'job', namespace: job.namespace, name: job.name }, ...subjects], this.#parts.clock());
    return inForce.filter((approval) => approval.team === null || !mayBeSamePerson({ id: approval.by, behind: approval.behind ?? [] }, by));
  }

  #requireFresh(datasets: readonly DatasetRef[] | null, subjects: readonly Named[]): void {
    const refusal = this.#parts.registry?.refusal(datasets, subjects) ?? null;
    if (refusal !== null) throw new Problem('registry-stale', refusal);
  }
}

function repeat(entry: LedgerEntry, requestHash: string): Answer {
  if (entry.requestHash !== requestHash || entry.kind !== 'decision') {
    throw new Problem('idempotency-key-reused', `the key belongs to decision ${entry.id}, which was asked with another body`, { decisionId: entry.id });
  }
  const { decision } = decisionOf(entry);
  return { text: JSON.stringify(decision), outcome: decision.outcome };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
