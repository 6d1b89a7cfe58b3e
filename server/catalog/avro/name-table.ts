import { primitiveKind } from './avro-names.ts';
import type { DefaultJudge } from './default-values.ts';
import type { JsonObject } from './json.ts';
import { type Place, refuse } from './refusal.ts';
import { Resolver } from './resolve.ts';
import { equalSchemas } from './same-schema.ts';
import { type AvroSchema, isNamed, type NamedSchema, type PrimitiveKind, type PrimitiveSchema, type RecordSchema } from './schema.ts';

const NO_PROPS: JsonObject = new Map();
/** Types one schema may hold, its references included; what a schema of the largest text size can sensibly use. */
export const MAX_TYPES = 50_000;

/** The named types of one parse, those of its references among them, as Avro Java's `ParseContext` keeps them. */
export class NameTable {
  readonly #committed = new Map<string, NamedSchema>();
  readonly #fresh = new Map<string, NamedSchema>();
  readonly #placeholders = new Map<AvroSchema, string>();
  #resolver: Resolver | null = null;
  #types = 0;

  /** Counts one more type, in this text or any before it. */
  admit(): void {
    if (++this.#types > MAX_TYPES) refuse(`more than ${MAX_TYPES} types in one schema and its references`);
  }

  /** A primitive, a type defined so far, or a placeholder for one that may yet be. */
  find(name: string, namespace: string | null): AvroSchema {
    const kind = primitiveKind(name);
    if (kind !== undefined) return plainPrimitive(kind);
    const full = namespace !== null && !name.includes('.') ? `${namespace}.${name}` : name;
    return this.#defined(full) ?? this.#defined(name) ?? this.#placeholder(full);
  }

  /** Whether a type stands for one that is not defined yet. */
  isPlaceholder(schema: AvroSchema): boolean {
    return this.#placeholders.has(schema);
  }

  /** Defines a type, whose name is valid; the same definition again is no fault. */
  define(schema: NamedSchema): void {
    const known = this.#defined(schema.fullname);
    if (known === undefined) this.#fresh.set(schema.fullname, schema);
    else if (!equalSchemas(known, schema)) refuse(`Can't redefine: ${schema.fullname}`);
  }

  /** Ends one text: every name must be defined now. Answers the text's own schema with the types in place; `places` tells where in the text they were read. */
  complete(main: AvroSchema, judge: DefaultJudge | null, places: Map<AvroSchema, Place>): AvroSchema {
    if (this.#fresh.size > 0) this.#resolver = null;
    for (const [name, schema] of this.#fresh) this.#committed.set(name, schema);
    this.#fresh.clear();
    // Without a name used before its definition there are no cycles, and resolving would copy every type as it is.
    if (this.#placeholders.size === 0) return this.#own(main, places) ?? main;
    const resolver = (this.#resolver ??= this.#resolveAll(judge, places));
    const own = this.#own(main, places);
    if (own === null) resolver.visit(main);
    return own ?? resolver.copyOf(main);
  }

  /** Avro Java resolves all types anew, those of earlier texts too, and so judges their defaults again. */
  #resolveAll(judge: DefaultJudge | null, places: Map<AvroSchema, Place>): Resolver {
    const resolver = new Resolver({ placeholders: this.#placeholders, definition: (name) => this.#committed.get(name), judge, places });
    for (const schema of this.#committed.values()) resolver.visit(schema);
    for (const [name, schema] of this.#committed) {
      const copy = resolver.copyOf(schema);
      if (isNamed(copy)) this.#committed.set(name, copy);
    }
    return resolver;
  }

  /** The defined type of the same name, the first where it is defined twice; null for what has no name. */
  #own(main: AvroSchema, places: ReadonlyMap<AvroSchema, Place>): AvroSchema | null {
    const wanted = this.#placeholders.get(main);
    if (wanted !== undefined) refuse(`Undefined schema: ${wanted}`, places.get(main));
    return isNamed(main) ? (this.#committed.get(main.fullname) ?? null) : null;
  }

  #defined(full: string): NamedSchema | undefined {
    return this.#committed.get(full) ?? this.#fresh.get(full);
  }

  #placeholder(full: string): AvroSchema {
    const name = `?${this.#placeholders.size}`;
    const placeholder: RecordSchema = {
      kind: 'record', fullname: name, name, aliases: [], doc: null, error: false, fields: [], logicalType: null, props: NO_PROPS,
    };
    this.#placeholders.set(placeholder, full);
    return placeholder;
  }
}

function plainPrimitive(kind: PrimitiveKind): PrimitiveSchema {
  return { kind, logicalType: null, props: NO_PROPS };
}
