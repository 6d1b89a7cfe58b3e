import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest turn of long work, ms, between which others are answered: one large program or wide schema takes milliseconds. */
const TURN_MS = 8;

/** Long work in short turns, so that nobody waits for it. */
export class Turns {
  #started = performance.now();

  /** Whether it is time for others. */
  get isOver(): boolean {
    return performance.now() - this.#started >= TURN_MS;
  }

  /** Lets others go first, and begins the next turn. */
  async next(): Promise<void> {
    await nextTurn();
    this.#started = performance.now();
  }
}
