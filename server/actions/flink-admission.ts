import { createHash } from 'node:crypto';
import type { JsonValue } from '../catalog/avro/parse.ts';
import { type AdmissionAnswer, admissionQuestionOf, admissionReview } from '../catalog/admission/admission-review.ts';
import { canonicalJson } from '../catalog/admission/canonical-json.ts';
import type { FlinkResource, JsonObject } from '../catalog/admission/flink-resource.ts';
import type { Named } from '../catalog/names.ts';
import { Problem, PROBLEMS } from '../problem.ts';
import type { DecisionDocument } from './decision-record.ts';

/** What a resource says of itself, as annotations. */
export const ANNOTATIONS = {
  /** The job as the catalog names it, `flink://main/orders-enrich`. */
  job: 'sluice.io/job',
  owner: 'sluice.io/owner',
  /** The token of a permit. */
  permit: 'sluice.io/permit',
  /** The program as the gate takes it, as JSON: then the gate is asked here. */
  program: 'sluice.io/program',
} as const;

/** A job of Flink's operator is known by the namespace it lives in, unless it says otherwise. */
export const DEFAULT_JOB_NAMESPACE = 'flink://{namespace}';

/** What a start must show: that this job may start with this artifact. */
export interface ClaimedStart {
  readonly job: Named;
  readonly digest: string;
}
export type PermitCheck = { readonly outcome: 'valid'; readonly permitId: string } | { readonly outcome: 'refused'; readonly reason: string };

export interface FlinkAdmissionParts {
  readonly checkPermit: (token: string, start: ClaimedStart) => Promise<PermitCheck>;
  /** Asks the gate; the same uid is answered the same. */
  readonly ask: (request: JsonObject, uid: string) => Promise<Pick<DecisionDocument, 'decisionId' | 'outcome'> & { readonly findings: readonly { readonly severity: string; readonly message: string }[] }>;
  /** Namespace of jobs that name none; `{namespace}` stands for Kubernetes' own. */
  readonly jobNamespace: string;
}

/** Answers Kubernetes whether a resource of Flink's operator may be stored: no job starts that the gate has not allowed. */
export class FlinkAdmission {
  readonly #parts: FlinkAdmissionParts;

  constructor(parts: FlinkAdmissionParts) {
    this.#parts = parts;
  }

  /** An AdmissionReview with its response. What is none ends with the problem `admission-review-invalid`. */
  async review(body: JsonValue): Promise<object> {
    const read = admissionQuestionOf(body);
    if (read.outcome === 'refused') throw new Problem('admission-review-invalid', read.reason);
    const { uid, dryRun, need } = read.question;
    if (need.need === 'none') return admissionReview(uid, allowed({ 'sluice-why': need.why }));
    return admissionReview(uid, await this.#answer(need.resource, { uid, dryRun }));
  }

  async #answer(resource: FlinkResource, request: { readonly uid: string; readonly dryRun: boolean }): Promise<AdmissionAnswer> {
    const start = startOf(resource, this.#parts.jobNamespace);
    if (start === null) return refused(`the annotation ${ANNOTATIONS.job} is not <namespace>/<name>, as in flink://main/orders-enrich`);
    const permit = resource.annotations.get(ANNOTATIONS.permit);
    if (permit !== undefined) return this.#byPermit(permit, start);
    const program = resource.annotations.get(ANNOTATIONS.program);
    return program === undefined ? refused(howToStart(start)) : this.#byGate(program, resource, { ...start, ...request });
  }

  async #byPermit(token: string, start: ClaimedStart): Promise<AdmissionAnswer> {
    const check = await this.#parts.checkPermit(token, start);
    if (check.outcome === 'valid') return allowed({ 'sluice-permit': check.permitId });
    return refused(`the permit in ${ANNOTATIONS.permit} does not let ${nameOf(start.job)} start: ${check.reason}. ${howToStart(start)}`);
  }

  async #byGate(text: string, resource: FlinkResource, { job, digest, uid, dryRun }: ClaimedStart & { readonly uid: string; readonly dryRun: boolean }): Promise<AdmissionAnswer> {
    const program = parsed(text);
    if (program === null) return refused(`the annotation ${ANNOTATIONS.program} is not JSON`);
    const owner = resource.annotations.get(ANNOTATIONS.owner);
    const request = { job: { ...job, ...(owner === undefined ? {} : { owner }), artifact: { digest } }, program, ...(dryRun ? { dryRun } : {}) };
    const decision = await this.#parts.ask(request, uid).catch(mistakeOf);
    if (typeof decision === 'string') return refused(`the gate cannot judge ${nameOf(job)}: ${decision}`);
    const { decisionId, outcome, findings } = decision;
    const messages = findings.map(({ severity, message }) => `${severity}: ${message}`);
    const audit = { 'sluice-decision': decisionId, 'sluice-outcome': outcome };
    if (outcome !== 'deny') return { allowed: true, message: '', warnings: messages, audit };
    const errors = findings.filter(({ severity }) => severity === 'error').map(({ message }) => `- ${message}`);
    return { allowed: false, message: [`Sluice does not let ${nameOf(job)} start (decision ${decisionId}):`, ...errors].join('\n'), warnings: messages.filter((message) => message.startsWith('warning')), audit };
  }
}

/** The digest of what a resource runs, as a gate request and a permit name it. */
export function artifactDigest({ artifact }: Pick<FlinkResource, 'artifact'>): string {
  return `sha256:${createHash('sha256').update(canonicalJson(artifact)).digest('hex')}`;
}

/** null: the job the resource names is no name. */
function startOf(resource: FlinkResource, jobNamespace: string): ClaimedStart | null {
  const named = resource.annotations.get(ANNOTATIONS.job);
  const digest = artifactDigest(resource);
  if (named === undefined) return { job: { namespace: jobNamespace.replaceAll('{namespace}', resource.namespace), name: resource.name }, digest };
  const slash = named.indexOf('/', named.indexOf('://') < 0 ? 0 : named.indexOf('://') + 3);
  return slash <= 0 || slash === named.length - 1 ? null : { job: { namespace: named.slice(0, slash), name: named.slice(slash + 1) }, digest };
}

function howToStart({ job, digest }: ClaimedStart): string {
  return `Ask the gate with \`sluice gate check <job.sql> --job ${nameOf(job)} --digest ${digest} --owner <team>\` and put the permit of an allowed decision into the annotation ${ANNOTATIONS.permit}, or the program itself into ${ANNOTATIONS.program}.`;
}

/** What is wrong with a program is for whoever applied it; an outage is not, and stays a problem. */
function mistakeOf(failure: unknown): string {
  if (failure instanceof Problem && PROBLEMS[failure.slug].status < 500) return failure.message;
  throw failure;
}

function nameOf({ namespace, name }: Named): string {
  return `${namespace}/${name}`;
}

function allowed(audit: Readonly<Record<string, string>>): AdmissionAnswer {
  return { allowed: true, message: '', warnings: [], audit };
}
function refused(message: string): AdmissionAnswer {
  return { allowed: false, message, warnings: [], audit: {} };
}

function parsed(text: string): JsonValue | null {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}
