import type { Approval } from '../catalog/gate/approval.ts';
import type { ClusterAliases } from '../catalog/cluster-aliases.ts';
import { type Identity, mayBeSamePerson } from '../catalog/identity.ts';
import type { LineageIndex } from '../graph/lineage-index.ts';
import { Problem } from '../problem.ts';
import type { CatalogReader } from '../queries/catalog-reader.ts';
import { teamsAmong } from '../queries/team-membership.ts';
import type { LedgerDraft, Store } from '../store/store.ts';
import { type ApprovalBook, type ApprovalEvent, LONGEST_APPROVAL_MS, LONGEST_BREAK_GLASS_MS, type RecordedApproval } from './approval-book.ts';
import { decidedAnew } from './decided-anew.ts';
import { type AskedFindings, type FindingsToApprove, findingsToApprove } from './findings-to-approve.ts';
import type { LedgerFollower } from './ledger-follower.ts';
import type { LedgerWriter } from './ledger-writer.ts';

/** How long an approval stands unless it says otherwise, ms. */
const USUAL_APPROVAL_MS = 7 * 24 * 3_600_000;

export interface AskedApproval extends AskedFindings {
  readonly findings: readonly string[];
  /** The team to speak for; by itself every team the approver belongs to that must agree. */
  readonly team?: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly expiresAt?: string;
}
export interface AskedBreakGlass extends AskedFindings {
  readonly reason?: string;
  readonly expiresAt?: string;
}
export interface ApprovalParts {
  readonly store: Pick<Store, 'ledger' | 'ledgerEntry'>;
  readonly index: LineageIndex;
  readonly catalog: CatalogReader;
  readonly aliases: ClusterAliases;
  readonly follower: LedgerFollower;
  readonly writer: LedgerWriter;
  readonly book: ApprovalBook;
  readonly newId: () => string;
  readonly clock: () => number;
  /** Told of every broken glass once it is recorded. */
  readonly onBreakGlass: (approval: Approval) => void;
}

/** Approvals of findings the gate has shown: given, revoked, or taken by breaking glass. Each is an entry of the ledger. */
export class Approvals {
  readonly #parts: ApprovalParts;

  constructor(parts: ApprovalParts) {
    this.#parts = parts;
  }

  /** Those in force, newest first. */
  async standing(): Promise<readonly RecordedApproval[]> {
    await this.#parts.follower.catchUp();
    return this.#parts.book.standing(this.#parts.clock());
  }

