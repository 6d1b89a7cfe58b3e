import { createHash, randomUUID } from 'node:crypto';
import { decide, type JudgedFinding, type Outcome, type Verdict } from '../catalog/gate/decide.ts';
import type { Completeness } from '../catalog/changes.ts';
import type { DatasetRef, Named } from '../catalog/names.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import { Problem } from '../problem.ts';
import { LedgerConflict, type LedgerEntry, type Store } from '../store/store.ts';
import { redactedProgram } from './flink-program.ts';
import { type AskedRequest, type GateDocument, GateRequests } from './gate-request.ts';
import { GateWorlds } from './gate-world.ts';
import type { CatalogReader } from '../queries/catalog-reader.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import type { PolicyBook } from './policy-book.ts';
import type { ClusterAliases } from '../catalog/cluster-aliases.ts';
import type { Tracing } from '../tracing/tracing.ts';

/** A decision as it is answered and recorded; its JSON text is the reply, byte for byte, every time. */
export interface DecisionDocument {
  readonly decisionId: string;
  readonly outcome: Outcome;
  readonly findings: readonly object[];
  readonly revision: number;
  readonly asOf: string;
  readonly completeness: Completeness;
  readonly dryRun: boolean;
  readonly policyRevision: number;
}

/** A decision's JSON text, which is the reply, and what metrics count. */
export interface Answer {
  readonly text: string;
  readonly outcome: Outcome;
}

/** A request and its JSON text, which is what is recorded and what a repeated key is compared by. */
export interface Asked {
  readonly document: GateDocument;
  readonly text: string;
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
  readonly aliases: ClusterAliases;
  readonly clock: () => number;
  /** null: no registry is mirrored, the catalog knows subjects by events alone. */
  readonly registry: SubjectFreshness | null;
  readonly tracing: Tracing;
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
    this.#worlds = new GateWorlds(parts.catalog, parts.index);
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

  async #record(asked: AskedRequest, idempotencyKey: string | null): Promise<Answer> {
    const { document, hash } = asked;
    const { verdict, revision, asOf, policyRevision } = await this.#judge(asked);
    const decision = documentOf(verdict, { revision, asOf, policyRevision, dryRun: document.dryRun === true });
    const text = JSON.stringify(decision);
    const entry = {
      id: decision.decisionId,
      kind: 'decision' as const,
      at: this.#parts.clock(),
      body: `{"decision":${text},"request":${recordedRequest(asked)}}`,
      idempotencyKey,
      requestHash: idempotencyKey === null ? null : hash,
      job: `${document.job.namespace}/${document.job.name}`,
      outcome: decision.outcome,
    };
    await this.#parts.tracing.span('gate.record', () => this.#parts.writer.append(entry));
    return { text, outcome: decision.outcome };
  }

  async #judge(asked: AskedRequest): Promise<{ verdict: Verdict; revision: number; asOf: number; policyRevision: number }> {
    const { index, policies, tracing } = this.#parts;
    // What a Flink program reads and writes is known by the schemas of topics.
    if (asked.document.program.kind !== 'declared') this.#requireFresh(null, []);
    const request = await tracing.span('gate.parse', () => this.#requests.parse(asked));
    const datasets = [...request.inputs, ...request.outputs].map(({ dataset }) => dataset);
    this.#requireFresh(datasets, []);
    const policy = await policies.current();
    await index.catchUp();
    const world = await tracing.span('gate.load', () => this.#worlds.load(request));
    this.#requireFresh(datasets, [...world.datasets.values()].flatMap(({ subject }) => subject ?? []));
    // Approvals of findings arrive with schema change proposals; until then none covers anything.
    const verdict = tracing.span('gate.decide', (span) => {
      const decided = decide(request, world, { policy, approved: new Set(), digest: sha256 });
      span.note({ 'sluice.gate.outcome': decided.outcome, 'sluice.gate.findings': decided.findings.length, 'sluice.revision': world.revision });
      return decided;
    });
    return { verdict, revision: world.revision, asOf: world.asOf, policyRevision: policy.revision };
  }

  #requireFresh(datasets: readonly DatasetRef[] | null, subjects: readonly Named[]): void {
    const refusal = this.#parts.registry?.refusal(datasets, subjects) ?? null;
    if (refusal !== null) throw new Problem('registry-stale', refusal);
  }
}

/** The decision inside a ledger entry of kind 'decision'. */
export function decisionOf(entry: LedgerEntry): { readonly decision: DecisionDocument; readonly request: GateDocument } {
  return JSON.parse(entry.body) as { decision: DecisionDocument; request: GateDocument };
}

/** What is kept of a request: as it was sent, but for the parts of a Flink program that may hold secrets. */
function recordedRequest({ document, text }: Asked): string {
  return document.program.kind === 'declared' ? text : JSON.stringify({ ...document, program: redactedProgram(document.program) });
}

function repeat(entry: LedgerEntry, requestHash: string): Answer {
  if (entry.requestHash !== requestHash || entry.kind !== 'decision') {
    throw new Problem('idempotency-key-reused', `the key belongs to decision ${entry.id}, which was asked with another body`, { decisionId: entry.id });
  }
  const { decision } = decisionOf(entry);
  return { text: JSON.stringify(decision), outcome: decision.outcome };
}

function documentOf(verdict: Verdict, facts: { revision: number; asOf: number; policyRevision: number; dryRun: boolean }): DecisionDocument {
  return {
    decisionId: randomUUID(),
    outcome: verdict.outcome,
    findings: verdict.findings.map(findingDocument),
    revision: facts.revision,
    asOf: new Date(facts.asOf).toISOString(),
    completeness: verdict.completeness,
    dryRun: facts.dryRun,
    policyRevision: facts.policyRevision,
  };
}

/** A finding as it is answered. */
export function findingDocument({ id, rule, severity, message, dataset, field, version, location, clause, approvable, affected }: JudgedFinding): object {
  return {
    id,
    rule,
    severity,
    message,
    dataset: dataset && { namespace: dataset.namespace, name: dataset.name },
    ...(field === null ? {} : { field }),
    ...(version === null ? {} : { version }),
    ...(location === null ? {} : { location }),
    ...(clause === null ? {} : { clause }),
    approvable,
    affected: affected.map(({ ref, owner, path }) => ({ kind: ref.kind, namespace: ref.namespace, name: ref.name, owner, path })),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
