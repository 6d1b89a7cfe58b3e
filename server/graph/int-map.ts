/** Keys to a chunk: chunks stay small enough to copy in a microsecond, and the list of them too. */
const CHUNK_BITS = 10;

type Chunk<V> = ReadonlyMap<number, V>;

/** An immutable map from small non-negative integers; a changed copy shares all it did not change. */
export class IntMap<V> {
  readonly #chunks: readonly (Chunk<V> | undefined)[];

  constructor(chunks: readonly (Chunk<V> | undefined)[] = []) {
    this.#chunks = chunks;
  }

  get(key: number): V | undefined {
    return this.#chunks[key >> CHUNK_BITS]?.get(key);
  }
  has(key: number): boolean {
    return this.#chunks[key >> CHUNK_BITS]?.has(key) ?? false;
  }
  *entries(): Generator<[number, V]> {
    for (const chunk of this.#chunks) if (chunk !== undefined) yield* chunk.entries();
  }
  edit(): IntMapDraft<V> {
    return new IntMapDraft(this.#chunks);
  }
}

/** Changes on the way to a new `IntMap`; the map it began from never sees them. */
export class IntMapDraft<V> {
  readonly #chunks: (Chunk<V> | undefined)[];
  readonly #own = new Map<number, Map<number, V>>();

  constructor(chunks: readonly (Chunk<V> | undefined)[]) {
    this.#chunks = [...chunks];
  }

  get(key: number): V | undefined {
    return this.#chunks[key >> CHUNK_BITS]?.get(key);
  }
  set(key: number, value: V): void {
    const at = key >> CHUNK_BITS;
    let chunk = this.#own.get(at);
    if (chunk === undefined) {
      chunk = new Map(this.#chunks[at]);
      this.#own.set(at, chunk);
      this.#chunks[at] = chunk;
    }
    chunk.set(key, value);
  }
  /** Hands the changes over; the draft must not be used again. */
  done(): IntMap<V> {
    return new IntMap(this.#chunks);
  }
}
