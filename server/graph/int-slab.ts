/** Numbers of a slab: small enough that its memory is used again as it is, without asking the system for fresh pages. */
const SLAB = 16_384;
/** Numbers of the largest copy that lies in a slab: whoever holds one keeps no more than a slab alive. */
const LARGEST = SLAB / 4;
/** Below this a loop is faster than the call. */
const SHORT = 48;

/** Some numbers of a shared array. */
export interface IntRange {
  readonly numbers: Int32Array;
  readonly offset: number;
}

/** Hands out copies. Small ones share an array, since a typed array of one's own costs as much as a walk to a thousand nodes. */
export class IntSlab {
  #slab = new Int32Array(0);
  #end = 0;

  /** A copy of the first `length` numbers. */
  copy(source: Int32Array, length: number): IntRange {
    if (length > LARGEST) return { numbers: source.slice(0, length), offset: 0 };
    if (this.#end + length > this.#slab.length) [this.#slab, this.#end] = [new Int32Array(SLAB), 0];
    const [numbers, offset] = [this.#slab, this.#end];
    this.#end += length;
    if (length > SHORT) numbers.set(source.subarray(0, length), offset);
    else for (let i = 0; i < length; i++) numbers[offset + i] = source[i] ?? 0;
    return { numbers, offset };
  }
}
