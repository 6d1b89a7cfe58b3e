/**
 * Why an answer of the registry cannot be used. `unreachable`, `redirected` and `refused` say something of the whole
 * registry; the others may be about one answer alone. `incomplete`: a list that stops before its end.
 */
export const FAILURE_KINDS = ['unreachable', 'timed-out', 'redirected', 'refused', 'server-error', 'not-json', 'malformed', 'too-large', 'incomplete', 'lost'] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** The registry gave no answer that can be believed; asking again later may help. The message is fit to show. */
export class RegistryFailure extends Error {
  override readonly name = 'RegistryFailure';
  readonly kind: FailureKind;
  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Whether there is no use in asking this registry for anything else now. */
export function concernsAll({ kind }: RegistryFailure): boolean {
  return kind === 'unreachable' || kind === 'redirected' || kind === 'refused' || kind === 'incomplete' || kind === 'lost';
}
