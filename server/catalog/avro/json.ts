/**
 * JSON as Avro Java sees it, which is not what `JSON.parse` gives: `1` and `1.0` differ, integers keep
 * all their digits, comments are allowed, and of two equal keys the later one counts.
 */
export type JsonNode = null | boolean | string | number | bigint | JsonDecimal | readonly JsonNode[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonNode>;

/** A number written with a fraction or an exponent. A plain `number` is a safe integer, a `bigint` any other. */
export class JsonDecimal {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export type JsonOutcome =
  | { readonly outcome: 'read'; readonly node: JsonNode }
  | { readonly outcome: 'malformed'; readonly message: string };

/** Deepest nesting taken: the limit of the JSON reader under Avro Java 1.12, and far from our own stack's end. */
export const MAX_JSON_DEPTH = 1_000;
/** Longest number taken, in characters: the limit of the JSON reader under Avro Java 1.12. */
const MAX_NUMBER_LENGTH = 1_000;

/** Reads one JSON document; anything but white space after it is malformed. */
export function readJson(text: string, maxDepth = MAX_JSON_DEPTH): JsonOutcome {
  const reader = new JsonReader(text, maxDepth);
  try {
    return { outcome: 'read', node: reader.document() };
  } catch (failure) {
    if (failure instanceof Malformed) return { outcome: 'malformed', message: failure.message };
    throw failure;
  }
}

/** Whether lists and objects are nested deeper in it than so many levels. */
export function isDeeperThan(node: JsonNode, levels: number): boolean {
  let level: JsonNode[] = [node];
  for (let depth = 0; level.length > 0; depth++) {
    const holders = level.filter((held) => isJsonArray(held) || isJsonObject(held));
    if (depth >= levels && holders.length > 0) return true;
    level = holders.flatMap((held) => [...(isJsonObject(held) ? held.values() : isJsonArray(held) ? held : [])]);
  }
  return false;
}

/** Plain JSON as `JSON.parse` gives it. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A plain JSON value as a node. What `JSON.parse` lost stays lost: `1.0` is 1, and digits beyond 2^53 are gone. */
export function nodeOf(value: JsonValue): JsonOutcome {
  try {
    return { outcome: 'read', node: plainNode(value, 0) };
  } catch (failure) {
    if (failure instanceof Malformed) return { outcome: 'malformed', message: failure.message };
    throw failure;
  }
}

function plainNode(value: JsonValue, depth: number): JsonNode {
  if (depth > MAX_JSON_DEPTH) throw new Malformed(`not JSON: nested deeper than ${MAX_JSON_DEPTH} levels`);
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value + 0 : Number.isInteger(value) ? BigInt(value) : new JsonDecimal(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => plainNode(item, depth + 1));
  return new Map(Object.entries(value).map(([key, item]) => [key, plainNode(item, depth + 1)]));
}

/** The node as compact JSON text. */
export function renderJson(node: JsonNode): string {
  if (node === null || typeof node === 'boolean') return String(node);
  if (typeof node === 'string') return JSON.stringify(node);
  if (typeof node === 'number' || typeof node === 'bigint') return String(node);
  if (node instanceof JsonDecimal) return renderDecimal(node.value);
  if (isJsonObject(node)) return `{${[...node].map(([key, value]) => `${JSON.stringify(key)}:${renderJson(value)}`).join(',')}}`;
  return `[${node.map(renderJson).join(',')}]`;
}

/** Equal as Avro Java's JSON tree compares: `1` is not `1.0`, key order does not matter, NaN equals NaN. */
export function sameJson(a: JsonNode, b: JsonNode): boolean {
  if (a === b) return true;
  if (a instanceof JsonDecimal) return b instanceof JsonDecimal && Object.is(a.value, b.value);
  if (isJsonArray(a)) return isJsonArray(b) && a.length === b.length && a.every((value, i) => sameJson(value, b[i] ?? null));
  return isJsonObject(a) && isJsonObject(b) && sameEntries(a, b);
}

/** Equal key sets with equal values, whatever the order. */
export function sameEntries(a: JsonObject, b: JsonObject): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other === undefined || !sameJson(value, other)) return false;
  }
  return true;
}

export function isJsonObject(node: JsonNode | undefined): node is JsonObject {
  return node instanceof Map;
}

export function isJsonArray(node: JsonNode | undefined): node is readonly JsonNode[] {
  return Array.isArray(node);
}

function renderDecimal(value: number): string {
  if (!Number.isFinite(value)) return JSON.stringify(String(value));
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

class Malformed extends Error {}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN_STRING = /[^"\\\u0000-\u001f]*/y;
const WORD_PART = /[\p{L}\p{N}_$]/u;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'], ['\\', '\\'], ['/', '/'], ['b', '\b'], ['f', '\f'], ['n', '\n'], ['r', '\r'], ['t', '\t'],
]);

/** Says that a list or object was begun and its next value is to be read. */
const OPENED = Symbol('opened');
interface Open {
  readonly end: ']' | '}';
  readonly node: JsonNode[] | Map<string, JsonNode>;
  key: string;
}

