import { checkName, faultOfFullName, primitiveKind, qualify, type QualifiedName } from './avro-names.ts';
import { type DefaultJudge, FIELDS_NOT_SET, textAsDouble } from './default-values.ts';
import { isJsonArray, isJsonObject, type JsonNode, type JsonObject, renderJson } from './json.ts';
import { logicalTypeOf } from './logical-types.ts';
import type { NameTable } from './name-table.ts';
import { type Place, refuse } from './refusal.ts';
import { checkDefault, faultOfBranches, setFields } from './resolve.ts';
import type { AvroSchema, EnumSchema, Field, FieldOrder, FixedSchema, NamedSchema, PrimitiveKind, RecordSchema } from './schema.ts';

/** Fields one record may have: ten times the widest tables we know of; the check of a pair is linear in them. */
export const MAX_FIELDS = 5_000;
/** Largest fixed, in bytes: the longest array a Java reader can hold. */
const MAX_FIXED_SIZE = 2 ** 31 - 1 - 8;
/** Longest piece of schema quoted in a message. */
const MAX_QUOTE = 200;

const MAX_LONG = 2n ** 63n;
const SCHEMA_ATTRIBUTES: ReadonlySet<string> = new Set(['doc', 'fields', 'items', 'name', 'namespace', 'size', 'symbols', 'values', 'type', 'aliases']);
const ENUM_ATTRIBUTES: ReadonlySet<string> = new Set([...SCHEMA_ATTRIBUTES, 'default']);
const FIELD_ATTRIBUTES: ReadonlySet<string> = new Set(['default', 'doc', 'name', 'order', 'type', 'aliases']);
const ORDERS: ReadonlyMap<string, FieldOrder> = new Map([['ASCENDING', 'ascending'], ['DESCENDING', 'descending'], ['IGNORE', 'ignore']]);
const NO_PROPS: JsonObject = new Map();
const NO_ALIASES: readonly string[] = [];

/**
 * Reads one schema document into types, checks in the order Avro Java 1.12 makes them (`Schema.parse`),
 * and leaves names that are not defined yet to `NameTable.complete`.
 */
export class SchemaReader {
  readonly #names: NameTable;
  readonly #judge: DefaultJudge | null;
  /** Whether the document as a whole may be a record without a name, or an enum whose default is none of its symbols. */
  readonly #lenientRoot: boolean;
  /** Where in the document each record, union and use of a name was read. */
  readonly places = new Map<AvroSchema, Place>();
  #place: Place = null;

  constructor(names: NameTable, judge: DefaultJudge | null, lenientRoot: boolean) {
    this.#names = names;
    this.#judge = judge;
    this.#lenientRoot = lenientRoot;
  }

  /** Where in the document the reader is; after a refusal, the place refused. */
  get place(): Place {
    return this.#place;
  }

  read(node: JsonNode, namespace: string | null): AvroSchema {
    this.#names.admit();
    if (typeof node === 'string') return this.#named(node, namespace);
    if (isJsonArray(node)) return this.#union(node, namespace);
    if (!isJsonObject(node)) refuse(`Schema not yet supported: ${quote(node)}`);
    return this.#typed(node, this.#requiredText(node, 'type', 'No type'), namespace);
  }

  #named(name: string, namespace: string | null): AvroSchema {
    const schema = this.#names.find(name, namespace);
    if (this.#names.isPlaceholder(schema)) this.places.set(schema, this.#place);
    return schema;
  }

