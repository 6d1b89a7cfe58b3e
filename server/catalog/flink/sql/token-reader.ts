import { type Token, tokenize } from './lexer.ts';
import { isReserved } from './reserved-words.ts';
import { SqlFailure } from './sql-failure.ts';
import type { Identifier } from './syntax-tree.ts';

/**
 * How deep expressions, queries and types may stand inside each other. People stay below 50; each level
 * costs the parser and the resolver a dozen calls of a stack that holds about ten thousand.
 */
export const MAX_NESTING = 250;
/** How high a tree may become, by nesting and by what is written behind an operand (`a[1][2]`, `a = b = c`); the reason is the same. */
const MAX_HEIGHT = 500;
/** How many names one dotted name may have: that of a table has three, the rest are fields. */
const MAX_NAME_PARTS = 250;

/** A place in the token list that moves forward only; every `expect` that fails says where and what was expected. */
export class TokenReader {
  readonly script: string;
  readonly #tokens: readonly Token[];
  /** By the place of an opening parenthesis: that of the token behind the one that closes it. */
  #behindClosing: ReadonlyMap<number, number> | null = null;
  #next = 0;
  #depth = 0;
  #height = 0;

  constructor(script: string) {
    this.script = script;
    this.#tokens = tokenize(script);
  }

  peek(ahead = 0): Token {
    return this.#tokens[this.#next + ahead] ?? (this.#tokens.at(-1) as Token);
  }

  take(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  /** The offset where the last taken token ended. */
  get lastEnd(): number {
    return this.#next === 0 ? 0 : (this.#tokens[this.#next - 1] as Token).end;
  }

  get at(): number {
    return this.peek().start;
  }

  /** Do these keywords and symbols come next? */
  is(...words: readonly string[]): boolean {
    for (let i = 0; i < words.length; i++) if (!matches(this.peek(i), words[i] as string)) return false;
    return true;
  }

  isOpening(ahead: number): boolean {
    const { kind, text } = this.peek(ahead);
    return kind === 'symbol' && text === '(';
  }

  /** The token behind the parenthesis that closes the one opening there; the end where none does. */
  behindClosing(ahead: number): Token {
    this.#behindClosing ??= pairsIn(this.#tokens);
    return this.#tokens[this.#behindClosing.get(this.#next + ahead) ?? this.#tokens.length - 1] as Token;
  }

  isOneOf(words: ReadonlySet<string>): boolean {
    const { kind, keyword } = this.peek();
    return kind === 'word' && words.has(keyword);
  }

  /** Takes these keywords and symbols if all of them come next. */
  accept(...words: readonly string[]): boolean {
    if (!this.is(...words)) return false;
    this.#next += words.length;
    return true;
  }

  expect(...words: readonly string[]): void {
    for (const word of words) if (!this.accept(word)) this.fail(word);
  }

  fail(expected: string): never {
    const { kind, text, start } = this.peek();
    const found = kind === 'end' ? 'the end of the script' : kind === 'string' ? `'${shortened(text)}'` : shortened(text);
    const reserved = kind === 'word' && isReserved(this.peek().keyword) && expected.includes('name') ? ' (a reserved word: put it in back-ticks to use it as a name)' : '';
    throw new SqlFailure(`expected ${expected}, found ${found}${reserved}`, start);
  }

  /** Is an identifier next: quoted, or a word that is not reserved? */
  isName(ahead = 0): boolean {
    const { kind, keyword } = this.peek(ahead);
    return kind === 'quoted' || (kind === 'word' && !isReserved(keyword));
  }

  name(what = 'a name'): Identifier {
    if (!this.isName()) this.fail(what);
    const { text, start } = this.take();
    return { name: text, at: start };
  }

  /** A name of several parts: `catalog.database.table`. After a dot reserved words are refused too, as Flink does. */
  compoundName(what = 'a name'): Identifier[] {
    const parts = [this.name(what)];
    while (this.is('.') && this.isName(1)) {
      this.take();
      this.addPart(parts, what);
    }
    return parts;
  }

  /** Takes one more name of a dotted one. */
  addPart(parts: Identifier[], what: string): void {
    if (parts.length >= MAX_NAME_PARTS) throw new SqlFailure(`a name of more than ${MAX_NAME_PARTS} parts`, this.at);
    parts.push(this.name(what));
  }

  string(what: string): string {
    if (this.peek().kind !== 'string') this.fail(what);
    return this.take().text;
  }

  /** Runs `parse` one level deeper; deeper than `MAX_NESTING` the script is refused. */
  nested<T>(parse: () => T): T {
    if (this.#depth >= MAX_NESTING) throw new SqlFailure(`nested more than ${MAX_NESTING} levels deep`, this.at);
    this.#depth++;
    const others = this.#height;
    this.#height = 0;
    const result = parse();
    this.grow();
    this.#height = Math.max(others, this.#height);
    this.#depth--;
    return result;
  }

  /** Runs `parse` for an operand that stands beside others: the highest of them counts. */
  beside<T>(parse: () => T): T {
    const others = this.#height;
    this.#height = 0;
    const result = parse();
    this.#height = Math.max(others, this.#height);
    return result;
  }

  /** What was just parsed becomes part of something one level higher. */
  grow(): void {
    if (++this.#height > MAX_HEIGHT) throw new SqlFailure(`more than ${MAX_HEIGHT} steps on top of each other`, this.at);
  }

  /** Items with commas between them. */
  list<T>(parse: () => T): T[] {
    const items = [parse()];
    while (this.accept(',')) items.push(parse());
    return items;
  }

  parenthesized<T>(parse: () => T): T {
    this.expect('(');
    const result = parse();
    this.expect(')');
    return result;
  }

  /** Goes to the end of the statement, over anything. */
  skipStatement(): void {
    while (this.peek().kind !== 'end' && !this.is(';')) this.take();
  }
}

function pairsIn(tokens: readonly Token[]): ReadonlyMap<number, number> {
  const behind = new Map<number, number>();
  const open: number[] = [];
  tokens.forEach(({ kind, text }, i) => {
    if (kind !== 'symbol') return;
    if (text === '(') open.push(i);
    else if (text === ')' && open.length > 0) behind.set(open.pop() as number, i + 1);
  });
  return behind;
}

function matches({ kind, keyword, text }: Token, word: string): boolean {
  return kind === 'word' ? keyword === word : kind === 'symbol' && text === word;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