function put({ node, key }: Open, value: JsonNode): void {
  if (node instanceof Map) node.set(key, value);
  else node.push(value);
}

class JsonReader {
  readonly #text: string;
  readonly #maxDepth: number;
  #at = 0;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#maxDepth = maxDepth;
  }

  document(): JsonNode {
    this.#skip();
    if (this.#at >= this.#text.length) throw new Malformed('not JSON: the text is empty');
    const node = this.#value();
    // Comments are white space inside a document only.
    if (/[^\u0000-\u0020]/.test(this.#text.slice(this.#at))) this.#fail('dangling content after the end');
    return node;
  }

  /** Open lists and objects are kept here, so that no nesting meets the end of the call stack. */
  #value(): JsonNode {
    const open: Open[] = [];
    for (;;) {
      let node = this.#begin(open);
      for (let parent = open.at(-1); node !== OPENED; parent = open.at(-1)) {
        if (parent === undefined) return node;
        put(parent, node);
        this.#skip();
        node = this.#take(',') ? this.#next(parent) : this.#close(parent, open);
      }
    }
  }

  /** A scalar or an empty list or object; any other one is opened, up to its first value. */
  #begin(open: Open[]): JsonNode | typeof OPENED {
    switch (this.#text[this.#at]) {
      case '{':
        return this.#open('}', open, new Map());
      case '[':
        return this.#open(']', open, []);
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  #open(end: Open['end'], open: Open[], node: JsonNode[] | Map<string, JsonNode>): JsonNode | typeof OPENED {
    this.#at++;
    this.#skip();
    if (open.length >= this.#maxDepth) this.#fail(`nested deeper than ${this.#maxDepth} levels`);
    if (this.#take(end)) return node;
    const opened: Open = { end, node, key: '' };
    open.push(opened);
    if (end === '}') opened.key = this.#key();
    return OPENED;
  }

  #next(parent: Open): typeof OPENED {
    this.#skip();
    if (parent.end === '}') parent.key = this.#key();
    return OPENED;
  }

  #close({ end, node }: Open, open: Open[]): JsonNode {
    if (!this.#take(end)) this.#fail(`expected "," or "${end}"`);
    open.pop();
    return node;
  }

  #key(): string {
    if (this.#text[this.#at] !== '"') this.#fail('expected a key in double quotes');
    const key = this.#string();
    this.#skip();
    if (!this.#take(':')) this.#fail('expected ":"');
    this.#skip();
    return key;
  }

  #string(): string {
    let read = '';
    for (let from = this.#at + 1; ; from = this.#at) {
      PLAIN_STRING.lastIndex = from;
      PLAIN_STRING.test(this.#text);
      this.#at = PLAIN_STRING.lastIndex;
      const plain = this.#text.slice(from, this.#at);
      const end = this.#text[this.#at++];
      if (end === '"') return read === '' ? plain : read + plain;
      if (end !== '\\') this.#fail(end === undefined ? 'the text ends inside a string' : 'a control character inside a string');
      read += plain + this.#escape();
    }
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? '';
    if (letter !== 'u') return ESCAPES.get(letter) ?? this.#fail('unknown escape in a string');
    const digits = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.#fail('expected four hexadecimal digits after "\\u"');
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #word<T>(word: string, value: T): T {
    const end = this.#at + word.length;
    if (!this.#text.startsWith(word, this.#at) || WORD_PART.test(this.#text[end] ?? '')) this.#fail('unknown word');
    this.#at = end;
    return value;
  }

  #number(): number | bigint | JsonDecimal {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) this.#fail(this.#at < this.#text.length ? 'unexpected character' : 'the text ends too early');
    const [text, fraction, exponent] = match;
    if (text.length > MAX_NUMBER_LENGTH) this.#fail(`a number longer than ${MAX_NUMBER_LENGTH} characters`);
    this.#at += text.length;
    if (WORD_PART.test(this.#text[this.#at] ?? '') || this.#text[this.#at] === '.') this.#fail('malformed number');
    if (fraction !== undefined || exponent !== undefined) return new JsonDecimal(Number(text));
    const value = Number(text);
    return Number.isSafeInteger(value) ? value + 0 : BigInt(text);
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skip(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) this.#at++;
      else if (code === 0x2f) this.#comment();
      else return;
    }
  }

  #comment(): void {
    const line = this.#text[this.#at + 1] === '/';
    if (!line && this.#text[this.#at + 1] !== '*') this.#fail('unexpected "/"');
    const end = line ? this.#text.slice(this.#at).search(/[\r\n]/) + this.#at : this.#text.indexOf('*/', this.#at + 2);
    if (end < this.#at) {
      if (!line) this.#fail('a comment without an end');
      this.#at = this.#text.length;
    } else {
      this.#at = line ? end : end + 2;
    }
  }

  #fail(what: string): never {
    throw new Malformed(`not JSON: ${what} at character ${this.#at}`);
  }
}
