import type { JsonValue } from '../avro/parse.ts';
import { canonicalJson } from './canonical-json.ts';
import { flinkResourceOf, type FlinkResource, objectOf } from './flink-resource.ts';

const API_VERSION = 'admission.k8s.io/v1';
const KIND = 'AdmissionReview';

/** What Kubernetes asks before it stores a resource. */
export interface AdmissionQuestion {
  /** Of the request; the answer repeats it. */
  readonly uid: string;
  /** Nothing may be left behind. */
  readonly dryRun: boolean;
  readonly need: AdmissionNeed;
}
export type AdmissionNeed =
  /** Nothing starts that does not run already. */
  | { readonly need: 'none'; readonly why: string }
  | { readonly need: 'start'; readonly resource: FlinkResource };

export type ReviewOutcome = { readonly outcome: 'question'; readonly question: AdmissionQuestion } | { readonly outcome: 'refused'; readonly reason: string };

/** Reads an AdmissionReview of `admission.k8s.io/v1` about a resource of Flink's operator. */
export function admissionQuestionOf(body: JsonValue): ReviewOutcome {
  const review = objectOf(body);
  const request = objectOf(review?.['request']);
  if (review?.['apiVersion'] !== API_VERSION || review['kind'] !== KIND || request === null) return { outcome: 'refused', reason: `the body is not an ${KIND} of ${API_VERSION} with a request` };
  const { uid, operation } = request;
  if (typeof uid !== 'string' || uid === '' || typeof operation !== 'string') return { outcome: 'refused', reason: 'the request has no uid or no operation' };
  const need = needOf(operation, request);
  return need.outcome === 'refused' ? need : { outcome: 'question', question: { uid, dryRun: request['dryRun'] === true, need: need.need } };
}

type NeedOutcome = { readonly outcome: 'need'; readonly need: AdmissionNeed } | { readonly outcome: 'refused'; readonly reason: string };

function needOf(operation: string, request: { readonly [key: string]: JsonValue }): NeedOutcome {
  if (operation !== 'CREATE' && operation !== 'UPDATE') return none(`${operation} starts nothing`);
  const subresource = request['subResource'];
  if (typeof subresource === 'string' && subresource !== '') return none(`a change of ${subresource} starts nothing`);
  const after = flinkResourceOf(request['object']);
  if (after.outcome === 'refused') return { outcome: 'refused', reason: `of the object: ${after.reason}` };
  const { resource } = after;
  if (resource.leaves) return none('it is being deleted');
  if (!resource.runs) return none(resource.artifact['spec'] !== undefined && objectOf(resource.artifact['spec'])?.['job'] === undefined ? 'a session cluster runs no job of its own' : 'it is suspended');
  if (operation === 'CREATE') return { outcome: 'need', need: { need: 'start', resource } };
  const before = flinkResourceOf(request['oldObject']);
  if (before.outcome === 'refused') return { outcome: 'refused', reason: `of the oldObject: ${before.reason}` };
  const runsOn = before.resource.runs && canonicalJson(before.resource.artifact) === canonicalJson(resource.artifact);
  return runsOn ? none('it runs the same program as before') : { outcome: 'need', need: { need: 'start', resource } };
}

function none(why: string): NeedOutcome {
  return { outcome: 'need', need: { need: 'none', why } };
}

/** What is answered. */
export interface AdmissionAnswer {
  readonly allowed: boolean;
  /** Why not, for whoever applied the resource; '' when allowed. */
  readonly message: string;
  readonly warnings: readonly string[];
  /** For the audit log of Kubernetes. */
  readonly audit: Readonly<Record<string, string>>;
}

/** Kubernetes shows warnings cut at 256 characters, and drops those beyond 4,096 in all. */
const LONGEST_WARNING = 256;
const LONGEST_WARNINGS = 4_096;
/** Longest reason, in characters: what a terminal shows before nobody reads on. */
const LONGEST_MESSAGE = 4_000;

export function admissionReview(uid: string, { allowed, message, warnings, audit }: AdmissionAnswer): object {
  const status = allowed ? {} : { status: { code: 403, reason: 'Forbidden', message: cut(message, LONGEST_MESSAGE) } };
  const shown = fitting(warnings.map((warning) => cut(warning, LONGEST_WARNING)));
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    response: { uid, allowed, ...status, ...(shown.length === 0 ? {} : { warnings: shown }), ...(Object.keys(audit).length === 0 ? {} : { auditAnnotations: audit }) },
  };
}

function fitting(warnings: readonly string[]): string[] {
  let length = 0;
  return warnings.filter((warning) => (length += warning.length) <= LONGEST_WARNINGS);
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
