/**
 * Every way a request can fail, as RFC 9457 problems. `openapi.yaml` lists the same slugs; a test ties the two.
 * `retryAfter` (seconds) is set where waiting may help.
 */
export const PROBLEMS = {
  'request-invalid': { status: 400, title: 'The request does not have the described form' },
  'cursor-invalid': { status: 400, title: 'The cursor is not one this API gave out' },
  'cursor-expired': { status: 410, title: 'The answer this cursor continues is no longer held; ask again' },
  unauthenticated: { status: 401, title: 'Nobody can tell who sends the request' },
  'token-malformed': { status: 401, title: 'The token is not one that can be read' },
  'token-unsigned': { status: 401, title: 'Nobody signed the token' },
  'token-algorithm-refused': { status: 401, title: 'The token is signed in a way that is not taken' },
  'token-issuer-unknown': { status: 401, title: 'The token is of another issuer' },
  'token-audience-wrong': { status: 401, title: 'The token is for somebody else' },
  'token-key-unknown': { status: 401, title: 'The token is signed with a key nobody vouches for' },
  'token-expired': { status: 401, title: 'The token has expired' },
  'token-revoked': { status: 401, title: 'The token was revoked' },
  'token-invalid': { status: 401, title: 'The token is not valid' },
  'scope-missing': { status: 403, title: 'The caller may not do this' },
  'not-owner': { status: 403, title: 'The caller does not answer for this' },
  'approver-is-requester': { status: 403, title: 'Nobody agrees to what they asked for themselves' },
  'approver-not-asked': { status: 403, title: 'The caller is in no team that is asked' },
  'requester-only': { status: 403, title: 'Only who proposed a schema change may do this' },
  'route-not-found': { status: 404, title: 'There is no such route' },
  'entity-not-found': { status: 404, title: 'The catalog has never heard of it' },
  'dataset-not-found': { status: 404, title: 'A dataset the request names is not in the catalog' },
  'decision-not-found': { status: 404, title: 'There is no such decision' },
  'subject-not-found': { status: 404, title: 'The catalog knows no such subject' },
  'proposal-not-found': { status: 404, title: 'There is no such schema change' },
  'approval-not-found': { status: 404, title: 'No such approval is in force' },
  'version-not-found': { status: 404, title: 'There is no such schema version' },
  'webhook-not-found': { status: 404, title: 'There is no such webhook' },
  'token-not-found': { status: 404, title: 'There is no such API token' },
  'idempotency-in-flight': { status: 409, title: 'A request with this key is being answered right now', retryAfter: 1 },
  'policy-conflict': { status: 409, title: 'The policy was changed by someone else meanwhile' },
  'webhook-conflict': { status: 409, title: 'The webhook was changed by someone else meanwhile' },
  'webhook-key-changed': { status: 409, title: 'The webhook belongs to another key than this process has' },
  'webhook-limit': { status: 409, title: 'There are as many webhooks as there may be' },
  'proposal-exists': { status: 409, title: 'The same schema is proposed already' },
  'proposal-state': { status: 409, title: 'The schema change is not in a state that allows it' },
  'proposal-superseded': { status: 409, title: 'A newer schema was proposed for the subject' },
  'proposal-stale': { status: 409, title: 'The schema change has findings that were not seen when it was agreed to' },
  'proposal-blocked': { status: 409, title: 'The schema change has findings that nobody can agree to' },
  'proposal-limit': { status: 409, title: 'There are too many of them' },
  'approval-repeated': { status: 409, title: 'The team has agreed to this already' },
  'registry-not-configured': { status: 409, title: 'No Schema Registry is configured that could take the schema' },
  'registry-refused': { status: 409, title: 'The Schema Registry refuses the schema' },
  'body-too-large': { status: 413, title: 'The body is larger than the limit' },
  'media-type-unsupported': { status: 415, title: 'The body must be application/json' },
  'host-refused': { status: 421, title: 'Only the machine itself is answered here' },
  'admission-review-invalid': { status: 422, title: 'The body is no AdmissionReview about a resource of Flink’s operator' },
  'event-invalid': { status: 422, title: 'The event is not one OpenLineage describes' },
  'schema-invalid': { status: 422, title: 'A schema in the request is not a valid Avro schema' },
  'program-invalid': { status: 422, title: 'The program is not one Flink would take' },
  'schema-not-found': { status: 422, title: 'No schema is known for a dataset the verdict needs one for' },
  'key-subject-unjudged': { status: 422, title: 'A change of a key schema cannot be judged' },
  'schema-undecidable': { status: 422, title: 'The pair of schemas cannot be judged' },
  'webhook-address-refused': { status: 422, title: 'Nothing may be sent to this address' },
  'name-taken': { status: 422, title: 'Another field beside it has that name' },
  'team-unknown': { status: 422, title: 'There is no such team' },
  'idempotency-key-reused': { status: 422, title: 'The key was used before with another body' },
  'approval-context-invalid': { status: 422, title: 'The findings were not shown for that context' },
  'approval-expired': { status: 422, title: 'The approval would be over already' },
  'approval-too-long': { status: 422, title: 'An approval may not stand that long' },
  'finding-unknown': { status: 422, title: 'The gate has shown no such finding' },
  'finding-not-approvable': { status: 422, title: 'Nobody can agree to the finding' },
  'break-glass-reason-missing': { status: 422, title: 'Breaking glass needs a reason' },
  'internal-error': { status: 500, title: 'Sluice failed to answer' },
  'identity-unavailable': { status: 503, title: 'Who sends the request cannot be checked now', retryAfter: 5 },
  'registry-unavailable': { status: 503, title: 'The Schema Registry gave no answer that can be believed', retryAfter: 5 },
  'gate-contended': { status: 503, title: 'Others change the same things at this moment', retryAfter: 1 },
  'permit-unavailable': { status: 503, title: 'No permit can be signed now', retryAfter: 5 },
  'registry-stale': { status: 503, title: 'What the Schema Registry holds is not known well enough now', retryAfter: 5 },
  'store-unavailable': { status: 503, title: 'The store cannot answer now', retryAfter: 2 },
  'not-ready': { status: 503, title: 'Sluice cannot give true answers yet', retryAfter: 1 },
} as const satisfies Record<string, { status: number; title: string; retryAfter?: number }>;

export type ProblemSlug = keyof typeof PROBLEMS;

/** Thrown by handlers and actions; becomes `application/problem+json`. `facts` are added to the document. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly slug: ProblemSlug;
  readonly facts: Readonly<Record<string, unknown>>;
  constructor(slug: ProblemSlug, detail: string, facts: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super(detail, options);
    this.slug = slug;
    this.facts = facts;
  }
}

export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

export function problemDocument({ slug, message, facts }: Problem): ProblemDocument {
  const { status, title } = PROBLEMS[slug];
  return { ...facts, type: `urn:sluice:problem:${slug}`, title, status, detail: message };
}

/** Seconds to wait before asking again; null where waiting does not help. */
export function retryAfterOf(slug: ProblemSlug): number | null {
  const problem = PROBLEMS[slug];
  return 'retryAfter' in problem ? problem.retryAfter : null;
}
