import { type Bounds, either, type Groups, type Instruction, joined, NotKnown, repeated, run, type Test } from './pattern-program.ts';

/** Length of a pattern, UTF-16 units, and depth of its groups. */
const MAX_PATTERN_LENGTH = 1_000;
const MAX_DEPTH = 20;

export interface JavaPattern {
  /** As `Matcher.matches()`: the whole text or nothing. */
  matches(text: string): Groups | null;
  /** As `Matcher.replaceFirst()` where the whole text matches: what is replaced is what the pattern prefers at its beginning, which may be less. null where Java refuses the replacement. */
  replaced(text: string, replacement: string): string | null;
}

/**
 * A regular expression as `java.util.regex` reads it, matched in time proportional to pattern times text: patterns come from
 * configurations of others, and a backtracking engine can be held up by one. It is Untold when it took too many steps in all. null where it uses what is not known here:
 * look-around, back references, possessive quantifiers, flags, boundaries, class arithmetic.
 */
export function parseJavaPattern(source: string, { ignoreCase = false }: { readonly ignoreCase?: boolean } = {}): JavaPattern | null {
  if (source.length > MAX_PATTERN_LENGTH) return null;
  const parser = new Parser(source, ignoreCase);
  try {
    const program = parser.program();
    const { names, groups } = parser;
    const work = { steps: 0 };
    return {
      matches: (text) => run(program, { text, groups, whole: true, work }),
      replaced(text, replacement) {
        const found = run(program, { text, groups, whole: false, work });
        const expanded = found === null ? null : expandReplacement(replacement, { names, groups }, found);
        return expanded === null ? null : expanded + text.slice(found?.[0]?.length ?? 0);
      },
    };
  } catch (failure) {
    if (failure instanceof NotKnown) return null;
    throw failure;
  }
}

interface GroupNames {
  /** Number of a named group. */
  readonly names: ReadonlyMap<string, number>;
  readonly groups: number;
}

/** What stands for a match: `$1`, `${name}`, `\x`; null where Java refuses it. */
function expandReplacement(replacement: string, { names, groups }: GroupNames, matched: Groups): string | null {
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
function groupOf(name: string | undefined, digits: string, { names, groups }: GroupNames): { readonly number: number; readonly digits: number } | null {
  if (name !== undefined) return names.has(name) ? { number: names.get(name) as number, digits: 0 } : null;
  for (let length = digits.length; length > 0; length--) if (Number(digits.slice(0, length)) <= groups) return { number: Number(digits.slice(0, length)), digits: length };
  return null;
}

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
