import { type DefaultJudge, FIELDS_NOT_SET } from './default-values.ts';
import { type Place, refuse, Refusal } from './refusal.ts';
import { type AvroSchema, branchName, type Field, type RecordSchema, type UnionSchema } from './schema.ts';

/** Deepest chain of forward references through forward references; each one is a level of recursion here. */
const MAX_FORWARD_CHAIN = 500;
/** Steps to put references in place; far above what a schema within the size limits needs unless it was made to need more. */
const MAX_STEPS = 5_000_000;

/** Names used before their definition, each standing as an empty record until the whole text is read. */
export type Placeholders = ReadonlyMap<AvroSchema, string>;

export interface Resolution {
  readonly placeholders: Placeholders;
  readonly definition: (fullname: string) => AvroSchema | undefined;
  readonly judge: DefaultJudge | null;
  /** Where types were read; those of earlier texts are not in it. The copies of records are put in. */
  readonly places: Map<AvroSchema, Place>;
}

/**
 * Copies a graph of types, each placeholder replaced by the type it names. It follows Avro Java's own order of visits
 * (`SchemaResolver.ResolvingVisitor`), because that order decides which record defaults are judged
 * before the record they are for is complete, and so refused.
 */
export class Resolver {
  readonly #copies = new Map<AvroSchema, AvroSchema>();
  readonly #about: Resolution;
  #chain = 0;
  #steps = 0;

  constructor(about: Resolution) {
    this.#about = about;
  }

  /** The copy of a type visited before. */
  copyOf(schema: AvroSchema): AvroSchema {
    return this.#copies.get(schema) ?? refuse(`Unknown schema: ${branchName(schema)}`);
  }

  visit(start: AvroSchema): void {
    const visited = new Set<AvroSchema>();
    const stack: { readonly schema: AvroSchema; readonly leaving: boolean }[] = [{ schema: start, leaving: false }];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (++this.#steps > MAX_STEPS) refuse(`resolving the names takes more than ${MAX_STEPS} steps`);
      const { schema, leaving } = next;
      if (leaving) this.#leave(schema);
      else if (!visited.has(schema) && this.#enter(schema)) {
        visited.add(schema);
        stack.push({ schema, leaving: true });
        for (const child of childrenInVisitOrder(schema)) stack.push({ schema: child, leaving: false });
      }
    }
  }

  /** Whether its children have to be visited. */
  #enter(schema: AvroSchema): boolean {
    switch (schema.kind) {
      case 'record':
        return this.#enterRecord(schema);
      case 'array':
      case 'map':
      case 'union':
        return true;
      default:
        this.#copies.set(schema, schema);
        return false;
    }
  }

  #enterRecord(schema: RecordSchema): boolean {
    const wanted = this.#about.placeholders.get(schema);
    const copy = this.#copies.get(schema);
    if (wanted === undefined) {
      if (copy === undefined) this.#begin(schema);
      return copy?.kind !== 'record' || copy.fields === FIELDS_NOT_SET;
    }
    if (copy === undefined) this.#copies.set(schema, this.#resolve(wanted, schema));
    return false;
  }

  #begin(schema: RecordSchema): void {
    const copy = { ...schema, fields: FIELDS_NOT_SET };
    this.#copies.set(schema, copy);
    const place = this.#about.places.get(schema);
    if (place !== undefined) this.#about.places.set(copy, place);
  }

  #resolve(wanted: string, use: AvroSchema): AvroSchema {
    const definition = this.#about.definition(wanted) ?? refuse(`Undefined schema: ${wanted}`, this.#about.places.get(use));
    if (!this.#copies.has(definition)) {
      if (++this.#chain > MAX_FORWARD_CHAIN) refuse(`a chain of more than ${MAX_FORWARD_CHAIN} types, each used before it is defined`);
      this.visit(definition);
      this.#chain--;
    }
    return this.copyOf(definition);
  }

  #leave(schema: AvroSchema): void {
    switch (schema.kind) {
      case 'record':
        return this.#leaveRecord(schema);
      case 'array':
        this.#copies.set(schema, { ...schema, items: this.copyOf(schema.items) });
        return;
      case 'map':
        this.#copies.set(schema, { ...schema, values: this.copyOf(schema.values) });
        return;
      case 'union':
        return this.#leaveUnion(schema);
      default:
    }
  }

  #leaveUnion(schema: UnionSchema): void {
    const branches = schema.branches.map((branch) => this.copyOf(branch));
    const fault = faultOfBranches(branches);
    if (fault !== null) refuse(fault.message, this.#within(schema, fault.branch));
    this.#copies.set(schema, { ...schema, branches });
  }

  #checkDefault(field: Field, place: Place | undefined): void {
    try {
      checkDefault(field, this.#about.judge);
    } catch (failure) {
      throw failure instanceof Refusal ? new Refusal(failure.message, place) : failure;
    }
  }

  /** The place so many steps inside a type; undefined where nobody knows where that was read. */
  #within(schema: AvroSchema, ...steps: readonly (string | number)[]): Place | undefined {
    const place = this.#about.places.get(schema);
    return place === undefined ? undefined : steps.reduce<Place>((parent, step) => ({ parent, step }), place);
  }

  #leaveRecord(schema: RecordSchema): void {
    const copy = this.copyOf(schema);
    if (copy.kind !== 'record' || copy.fields !== FIELDS_NOT_SET) return;
    const fields = schema.fields.map((field) => ({ ...field, type: this.copyOf(field.type) }));
    for (const [i, field] of fields.entries()) this.#checkDefault(field, this.#within(schema, 'fields', i, 'default'));
    setFields(copy, fields);
  }
}

/** Completes a record under construction. */
export function setFields(record: RecordSchema, fields: readonly Field[]): void {
  (record as { fields: readonly Field[] }).fields = fields.length === 0 ? [] : fields;
}

export function checkDefault(field: Pick<Field, 'name' | 'type' | 'default'>, judge: DefaultJudge | null): void {
  if (judge === null || field.default === undefined || judge.accepts(field.type, field.default)) return;
  refuse(`Invalid default for field ${field.name}`);
}

/** The first branch that may not be in a union beside those before it, and why; null where all may. */
export function faultOfBranches(branches: readonly AvroSchema[]): { readonly branch: number; readonly message: string } | null {
  const names = new Set<string>();
  for (const [i, branch] of branches.entries()) {
    if (branch.kind === 'union') return { branch: i, message: 'Nested union' };
    const name = branchName(branch);
    if (names.has(name)) return { branch: i, message: `Duplicate in union:${name}` };
    names.add(name);
  }
  return null;
}

/** Pushed in this order: a record's fields end up visited first to last, a union's branches last to first. */
function childrenInVisitOrder(schema: AvroSchema): readonly AvroSchema[] {
  switch (schema.kind) {
    case 'record':
      return schema.fields.map(({ type }) => type).reverse();
    case 'array':
      return [schema.items];
    case 'map':
      return [schema.values];
    case 'union':
      return schema.branches;
    default:
      return [];
  }
}
