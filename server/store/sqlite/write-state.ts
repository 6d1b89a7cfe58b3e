/** What the parts of one writing transaction share. */
export interface WriteState {
  /** The revision this transaction makes, if it changes anything. */
  revision: number;
  /** Rows added less rows removed, by the name of their tally. */
  readonly tallies: Map<string, number>;
}

export function count(state: WriteState, what: string, n: number): void {
  state.tallies.set(what, (state.tallies.get(what) ?? 0) + n);
}
