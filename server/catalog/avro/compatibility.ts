import { type AvroSchema, type EnumSchema, type Field, type FixedSchema, type NamedSchema, PRIMITIVE_KINDS, type RecordSchema, type UnionSchema } from './schema.ts';

export const INCOMPATIBILITY_TYPES = [
  'NAME_MISMATCH', 'FIXED_SIZE_MISMATCH', 'MISSING_ENUM_SYMBOLS', 'READER_FIELD_MISSING_DEFAULT_VALUE', 'TYPE_MISMATCH', 'MISSING_UNION_BRANCH',
] as const;
export type IncompatibilityType = (typeof INCOMPATIBILITY_TYPES)[number];

/** One reason, worded and placed as Avro Java does: the location is a JSON pointer into the reader, but for the indexes of a written union's branches. */
export interface Incompatibility {
  readonly type: IncompatibilityType;
  readonly location: string;
  readonly message: string;
}

export type CompatibilityVerdict =
  | { readonly outcome: 'compatible' }
  | { readonly outcome: 'incompatible'; readonly incompatibilities: readonly Incompatibility[] }
  /** No verdict: Avro Java throws for this pair, or the pair is beyond a limit the message names. */
  | { readonly outcome: 'failed'; readonly message: string };

/** Pairs of types one check may compare: wide unions and cycles of coprime lengths multiply them. */
const MAX_PAIRS = 1_000_000;
/** Reasons one check may collect: a type used twice in each of n levels repeats its own 2^n times. */
const MAX_INCOMPATIBILITIES = 100_000;

/**
 * Can records written with `writer` be read with `reader`? Verdict, reasons and their order are those of Avro Java
 * 1.12's `SchemaCompatibility`, its oddities included: a pair of types is judged once, and wherever it
 * comes up again its reasons carry the first location.
 */
export function checkCompatibility(reader: AvroSchema, writer: AvroSchema): CompatibilityVerdict {
  try {
    const found = new Check().run({ reader, writer, at: null });
    return found.length === 0 ? { outcome: 'compatible' } : { outcome: 'incompatible', incompatibilities: found };
  } catch (failure) {
    if (failure instanceof Undecidable) return { outcome: 'failed', message: failure.message };
    throw failure;
  }
}

class Undecidable extends Error {}

/** A place in the reader, innermost step first; null is the root. */
interface Place {
  readonly step: string | number;
  readonly up: Place | null;
}
interface Pair {
  readonly reader: AvroSchema;
  readonly writer: AvroSchema;
  readonly at: Place | null;
}
type Found = readonly Incompatibility[];
/** Judges one pair; hands out the pairs it depends on and takes back what was found for them. */
type Judgement = Generator<Pair, Found, Found>;

const NOTHING: Found = [];
const PROMOTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['long', ['int']],
  ['float', ['int', 'long']],
  ['double', ['int', 'long', 'float']],
  ['bytes', ['string']],
  ['string', ['bytes']],
]);
const PRIMITIVES: ReadonlySet<string> = new Set(PRIMITIVE_KINDS);

class Check {
  readonly #known = new Map<AvroSchema, Map<AvroSchema, Found>>();
  readonly #fieldsByName = new Map<RecordSchema, ReadonlyMap<string, Field>>();
  #pairs = 0;

  /** The stack of open judgements is kept here, so that neither depth nor cycles meet the end of the call stack. */
  run(start: Pair): Found {
    const open: { readonly pair: Pair; readonly judgement: Judgement }[] = [];
    let answer = this.#begin(start, open);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const next = answer === null ? top.judgement.next() : top.judgement.next(answer);
      if (next.done === true) {
        open.pop();
        answer = this.#remember(top.pair, next.value);
      } else {
        answer = this.#begin(next.value, open);
      }
    }
    return answer ?? NOTHING;
  }

  /** What is known of a pair, or null after opening its judgement. */
  #begin(pair: Pair, open: { readonly pair: Pair; readonly judgement: Judgement }[]): Found | null {
    if (++this.#pairs > MAX_PAIRS) throw new Undecidable(`the schemas have more than ${MAX_PAIRS} pairs of types to compare`);
    const { reader, writer } = pair;
    if (PRIMITIVES.has(reader.kind) && PRIMITIVES.has(writer.kind)) return mismatchUnlessPromoted(pair);
    const known = this.#known.get(reader)?.get(writer);
    if (known !== undefined) return known;
    // A pair met again while it is being judged counts as compatible until proven otherwise.
    this.#remember(pair, NOTHING);
    open.push({ pair, judgement: this.#judge(pair) });
    return null;
  }

  #remember({ reader, writer }: Pair, found: Found): Found {
    const byWriter = this.#known.get(reader);
    if (byWriter === undefined) this.#known.set(reader, new Map([[writer, found]]));
    else byWriter.set(writer, found);
    return found;
  }

  *#judge(pair: Pair): Judgement {
    const { reader, writer, at } = pair;
    if (reader.kind === 'union' && writer.kind === 'union') return yield* unionByUnion(reader, writer, at);
    if (writer.kind === 'union') return yield* anyByUnion(reader, writer, at);
    if (reader.kind === 'union') return yield* unionByAny(reader, writer, at);
    if (reader.kind === 'array' && writer.kind === 'array') return yield { reader: reader.items, writer: writer.items, at: { step: 'items', up: at } };
    if (reader.kind === 'map' && writer.kind === 'map') return yield { reader: reader.values, writer: writer.values, at: { step: 'values', up: at } };
    if (reader.kind === 'fixed' && writer.kind === 'fixed') return [...names(reader, writer, at), ...sizes(reader, writer, at)];
    if (reader.kind === 'enum' && writer.kind === 'enum') return [...names(reader, writer, at), ...symbols(reader, writer, at)];
    if (reader.kind === 'record' && writer.kind === 'record') return yield* this.#records(reader, writer, at);
    return mismatchUnlessPromoted(pair);
  }

  *#records(reader: RecordSchema, writer: RecordSchema, at: Place | null): Judgement {
    const found = [...names(reader, writer, at)];
    const fields = { step: 'fields', up: at };
    for (const [i, field] of reader.fields.entries()) {
      const place = { step: i, up: fields };
      const written = this.#writtenField(field, i, writer);
      if (written !== undefined) add(found, yield { reader: field.type, writer: written.type, at: { step: 'type', up: place } });
      else if (field.default === undefined) {
        // Avro Java lets an enum with a default of its own stand in for the field's, then compares it with the whole record.
        if (field.type.kind === 'enum' && field.type.default !== null) add(found, yield { reader: field.type, writer, at: { step: 'type', up: place } });
        else add(found, one('READER_FIELD_MISSING_DEFAULT_VALUE', place, field.name));
      }
    }
    return found;
  }

  /** Looked up by the reader's name for the field and its aliases; the writer's own aliases do not count. */
  #writtenField(field: Field, position: number, writer: RecordSchema): Field | undefined {
    const fields = this.#fieldsOf(writer);
    let found = fields.get(field.name);
    for (const alias of field.aliases) {
      const aliased = fields.get(alias);
      if (aliased === undefined) continue;
      if (found !== undefined) {
        const described = `${field.name} type:${typeName(field.type)} pos:${position}`;
        throw new Undecidable(`Reader record field ${described} matches multiple fields in writer record schema ${writer.fullname}`);
      }
      found = aliased;
    }
    return found;
  }

  #fieldsOf(record: RecordSchema): ReadonlyMap<string, Field> {
    const known = this.#fieldsByName.get(record);
    if (known !== undefined) return known;
    const fields = new Map(record.fields.map((field) => [field.name, field]));
    this.#fieldsByName.set(record, fields);
    return fields;
  }
}

