/** What every command ends with. */
export const EXIT = {
  pass: 0,
  /** The check ran and the answer is no: a denial, an incompatibility, a replay that failed again. */
  checkFailed: 1,
  /** Wrong usage or input that cannot be read. */
  usage: 2,
  /** No true answer could be had: server, store or registry unavailable. */
  unavailable: 3,
} as const;

/** Ends a command with a message for people and an exit code. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: number;
  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
