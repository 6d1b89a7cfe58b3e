import type { Approval } from '../catalog/gate/approval.ts';
import type { Identity } from '../catalog/identity.ts';
import { agreementOn, type Agreement, isAgreed, waitingFor } from '../catalog/schema-change/agreement.ts';
import { type Candidate, type ProposalEventKind, stateAt } from '../catalog/schema-change/proposal.ts';
import { Problem } from '../problem.ts';
import type { CatalogReader } from '../queries/catalog-reader.ts';
import type { LedgerDraft, Store } from '../store/store.ts';
import { type ApprovalBook, LONGEST_APPROVAL_MS } from './approval-book.ts';
import { requireActingTeam } from './acting-team.ts';
import { appendDecided, type Decision } from './decided-anew.ts';
import type { LedgerFollower } from './ledger-follower.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import type { Proposal, ProposalBook } from './proposal-book.ts';
import { approvalEntry, proposalEntry, revocations, type Stamp, stampOf } from './proposal-entries.ts';
import { mayMatch, matches, type ProposalFilter } from './proposal-list.ts';
import { agreedFindings, requireEvent, requireUnblocked, staleProblem, stateProblem } from './proposal-refusals.ts';
import { approvalsOf, type ProposalView, viewProposal } from './proposal-view.ts';
import type { JudgedChange, SchemaChangeJudge } from './schema-change-judge.ts';
import { publishCandidate, type SchemaPublisher } from './schema-publisher.ts';

/** Proposals that may be open at once: every list judges each of them. */
export const MOST_OPEN_PROPOSALS = 1_000;
/** Comments of one proposal: a conversation, not a store. */
export const MOST_COMMENTS = 500;
/** How long a proposal stands unless it says otherwise, ms. */
export const PROPOSAL_LIFE_MS = 14 * 24 * 3_600_000;

export interface SchemaChangeParts {
  readonly judge: SchemaChangeJudge;
  readonly store: Pick<Store, 'ledgerEntry'>;
  readonly catalog: CatalogReader;
  readonly proposals: ProposalBook;
  readonly approvals: ApprovalBook;
  readonly follower: LedgerFollower;
  readonly writer: LedgerWriter;
  /** null: no registry is configured. */
  readonly publisher: SchemaPublisher | null;
  readonly clock: () => number;
  readonly newId: () => string;
}
export interface Proposing extends Candidate {
  readonly reason: string;
  /** ms. */
  readonly expiresAt: number | null;
}
export interface Agreeing {
  readonly team: string | null;
  /** Ids of the findings agreed to; null: all the team is asked about. */
  readonly findings: readonly string[] | null;
  readonly reason: string;
  /** ms. */
  readonly expiresAt: number | null;
}

/** What is decided about a proposal: entries to append, or the reason not to. */
type Decide = (seen: ProposalView, stamp: Stamp) => readonly LedgerDraft[] | Promise<readonly LedgerDraft[]>;

/** Schema changes: proposed, agreed to, and put into the registry. Every act is decided at the newest revision and by the newest ledger. */
export class SchemaChanges {
  readonly #parts: SchemaChangeParts;

  constructor(parts: SchemaChangeParts) {
    this.#parts = parts;
  }

  /** What a candidate would do; nothing is recorded. */
  async evaluate(candidate: Candidate): Promise<{ readonly judged: JudgedChange; readonly agreement: Agreement }> {
    const judged = await this.#parts.judge.judge(candidate);
    return { judged, agreement: agreementOn(judged.evaluation.findings, [], judged.ownerOf) };
  }