  #typed(node: JsonObject, type: string, namespace: string | null): AvroSchema {
    switch (type) {
      case 'record':
      case 'error':
        return this.#record(node, namespace, type === 'error');
      case 'enum':
        return this.#enum(node, namespace);
      case 'fixed':
        return this.#fixed(node, namespace);
      case 'array':
        return this.#array(node, namespace);
      case 'map':
        return this.#map(node, namespace);
      default: {
        const kind = primitiveKind(type);
        return kind === undefined ? this.#inside('type', () => this.#named(type, namespace)) : { kind, ...annotations(node, { kind }, SCHEMA_ATTRIBUTES) };
      }
    }
  }

  #record(node: JsonObject, namespace: string | null, error: boolean): AvroSchema {
    const name = this.#isLenient && !node.has('name') ? NAMELESS : this.#typeName(node, namespace);
    const record: RecordSchema = {
      kind: 'record', fullname: name.full, name: name.name, aliases: [], doc: optionalText(node, 'doc'), error, fields: FIELDS_NOT_SET, logicalType: null, props: NO_PROPS,
    };
    const nodes = node.get('fields');
    if (!isJsonArray(nodes)) this.#refuseAt(node, 'fields', 'Record has no fields');
    if (nodes.length > MAX_FIELDS) this.#inside('fields', () => refuse(`more than ${MAX_FIELDS} fields in record ${name.full}`));
    setFields(record, this.#inside('fields', () => this.#fields(nodes, name)));
    const complete = { ...record, ...clonedAnnotations(node, record.kind), aliases: this.#typeAliases(node, name) };
    this.places.set(complete, this.#place);
    if (complete.fullname !== '') this.#define(complete, node);
    return complete;
  }

  get #isLenient(): boolean {
    return this.#lenientRoot && this.#place === null;
  }

  #fields(nodes: readonly JsonNode[], record: QualifiedName): readonly Field[] {
    const fields = nodes.map((node, i) => this.#inside(i, () => this.#field(node, record.space)));
    const names = new Set<string>();
    for (const [i, { name }] of fields.entries()) {
      if (names.has(name)) this.#inside(i, () => this.#inside('name', () => refuse(`Duplicate field ${name} in record ${record.full}`)));
      names.add(name);
    }
    return fields;
  }

  #field(node: JsonNode, namespace: string | null): Field {
    if (!isJsonObject(node)) refuse(`No field name: ${quote(node)}`);
    const name = this.#requiredText(node, 'name', 'No field name');
    const typeNode = node.get('type') ?? this.#refuseMissing(node, 'type', 'No field type');
    const type = this.#inside('type', () => this.read(typeNode, namespace));
    const order = this.#inside('order', () => orderOf(node));
    const declared = node.get('default');
    const numeric = typeof declared === 'string' && (type.kind === 'float' || type.kind === 'double');
    const field = { name: this.#inside('name', () => checkName(name)), type, default: numeric ? this.#inside('default', () => textAsDouble(declared)) : declared, order, doc: optionalText(node, 'doc') };
    this.#inside('default', () => checkDefault(field, this.#judge));
    return { ...field, aliases: this.#aliases(node), props: propsOf(node, FIELD_ATTRIBUTES) };
  }

  #enum(node: JsonObject, namespace: string | null): EnumSchema {
    const name = this.#typeName(node, namespace);
    const nodes = node.get('symbols');
    if (!isJsonArray(nodes)) this.#refuseAt(node, 'symbols', 'Enum has no symbols');
    const symbols = this.#inside('symbols', () => this.#symbols(nodes));
    const declared = optionalText(node, 'default');
    if (declared !== null && !symbols.includes(declared) && !this.#isLenient) this.#inside('default', () => refuse(`The Enum Default: ${declared} is not in the enum symbol set: [${symbols.join(', ')}]`));
    const schema: EnumSchema = {
      kind: 'enum', fullname: name.full, name: name.name, aliases: this.#typeAliases(node, name), doc: optionalText(node, 'doc'), symbols, default: declared,
      ...annotations(node, { kind: 'enum' }, ENUM_ATTRIBUTES),
    };
    this.#define(schema, node);
    return schema;
  }

  #fixed(node: JsonObject, namespace: string | null): FixedSchema {
    const name = this.#typeName(node, namespace);
    const size = node.get('size');
    if (typeof size !== 'number' || Math.abs(size) > 2 ** 31) this.#refuseAt(node, 'size', 'Invalid or no size');
    this.#inside('size', () => checkSize(size));
    const schema: FixedSchema = {
      kind: 'fixed', fullname: name.full, name: name.name, aliases: this.#typeAliases(node, name), doc: optionalText(node, 'doc'), size,
      ...annotations(node, { kind: 'fixed', size }, SCHEMA_ATTRIBUTES),
    };
    this.#define(schema, node);
    return schema;
  }

  #array(node: JsonObject, namespace: string | null): AvroSchema {
    const itemsNode = node.get('items') ?? this.#refuseMissing(node, 'items', 'Array has no items type');
    const items = this.#inside('items', () => this.read(itemsNode, namespace));
    return { kind: 'array', items, ...clonedAnnotations(node, 'array') };
  }

  #map(node: JsonObject, namespace: string | null): AvroSchema {
    const valuesNode = node.get('values') ?? this.#refuseMissing(node, 'values', 'Map has no values type');
    const values = this.#inside('values', () => this.read(valuesNode, namespace));
    return { kind: 'map', values, ...clonedAnnotations(node, 'map') };
  }

  #union(nodes: readonly JsonNode[], namespace: string | null): AvroSchema {
    const branches = nodes.map((node, i) => this.#inside(i, () => this.read(node, namespace)));
    const fault = faultOfBranches(branches);
    if (fault !== null) this.#inside(fault.branch, () => refuse(fault.message));
    const union: AvroSchema = { kind: 'union', branches, logicalType: null, props: NO_PROPS };
    this.places.set(union, this.#place);
    return union;
  }

  #typeName(node: JsonObject, namespace: string | null): QualifiedName {
    const declared = this.#requiredText(node, 'name', 'No name in schema');
    return this.#inside('name', () => {
      const name = qualify(declared, optionalText(node, 'namespace') ?? namespace);
      if (primitiveKind(name.full) !== undefined) refuse(`Schemas may not be named after primitives: ${name.full}`);
      return name;
    });
  }

  #define(schema: NamedSchema, node: JsonObject): void {
    const fault = faultOfFullName(schema.fullname);
    // A namespace may be said beside the name, or around it.
    const ofName = fault?.part !== 'namespace' || String(node.get('name')).includes('.') || !node.has('namespace');
    if (fault !== null) this.#inside(ofName ? 'name' : 'namespace', () => refuse(fault.message));
    this.#inside('name', () => this.#names.define(schema));
  }

  #symbols(nodes: readonly JsonNode[]): readonly string[] {
    const symbols = new Set<string>();
    for (const [i, node] of nodes.entries()) {
      const symbol = this.#inside(i, () => checkName(typeof node === 'string' ? node : null));
      if (symbols.has(symbol)) this.#inside(i, () => refuse(`Duplicate enum symbol: ${symbol}`));
      symbols.add(symbol);
    }
    return [...symbols];
  }

  #typeAliases(node: JsonObject, owner: QualifiedName): readonly string[] {
    const qualified = (alias: string): string => {
      const { name, space, full } = qualify(alias, owner.space);
      return space === null && owner.space !== null ? `.${name}` : full;
    };
    return this.#aliases(node, qualified);
  }

  #aliases(node: JsonObject, change: (alias: string) => string = (alias) => alias): readonly string[] {
    const aliases = node.get('aliases');
    if (aliases === undefined) return NO_ALIASES;
    return this.#inside('aliases', () => {
      if (!isJsonArray(aliases)) refuse(`aliases not an array: ${quote(node)}`);
      const texts = aliases.map((alias, i) => (typeof alias === 'string' ? alias : this.#inside(i, () => refuse(`alias not a string: ${quote(alias)}`))));
      return [...new Set(texts.map((alias, i) => this.#inside(i, () => change(alias))))];
    });
  }

  #requiredText(node: JsonObject, key: string, fault: string): string {
    return optionalText(node, key) ?? this.#refuseAt(node, key, fault);
  }

  #refuseMissing(node: JsonObject, key: string, fault: string): never {
    if (node.has(key)) return this.#inside(key, () => refuse('Schema not yet supported: null'));
    return refuse(`${fault}: ${quote(node)}`);
  }

  /** At the attribute that is at fault; where it is missing, at what lacks it. */
  #refuseAt(node: JsonObject, key: string, fault: string): never {
    const refusing = (): never => refuse(`${fault}: ${quote(node)}`);
    return node.has(key) ? this.#inside(key, refusing) : refusing();
  }

  #inside<T>(step: string | number, read: () => T): T {
    const outside = this.#place;
    this.#place = { parent: outside, step };
    const result = read();
    this.#place = outside;
    return result;
  }
}

