import { uint8 } from './arrays.ts';

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** Bytes a UTF-16 unit can take in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;
const FIRST_TEXTS = 1024;
const FIRST_HEAP = 16 * 1024;

const encoder = new TextEncoder();

/** What a snapshot keeps of the table. */
export interface StringTableArrays {
  readonly heap: Uint8Array;
  /** Text i lies in [ends[i - 1], ends[i]) of the heap, the first from 0. */
  readonly ends: Int32Array;
}

/** Each text once, as UTF-8 in one heap, known by a small number that never changes. */
export class StringTable {
  #heap: Uint8Array = new Uint8Array(FIRST_HEAP);
  #text: Buffer = Buffer.from(this.#heap.buffer);
  #ends: Int32Array = new Int32Array(FIRST_TEXTS);
  /** Open addressing; 0 is free, otherwise the number of a text plus one. Length is a power of two. */
  #slots: Int32Array = new Int32Array(FIRST_TEXTS * 2);
  #scratch: Uint8Array = new Uint8Array(4096);
  #count = 0;

  static from({ heap, ends }: StringTableArrays): StringTable {
    const table = new StringTable();
    table.#heap = heap;
    table.#text = Buffer.from(heap.buffer, heap.byteOffset, heap.byteLength);
    table.#ends = ends;
    table.#count = ends.length;
    table.#rehash();
    return table;
  }

  get count(): number {
    return this.#count;
  }
  get bytes(): number {
    return this.#heap.byteLength + this.#ends.byteLength + this.#slots.byteLength;
  }

  /** The number of a text, -1 when it was never added. */
  idOf(text: string): number {
    if (!text.isWellFormed()) return -1;
    const length = this.#encode(text);
    return (this.#slots[this.#slotOf(length)] ?? 0) - 1;
  }

  /** The number of a text, which is added when new. */
  intern(text: string): number {
    const length = this.#encode(text);
    const slot = this.#slotOf(length);
    const known = this.#slots[slot] ?? 0;
    return known > 0 ? known - 1 : this.#add(length, slot);
  }

  textAt(id: number): string {
    return this.#text.toString('utf8', this.#startOf(id), this.#ends[id]);
  }

  arrays(): StringTableArrays {
    const used = this.#count === 0 ? 0 : (this.#ends[this.#count - 1] ?? 0);
    return { heap: this.#heap.subarray(0, used), ends: this.#ends.subarray(0, this.#count) };
  }

  #startOf(id: number): number {
    return id === 0 ? 0 : (this.#ends[id - 1] ?? 0);
  }

  /** Writes the text into the scratch bytes; most names are ASCII, which needs no encoder. */
  #encode(text: string): number {
    const room = text.length * MAX_BYTES_PER_UNIT;
    if (room > this.#scratch.length) this.#scratch = new Uint8Array(room * 2);
    const scratch = this.#scratch;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) return encoder.encodeInto(text, scratch).written;
      scratch[i] = unit;
    }
    return text.length;
  }

  /** Where the scratch bytes are, or would go. */
  #slotOf(length: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash(this.#scratch, 0, length) & mask;
    for (;;) {
      const id = (this.#slots[slot] ?? 0) - 1;
      if (id < 0 || this.#equals(id, length)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #equals(id: number, length: number): boolean {
    const start = this.#startOf(id);
    if ((this.#ends[id] ?? 0) - start !== length) return false;
    const heap = this.#heap;
    const scratch = this.#scratch;
    for (let i = 0; i < length; i++) if (heap[start + i] !== scratch[i]) return false;
    return true;
  }

  #add(length: number, slot: number): number {
    const id = this.#count;
    const start = this.#startOf(id);
    this.#reserve(start + length);
    this.#heap.set(this.#scratch.subarray(0, length), start);
    this.#ends[id] = start + length;
    this.#count++;
    this.#slots[slot] = id + 1;
    if (this.#count * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #reserve(heapBytes: number): void {
    if (heapBytes > this.#heap.length) {
      const larger = uint8(Math.max(heapBytes, this.#heap.length) * 2);
      larger.set(this.#heap);
      this.#heap = larger;
      this.#text = Buffer.from(larger.buffer);
    }
    if (this.#count >= this.#ends.length) {
      const larger = new Int32Array((this.#count + 1) * 2);
      larger.set(this.#ends);
      this.#ends = larger;
    }
  }

  #rehash(): void {
    let size = FIRST_TEXTS * 2;
    while (size < this.#count * 4) size *= 2;
    const slots = new Int32Array(size);
    for (let id = 0, start = 0; id < this.#count; id++) {
      const end = this.#ends[id] ?? 0;
      let slot = hash(this.#heap, start, end) & (size - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (size - 1);
      slots[slot] = id + 1;
      start = end;
    }
    this.#slots = slots;
  }
}

/** FNV-1a with a last mix, so that the low bits depend on every byte. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let h = FNV_OFFSET;
  for (let i = start; i < end; i++) h = Math.imul(h ^ (bytes[i] ?? 0), FNV_PRIME);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}
