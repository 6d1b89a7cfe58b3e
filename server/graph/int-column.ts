/** Integers in a row, growing by doubling; reads past the end give 0. */
export class IntColumn {
  #values: Int32Array;
  length = 0;

  constructor(capacity = 1024) {
    this.#values = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Int32Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  at(i: number): number {
    return this.#values[i] ?? 0;
  }

  set(i: number, value: number): void {
    this.#values[i] = value;
  }

  /** The values without the spare room; a copy. */
  toArray(): Int32Array<ArrayBuffer> {
    return this.#values.slice(0, this.length);
  }
}

/** A typed array's element, known to be within bounds by construction of the caller. */
export function at(array: Int32Array | Uint8Array | Uint32Array | Float64Array, i: number): number {
  return array[i] as number;
}
