/** Arrays that a worker thread can read and hand back without a copy. */
export function int32(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * 4));
}
export function uint8(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}
export function float64(length: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}

type Numbers = Int32Array | Float64Array | Uint8Array;
const FIRST_CAPACITY = 1024;

/** Numbers that arrive one by one. */
export class Column<A extends Numbers> {
  readonly #allocate: (length: number) => A;
  #array: A;
  length = 0;

  constructor(allocate: (length: number) => A) {
    this.#allocate = allocate;
    this.#array = allocate(FIRST_CAPACITY);
  }

  push(value: number): void {
    if (this.length === this.#array.length) this.#grow();
    this.#array[this.length++] = value;
  }
  /** What was pushed, as a view of the column's own memory. */
  view(): A {
    return this.#array.subarray(0, this.length) as A;
  }
  /** What was pushed, in memory of its own size. */
  trimmed(): A {
    const exact = this.#allocate(this.length);
    exact.set(this.view());
    return exact;
  }
  #grow(): void {
    const larger = this.#allocate(this.#array.length * 2);
    larger.set(this.#array);
    this.#array = larger;
  }
}

/** For element access that stays within bounds by construction. */
export function at(array: ArrayLike<number>, index: number): number {
  const value = array[index];
  if (value === undefined) throw new RangeError(`no element ${index} in ${array.length}`);
  return value;
}

/** Turns counts kept at [i + 1] into starts at [i]. */
export function accumulate(counts: Int32Array): void {
  for (let i = 1; i < counts.length; i++) counts[i] = (counts[i] ?? 0) + (counts[i - 1] ?? 0);
}