  /** One approval for each team the caller speaks for. All are given, or none. */
  give(asked: AskedApproval, by: Identity): Promise<readonly Approval[]> {
    const { index } = this.#parts;
    return decidedAnew(async () => {
      await index.catchUp();
      const about = await findingsToApprove(asked, this.#parts);
      refuseRequester(about, by);
      const teams = await this.#teamsOf(about, asked.team, by);
      const expiresAt = this.#expiry(asked.expiresAt, { usual: USUAL_APPROVAL_MS, longest: LONGEST_APPROVAL_MS });
      const approvals = teams.map((team) => this.#approval({ about: { ...about, findings: about.findings.filter(({ approvers }) => approvers.includes(team)) }, team, reason: asked.reason, expiresAt }, by));
      await this.#record(approvals);
      return approvals;
    });
  }

  /** Stands for every team, for an hour at most; needs a reason, and cannot be overlooked. */
  async breakGlass(asked: AskedBreakGlass, by: Identity): Promise<Approval> {
    const { index, onBreakGlass } = this.#parts;
    const reason = asked.reason?.trim() ?? '';
    if (reason === '') throw new Problem('break-glass-reason-missing', 'say why the owners cannot be asked: the reason is what is read afterwards');
    const given = await decidedAnew(async () => {
      await index.catchUp();
      const about = await findingsToApprove(asked, this.#parts);
      const expiresAt = this.#expiry(asked.expiresAt, { usual: LONGEST_BREAK_GLASS_MS, longest: LONGEST_BREAK_GLASS_MS });
      const approval = this.#approval({ about, team: null, reason, expiresAt }, by);
      await this.#record([approval]);
      return approval;
    });
    onBreakGlass(given);
    return given;
  }

  /** Ends an approval: by whoever gave it or one of its team; a broken glass anyone who may approve can mend. */
  revoke(approvalId: string, reason: string, by: Identity): Promise<void> {
    const { follower, writer, book, catalog, newId, clock } = this.#parts;
    return decidedAnew(async () => {
      await follower.catchUp();
      const approval = book.get(approvalId);
      if (approval === null || approval.expiresAt <= clock()) throw new Problem('approval-not-found', `no approval ${approvalId} is in force`);
      const mayRevoke = approval.team === null || approval.by === by.id || (await teamsAmong([approval.team], by, catalog)).length > 0;
      if (!mayRevoke) throw new Problem('approver-not-asked', `the approval was given for ${approval.team}, which ${by.name} does not belong to`);
      const event: ApprovalEvent = { event: 'revoked', approvalId, by: by.id, byName: by.name, reason };
      await writer.appendIf(() => book.get(approvalId) !== null, [draft(newId(), event, { at: clock(), about: approval, outcome: 'revoked' })]);
    });
  }

  async #teamsOf({ findings }: FindingsToApprove, team: string | undefined, by: Identity): Promise<readonly string[]> {
    const asked = [...new Set(findings.flatMap(({ approvers }) => approvers))].filter((one) => team === undefined || one === team);
    const own = await teamsAmong(asked, by, this.#parts.catalog);
    const beyond = findings.find(({ approvers }) => !approvers.some((one) => own.includes(one)));
    if (beyond === undefined) return own;
    const who = beyond.approvers.length === 0 ? 'nobody answers for what it reaches' : `it is for ${beyond.approvers.join(', ')} to agree`;
    throw new Problem('approver-not-asked', `finding ${beyond.id} is not ${by.name}'s to agree to${team === undefined ? '' : ` for ${team}`}: ${who}`, { finding: beyond.id, approvers: beyond.approvers });
  }

  #expiry(text: string | undefined, { usual, longest }: { readonly usual: number; readonly longest: number }): number {
    const now = this.#parts.clock();
    const expiresAt = text === undefined ? now + usual : Date.parse(text);
    if (expiresAt <= now) throw new Problem('approval-expired', `the approval would have expired at ${new Date(expiresAt).toISOString()}`);
    if (expiresAt > now + longest) throw new Problem('approval-too-long', `it may stand ${longest / 3_600_000} hours at most`, { latest: new Date(now + longest).toISOString() });
    return expiresAt;
  }

  #approval({ about, team, reason, expiresAt }: { readonly about: FindingsToApprove; readonly team: string | null; readonly reason: string; readonly expiresAt: number }, by: Identity): Approval {
    const { newId, clock } = this.#parts;
    const behind = by.behind === undefined || by.behind.length === 0 ? {} : { behind: by.behind };
    return { id: newId(), context: about.context, findings: about.findings.map(({ id }) => id), team, by: by.id, byName: by.name, ...behind, reason, at: clock(), expiresAt, proposal: null };
  }

  async #record(approvals: readonly Approval[]): Promise<void> {
    const { follower, writer, book, clock } = this.#parts;
    await follower.catchUp();
    for (const approval of approvals) {
      const earlier = repeatedBy(approval, book, clock());
      if (earlier !== null) throw new Problem('approval-repeated', `approval ${earlier.id} covers these findings there already, until ${new Date(earlier.expiresAt).toISOString()}`, { approvalId: earlier.id });
    }
    const drafts = approvals.map((approval) => draft(approval.id, { event: 'given', approval }, { at: approval.at, about: approval, outcome: approval.team === null ? 'break-glass' : 'given' }));
    await writer.appendIf(() => approvals.every((approval) => repeatedBy(approval, book, clock()) === null), drafts);
  }
}

function refuseRequester({ askedBy }: FindingsToApprove, by: Identity): void {
  if (!askedBy.some((asker) => mayBeSamePerson(asker, by))) return;
  throw new Problem('approver-is-requester', `${by.name} asked for the decision; somebody else must agree to it`);
}

/** An approval in force by the same team that says all this one says. */
function repeatedBy({ context, team, findings }: Approval, book: ApprovalBook, now: number): Approval | null {
  return book.inForce([context], now).find((other) => other.team === team && findings.every((id) => other.findings.includes(id))) ?? null;
}

function draft(id: string, event: ApprovalEvent, { at, about, outcome }: { readonly at: number; readonly about: Approval; readonly outcome: string }): LedgerDraft {
  const job = about.context.kind === 'job' ? `${about.context.namespace}/${about.context.name}` : null;
  return { id, kind: 'approval', at, body: JSON.stringify(event), idempotencyKey: null, requestHash: null, job, owner: null, outcome };
}
