/**
 * Why an answer of a server outside cannot be used. `unreachable`, `redirected` and `refused` say something of the whole
 * server; the others may be about one answer alone. `incomplete`: a list that stops before its end. `lost`: it lacks most
 * of what it had.
 */
export const FAILURE_KINDS = ['unreachable', 'timed-out', 'redirected', 'refused', 'server-error', 'not-json', 'malformed', 'too-large', 'incomplete', 'lost'] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** A server outside gave no answer that can be believed; asking again later may help. The message is fit to show. */
export class OutsideFailure extends Error {
  override readonly name = 'OutsideFailure';
  readonly kind: FailureKind;
  constructor(kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Whether there is no use in asking this server for anything else now. */
export function concernsAll({ kind }: OutsideFailure): boolean {
  return kind === 'unreachable' || kind === 'redirected' || kind === 'refused' || kind === 'incomplete' || kind === 'lost';
}
