interface Entry<K, V> {
  readonly key: K;
  readonly value: V;
  readonly weight: number;
  older: Entry<K, V> | null;
  newer: Entry<K, V> | null;
}

/**
 * A map that forgets what was used longest ago once its entries weigh more than `capacity` together; an entry
 * weighs 1 unless told otherwise. One that alone is heavier than that is not kept.
 */
export class BoundedCache<K, V> {
  readonly #capacity: number;
  readonly #entries = new Map<K, Entry<K, V>>();
  #weight = 0;
  // The order of use is a list of its own: taking keys out of the map and putting them back costs ten times as much.
  #oldest: Entry<K, V> | null = null;
  #newest: Entry<K, V> | null = null;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry !== this.#newest) {
      this.#unlink(entry);
      this.#link(entry);
    }
    return entry.value;
  }

  set(key: K, value: V, weight = 1): void {
    this.delete(key);
    if (weight > this.#capacity) return;
    const entry: Entry<K, V> = { key, value, weight, older: null, newer: null };
    this.#entries.set(key, entry);
    this.#weight += weight;
    this.#link(entry);
    while (this.#weight > this.#capacity && this.#oldest !== null) this.delete(this.#oldest.key);
  }

  delete(key: K): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#weight -= entry.weight;
    this.#unlink(entry);
  }

  clear(): void {
    this.#entries.clear();
    this.#weight = 0;
    this.#oldest = this.#newest = null;
  }

  #link(entry: Entry<K, V>): void {
    entry.older = this.#newest;
    entry.newer = null;
    if (this.#newest === null) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink({ older, newer }: Entry<K, V>): void {
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
  }
}
