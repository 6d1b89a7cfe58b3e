/** Instructions of a compiled pattern; more is no pattern of topic or table names, and its work grows with it. */
const MAX_INSTRUCTIONS = 2_000;
/** Length of a pattern, UTF-16 units, and depth of its groups. */
const MAX_PATTERN_LENGTH = 1_000;
const MAX_DEPTH = 20;

type Test = (character: string) => boolean;
type Instruction =
  | { readonly op: 'one'; readonly test: Test }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'begin' | 'end' | 'match' };

/** Texts of the groups of a match, 0 being the whole; undefined: the group took no part. */
export type Groups = readonly (string | undefined)[];
export interface JavaPattern {
  /** As `Matcher.matches()`: the whole text or nothing. */
  matches(text: string): Groups | null;
  /** Number of a named group. */
  readonly names: ReadonlyMap<string, number>;
  readonly groups: number;
}

/**
 * A regular expression as `java.util.regex` reads it, matched in time proportional to pattern times text: patterns come from
 * configurations of others, and a backtracking engine can be held up by one. null where it uses what is not known here:
 * look-around, back references, possessive quantifiers, flags, boundaries, class arithmetic.
 */
export function parseJavaPattern(source: string, { ignoreCase = false }: { readonly ignoreCase?: boolean } = {}): JavaPattern | null {
  if (source.length > MAX_PATTERN_LENGTH) return null;
  const parser = new Parser(source, ignoreCase);
  try {
    const program = parser.program();
    return { matches: (text) => run(program, text, parser.groups), names: parser.names, groups: parser.groups };
  } catch (failure) {
    if (failure instanceof NotKnown) return null;
    throw failure;
  }
}

/** The text that `replaceFirst` gives for a whole match: `$1`, `${name}`, `\x`; null where Java refuses it. */
export function expandReplacement(replacement: string, { names, groups }: JavaPattern, matched: Groups): string | null {
  let result = '';
  for (let i = 0; i < replacement.length; i++) {
    const character = replacement[i] as string;
    if (character === '\\') {
      if (i + 1 === replacement.length) return null;
      result += replacement[++i];
    } else if (character !== '$') result += character;
    else {
      const reference = /^\$(?:\{([A-Za-z][A-Za-z0-9]*)\}|(\d+))/.exec(replacement.slice(i));
      const group = reference === null ? null : groupOf(reference[1], reference[2] ?? '', { names, groups });
      if (reference === null || group === null) return null;
      result += matched[group.number] ?? '';
      i += (reference[1] === undefined ? 1 + group.digits : reference[0].length) - 1;
    }
  }
  return result;
}

/** As many digits as still name a group, the first one always. */
function groupOf(name: string | undefined, digits: string, { names, groups }: Pick<JavaPattern, 'names' | 'groups'>): { readonly number: number; readonly digits: number } | null {
  if (name !== undefined) return names.has(name) ? { number: names.get(name) as number, digits: 0 } : null;
  for (let length = digits.length; length > 0; length--) if (Number(digits.slice(0, length)) <= groups) return { number: Number(digits.slice(0, length)), digits: length };
  return null;
}

/** Depth-first with the order of preference of a backtracking engine, but no (instruction, position) is tried twice. */
function run(program: readonly Instruction[], text: string, groups: number): Groups | null {
  const tried = new Uint8Array(program.length * (text.length + 1));
  type Saved = { readonly slot: number; readonly at: number; readonly before: Saved | null };
  const stack: { at: number; position: number; saved: Saved | null }[] = [{ at: 0, position: 0, saved: null }];
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    const { at, position, saved } = state;
    const mark = at * (text.length + 1) + position;
    if (tried[mark] === 1) continue;
    tried[mark] = 1;
    const instruction = program[at] as Instruction;
    const next = (to: number, moved = position, more = saved): void => void stack.push({ at: to, position: moved, saved: more });
    switch (instruction.op) {
      case 'one': if (position < text.length && instruction.test(text[position] as string)) next(at + 1, position + 1); break;
      case 'jump': next(instruction.to); break;
      case 'split': next(instruction.second); next(instruction.first); break;
      case 'save': next(at + 1, position, { slot: instruction.slot, at: position, before: saved }); break;
      case 'begin': if (position === 0) next(at + 1); break;
      case 'end': if (position === text.length) next(at + 1); break;
      case 'match': if (position === text.length) return groupTexts(text, groups, saved); break;
    }
  }
  return null;
}

