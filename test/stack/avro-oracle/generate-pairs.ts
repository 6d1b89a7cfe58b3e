/** JSON as it will be written, digits and all: numbers that JavaScript would print differently are kept as text. */
export type Draft = null | boolean | number | string | Verbatim | readonly Draft[] | { readonly [key: string]: Draft };
export class Verbatim {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Json = { [key: string]: Draft };

/** One line for `sluice compat --jsonl`; the same seed gives the same line. */
export function pairLine(seed: number, id: string): string {
  const dice = new Dice(seed);
  const readerRefs = dice.chance(0.12) ? references(dice) : null;
  const writerRefs = readerRefs !== null && dice.chance(0.7) ? readerRefs.map((ref) => (dice.chance(0.3) ? mutate(ref, dice) : ref)) : null;
  const reader = new Drawing(dice, readerRefs ?? []).schema();
  const writer = dice.chance(0.75) ? mutated(reader, dice) : new Drawing(dice, writerRefs ?? []).schema();
  const line: Json = { id, reader: asText(strictRoot(reader), dice), writer: asText(strictRoot(writer), dice) };
  if (readerRefs !== null) line['readerRefs'] = readerRefs;
  if (writerRefs !== null) line['writerRefs'] = writerRefs;
  return write(dice.chance(0.5) ? line : swapped(line));
}

/** Now and then the schema comes as text within a string, with what a JSON reader may trip over. */
function asText(schema: Draft, dice: Dice): Draft {
  const text = write(schema);
  if (!dice.chance(0.06) || !/^[[{"]/.test(text)) return schema;
  const worn = dice.of([text, text.replaceAll(',', ' , '), text.replace(',', ',/* a, "b" */'), text.replace(',', ',// a\n'), text.replace(',', ',,'), text.replace(':', ' :\r\n\t'), text.replaceAll('"', "'"), text.replace('a', '\\u0061'), text.replace('a', '\\x'), text.replace('a', '\t'), text.replace('"type"', 'type'), text.slice(0, -1), text.replace('}', ',}'), text.replace('1', '01'), text.replace('1', '1.'), text.replace('1', '.1'), text.replace('null', 'nul'), text.replace('5', 'NaN'), text.replace(',', '/* open')]);
  return worn + dice.of(['', '', '', ' ', '\n', '\u0001', ' x', '{}', ',', '//c', '\u00a0']);
}

/** A whole schema that is an enum with an unknown default is taken by us and not by Avro Java: no question for the oracle. */
function strictRoot(schema: Draft): Draft {
  if (!isObject(schema) || schema['type'] !== 'enum' || !Array.isArray(schema['symbols']) || schema['symbols'].includes(schema['default'] ?? null)) return schema;
  const { default: _, ...rest } = schema;
  return rest;
}

export function write(draft: Draft): string {
  if (draft instanceof Verbatim) return draft.text;
  if (Array.isArray(draft)) return `[${draft.map(write).join(',')}]`;
  if (isObject(draft)) return `{${Object.entries(draft).map(([key, value]) => `${JSON.stringify(key)}:${write(value)}`).join(',')}}`;
  return JSON.stringify(draft);
}

class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
    for (let i = 0; i < 4; i++) this.next();
  }
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
  chance(p: number): boolean {
    return this.next() < p;
  }
  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];
const NAMES = ['A', 'B', 'C', 'D', 'n.A', 'n.B', 'm.A', 'n.m.C', 'm.C', 'D', 'E', 'F'];
const ODD_NAMES = ['', '1A', 'A-B', 'string', 'n.string', '.A', 'n..A', 'n.', 'é', 'Ünï.A', 'a b', 'record', 'array', 'n.1m.A', '_', '$x', 'n .A', 'A.', '名前', 'int', 'A\u0301', '٣a', 'a٣', '\ud83d\ude00'];
const SPACES = ['n', 'm', 'n.m', 'n', 'm'];
const ODD_SPACES: readonly Draft[] = ['', '.', 'n.', '.n', '1n', 'n-m', 'n..m', null, 5, ' ', 'Ñ'];
const FIELDS = ['a', 'b', 'c', 'd', 'e', '__proto__', 'constructor'];
const SYMBOLS = ['X', 'Y', 'Z', 'W', 'V'];
const LOGICAL: readonly Draft[] = ['decimal', 'uuid', 'date', 'time-millis', 'time-micros', 'timestamp-millis', 'timestamp-micros', 'timestamp-nanos', 'local-timestamp-millis', 'local-timestamp-micros', 'duration', 'big-decimal', 'nonsense', 5, null];
const ODD_VALUES: readonly Draft[] = [
  null, true, 0, 1, -1, 2147483647, 2147483648, -2147483648, -2147483649, 1.5, '', 'X', 'NaN', 'Infinity', '-Infinity', '1e5', '1f', ' 2.5 ', '0x1p3', 'x', '1_0', '+1', '.5', '5.', '\u00ff', 'A',
  [], {}, [1], ['X'], [null], { a: 1 }, { a: null }, { b: 'X' }, { a: { a: 1 } }, [[]], [{}],
  new Verbatim('1.0'), new Verbatim('1e2'), new Verbatim('9007199254740993'), new Verbatim('9223372036854775807'), new Verbatim('9223372036854775808'), new Verbatim('-9223372036854775808'),
  new Verbatim('123456789012345678901234567890'), new Verbatim('-0'), new Verbatim('-0.0'), new Verbatim('{"a":1,"a":"x"}'), new Verbatim('0.10'),
];

/** Draws one schema; names drawn so far come up again, before and after their definition. */
class Drawing {
  readonly #dice: Dice;
  readonly #names: string[];
  readonly #odd: number;
  #room: number;

  constructor(dice: Dice, refs: readonly Draft[]) {
    this.#dice = dice;
    this.#odd = dice.chance(0.6) ? 0 : dice.chance(0.6) ? 0.02 : 0.08;
    this.#room = 3 + dice.below(22);
    this.#names = refs.flatMap((ref) => (isObject(ref) && typeof ref['name'] === 'string' ? [ref['name']] : []));
  }

  schema(): Draft {
    if (this.#dice.chance(0.7)) return this.#record(0);
    return this.#type(0, true);
  }

  #type(depth: number, unions: boolean): Draft {
    const { chance, of } = bound(this.#dice);
    if (chance(this.#odd)) return of<Draft>(['nope', 'n.Nope', {}, { type: 'nope' }, 5, null, true, [], { type: ['null'] }, { type: { type: 'int' } }, [['int']], '', { type: 5 }, { type: 'array' }, { type: 'map' }, { type: 'array', items: null }]);
    if (this.#room-- <= 0 || depth > 5) return this.#leaf();
    const roll = this.#dice.next();
    if (roll < 0.3) return this.#leaf();
    if (roll < 0.4) return { type: 'array', items: this.#type(depth + 1, true), ...this.#props() };
    if (roll < 0.48) return { type: 'map', values: this.#type(depth + 1, true), ...this.#props() };
    if (roll < 0.56) return this.#enum();
    if (roll < 0.62) return this.#fixed();
    if (roll < 0.78 && (unions || chance(this.#odd))) return this.#union(depth);
    if (roll < 0.88 && this.#names.length > 0) return chance(0.1) ? { type: of(this.#names) } : chance(0.3) ? of(this.#names).split('.').at(-1)! : of(this.#names);
    return this.#record(depth + 1);
  }

  #leaf(): Draft {
    const kind = this.#dice.of(PRIMITIVES);
    if (this.#dice.chance(0.75)) return kind;
    return { type: kind, ...this.#props(), ...(this.#dice.chance(0.6) ? this.#logical() : {}) };
  }

  #logical(): Json {
    const { chance, of } = bound(this.#dice);
    const logicalType = of(LOGICAL);
    if (logicalType !== 'decimal') return { logicalType };
    return { logicalType, ...(chance(0.9) ? { precision: of<Draft>([4, 10, 0, -1, 'x', 38]) } : {}), ...(chance(0.7) ? { scale: of<Draft>([0, 2, 12, -1, null]) } : {}) };
  }

  #union(depth: number): Draft {
    const { chance } = bound(this.#dice);
    const branches: Draft[] = [];
    const taken = new Set<string>();
    for (let n = this.#dice.below(5); n >= 0; n--) {
      const branch = this.#type(depth + 1, false);
      const key = isObject(branch) ? String(branch['name'] ?? branch['type']) : String(branch);
      if (taken.has(key) && !chance(this.#odd * 4)) continue;
      taken.add(key);
      branches.push(branch);
    }
    if (chance(0.4) && !taken.has('null')) branches.unshift('null');
    return branches;
  }

  #record(depth: number): Draft {
    const { chance, of } = bound(this.#dice);
    const head = this.#head(chance(0.04) ? 'error' : 'record');
    const early = chance(0.7) && typeof head['name'] === 'string';
    if (early) this.#remember(head);
    const names = this.#some(FIELDS, 5);
    const fields: Draft[] = names.map((name) => this.#field(chance(this.#odd) ? of([...ODD_NAMES, ...FIELDS]) : name, depth));
    if (!early) this.#remember(head);
    if (chance(this.#odd)) return of<Draft>([head, { ...head, fields: null }, { ...head, fields: {} }, { ...head, fields: [5] }, { ...head, fields: ['a'] }, { ...head, fields: [{ name: 'a' }] }, { ...head, fields: [{ type: 'int' }] }, { ...head, fields: [{ name: 'a', type: null }] }, { ...head, fields: [{ name: 5, type: 'int' }] }]);
    return { ...head, fields, ...this.#props() };
  }

  #remember(head: Json): void {
    const name = head['name'];
    const space = head['namespace'];
    if (typeof name === 'string') this.#names.push(typeof space === 'string' && !name.includes('.') && this.#dice.chance(0.7) ? `${space}.${name}` : name);
  }

  #head(type: string): Json {
    const { chance, of } = bound(this.#dice);
    const head: Json = { type };
    if (!chance(this.#odd / 2)) head['name'] = chance(this.#odd) ? of(ODD_NAMES) : this.#freshName();
    else head['name'] = of<Draft>([5, null, '', ['A']]);
    if (chance(0.3)) head['namespace'] = chance(this.#odd * 3) ? of(ODD_SPACES) : of(SPACES);
    if (chance(0.2)) head['aliases'] = this.#aliases([...NAMES, '.A', 'x.y.A']);
    if (chance(0.1)) head['doc'] = of<Draft>(['text', 5, null, '']);
    return head;
  }

  /** Mostly a name not defined yet: the same name twice is refused unless both are equal. */
  #freshName(): string {
    const short = (name: string) => name.split('.').at(-1);
    const free = NAMES.filter((name) => !this.#names.some((taken) => short(taken) === short(name)));
    return free.length > 0 && this.#dice.chance(0.95) ? this.#dice.of(free) : this.#dice.of(NAMES);
  }

  #aliases(pool: readonly string[]): Draft {
    const { chance, of } = bound(this.#dice);
    if (chance(this.#odd)) return of<Draft>([null, 'A', [5], [null], [''], ['1x'], {}, ['a-b'], ['n..A'], ['.']]);
    return Array.from({ length: 1 + this.#dice.below(2) }, () => of(pool));
  }

  #field(name: string, depth: number): Draft {
    const { chance, of } = bound(this.#dice);
    const type = this.#type(depth + 1, true);
    const field: Json = { name, type };
    if (chance(0.3)) field['default'] = chance(this.#odd * 2) ? of(ODD_VALUES) : this.#default(type);
    if (chance(0.15)) field['aliases'] = this.#aliases(FIELDS);
    if (chance(0.1)) field['order'] = chance(this.#odd * 2) ? of<Draft>(['up', 5, null, '', 'ıgnore', 'IGNORE ']) : of(['ascending', 'descending', 'ignore', 'IGNORE']);
    if (chance(0.05)) field['doc'] = 'a field';
    return { ...field, ...this.#props() };
  }

  #default(type: Draft): Draft {
    const { chance, of } = bound(this.#dice);
    if (Array.isArray(type)) return type.length === 0 ? null : this.#default(of<Draft>(type));
    const kind = isObject(type) ? type['type'] : type;
    switch (kind) {
      case 'null': return null;
      case 'boolean': return chance(0.5);
      case 'int': return this.#dice.below(100) - 50;
      case 'long': return of<Draft>([1, new Verbatim('9007199254740993'), -5]);
      case 'float': case 'double': return of<Draft>([1, 1.5, 'NaN', new Verbatim('1.0'), new Verbatim('2e3'), '1.5d']);
      case 'array': return isObject(type) && chance(0.5) ? [this.#default(type['items'] ?? null)] : [];
      case 'map': return isObject(type) && chance(0.5) ? { k: this.#default(type['values'] ?? null) } : {};
      case 'record': case 'error': return isObject(type) ? this.#recordDefault(type) : {};
      case 'bytes': case 'string': case 'fixed': return of(['', 'ab', '\u00ff']);
      case 'enum': return of(SYMBOLS);
      default: return chance(0.8) ? null : of<Draft>([{}, 'X', { a: 1 }, []]);
    }
  }

  #recordDefault(type: Json): Draft {
    const fields = Array.isArray(type['fields']) ? (type['fields'] as readonly Draft[]) : [];
    const named = fields.filter((f): f is Json => isObject(f) && typeof f['name'] === 'string');
    const kept = named.filter((f) => !this.#dice.chance('default' in f ? 0.5 : 0.1));
    return Object.fromEntries(kept.map((f) => [f['name'], this.#default(f['type'] ?? null)]));
  }

  #enum(): Draft {
    const { chance, of } = bound(this.#dice);
    const head = this.#head('enum');
    this.#remember(head);
    const symbols: Draft[] = this.#some(SYMBOLS, 5);
    if (chance(this.#odd)) symbols.push(of<Draft>(['X', '1', '', null, 5, 'a-b', 'é', 'string']));
    const whole: Json = { ...head, symbols, ...this.#props() };
    if (chance(0.4) && symbols.length > 0) whole['default'] = chance(this.#odd) ? of<Draft>(['X', 'Q', null, 5, '']) : of(symbols);
    if (chance(this.#odd)) delete whole['symbols'];
    return whole;
  }

  #fixed(): Draft {
    const { chance, of } = bound(this.#dice);
    const head = this.#head('fixed');
    this.#remember(head);
    const size = chance(this.#odd * 2) ? of<Draft>([0, -1, 2147483639, 2147483640, 2147483648, '4', null, new Verbatim('4.0'), new Verbatim('1e1'), new Verbatim('-0')]) : of([4, 8, 12, 16]);
    return { ...head, size, ...this.#props(), ...(chance(0.3) ? this.#logical() : {}) };
  }

  #some(pool: readonly string[], below: number): string[] {
    const left = [...pool];
    return Array.from({ length: this.#dice.below(below) }, () => left.splice(this.#dice.below(left.length), 1)[0]!);
  }

  #props(): Json {
    const { chance, of } = bound(this.#dice);
    if (!chance(0.05)) return {};
    return { [of(['p', 'q', 'default', 'order', 'avro.java.string', 'java-class', 'scale'])]: of(ODD_VALUES) };
  }
}

function references(dice: Dice): Draft[] {
  const drawn: Draft[] = [];
  for (let n = dice.below(3); n >= 0; n--) drawn.push(new Drawing(dice, drawn).schema());
  return drawn;
}

function mutated(schema: Draft, dice: Dice): Draft {
  let current = schema;
  for (let n = dice.below(4); n > 0; n--) current = mutate(current, dice);
  return current;
}

/** One change somewhere inside. */
function mutate(draft: Draft, dice: Dice): Draft {
  if (Array.isArray(draft)) return mutateList(draft, dice);
  if (isObject(draft)) return dice.chance(0.25) ? mutateHere(draft, dice) : mutateInside(draft, dice);
  if (typeof draft === 'string' && PRIMITIVES.includes(draft)) return dice.chance(0.3) ? ['null', draft] : dice.of(PRIMITIVES);
  if (typeof draft === 'string') return dice.of([...NAMES, draft, draft, draft]);
  return draft;
}

function mutateList(list: readonly Draft[], dice: Dice): Draft {
  const copy = [...list];
  const at = dice.below(Math.max(1, copy.length));
  const roll = dice.next();
  if (copy.length === 0 || roll < 0.1) copy.push(new Drawing(dice, []).schema());
  else if (roll < 0.25) copy.splice(at, 1);
  else if (roll < 0.4) copy.push(copy.splice(at, 1)[0] ?? null);
  else copy[at] = mutate(copy[at] ?? null, dice);
  return copy;
}

function mutateInside(object: Json, dice: Dice): Draft {
  const inner = ['fields', 'items', 'values', 'type', 'symbols'].filter((key) => typeof object[key] === 'object' && object[key] !== null);
  if (inner.length === 0) return mutateHere(object, dice);
  const key = dice.of(inner);
  const value = object[key] ?? null;
  if (key === 'fields' && Array.isArray(value)) return { ...object, fields: mutateFields(value, dice) };
  if (key === 'symbols' && Array.isArray(value)) return { ...object, symbols: dice.chance(0.5) ? value.slice(1) : [...value, dice.of(['N', 'M', ...SYMBOLS])] };
  return { ...object, [key]: mutate(value, dice) };
}

function mutateFields(fields: readonly Draft[], dice: Dice): Draft {
  const copy = [...fields];
  const at = dice.below(Math.max(1, copy.length));
  const roll = dice.next();
  if (copy.length === 0 || roll < 0.15) copy.push(dice.chance(0.5) ? { name: dice.of([...FIELDS, 'z']), type: dice.of(PRIMITIVES) } : { name: dice.of([...FIELDS, 'z']), type: ['null', dice.of(PRIMITIVES)], default: null });
  else if (roll < 0.3) copy.splice(at, 1);
  else if (roll < 0.4) copy.reverse();
  else if (roll < 0.6) copy[at] = mutateHere(copy[at] ?? null, dice);
  else if (isObject(copy[at])) copy[at] = { ...(copy[at] as Json), type: mutate((copy[at] as Json)['type'] ?? null, dice) };
  return copy;
}

function mutateHere(draft: Draft, dice: Dice): Draft {
  if (!isObject(draft)) return draft;
  const copy: Json = { ...draft };
  const old = copy['name'];
  switch (dice.below(7)) {
    case 0: if (old !== undefined) copy['name'] = dice.of('symbols' in copy || 'fields' in copy || 'size' in copy ? NAMES : FIELDS); break;
    case 1: if (typeof old === 'string') { copy['name'] = `${old}x`; copy['aliases'] = [old]; } break;
    case 2: delete copy['default']; break;
    case 3: if ('size' in copy) copy['size'] = dice.of([4, 8, 12]); else if (dice.chance(0.3)) copy['default'] = dice.of(ODD_VALUES); break;
    case 4: copy['namespace'] = dice.of(SPACES); break;
    case 5: delete copy['namespace']; break;
    default: copy['aliases'] = [dice.of(NAMES), dice.of(FIELDS)];
  }
  return copy;
}

function swapped(line: Json): Json {
  const { id = null, reader = null, writer = null, readerRefs, writerRefs } = line;
  return { id, reader: writer, writer: reader, ...(writerRefs === undefined ? {} : { readerRefs: writerRefs }), ...(readerRefs === undefined ? {} : { writerRefs: readerRefs }) };
}

function isObject(draft: Draft | undefined): draft is Json {
  return typeof draft === 'object' && draft !== null && !Array.isArray(draft) && !(draft instanceof Verbatim);
}

function bound(dice: Dice) {
  return { chance: (p: number) => dice.chance(p), of: <T>(items: readonly T[]) => dice.of(items) };
}