/** Each branch written must be readable; why it is not is left out, as Avro Java does. */
function* unionByUnion(reader: UnionSchema, writer: UnionSchema, at: Place | null): Judgement {
  const found: Incompatibility[] = [];
  for (const [i, branch] of writer.branches.entries()) {
    const reasons = yield { reader, writer: branch, at: null };
    if (reasons.length > 0) add(found, lackingBranch(branch, { step: i, up: at }));
  }
  return found;
}

function* anyByUnion(reader: AvroSchema, writer: UnionSchema, at: Place | null): Judgement {
  const found: Incompatibility[] = [];
  for (const [i, branch] of writer.branches.entries()) add(found, yield { reader, writer: branch, at: { step: i, up: at } });
  return found;
}

function* unionByAny(reader: UnionSchema, writer: AvroSchema, at: Place | null): Judgement {
  for (const branch of reader.branches) {
    const reasons = yield { reader: branch, writer, at: null };
    if (reasons.length === 0) return NOTHING;
  }
  return lackingBranch(writer, at);
}

/** Unqualified names are compared; an alias of the reader must be the writer's full name. */
function names(reader: NamedSchema, writer: NamedSchema, at: Place | null): Found {
  if (reader.name === writer.name || reader.aliases.includes(writer.fullname)) return NOTHING;
  return one('NAME_MISMATCH', { step: 'name', up: at }, `expected: ${writer.fullname === '' ? 'null' : writer.fullname}`);
}

function sizes(reader: FixedSchema, writer: FixedSchema, at: Place | null): Found {
  return reader.size === writer.size ? NOTHING : one('FIXED_SIZE_MISMATCH', { step: 'size', up: at }, `expected: ${writer.size}, found: ${reader.size}`);
}

function symbols(reader: EnumSchema, writer: EnumSchema, at: Place | null): Found {
  const known = new Set(reader.symbols);
  const missing = writer.symbols.filter((symbol) => !known.has(symbol));
  if (missing.length === 0 || (reader.default !== null && known.has(reader.default))) return NOTHING;
  return one('MISSING_ENUM_SYMBOLS', { step: 'symbols', up: at }, `[${missing.sort().join(', ')}]`);
}

function mismatchUnlessPromoted({ reader, writer, at }: Pair): Found {
  if (reader.kind === writer.kind || PROMOTIONS.get(reader.kind)?.includes(writer.kind) === true) return NOTHING;
  return one('TYPE_MISMATCH', at, `reader type: ${typeName(reader)} not compatible with writer type: ${typeName(writer)}`);
}

function lackingBranch(writer: AvroSchema, at: Place | null): Found {
  return one('MISSING_UNION_BRANCH', at, `reader union lacking writer type: ${typeName(writer)}`);
}

function one(type: IncompatibilityType, at: Place | null, message: string): Found {
  return [{ type, location: pointer(at), message }];
}

function add(found: Incompatibility[], more: Found): void {
  if (more.length === 0) return;
  if (found.length + more.length > MAX_INCOMPATIBILITIES) throw new Undecidable(`the schemas have more than ${MAX_INCOMPATIBILITIES} incompatibilities`);
  for (const incompatibility of more) found.push(incompatibility);
}

function pointer(at: Place | null): string {
  const steps: (string | number)[] = [];
  for (let place = at; place !== null; place = place.up) steps.push(place.step);
  return `/${steps.reverse().join('/')}`;
}

function typeName({ kind }: AvroSchema): string {
  return kind.toUpperCase();
}
