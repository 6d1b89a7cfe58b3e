import { type Completeness } from '../changes.ts';
import { datasetKey } from '../names.ts';
import { checkDownstream } from './checks/downstream.ts';
import { checkInputs } from './checks/inputs.ts';
import { checkPlatform } from './checks/platform.ts';
import { checkProgram } from './checks/program.ts';
import { checkReadersOfOutputs } from './checks/readers-of-outputs.ts';
import { checkSubjectLevels } from './checks/subject-level.ts';
import { type Approval, approvalsOf, approversOf, isApproved } from './approval.ts';
import { type Finding, subjectMatter } from './finding.ts';
import { type Policy, severityAt } from './policy.ts';
import type { GateRequest } from './request.ts';
import { RULES } from './rules.ts';
import type { GateWorld } from './world.ts';

export type Outcome = 'allow' | 'allow-with-warnings' | 'deny';

/** A finding as it is answered: with its id and the severity policy gives it. */
export interface JudgedFinding extends Finding {
  readonly id: string;
  readonly severity: 'error' | 'warning';
  readonly approvable: boolean;
  /** The teams that must all agree to it; empty where nobody answers, or agreeing does not help. */
  readonly approvers: readonly string[];
  /** The approvals in force that count for it. */
  readonly approvals: readonly Approval[];
  /** Whether they are enough: an approved error does not deny. */
  readonly approved: boolean;
}
export interface Verdict {
  readonly outcome: Outcome;
  /** Errors first, then by rule order, dataset, field, version. */
  readonly findings: readonly JudgedFinding[];
  /** How much of what the verdict rests on is known. */
  readonly completeness: Completeness;
}
export interface GateContext {
  readonly policy: Policy;
  /** Those in force for the request's job and the subjects of its outputs. */
  readonly approvals: readonly Approval[];
  /** A collision-resistant digest, as hex. */
  readonly digest: (text: string) => string;
}

type Check = (request: GateRequest, world: GateWorld) => readonly Finding[];
/** Those about what is written, whoever writes it: a proposed schema is judged by the same. */
export const CHECKS_OF_WRITING: readonly Check[] = [checkReadersOfOutputs, checkDownstream, checkSubjectLevels];
const CHECKS: readonly Check[] = [checkProgram, checkInputs, ...CHECKS_OF_WRITING, checkPlatform];

/** Length of a finding id in hex digits: 96 bits, so that no second finding can be made to share an approved id. */
const ID_LENGTH = 24;

/** The gate's verdict: a pure function of request, world, policy and approvals. */
export function decide(request: GateRequest, world: GateWorld, context: GateContext): Verdict {
  const found = CHECKS.flatMap((check) => check(request, world));
  const findings = judgeFindings(found, world, context);
  const blocking = findings.filter(({ severity, approved }) => severity === 'error' && !approved);
  const outcome = blocking.length > 0 ? 'deny' : findings.length > 0 ? 'allow-with-warnings' : 'allow';
  return { outcome, findings, completeness: completenessOf(request, world) };
}

/** What checks found, with ids and severities, each id once and in the order of an answer. */
export function judgeFindings(found: readonly Finding[], world: Pick<GateWorld, 'datasets'>, context: GateContext): JudgedFinding[] {
  const judged = found.flatMap((finding) => judge(finding, world, context));
  return [...new Map(judged.map((finding) => [finding.id, finding])).values()].sort(byWeight);
}

function judge(finding: Finding, world: Pick<GateWorld, 'datasets'>, { policy, digest, approvals }: GateContext): JudgedFinding[] {
  const state = finding.dataset === null ? undefined : world.datasets.get(datasetKey(finding.dataset));
  const severity = severityAt(policy, finding.rule, { dataset: finding.dataset, cluster: state?.cluster ?? null });
  if (severity === 'off') return [];
  const id = digest(subjectMatter(finding)).slice(0, ID_LENGTH);
  const { approvable } = RULES[finding.rule];
  if (!approvable) return [{ ...finding, id, severity, approvable, approvers: [], approvals: [], approved: false }];
  const approvers = approversOf(finding, state?.owner ?? null);
  return [{ ...finding, id, severity, approvable, approvers, approvals: approvalsOf(id, approvers, approvals), approved: isApproved(id, approvers, approvals) }];
}

const RULE_ORDER = new Map(Object.keys(RULES).map((rule, position) => [rule, position]));

function byWeight(a: JudgedFinding, b: JudgedFinding): number {
  return (
    Number(a.severity === 'warning') - Number(b.severity === 'warning') ||
    (RULE_ORDER.get(a.rule) ?? 0) - (RULE_ORDER.get(b.rule) ?? 0) ||
    (b.version ?? 0) - (a.version ?? 0) ||
    byText(a.dataset?.namespace ?? '', b.dataset?.namespace ?? '') ||
    byText(a.dataset?.name ?? '', b.dataset?.name ?? '') ||
    byText(a.field ?? '', b.field ?? '') ||
    byText(a.id, b.id)
  );
}
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function completenessOf(request: GateRequest, world: GateWorld): Completeness {
  const uses = request.inputs.map(({ fields, readerSchema }) => (fields === null && readerSchema === null ? 'unknown' : 'complete'));
  const readers = request.outputs.flatMap(({ dataset }) => world.datasets.get(datasetKey(dataset))?.readers ?? []);
  const all = new Set<Completeness>([...(request.unknown.length === 0 ? [] : ['partial' as const]), ...uses, ...readers.map(({ completeness }) => completeness)]);
  return all.has('unknown') ? 'unknown' : all.has('partial') ? 'partial' : 'complete';
}
