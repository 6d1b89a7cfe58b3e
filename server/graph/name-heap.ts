/** Many names in one run of UTF-8 bytes: a tenth of the memory of as many strings, and it loads as it lies. */
export class NameHeap {
  readonly bytes: Uint8Array;
  /** Name i lies in [offsets[i], offsets[i + 1]). */
  readonly offsets: Uint32Array;

  constructor(bytes: Uint8Array, offsets: Uint32Array) {
    this.bytes = bytes;
    this.offsets = offsets;
  }

  get(i: number): string {
    return DECODER.decode(this.bytes.subarray(this.offsets[i], this.offsets[i + 1]));
  }

  /** Whether name i is these bytes. */
  is(i: number, name: Uint8Array): boolean {
    const start = this.offsets[i] ?? 0;
    if ((this.offsets[i + 1] ?? 0) - start !== name.length) return false;
    for (let k = 0; k < name.length; k++) if (this.bytes[start + k] !== name[k]) return false;
    return true;
  }
}
/** A byte order mark in front of a name is part of the name. */
const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });
const ENCODER = new TextEncoder();

export function encodeName(name: string): Uint8Array {
  return ENCODER.encode(name);
}
/** Namespace and name as one heap entry; the length in front keeps any two apart. */
export function joinName(namespace: string, name: string): string {
  return `${namespace.length} ${namespace}${name}`;
}
export function splitName(joined: string): { namespace: string; name: string } {
  const space = joined.indexOf(' ');
  const end = space + 1 + Number(joined.slice(0, space));
  return { namespace: joined.slice(space + 1, end), name: joined.slice(end) };
}

/** Builds a heap name by name. */
export class NameHeapBuilder {
  #bytes: Uint8Array;
  readonly #offsets: Uint32Array;
  #names = 0;
  #end = 0;

  constructor(names: number) {
    this.#bytes = new Uint8Array(Math.max(1024, names * 16));
    this.#offsets = new Uint32Array(names + 1);
  }

  add(name: string): void {
    // A UTF-16 unit takes at most three bytes.
    if (this.#end + name.length * 3 > this.#bytes.length) this.#grow(this.#end + name.length * 3);
    this.#end += ENCODER.encodeInto(name, this.#bytes.subarray(this.#end)).written;
    this.#offsets[++this.#names] = this.#end;
  }

  finish(): NameHeap {
    return new NameHeap(this.#bytes.slice(0, this.#end), this.#offsets);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}