function groupTexts(text: string, groups: number, saved: { readonly slot: number; readonly at: number; readonly before: unknown } | null): Groups {
  const slots: (number | undefined)[] = [];
  for (let s = saved; s !== null; s = s.before as typeof saved) slots[s.slot] ??= s.at;
  return [text, ...Array.from({ length: groups }, (_, i) => {
    const [from, to] = [slots[2 * i + 2], slots[2 * i + 3]];
    return from === undefined || to === undefined ? undefined : text.slice(from, to);
  })];
}

/** The pattern uses something that is not known here; never seen outside this file. */
class NotKnown extends Error {}

const CLASSES: Readonly<Record<string, Test>> = {
  d: (c) => c >= '0' && c <= '9', w: (c) => /[A-Za-z0-9_]/.test(c), s: (c) => /[ \t\n\v\f\r]/.test(c),
};

class Parser {
  readonly names = new Map<string, number>();
  groups = 0;
  readonly #source: string;
  readonly #ignoreCase: boolean;
  #at = 0;
  #depth = 0;

  constructor(source: string, ignoreCase: boolean) {
    this.#source = source;
    this.#ignoreCase = ignoreCase;
  }

  program(): readonly Instruction[] {
    const whole = this.#alternatives();
    if (this.#at < this.#source.length) throw new NotKnown();
    return [...whole, { op: 'match' }];
  }

  #peek(): string {
    return this.#source[this.#at] ?? '';
  }
  #takes(text: string): boolean {
    const there = this.#source.startsWith(text, this.#at);
    if (there) this.#at += text.length;
    return there;
  }

  #alternatives(): Instruction[] {
    if (++this.#depth > MAX_DEPTH) throw new NotKnown();
    let program = this.#sequence();
    if (this.#takes('|')) {
      this.#depth--;
      program = either(program, this.#alternatives());
      this.#depth++;
    }
    this.#depth--;
    return program;
  }

  #sequence(): Instruction[] {
    let program: Instruction[] = [];
    while (this.#at < this.#source.length && this.#peek() !== '|' && this.#peek() !== ')') {
      program = joined(program, this.#quantified(this.#atom()));
    }
    return program;
  }

  #atom(): Instruction[] {
    if (this.#takes('(')) return this.#group();
    if (this.#takes('[')) return [this.#one(this.#class())];
    if (this.#takes('.')) return [{ op: 'one', test: (c) => !/[\n\r\u0085\u2028\u2029]/.test(c) }];
    if (this.#takes('^')) return [{ op: 'begin' }];
    if (this.#takes('$')) return [{ op: 'end' }];
    if (this.#takes('\\')) return [this.#one(this.#escape())];
    if (/[*+?{]/.test(this.#peek())) throw new NotKnown();
    const literal = this.#source[this.#at++] as string;
    return [this.#one((c) => c === literal)];
  }

  #one(test: Test): Instruction {
    return { op: 'one', test: this.#ignoreCase ? (c) => test(c.toLowerCase()) || test(c.toUpperCase()) : test };
  }

  #group(): Instruction[] {
    if (this.#takes('?:')) return this.#closed(this.#alternatives());
    const name = /^\?<([A-Za-z][A-Za-z0-9]*)>/.exec(this.#source.slice(this.#at));
    if (name === null && this.#peek() === '?') throw new NotKnown();
    const group = ++this.groups;
    if (name !== null) {
      this.#at += name[0].length;
      this.names.set(name[1] as string, group);
    }
    return [{ op: 'save', slot: 2 * group }, ...joined([], this.#closed(this.#alternatives()), 1), { op: 'save', slot: 2 * group + 1 }];
  }

  #closed(program: Instruction[]): Instruction[] {
    if (!this.#takes(')')) throw new NotKnown();
    return program;
  }

  #escape(): Test {
    const character = this.#source[this.#at++] ?? '';
    const known = CLASSES[character.toLowerCase()];
    if (known !== undefined) return character === character.toLowerCase() ? known : (c) => !known(c);
    if (character === 't') return (c) => c === '\t';
    if (character === '' || /[A-Za-z0-9]/.test(character)) throw new NotKnown();
    return (c) => c === character;
  }

  #class(): Test {
    const negated = this.#takes('^');
    const tests: Test[] = [];
    while (!this.#takes(']')) {
      if (this.#at >= this.#source.length || this.#peek() === '[' || this.#source.startsWith('&&', this.#at)) throw new NotKnown();
      tests.push(this.#classMember());
    }
    if (tests.length === 0) throw new NotKnown();
    return (c) => tests.some((test) => test(c)) !== negated;
  }

  #classMember(): Test {
    if (this.#takes('\\')) {
      const test = this.#escape();
      if (this.#peek() === '-' && this.#source[this.#at + 1] !== ']') throw new NotKnown();
      return test;
    }
    const from = this.#source[this.#at++] as string;
    if (this.#peek() !== '-' || this.#source[this.#at + 1] === ']') return (c) => c === from;
    this.#at++;
    const to = this.#source[this.#at++] ?? '';
    if (to === '' || to === '\\' || to === '[' || to < from) throw new NotKnown();
    return (c) => c >= from && c <= to;
  }

  #quantified(atom: Instruction[]): Instruction[] {
    const bounds = this.#bounds();
    if (bounds === null) return atom;
    const lazy = this.#takes('?');
    if (this.#peek() === '+') throw new NotKnown();
    const program = repeated(atom, bounds, lazy);
    // `a**` and the like are errors in Java, or mean something else there.
    if (/[*?{]/.test(this.#peek())) throw new NotKnown();
    return program;
  }

  #bounds(): Bounds | null {
    if (this.#takes('*')) return { least: 0, most: null };
    if (this.#takes('+')) return { least: 1, most: null };
    if (this.#takes('?')) return { least: 0, most: 1 };
    if (this.#peek() !== '{') return null;
    const braces = /^\{(\d{1,4})(,(\d{1,4})?)?\}/.exec(this.#source.slice(this.#at));
    if (braces === null) throw new NotKnown();
    this.#at += braces[0].length;
    const least = Number(braces[1]);
    return { least, most: braces[2] === undefined ? least : braces[3] === undefined ? null : Number(braces[3]) };
  }
}

interface Bounds {
  readonly least: number;
  readonly most: number | null;
}

function repeated(atom: readonly Instruction[], { least, most }: Bounds, lazy: boolean): Instruction[] {
  if (most !== null && most < least) throw new NotKnown();
  let program: Instruction[] = [];
  for (let i = 0; i < least; i++) program = joined(program, atom);
  if (most === null) return joined(program, looped(atom, lazy));
  let optional: Instruction[] = [];
  for (let i = least; i < most; i++) optional = choice(joined(atom, optional), lazy);
  return joined(program, optional);
}

function looped(atom: readonly Instruction[], lazy: boolean): Instruction[] {
  const [inside, after] = [1, atom.length + 2];
  return bounded([{ op: 'split', first: lazy ? after : inside, second: lazy ? inside : after }, ...joined([], atom, 1), { op: 'jump', to: 0 }]);
}

function choice(program: readonly Instruction[], lazy: boolean): Instruction[] {
  const [inside, after] = [1, program.length + 1];
  return bounded([{ op: 'split', first: lazy ? after : inside, second: lazy ? inside : after }, ...joined([], program, 1)]);
}

function either(left: readonly Instruction[], right: readonly Instruction[]): Instruction[] {
  const second = left.length + 2;
  return bounded([{ op: 'split', first: 1, second }, ...joined([], left, 1), { op: 'jump', to: second + right.length }, ...joined([], right, second)]);
}

/** The second program after the first, its addresses moved; `by` where the first stands elsewhere. */
function joined(first: readonly Instruction[], second: readonly Instruction[], by = first.length): Instruction[] {
  const moved = second.map((i): Instruction => (i.op === 'split' ? { op: 'split', first: i.first + by, second: i.second + by } : i.op === 'jump' ? { op: 'jump', to: i.to + by } : i));
  return bounded([...first, ...moved]);
}

function bounded(program: Instruction[]): Instruction[] {
  if (program.length > MAX_INSTRUCTIONS) throw new NotKnown();
  return program;
}
