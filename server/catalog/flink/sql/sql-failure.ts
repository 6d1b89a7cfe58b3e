/** Names and texts of a script may be as long as the script; an error quotes so much of them. */
const MAX_MESSAGE = 1_000;

/** A script Flink would refuse; caught where a script is taken in, never seen outside this folder. */
export class SqlFailure extends Error {
  /** Offset in the script, in UTF-16 units. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message);
    this.at = at;
  }
}

/** Line and column, counted from 1, of offsets in one text. */
export class LineIndex {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let i = text.indexOf('\n'); i !== -1; i = text.indexOf('\n', i + 1)) this.#starts.push(i + 1);
  }

  at(offset: number): { line: number; column: number } {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#starts[low] as number) + 1 };
  }
}
