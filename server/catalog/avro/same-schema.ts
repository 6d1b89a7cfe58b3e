import { sameEntries, sameJson } from './json.ts';
import type { AvroSchema, Field, RecordSchema } from './schema.ts';

/**
 * Equal as Avro Java's `Schema.equals` has it: full names, field order, types, defaults, sort order, symbols, sizes
 * and extra attributes count; doc, aliases, an enum's default and `error` do not. Two schemas that are the
 * same in this sense read and write the same bytes by the same names.
 */
export function equalSchemas(a: AvroSchema, b: AvroSchema): boolean {
  return new Comparison(false).same(a, b);
}

/**
 * Is this the schema that is already registered? The registry compares the canonical text, which keeps doc, aliases
 * and an enum's default beside all that `equalSchemas` compares, and forgets white space and the order of attributes.
 */
export function sameSchema(a: AvroSchema, b: AvroSchema): boolean {
  return new Comparison(true).same(a, b);
}

/** Pairs of types one comparison looks at; cycles of coprime lengths multiply them, and past it two schemas count as different. */
const MAX_PAIRS = 1_000_000;

/** Pairs still to be compared are kept in a list: no depth and no cycle meets the end of the call stack. */
class Comparison {
  readonly #whole: boolean;
  readonly #open: (readonly [AvroSchema, AvroSchema])[] = [];
  readonly #seen = new Map<RecordSchema, Set<RecordSchema>>();

  constructor(whole: boolean) {
    this.#whole = whole;
  }

  same(a: AvroSchema, b: AvroSchema): boolean {
    this.#open.push([a, b]);
    let pairs = 0;
    for (let pair = this.#open.pop(); pair !== undefined; pair = this.#open.pop()) {
      if (pair[0] !== pair[1] && (++pairs > MAX_PAIRS || !this.#alike(...pair))) return false;
    }
    return true;
  }

  /** Alike in themselves; what they are made of is left to be compared. */
  #alike(a: AvroSchema, b: AvroSchema): boolean {
    if (!sameEntries(a.props, b.props) || !this.#sameNames(a, b)) return false;
    switch (a.kind) {
      case 'record':
        return b.kind === 'record' && (!this.#whole || a.error === b.error) && this.#sameRecords(a, b);
      case 'enum':
        return b.kind === 'enum' && sameLists(a.symbols, b.symbols) && (!this.#whole || a.default === b.default);
      case 'fixed':
        return b.kind === 'fixed' && a.size === b.size;
      case 'array':
        return b.kind === 'array' && this.#later(a.items, b.items);
      case 'map':
        return b.kind === 'map' && this.#later(a.values, b.values);
      case 'union':
        return b.kind === 'union' && a.branches.length === b.branches.length && a.branches.every((branch, i) => this.#later(branch, b.branches[i]));
      default:
        return a.kind === b.kind;
    }
  }

  #sameNames(a: AvroSchema, b: AvroSchema): boolean {
    if (!('fullname' in a) || !('fullname' in b)) return true;
    if (a.fullname !== b.fullname) return false;
    return !this.#whole || (a.doc === b.doc && sameSets(a.aliases, b.aliases));
  }

  #sameRecords(a: RecordSchema, b: RecordSchema): boolean {
    const seen = this.#seen.get(a) ?? new Set();
    if (seen.has(b)) return true;
    this.#seen.set(a, seen.add(b));
    return a.fields.length === b.fields.length && a.fields.every((field, i) => this.#sameFields(field, b.fields[i]));
  }

  #sameFields(a: Field, b: Field | undefined): boolean {
    if (b === undefined || a.name !== b.name || a.order !== b.order || !sameEntries(a.props, b.props)) return false;
    if (this.#whole && (a.doc !== b.doc || !sameSets(a.aliases, b.aliases))) return false;
    return sameDefaults(a.default, b.default) && this.#later(a.type, b.type);
  }

  #later(a: AvroSchema, b: AvroSchema | undefined): boolean {
    if (b !== undefined) this.#open.push([a, b]);
    return b !== undefined;
  }
}

export function sameDefaults(a: Field['default'], b: Field['default']): boolean {
  return a === undefined || b === undefined ? a === b : sameJson(a, b);
}

function sameLists(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

function sameSets(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && (sameLists(a, b) || sameLists([...a].sort(), [...b].sort()));
}
