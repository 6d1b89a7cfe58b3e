import type avro from 'avsc';

/**
 * Most items of all arrays and maps of a message. Items that take a byte cannot be more than its bytes;
 * this is for those that take none, of which a few bytes can claim any number.
 */
const MAX_ITEMS = 1_048_588;
/** Deepest nesting; our contracts need 8, and the decoder's own stack ends far beyond. */
const MAX_DEPTH = 200;

/** A message says of itself what its bytes cannot hold. */
export class FalseClaim extends Error {
  override readonly name = 'FalseClaim';
}

/**
 * Walks a binary record without making anything of it, and throws a FalseClaim where it claims more than
 * there is. The decoder makes room for as many items as an array claims, before it looks for them, and an
 * array too large for the heap of a thread ends the whole process, not the thread.
 */
export function checkClaims(type: avro.Type, bytes: Uint8Array): void {
  new Walk(bytes).value(type, 0);
}

class Walk {
  readonly #bytes: Uint8Array;
  #at = 0;
  #items = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  value(type: avro.Type, depth: number): void {
    if (depth > MAX_DEPTH) throw new FalseClaim(`it nests deeper than ${MAX_DEPTH} levels`);
    switch (type.typeName) {
      case 'null':
        return;
      case 'boolean':
        return this.#pass(1);
      case 'int':
      case 'long':
      case 'enum':
        return void this.#long();
      case 'float':
        return this.#pass(4);
      case 'double':
        return this.#pass(8);
      case 'bytes':
      case 'string':
        return this.#pass(this.#long());
      case 'fixed':
        return this.#pass((type as avro.types.FixedType).size);
      case 'array':
        return this.#blocks(() => this.value((type as avro.types.ArrayType).itemsType, depth + 1));
      case 'map':
        return this.#blocks(() => {
          this.#pass(this.#long());
          this.value((type as avro.types.MapType).valuesType, depth + 1);
        });
      case 'record':
      case 'error':
        for (const field of (type as avro.types.RecordType).fields) this.value(field.type, depth + 1);
        return;
      default:
        return this.#wrapped(type, depth);
    }
  }

  #wrapped(type: avro.Type, depth: number): void {
    if ('underlyingType' in type) return this.value(type.underlyingType as avro.Type, depth);
    const branches = (type as avro.types.UnwrappedUnionType).types;
    const position = this.#long();
    const branch = branches[position];
    if (branch === undefined) throw new FalseClaim(`it names member ${position} of a union of ${branches.length}`);
    this.value(branch, depth + 1);
  }

  /** Items come in blocks, each with its count; a negative one is followed by the block's size, which decoders do not need. */
  #blocks(item: () => void): void {
    for (let count = this.#long(); count !== 0; count = this.#long()) {
      if (count < 0) this.#long();
      for (let left = Math.abs(count); left > 0; left--) {
        if (++this.#items > MAX_ITEMS) throw new FalseClaim(`it holds more than ${MAX_ITEMS} items`);
        item();
      }
    }
  }

  #pass(length: number): void {
    if (length < 0 || length > this.#bytes.length - this.#at) throw new FalseClaim(`at byte ${this.#at} it claims ${length} bytes more, ${this.#bytes.length - this.#at} are left`);
    this.#at += length;
  }

  #long(): number {
    let [value, scale] = [0, 1];
    for (let byte = 0x80; (byte & 0x80) !== 0; scale *= 128) {
      if (this.#at >= this.#bytes.length) throw new FalseClaim(`it ends at byte ${this.#at} in the middle of a value`);
      byte = this.#bytes[this.#at++] ?? 0;
      if (scale > 2 ** 63) throw new FalseClaim(`at byte ${this.#at} a number does not end`);
      value += (byte & 0x7f) * scale;
    }
    // Zigzag; a number beyond 2^53 is inexact here, which no length or count can be.
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