const NAMELESS: QualifiedName = { name: '', space: null, full: '' };

function checkSize(size: number): void {
  if (size < 0) refuse(`Malformed data. Length is negative: ${size}`);
  if (size > MAX_FIXED_SIZE) refuse(`Cannot read arrays longer than ${MAX_FIXED_SIZE} bytes in Java library`);
}

function orderOf(node: JsonObject): FieldOrder {
  const declared = node.get('order');
  if (declared === undefined) return 'ascending';
  return ORDERS.get(typeof declared === 'string' ? declared.toUpperCase() : '') ?? refuse(`unknown sort order: ${quote(declared)}`);
}

function annotations(node: JsonObject, carrier: { readonly kind: PrimitiveKind | 'enum' | 'fixed' | 'record' | 'array' | 'map'; readonly size?: number }, reserved: ReadonlySet<string>): Pick<AvroSchema, 'logicalType' | 'props'> {
  const props = propsOf(node, reserved);
  return { logicalType: props.size === 0 ? null : logicalTypeOf(carrier, props), props };
}

/** Avro Java copies these types once their names resolve, and its copy cannot carry an integer beyond 64 bits. */
function clonedAnnotations(node: JsonObject, kind: 'record' | 'array' | 'map'): Pick<AvroSchema, 'logicalType' | 'props'> {
  const annotated = annotations(node, { kind }, SCHEMA_ATTRIBUTES);
  for (const [name, value] of annotated.props) if (holdsHugeInteger(value)) refuse(`Can't set a property to null: ${name}`);
  return annotated;
}

function holdsHugeInteger(node: JsonNode): boolean {
  if (typeof node === 'bigint') return node < -MAX_LONG || node >= MAX_LONG;
  if (isJsonArray(node)) return node.some(holdsHugeInteger);
  return isJsonObject(node) && [...node.values()].some(holdsHugeInteger);
}

function propsOf(node: JsonObject, reserved: ReadonlySet<string>): JsonObject {
  let props: Map<string, JsonNode> | undefined;
  for (const [name, value] of node) if (!reserved.has(name)) (props ??= new Map()).set(name, value);
  return props ?? NO_PROPS;
}

function optionalText(node: JsonObject, key: string): string | null {
  const value = node.get(key);
  return typeof value === 'string' ? value : null;
}

function quote(node: JsonNode): string {
  const text = renderJson(node);
  return text.length <= MAX_QUOTE ? text : `${text.slice(0, MAX_QUOTE)}…`;
}
