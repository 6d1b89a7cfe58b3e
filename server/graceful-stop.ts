/** As the command line's: what a supervisor can tell apart. */
const EXIT = { stopped: 0, unavailable: 3 } as const;

export interface GracefulStopParts {
  /** What messages begin with. */
  readonly program: string;
  /** How long a stop may take; then the process ends all the same. */
  readonly deadlineMs: number;
}
export interface GracefulStop {
  /** Whether somebody asked for the stop. */
  readonly asked: boolean;
  /** Adds what has to be ended; the last added ends first. Once the stop was asked for it is ended at once, and StopAsked thrown. */
  whenStopping(end: () => Promise<unknown>): void;
}

/** Thrown where a start would go on although the stop was asked for. */
export class StopAsked extends Error {
  override readonly name = 'StopAsked';
}

/**
 * Ends the process on SIGTERM or SIGINT, from now on: what runs is ended in order, also in the middle of a start, and the
 * exit code is 0. It is 3 when something could not be ended, or not in time, or when a second signal cut it short.
 */
export function stopOnSignal({ program, deadlineMs }: GracefulStopParts): GracefulStop {
  const ends: (() => Promise<unknown>)[] = [];
  let asked = false;
  const give = (reason: string): never => {
    process.stderr.write(`${program}: ${reason}\n`);
    process.exit(EXIT.unavailable);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked) give(`stopped at once by a second signal, ${signal}`);
    asked = true;
    setTimeout(() => give(`not stopped within ${deadlineMs} ms`), deadlineMs);
    void unwound(ends, program).then((whole) => process.exit(whole ? EXIT.stopped : EXIT.unavailable));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  return {
    get asked() {
      return asked;
    },
    whenStopping(end) {
      ends.push(end);
      if (asked) throw new StopAsked('the stop was asked for');
    },
  };
}

/** Ends everything, whatever fails; also what a start still adds meanwhile. Whether all of it was ended as it should. */
async function unwound(ends: (() => Promise<unknown>)[], program: string): Promise<boolean> {
  let whole = true;
  for (let end = ends.pop(); end !== undefined; end = ends.pop()) {
    await end().catch((failure: unknown) => {
      whole = false;
      process.stderr.write(`${program}: stopping failed: ${String(failure)}\n`);
    });
  }
  return whole;
}
