import type { ApprovalContext } from '../catalog/gate/approval.ts';
import type { Identity } from '../catalog/identity.ts';
import type { Named } from '../catalog/names.ts';
import { Problem } from '../problem.ts';
import type { Store } from '../store/store.ts';
import { type CatalogReader, factOf } from '../queries/catalog-reader.ts';
import { canonical, type ClusterAliases } from '../catalog/cluster-aliases.ts';
import { decisionOf, type DecisionDocument, type RecordedDecision } from './decision-record.ts';

/** Decisions of one job looked through for findings that are named without a decision. */
const DECISIONS_LOOKED_AT = 50;

/** Findings, as a caller names them: those of a decision, or those lately shown for a job. */
export interface AskedFindings {
  readonly decisionId?: string;
  /** Without a decision a job; with one its job (as it is by itself) or the subject that governs the dataset of every finding. */
  readonly context?: ApprovalContext;
  /** null: every approvable error. */
  readonly findings?: readonly string[] | null;
}
export interface FindingsToApprove {
  readonly context: ApprovalContext;
  readonly findings: readonly ShownFinding[];
  /** Whoever asked for a decision that shows one of them. */
  readonly askedBy: readonly Pick<Identity, 'id' | 'behind'>[];
}
export interface LookUpParts {
  readonly store: Pick<Store, 'ledger' | 'ledgerEntry'>;
  readonly catalog: CatalogReader;
  readonly aliases: ClusterAliases;
}
const NOBODY: Named = { namespace: '', name: '' };
export type ShownFinding = DecisionDocument['findings'][number];

/** Looks up what is to be approved; whatever the gate has not shown cannot be. */
export async function findingsToApprove(asked: AskedFindings, { store, catalog, aliases }: LookUpParts): Promise<FindingsToApprove> {
  const decisions = await decisionsFor(asked, { store, aliases });
  const shown = new Map(decisions.toReversed().flatMap(({ decision }) => decision.findings.map((finding) => [finding.id, finding] as const)));
  const findings = asked.findings == null ? [...shown.values()].filter(({ severity, approvable }) => severity === 'error' && approvable) : [...new Set(asked.findings)].map((id) => known(id, shown));
  const fixed = findings.find(({ approvable }) => !approvable);
  if (fixed !== undefined) throw new Problem('finding-not-approvable', `finding ${fixed.id} (${fixed.rule}) is not one that anybody can agree to: ${fixed.message}`, { finding: fixed.id });
  if (findings.length === 0) throw new Problem('finding-not-approvable', 'the decision has no error that anybody could agree to');
  const context = await contextOf({ context: asked.context && canonical(aliases, asked.context) }, { findings, job: canonical(aliases, decisions[0]?.request.job ?? NOBODY) }, catalog);
  const ids = new Set(findings.map(({ id }) => id));
  const showing = decisions.filter(({ decision }) => decision.findings.some(({ id }) => ids.has(id)));
  return { context, findings, askedBy: showing.map(({ by, behind }) => ({ id: by, ...(behind === undefined ? {} : { behind }) })) };
}

/** Newest first. */
async function decisionsFor({ decisionId, context }: AskedFindings, { store, aliases }: Pick<LookUpParts, 'store' | 'aliases'>): Promise<readonly RecordedDecision[]> {
  if (decisionId !== undefined) {
    const entry = await store.ledgerEntry(decisionId);
    if (entry?.kind !== 'decision') throw new Problem('decision-not-found', `no decision has the id ${decisionId}`);
    return [decisionOf(entry)];
  }
  if (context?.kind !== 'job') throw new Problem('approval-context-invalid', 'name a decision, or the job that findings were shown for');
  const { namespace, name } = canonical(aliases, context);
  const { entries } = await store.ledger({ kind: 'decision', job: `${namespace}/${name}`, limit: DECISIONS_LOOKED_AT });
  if (entries.length === 0) throw new Problem('decision-not-found', `no decision about job ${namespace}/${name} is recorded`);
  return entries.map(decisionOf);
}

async function contextOf({ context }: { readonly context: ApprovalContext | undefined }, { job, findings }: { readonly job: Named; readonly findings: readonly ShownFinding[] }, catalog: CatalogReader): Promise<ApprovalContext> {
  if (context === undefined || (context.kind === 'job' && context.namespace === job.namespace && context.name === job.name)) return { kind: 'job', namespace: job.namespace, name: job.name };
  if (context.kind === 'job') throw new Problem('approval-context-invalid', `the decision is about job ${job.namespace}/${job.name}, not about ${context.namespace}/${context.name}`);
  for (const { id, dataset } of findings) {
    const subject = dataset === null ? null : factOf(await catalog.entity({ kind: 'dataset', ...dataset }), 'governed-by', 'value')?.subject;
    if (subject?.namespace === context.namespace && subject.name === context.name) continue;
    throw new Problem('approval-context-invalid', `finding ${id} is not about a topic that subject ${context.namespace}/${context.name} governs`, { finding: id });
  }
  return { kind: 'subject', namespace: context.namespace, name: context.name };
}

function known(id: string, shown: ReadonlyMap<string, ShownFinding>): ShownFinding {
  const finding = shown.get(id);
  if (finding === undefined) throw new Problem('finding-unknown', `the gate has shown no finding ${id} there`, { finding: id });
  return finding;
}