  async view(id: string): Promise<ProposalView> {
    await this.#parts.follower.catchUp();
    return viewProposal(this.#require(id), this.#parts);
  }

  /** Those that match, newest first, judged where they are open. */
  async list(filter: ProposalFilter): Promise<readonly ProposalView[]> {
    await this.#parts.follower.catchUp();
    const views: ProposalView[] = [];
    for (const proposal of this.#parts.proposals.all()) if (mayMatch(proposal, filter)) views.push(await viewProposal(proposal, this.#parts));
    return views.filter((view) => matches(view, filter));
  }

  /** The schema that was proposed; of a proposal that is over the ledger has it. */
  async schemaOf({ id, schema }: Proposal): Promise<string> {
    if (schema !== null) return schema;
    const entry = await this.#parts.store.ledgerEntry(id);
    if (entry === null) throw new Error(`the ledger has no entry ${id}, which it was read from`);
    return (JSON.parse(entry.body) as Candidate).schema;
  }

  async propose(proposing: Proposing, who: Identity): Promise<ProposalView> {
    const { clock, newId, proposals } = this.#parts;
    const expiresAt = this.#end(proposing.expiresAt, clock() + PROPOSAL_LIFE_MS, clock() + LONGEST_APPROVAL_MS);
    const id = newId();
    await this.#decided(async () => {
      const { judged, agreement } = await this.evaluate(candidateOf(proposing));
      const open = proposals.openFor(proposing.subject, clock());
      if (open?.schema === proposing.schema && same(open.references, proposing.references)) throw new Problem('proposal-exists', `proposal ${open.id} is the same schema`, { proposal: open.id });
      const others = proposals.open(clock()).length - (open === null ? 0 : 1);
      if (others >= MOST_OPEN_PROPOSALS) throw new Problem('proposal-limit', `${MOST_OPEN_PROPOSALS} proposals are open, which is the limit`, { limit: MOST_OPEN_PROPOSALS });
      const stamp = stampOf(who, this.#parts);
      const findings = judged.evaluation.findings.filter(({ severity }) => severity === 'error').map((finding) => finding.id);
      const drafts = [
        proposalEntry({ event: 'proposed', proposal: id, ...candidateOf(proposing), reason: proposing.reason, behind: who.behind ?? [], expiresAt, findings, asked: waitingFor(agreement), revision: judged.revision }, stamp),
        ...(isAgreed(agreement) ? [proposalEntry({ event: 'approved', proposal: id, findings: [], revision: judged.revision }, stamp)] : []),
        ...(open === null ? [] : this.#over(open, { event: 'superseded', proposal: open.id, successor: id }, stamp)),
      ];
      const before = this.#trace(open);
      return { drafts, stillTrue: () => proposals.openFor(proposing.subject, clock())?.id === open?.id && this.#trace(open) === before };
    });
    return this.view(id);
  }

  approve(id: string, agreeing: Agreeing, who: Identity): Promise<ProposalView> {
    return this.#act(id, 'agreed', who, async (seen, stamp) => {
      const { proposal, judged, agreement } = this.#requireJudged(seen);
      const team = await requireActingTeam({ who, requester: proposal.requester, asked: agreement.teams, team: agreeing.team }, this.#parts.catalog);
      requireUnblocked(proposal, agreement);
      const findings = agreedFindings(team, agreeing.findings);
      const expiresAt = this.#end(agreeing.expiresAt, proposal.expiresAt, proposal.expiresAt);
      const approval: Approval = { id: stamp.newId(), context: { kind: 'subject', ...proposal.subject }, findings, team: team.team, by: who.id, reason: agreeing.reason, at: stamp.at, expiresAt, proposal: id };
      const after = agreementOn(judged.evaluation.findings, [...seen.approvals, approval], judged.ownerOf);
      const all = after.teams.flatMap((asked) => asked.findings);
      const about = { proposal: id, revision: judged.revision };
      return [
        ...(seen.stale ? [proposalEntry({ event: 'reopened', ...about, findings: agreement.teams.flatMap(({ waiting }) => waiting), asked: waitingFor(agreement) }, stamp)] : []),
        approvalEntry(approval, who.name),
        proposalEntry({ event: 'agreed', ...about, team: team.team, reason: agreeing.reason, approval: approval.id, findings, waitingFor: waitingFor(after) }, stamp),
        ...(isAgreed(after) ? [proposalEntry({ event: 'approved', ...about, findings: [...new Set(all)] }, stamp)] : []),
      ];
    });
  }

  reject(id: string, rejecting: { readonly team: string | null; readonly reason: string }, who: Identity): Promise<ProposalView> {
    return this.#act(id, 'rejected', who, async (seen, stamp) => {
      const { proposal, agreement } = this.#requireJudged(seen);
      const { team } = await requireActingTeam({ who, requester: proposal.requester, asked: agreement.teams, team: rejecting.team }, this.#parts.catalog);
      return this.#over(proposal, { event: 'rejected', proposal: id, team, reason: rejecting.reason }, stamp);
    });
  }

  withdraw(id: string, reason: string | null, who: Identity): Promise<ProposalView> {
    return this.#act(id, 'withdrawn', who, ({ proposal }, stamp) => {
      if (proposal.requester.id !== who.id) throw new Problem('requester-only', `${proposal.requester.name} proposed it, and nobody else withdraws it`);
      return this.#over(proposal, { event: 'withdrawn', proposal: id, reason }, stamp);
    });
  }

  comment(id: string, text: string, who: Identity): Promise<ProposalView> {
    return this.#act(id, 'commented', who, ({ proposal }, stamp) => {
      const comments = proposal.events.filter(({ event }) => event.event === 'commented').length;
      if (comments >= MOST_COMMENTS) throw new Problem('proposal-limit', `the proposal has ${MOST_COMMENTS} comments, which is the limit`, { limit: MOST_COMMENTS });
      return [proposalEntry({ event: 'commented', proposal: id, text }, stamp)];
    });
  }

  /** Puts an approved schema into the registry. Asking again after it was done, or after an answer got lost, ends the same. */
  async register(id: string, who: Identity): Promise<ProposalView> {
    const seen = await this.view(id);
    if (seen.proposal.state === 'registered') return seen;
    const candidate = this.#registrable(seen);
    const trace = this.#trace(seen.proposal);
    const published = await publishCandidate(candidate, this.#parts.publisher);
    const revision = seen.judged?.revision ?? 0;
    await this.#decided(() => {
      const now = this.#require(id);
      if (now.state === 'registered') return Promise.resolve({ drafts: [], stillTrue: () => true });
      const stamp = stampOf(who, this.#parts);
      // Who put it there found nothing left to agree to, though no act had said so yet.
      const approved = now.state === 'proposed' && this.#trace(now) === trace ? [proposalEntry({ event: 'approved', proposal: id, findings: [], revision }, stamp)] : [];
      const before = this.#trace(now);
      const { version, schemaId } = published;
      return Promise.resolve({ drafts: [...approved, proposalEntry({ event: 'registered', proposal: id, version, schemaId, revision }, stamp)], stillTrue: () => this.#trace(this.#require(id)) === before });
    });
    return this.view(id);
  }

  #registrable(seen: ProposalView): Candidate {
    requireEvent(seen, 'registered');
    const { proposal, agreement } = this.#requireJudged(seen);
    requireUnblocked(proposal, agreement);
    if (seen.stale) throw staleProblem(agreement);
    if (seen.state !== 'approved' || proposal.schema === null) throw new Problem('proposal-state', `it is not approved yet: ${waitingFor(agreement).join(', ')} still has to agree`, { state: seen.state, waitingFor: waitingFor(agreement) });
    return { subject: proposal.subject, schema: proposal.schema, references: proposal.references };
  }

  /** Decides by what is known and appends; decides again while the ledger moves under it. */
  async #act(id: string, kind: ProposalEventKind, who: Identity, decide: Decide): Promise<ProposalView> {
    await this.#decided(async () => {
      const proposal = this.#require(id);
      const judged = kind === 'agreed' || kind === 'rejected';
      requireEvent(this.#unjudgedView(proposal), kind);
      const seen = judged ? await viewProposal(proposal, this.#parts) : this.#unjudgedView(proposal);
      const before = this.#trace(proposal);
      return { drafts: await decide(seen, stampOf(who, this.#parts)), stillTrue: () => this.#trace(this.#require(id)) === before };
    });
    return this.view(id);
  }

  #decided(decide: () => Promise<Decision>): Promise<void> {
    return appendDecided(decide, this.#parts);
  }

  /** All that a decision about a proposal rests on in the books. */
  #trace(proposal: Proposal | null): string {
    if (proposal === null) return '';
    const current = this.#require(proposal.id);
    return [current.events.length, ...approvalsOf(current, this.#parts.approvals, this.#parts.clock()).map(({ id }) => id)].join(' ');
  }

  #over(proposal: Proposal, said: Parameters<typeof proposalEntry>[0], stamp: Stamp): LedgerDraft[] {
    const approvals = approvalsOf(proposal, this.#parts.approvals, this.#parts.clock());
    return [proposalEntry(said, stamp), ...revocations(approvals, `schema change ${proposal.id} is ${said.event}`, stamp)];
  }

  #unjudgedView(proposal: Proposal): ProposalView {
    const now = this.#parts.clock();
    return { proposal, state: stateAt(proposal, now), stale: false, judged: null, agreement: null, unjudged: null, approvals: approvalsOf(proposal, this.#parts.approvals, now) };
  }

  #require(id: string): Proposal {
    const proposal = this.#parts.proposals.get(id);
    if (proposal === null) throw new Problem('proposal-not-found', `no schema change has the id ${id}`);
    return proposal;
  }

  #requireJudged(seen: ProposalView): { readonly proposal: Proposal; readonly judged: JudgedChange; readonly agreement: Agreement } {
    const { proposal, judged, agreement, unjudged } = seen;
    if (unjudged !== null) throw unjudged;
    if (judged === null || agreement === null) throw stateProblem(seen);
    return { proposal, judged, agreement };
  }

  #end(asked: number | null, byDefault: number, latest: number): number {
    const end = asked ?? byDefault;
    if (end <= this.#parts.clock()) throw new Problem('request-invalid', 'expiresAt is over already');
    if (end > latest) throw new Problem('request-invalid', `expiresAt is later than ${new Date(latest).toISOString()}, which is the latest`);
    return end;
  }
}

function candidateOf({ subject, schema, references }: Candidate): Candidate {
  return { subject, schema, references };
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
